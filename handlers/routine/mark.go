package routine

import (
	"bytes"
	"crypto/sha256"
	"errors"

	"github.com/go-json-experiment/json"

	"tillit/intake"
)

// Kind says what an act does as far as the server knows. Every act is of one kind,
// whatever stands in it; [kinds] says what each of them may and needs.
type Kind string

// The kinds of acts.
const (
	KindWork Kind = "work" // written down, and nothing else changes
	KindDuty Kind = "duty" // somebody takes, gets or lets go of a part
	KindSent Kind = "sent" // words leave for the reporter
	KindKeys Kind = "keys" // somebody gets the key of the case, or gives up their own
)

// need is what goes with a kind; both ends hold an act to it.
type need struct {
	duty   bool // the mark names a duty; without a person it is let go of
	person bool // the mark must name a person
	words  bool // the mark binds the words that leave
}

// kinds is the one table of what each kind may and needs.
var kinds = map[Kind]need{
	KindWork: {},
	KindDuty: {duty: true},
	KindSent: {words: true},
	KindKeys: {person: true},
}

// Duty is a part that a person has in a case.
type Duty string

// Lead is the duty of who has taken the case.
const Lead Duty = "lead"

// Mark is the part of an act that the server knows. It stands beside the entry, in a
// box under the server's key, and a second time inside it, under the case's. It never
// holds the name of an act, words, or a reason.
type Mark struct {
	Kind   Kind   `json:"kind"`
	Duty   Duty   `json:"duty,omitempty"`
	Person string `json:"person,omitempty"` // who gets what the kind is about; empty for nobody
	// Out says, of keys, that the person gives up their own.
	Out bool `json:"out,omitzero"`
	// Words binds the words that leave: [WordsHash].
	Words []byte `json:"words,omitempty"`
}

// ErrMark says that bytes are no mark of ours.
var ErrMark = errors.New("this is no mark of ours")

// markSize is what a mark is filled up to, so that its length says nothing of it.
const markSize = 256

// Encode returns the bytes of a mark, as they are signed.
func (m Mark) Encode() []byte {
	raw, err := json.Marshal(m)
	if err != nil || len(raw) > markSize {
		panic("encoding a mark: it holds only short strings")
	}
	return append(raw, bytes.Repeat([]byte(" "), markSize-len(raw))...)
}

// ParseMark reads what [Mark.Encode] wrote, and nothing else: a mark has one form.
func ParseMark(raw []byte) (Mark, error) {
	var m Mark
	if len(raw) != markSize || json.Unmarshal(raw, &m, json.RejectUnknownMembers(true)) != nil {
		return Mark{}, ErrMark
	}
	n, known := kinds[m.Kind]
	switch {
	case !known, !bytes.Equal(m.Encode(), raw):
		return Mark{}, ErrMark
	case (m.Duty != "") != n.duty, n.person && m.Person == "", m.Person != "" && !n.person && !n.duty:
		return Mark{}, ErrMark
	case (len(m.Words) == sha256.Size) != n.words, !n.words && m.Words != nil, m.Out && m.Kind != KindKeys:
		return Mark{}, ErrMark
	case m.Duty != "" && m.Duty != Lead, len(m.Person) > 64:
		return Mark{}, ErrMark
	}
	return m, nil
}

// NonceSize is how many random bytes go before words that are bound, so that nobody
// finds them by trying sentences.
const NonceSize = 32

// WordsHash binds words that leave to the act that sends them.
func WordsHash(nonce []byte, words intake.Private) []byte {
	h := sha256.New()
	h.Write([]byte("tillit/words/1\x00"))
	h.Write(nonce)
	h.Write([]byte(words.Reveal()))
	return h.Sum(nil)
}
