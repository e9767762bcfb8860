package intake

import (
	"fmt"
	"log/slog"
)

// Body is the stored form of an entry: the JSON object that is sealed into a
// room, inside its context. Old entries stay as they are for ever, so fields are
// only added, never renamed or given another meaning; which of them are set
// depends on Type. It is the one place where a person's words are a plain string
// on purpose, between the person and the seal, so it hides from every verb.
type Body struct {
	Type       string   `json:"type"` // one of the Body… constants
	By         string   `json:"by,omitempty"`
	To         string   `json:"to,omitempty"` // log assigned, granted: the handler
	Text       string   `json:"text,omitempty"`
	Lang       string   `json:"lang,omitempty"`
	Question   string   `json:"question,omitempty"`
	Asked      string   `json:"asked,omitempty"`
	Choices    []string `json:"choices,omitempty"`
	Labels     []string `json:"labels,omitempty"`
	Way        string   `json:"way,omitempty"`
	Supersedes bool     `json:"supersedes,omitempty"`
	Event      string   `json:"event,omitempty"` // log: received, opened, assigned, granted, …
	Left       []string `json:"left,omitempty"`  // log epoch: the handlers who could open what came before
	Set        string   `json:"set,omitempty"`   // log received: version of the questions
	File       string   `json:"file,omitempty"`  // id of a kept file
	Name       string   `json:"name,omitempty"`
	MediaType  string   `json:"media_type,omitempty"`
	Size       int64    `json:"size,omitempty"`
	SHA256     []byte   `json:"sha256,omitempty"`
	Part       int      `json:"part,omitempty"` // file part, counted from 1
	Data       []byte   `json:"data,omitempty"` // file part's bytes

	// What the network says of the message that the words came in.
	Message   string `json:"message,omitempty"`   // its id there: an edited message keeps the first one's
	Forwarded bool   `json:"forwarded,omitempty"` // somebody else's words, passed on
	Quotes    string `json:"quotes,omitempty"`    // what it answers to
}

// The types of body.
const (
	BodyAnswer   = "answer"    // the reporter answered a question
	BodyMessage  = "message"   // the reporter wrote after sending
	BodyReply    = "reply"     // the office wrote to the reporter
	BodyNote     = "note"      // stays inside
	BodyMinutes  = "minutes"   // stays inside until sent for confirmation
	BodyLog      = "log"       // what was done, by whom
	BodyFile     = "file"      // a kept file's name, type, size and hash
	BodyFilePart = "file_part" // its bytes
)

// EventEpoch is the event of the log line that begins each later key of a room.
const EventEpoch = "epoch"

// Format implements [fmt.Formatter] and hides the words.
func (Body) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(hidden)) }

// LogValue implements [slog.LogValuer] and hides the words.
func (Body) LogValue() slog.Value { return slog.StringValue(hidden) }
