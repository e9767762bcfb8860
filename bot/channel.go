package bot

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"tillit/intake"
	"tillit/intake/pictures"
	"tillit/intake/words"
)

// Channel is one network that members write through. Channels stay dumb: they
// translate and classify, the [Bot] decides.
type Channel interface {
	// Name is the channel's short name in the queue and in rows: "web", "console".
	Name() string
	// Capabilities says what one conversation can carry and who can read it.
	Capabilities(intake.ConversationID) Capabilities
	// Listen calls deliver for each event, in order within a conversation, until
	// ctx is done; then it returns nil after its last deliver has returned.
	// An event is acknowledged to the network only after deliver returned nil;
	// otherwise it is offered again.
	Listen(ctx context.Context, deliver func(context.Context, Event) error) error
	// Send makes one attempt. It classifies a failure: [ErrGone], [*RetryError],
	// [ErrMaybeSent], [ErrTrouble], or another error, which says that the network
	// refuses this message. None of them holds text, address or token.
	Send(ctx context.Context, to intake.Address, m Message) (SentID, error)
}

// Deleter is a channel that can take back what stands in a chat.
type Deleter interface {
	// Delete takes back messages, by what Send returned and events carried. It
	// passes over what the network no longer lets us take back; its errors are
	// those of Send, and [ErrNotTaken] where nothing was taken back at all.
	Delete(ctx context.Context, to intake.Address, messages []SentID) error
}

// Sweeper is a [Deleter] that finds, with what is known to stand in a chat, what left
// without being noted.
type Sweeper interface {
	// Sweep takes back all that stands there, as Delete does.
	Sweep(ctx context.Context, to intake.Address, known []SentID) error
}

// Editor is a channel that can change what it said.
type Editor interface {
	// Edit puts a message, with its choices, in the place of one that was sent, by
	// what Send returned. It may be done again. Its errors are those of Send; any but
	// [ErrGone] and [*RetryError] says that the old one stands.
	Edit(ctx context.Context, to intake.Address, sent SentID, m Message) error
}

// Capabilities are facts about a conversation that the bot builds on.
type Capabilities struct {
	LongestText int           // in the network's unit, 0 is no limit
	Buttons     bool          // choices can be pressed; otherwise they are numbered
	EndToEnd    bool          // nobody but the two ends can read
	Reader      string        // who else can read, by name: "Telegram"
	CanDelete   bool          // what stands in the chat can be taken back: the channel is a [Deleter]
	DeletesFor  time.Duration // for how long after it was written
	DeletesOurs bool          // only what we wrote, however old
	LargestFile int64         // in bytes; 0 is what the installation allows
	Redelivers  time.Duration // how long the network may offer an event again
	// Copy says that the person reads from the sealed copy in our store (the web):
	// nothing is queued or sent, [Channel.Send] is never called.
	Copy bool
	// Words are the channel's own, in every language: under readers, who can read what
	// is written there; under more, where there is something, what else the network
	// knows. Both are told {reader} and {hours}.
	Words *words.Book
}

// EventKind says what happened.
type EventKind string

// The kinds of event.
const (
	EventMessage EventKind = "message"
	EventPress   EventKind = "press"
	EventEdit    EventKind = "edit"
	EventDelete  EventKind = "delete"
	EventGone    EventKind = "gone"
	EventJoined  EventKind = "joined"
)

// Taken says who took a message away.
type Taken string

// Who took a message away, as far as the network marks it. Our own cleaning is no event.
const (
	TakenUnknown Taken = ""
	TakenByThem  Taken = "them"  // whoever wrote it
	TakenByOther Taken = "other" // an administrator, or else
)

// Event is one thing that a person did on a network.
type Event struct {
	ID           string // unique per account; makes a repeated delivery harmless
	Kind         EventKind
	Conversation intake.ConversationID
	Address      intake.Address // where answers go
	Message      string         // the network's id of the message, for edits
	Messages     []SentID       // all messages that it came in, where they can be taken back
	Text         intake.Private
	Choices      []string // pressed choices by full id
	Boxes        bool     // Choices are all that is ticked in a form
	// Pressed reports whether a choice id is the one that was pressed, for networks
	// whose buttons carry only a token. It takes the place of Choices.
	Pressed func(id string) bool
	Under   SentID // the message that the pressed button stands under, where the channel is an [Editor]
	Files   []File
	// Asked is the question that a form was under ([intake.Message].Asked); There says that
	// its words are kept there, though something else is asked by now.
	Asked string
	There bool
	// AnswersTo reports whether a choice stood under the message that this one replies to,
	// where a network says what is replied to. It takes the place of Asked.
	AnswersTo func(id string) bool
	// Unread reports whether the message was written before what we said last in that chat
	// was there, by the network's own order, as far as that is known; nil is not.
	Unread    func() bool
	Album     string         // the network's id of what was sent at once, when parts of it may come later
	Unkept    Unkept         // of what came along, the channel could not take this
	Place     bool           // the words are a place that the network told
	Live      bool           // and it tells it anew by itself while the person moves
	Taken     Taken          // who took the message away, of [EventDelete]
	Forwarded bool           // the words are somebody else's, passed on
	Quotes    intake.Private // what the message answers to, in its own words
	Language  string         // the network's hint, "nb"; may be empty
	At        time.Time
	Cursor    []byte // opaque, how far this conversation was read; committed with the event's effects
	// Mailbox makes the reporter's copy, with a conversation's first event (web).
	Mailbox *Mailbox
	// Secret opens the reporter's copy for this event only (web); it is never stored.
	Secret intake.Private
}

// Mailbox is the key material of a reporter's copy. The public half is stored,
// the private half only under a key that the browser holds.
type Mailbox struct {
	Public  []byte // crypto/hpke public key
	Wrapped []byte // private half, boxed under a key from the browser's secret
}

// File is something that came with a message. Open may be called once; it
// streams, and nothing of it is ever written in clear.
type File struct {
	Name intake.Private
	Type string
	Size int64 // -1 if unknown
	// Voice says that it is a person speaking, who can be known by it.
	Voice bool
	// NoPlace says that what Open gives is a copy without what tells where the file was made.
	NoPlace bool
	Open    func() (io.ReadCloser, error)

	place  pictures.Place // whether it tells where it was made, as far as the bot has looked
	copies bool           // one without that can be made
	id     string         // that it is kept under
}

// Message is what the bot says to one conversation.
type Message struct {
	Key string // idempotency key, stable across retries
	intake.Message
	// Words are a person's words (the office's reply) and go after Text.
	Words intake.Private
	// Clean takes back what stands in the chat, before this is said.
	Clean bool
	// Otherwise is said in the place of Text when nothing could be taken back.
	Otherwise string
	// Replaces is the message in whose place this one is put, where the channel is an
	// [Editor] and that one still stands; otherwise it is said anew.
	Replaces SentID
	// Aside says that it is asked beside the talk: once anything else is said, it is past.
	Aside bool
	// Maybe says that an earlier attempt to send it may have arrived, Lang in which language
	// it is said.
	Maybe bool
	Lang  string
	// Mine marks an echo of the reporter's own words, kept in the copy only.
	Mine bool
	// Of is the event that words of the reporter's came in.
	Of string
	// File is the id of the file whose name it echoes.
	File string
	// Takes are messages that are taken back in the chat, before this is said.
	Takes []SentID
	At    time.Time
}

// silent reports whether a message says nothing: it only cleans.
func (m Message) silent() bool {
	return (m.Clean || len(m.Takes) > 0) && m.Text == "" && m.Words.IsZero() && len(m.Choices) == 0
}

// SentID is what the network calls a message. Of a long message that went in parts
// it is all of their names, which only the channel takes apart.
type SentID string

// ErrGone says that the person cannot be reached there any more: blocked,
// deactivated, deleted. The courier stops and the case says so.
var ErrGone = errors.New("the conversation is gone")

// ErrMaybeSent says that the outcome is unknown and that the network cannot tell a repeat
// from a new message. It is said again after a wait, with [Message.Maybe]: to read something
// twice is better than to wait for ever.
var ErrMaybeSent = errors.New("maybe sent")

// ErrTrouble says that the network, or our way to it, is in trouble, and nothing is
// wrong with the message: it waits for as long as that lasts.
var ErrTrouble = errors.New("the network is in trouble")

// ErrNotTaken says that the network let us take back nothing of what stands in a chat.
var ErrNotTaken = errors.New("nothing was taken back")

// RetryError says that a later attempt may succeed.
type RetryError struct{ After time.Duration }

// Error implements error.
func (e *RetryError) Error() string { return fmt.Sprintf("try again in %s", e.After) }
