package cases

import (
	"fmt"
	"log/slog"

	"tillit/intake"
)

// Body is what stands in an entry, inside its context and under its seal. There
// is one type for each thing that can stand there, and each of them can stand in
// one kind of entry only. No verb and no logger shows one.
type Body interface {
	// Type is the body's name in its stored form.
	Type() string
	// Kind is the kind of entry that may hold it.
	Kind() EntryKind
}

// The types of body.
const (
	TypeAnswer    = "answer"
	TypeMessage   = "message"
	TypeFile      = "file"
	TypeFilePart  = "file_part"
	TypeExclusion = "exclusion"
	TypeConfirm   = "confirm"
	TypeLog       = "log"
	TypeAct       = "act"
	// Of version 1 alone; since then they are acts.
	TypeReply   = "reply"
	TypeNote    = "note"
	TypeMinutes = "minutes"
)

// Answer is the reporter's answer to a question.
type Answer struct {
	hidden
	Source
	Lang     string `json:"lang,omitempty"`
	Question string `json:"question"`
	// Is says what the question is about ("keeps_out", "who"), as its set has it, so
	// that nobody who reads the case needs to know the set. Empty in version 1.
	Is         []string       `json:"is,omitempty"`
	Title      string         `json:"title,omitempty"` // the question in a few words
	Part       int            `json:"part,omitzero"`   // counted from 1
	PartTitle  string         `json:"part_title,omitempty"`
	Asked      string         `json:"asked,omitempty"`
	Choices    []string       `json:"choices,omitempty"`
	Labels     []string       `json:"labels,omitempty"`
	Text       intake.Private `json:"text,omitzero"`
	Way        string         `json:"way,omitempty"` // "", skip, unknown, rather_not
	Supersedes bool           `json:"supersedes,omitzero"`
}

// Message is what the reporter wrote after sending.
type Message struct {
	hidden
	Source
	Lang   string         `json:"lang,omitempty"`
	Text   intake.Private `json:"text,omitzero"`
	Edited bool           `json:"edited,omitzero"` // a later version of an earlier message
}

// Source is what a network says of the message that words came in.
type Source struct {
	Message   string         `json:"message,omitempty"`  // its id there: an edited message keeps the first one's
	Forwarded bool           `json:"forwarded,omitzero"` // somebody else's words, passed on
	Quotes    intake.Private `json:"quotes,omitzero"`    // what it answers to
	Live      bool           `json:"live,omitzero"`      // a place that the network keeps telling anew; the last one counts
}

// File names a kept file, whose bytes are the [FilePart]s before it.
type File struct {
	hidden
	Source
	ID        string         `json:"file"`
	Name      intake.Private `json:"name,omitzero"`
	MediaType string         `json:"media_type,omitempty"`
	Size      int64          `json:"size,omitzero"`
	SHA256    []byte         `json:"sha256,omitempty"`
	// NoPlace says that it is a copy of what was sent, without what tells where that was made.
	NoPlace bool `json:"no_place,omitzero"`
	// Parts are the numbers of the entries that hold its parts, in their order. Files from
	// before there were such lists have none.
	Parts []int64 `json:"parts,omitempty"`
}

// FilePart is a piece of a file.
type FilePart struct {
	hidden
	ID   string `json:"file"`
	Part int    `json:"part"` // counted from 1
	Data []byte `json:"data"`
}

// Taken stands in the place of what the reporter took back. It is stored nowhere.
type Taken struct{ hidden }

// Exclusion says whom the reporter keeps out: all of them, by the ids of the
// organisation file. The last one counts.
type Exclusion struct {
	hidden
	Out []string `json:"out"`
}

// Confirm is what the reporter answered to words of the office that ask for a yes or a
// correction: to minutes.
type Confirm struct {
	hidden
	Source
	Lang   string         `json:"lang,omitempty"`
	Of     int64          `json:"of"`     // the entry that asks: it is the version that was answered
	Answer string         `json:"answer"` // [AnswerYes] or [AnswerChange]
	Text   intake.Private `json:"text,omitzero"`
}

// Log is a line of the case's log that the server writes by itself.
type Log struct {
	hidden
	Event Event `json:"event"`
	// Set is the version of the questions: of [EventReceived].
	Set string `json:"set,omitempty"`
	// Start is what the routine begins from: of [EventReceived] and [EventRoutine].
	Start *Start `json:"start,omitempty"`
	// Day is the day that has passed: of [EventLate].
	Day string `json:"day,omitempty"`
	// Wish is what the reporter asks for: of [EventWish].
	Wish *Wish `json:"wish,omitempty"`
	// Of are the numbers of the entries that are not there any more: of [EventTakenBack].
	Of []int64 `json:"of,omitempty"`
	// Left are those who could open what came before: of [EventEpoch].
	Left []string `json:"left,omitempty"`
	// By and To are handlers, in version 1 alone: since then what a handler does is
	// an [Act], and who did it is who signed.
	By string `json:"by,omitempty"`
	To string `json:"to,omitempty"`
}

// Event is what a line of the log is about.
type Event string

// What the server notes by itself.
const (
	EventReceived     Event = "received"      // the report was sent
	EventEpoch        Event = "epoch"         // begins each later key of a room
	EventWish         Event = "wish"          // the reporter asks for something by a press
	EventTaken        Event = "taken_away"    // the reporter took a message away
	EventTakenOther   Event = "taken_other"   // somebody else took a message of theirs away
	EventTakenUnknown Event = "taken_unknown" // a message was taken away, and by whom is not known
	EventTakenBack    Event = "taken_back"    // the reporter took back what they had just given
	EventMoved        Event = "moved"         // the reporter goes on in another chat
	EventGone         Event = "gone"          // the reporter cannot be reached
	EventBack         Event = "back"          // and can again
	EventNotRead      Event = "not_read"      // words waited for the reporter as long as they may
	EventReceipt      Event = "receipt"       // the reporter was told that it is here
	EventRoutine      Event = "routine"       // a case from before the routine is worked by it from now on
	EventLate         Event = "late"          // the reporter was told that a promised day has passed
)

// EventPerson was written when a reporter asked to be called; today that is a wish.
const EventPerson Event = "wants_a_person"

// Events are all that the server writes today. Version 1 had those of handlers too.
var Events = []Event{EventReceived, EventEpoch, EventWish, EventTaken, EventTakenBack, EventTakenOther, EventTakenUnknown, EventMoved, EventGone, EventBack, EventNotRead, EventReceipt, EventRoutine, EventLate}

// Act is what a handler did. Which fields it has is declared with the act, in
// handlers/routine; who did it is who signed the entry, never what stands here.
type Act struct {
	hidden
	Name string `json:"act"`
	// Mark is the part of it that the server knows, byte for byte as it was signed.
	Mark []byte `json:"mark"`
	// Nonce binds words that left to the mark, so that every reader can see that they
	// are the ones that stand here.
	Nonce  []byte `json:"nonce,omitempty"`
	Fields Fields `json:"fields,omitzero"`
}

// Written is what a handler wrote in version 1: By is what the entry said of
// itself, and nobody signed it.
type Written struct {
	hidden
	As   string         `json:"-"` // [TypeReply], [TypeNote] or [TypeMinutes]
	By   string         `json:"by,omitempty"`
	Text intake.Private `json:"text,omitzero"`
}

// Type implements [Body], as the methods below do.
func (Answer) Type() string    { return TypeAnswer }
func (Message) Type() string   { return TypeMessage }
func (File) Type() string      { return TypeFile }
func (FilePart) Type() string  { return TypeFilePart }
func (Taken) Type() string     { return "" }
func (Exclusion) Type() string { return TypeExclusion }
func (Confirm) Type() string   { return TypeConfirm }
func (Log) Type() string       { return TypeLog }
func (Act) Type() string       { return TypeAct }
func (w Written) Type() string { return w.As }

// Kind implements [Body], as the methods below do.
func (Answer) Kind() EntryKind    { return EntryReporter }
func (Message) Kind() EntryKind   { return EntryReporter }
func (File) Kind() EntryKind      { return EntryReporter }
func (FilePart) Kind() EntryKind  { return EntryReporter }
func (Taken) Kind() EntryKind     { return EntryReporter }
func (Exclusion) Kind() EntryKind { return EntryReporter }
func (Confirm) Kind() EntryKind   { return EntryReporter }
func (Log) Kind() EntryKind       { return EntryLog }
func (Act) Kind() EntryKind       { return EntryOffice }
func (Written) Kind() EntryKind   { return EntryOffice }

// hidden makes a body show nothing of itself.
type hidden struct{}

// Format implements [fmt.Formatter].
func (hidden) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte("[private]")) }

// LogValue implements [slog.LogValuer].
func (hidden) LogValue() slog.Value { return slog.StringValue("[private]") }
