package bot

import (
	"encoding/json"
	"fmt"
	"time"

	"tillit/intake"
)

// storedLine is the stored form of a [Message], as it waits sealed or boxed.
// Fields are added, never renamed: lines of last year must still read.
type storedLine struct {
	M         intake.Message `json:"m"`
	Words     string         `json:"w,omitempty"`
	Mine      bool           `json:"mine,omitempty"`
	Clean     bool           `json:"clean,omitempty"`
	Otherwise string         `json:"otherwise,omitempty"`
	Replaces  string         `json:"replaces,omitempty"`
	Aside     bool           `json:"aside,omitempty"`
	Lang      string         `json:"lang,omitempty"`
	Of        string         `json:"of,omitempty"`
	File      string         `json:"file,omitempty"`
	Takes     []SentID       `json:"takes,omitempty"`
	At        time.Time      `json:"at"`
}

// EncodeLine makes the bytes that the store seals. They hold a person's words in
// clear and must go nowhere else.
func EncodeLine(m Message) []byte {
	b, err := json.Marshal(storedLine{M: m.Message, Words: m.Words.Reveal(), Mine: m.Mine, Clean: m.Clean, Otherwise: m.Otherwise, Replaces: string(m.Replaces), Aside: m.Aside, Lang: m.Lang, Of: m.Of, File: m.File, Takes: m.Takes, At: m.At})
	if err != nil {
		panic("encoding a line: a message holds only strings and numbers")
	}
	return b
}

// DecodeLine reads what [EncodeLine] made.
func DecodeLine(b []byte) (Message, error) {
	var l storedLine
	if err := json.Unmarshal(b, &l); err != nil {
		// The cause may quote the bytes, so it is not wrapped.
		return Message{}, fmt.Errorf("decoding a line: not one of ours")
	}
	return Message{Message: l.M, Words: intake.NewPrivate(l.Words), Mine: l.Mine, Clean: l.Clean, Otherwise: l.Otherwise, Replaces: SentID(l.Replaces), Aside: l.Aside, Lang: l.Lang, Of: l.Of, File: l.File, Takes: l.Takes, At: l.At}, nil
}
