package cases

import (
	"github.com/go-json-experiment/json"

	"tillit/intake"
)

// v1 is the one form of all bodies in version 1. Nothing writes it any more.
type v1 struct {
	Type       string         `json:"type"`
	By         string         `json:"by"`
	To         string         `json:"to"`
	Text       intake.Private `json:"text"`
	Lang       string         `json:"lang"`
	Question   string         `json:"question"`
	Asked      string         `json:"asked"`
	Choices    []string       `json:"choices"`
	Labels     []string       `json:"labels"`
	Way        string         `json:"way"`
	Supersedes bool           `json:"supersedes"`
	Event      string         `json:"event"`
	Left       []string       `json:"left"`
	Set        string         `json:"set"`
	File       string         `json:"file"`
	Name       intake.Private `json:"name"`
	MediaType  string         `json:"media_type"`
	Size       int64          `json:"size"`
	SHA256     []byte         `json:"sha256"`
	Part       int            `json:"part"`
	Data       []byte         `json:"data"`
	Message    string         `json:"message"`
	Forwarded  bool           `json:"forwarded"`
	Quotes     intake.Private `json:"quotes"`
}

// v1Is says what the questions of version 1 were about, which their answers did not
// say themselves: there was one set.
var v1Is = map[string]string{
	"C0": "keeps_out", "E5": "keeps_out", "S1": "safety", "S3": "who", "S2": "who", "C1": "what", "B4": "what", "B1": "what",
}

func decodeV1(raw []byte) (Body, error) {
	var b v1
	if err := json.Unmarshal(raw, &b, conceal); err != nil {
		return nil, err
	}
	source := Source{Message: b.Message, Forwarded: b.Forwarded, Quotes: b.Quotes}
	switch b.Type {
	case TypeAnswer:
		a := Answer{Source: source, Lang: b.Lang, Question: b.Question, Asked: b.Asked, Choices: b.Choices,
			Labels: b.Labels, Text: b.Text, Way: b.Way, Supersedes: b.Supersedes}
		if is := v1Is[b.Question]; is != "" {
			a.Is = []string{is}
		}
		return a, nil
	case TypeMessage:
		return Message{Source: source, Lang: b.Lang, Text: b.Text, Edited: b.Event == "edited"}, nil
	case TypeFile:
		return File{Source: source, ID: b.File, Name: b.Name, MediaType: b.MediaType, Size: b.Size, SHA256: b.SHA256}, nil
	case TypeFilePart:
		return FilePart{ID: b.File, Part: b.Part, Data: b.Data}, nil
	case TypeLog:
		return Log{Event: Event(b.Event), Set: b.Set, Left: b.Left, By: b.By, To: b.To}, nil
	case TypeReply, TypeNote, TypeMinutes:
		return Written{As: b.Type, By: b.By, Text: b.Text}, nil
	}
	return nil, ErrBody
}
