package store

import (
	"errors"
	"io"
	"time"

	"tillit/store/cases"

	"tillit/intake"
)

// This file is what callers hand to the store and get back. All of it is plain
// in memory; the store seals and boxes before anything reaches the disk.

// Errors that callers decide by.
var (
	// ErrStale says that the conversation or room moved on since it was read:
	// read again and decide anew. Nothing was written.
	ErrStale = errors.New("stale: it has changed since it was read")
	// ErrDuplicate says that the event's effects are already stored.
	ErrDuplicate = errors.New("this event is already stored")
	// ErrUnknown says that there is no such thing for this caller: never made,
	// destroyed, or not theirs. The three are not told apart.
	ErrUnknown = errors.New("no such case")
	// ErrInvalid says that there can be no such page of the queue.
	ErrInvalid = errors.New("no such page")
	// ErrKeptOut says that somebody may have no key of a case: its reporter keeps them
	// out, or they stepped aside.
	ErrKeptOut = errors.New("this person is kept out")
	// ErrUnavailable says that nothing could be written (full or read-only disk,
	// corrupt page). It is safe to try the same again later.
	ErrUnavailable = errors.New("the store cannot write now")
	// ErrBusy says that a queue for costly work (code look-ups) is full.
	ErrBusy = errors.New("busy, one moment")
	// ErrEmpty says that there is nothing in a file.
	ErrEmpty = errors.New("there is nothing in this file")
	// ErrFull says that a talk holds as many files as it may, ErrNoRoom that the disk does,
	// or all of them together. What else an event brings can be stored without them.
	ErrFull   = errors.New("this talk holds no more files")
	ErrNoRoom = errors.New("there is no room for files now")
	// ErrRefused says that an act is not what its handler signed, or not well formed.
	ErrRefused = errors.New("this is not an act that can be stored")
)

// Entry is something to seal into a room. The store puts it in its context
// (version, case, room, epoch, sequence, kind, exact time, previous hash), pads,
// seals, chains and signs.
type Entry struct{ Body cases.Body }

// Line is one line of a conversation as the person sees it: sealed to the
// reporter's copy when the conversation has one, otherwise queued to be sent.
type Line struct {
	Body []byte // JSON of a bot.Message, opaque to the store
	// Mine marks the person's own words: kept in a copy, never sent.
	Mine bool
	// AwaitsPickup keeps the line back until [Change.Release]: words of the office that
	// wait for "show me".
	AwaitsPickup bool
	// After is when it may be sent at the earliest; zero is at once. A copy shows
	// it at once.
	After time.Time `json:"-"`
}

// Change is everything that one event leads to. It is stored in one
// transaction with one fsync, or not at all.
type Change struct {
	Channel      string
	Conversation intake.ConversationID
	Expect       int64  // the version that was read; 0 is a new conversation
	Event        string // network's event id; empty for none
	Address      intake.Address
	State        []byte // the caller's new cursor, boxed by the store
	// StateOf makes that cursor of what the change becomes, in the place of State.
	StateOf  func(Stored) []byte
	Cursor   []byte   // how far the network was read of this conversation, committed alongside; boxed by the store
	Messages []string // what the network calls what came in, to take it back later

	Mailbox *Mailbox // sets the reporter's copy
	// Secret opens the copy for as long as the change is made; without it lines
	// are sealed to the copy's public half. It is never stored.
	Secret  intake.Private
	Once    []byte    // of a case that the office makes: the id under which it is made once
	Open    *OpenRoom // makes a case with its room, seats this conversation as reporter
	Into    string    // the case that it goes into, if that is not the active one but another of theirs
	Said    []string  // the network's ids of the messages that went into it
	Entries []Entry   // into the active room
	Files   []FilePart
	Submit  *Submit // hands the case over
	// Facts changes what the server knows of the case that it goes into, which is with the
	// office: what the reporter does can begin and end clocks.
	Facts        func(f *cases.Facts)
	Notices      []cases.Notice // of the active case, which is with the office; one of a kind for each handler
	TakeBack     *TakeBack      // what the reporter takes back of what they gave
	Exclude      *Exclude       // whom the reporter keeps out, if that is said anew
	Delete       bool           // destroys the conversation's unsent case, or all that is the reporter's to delete
	Stays        bool           // with Delete: the conversation stays, with its code, and what was in its copy does not
	Expires      time.Time      // when an unsent interview is destroyed; zero leaves as is
	Lines        []Line
	TransferCode *TransferCode // a code that leads here from now on
	Transfer     *Transfer     // what a code led to, and is this conversation's from now on
	Left         *Left         // what becomes of the chat that is left; without it, it is destroyed
	Release      bool          // sends or shows all lines that await pickup, marks them read
	End          bool          // drops the conversation's route, copy and tokens
	Lapse        bool          // destroys lines that await pickup that have waited for as long as they may
	// Gone says that the person cannot be reached any more: what was to be sent is
	// dropped and the cases say so, until an event with an address comes.
	Gone bool
}

// Mailbox is the reporter's copy: a public key, and its private half boxed under
// a secret that only the browser holds.
type Mailbox struct {
	Public  []byte
	Wrapped []byte
}

// OpenRoom asks for a new case. Recipients are all who could be given the key:
// handlers, external receiver, recovery.
type OpenRoom struct {
	Recipients []cases.Recipient
	SetVersion string
}

// Exclude says whom the reporter keeps out of the active case: all of them, in the
// place of those before. It becomes a sealed [cases.Exclusion] and stands in the
// case's box, unless it stands there already.
//
// Of a case that is with the office, who was not among them before loses every key in
// the same transaction: the case gets its next one, without them. Who is not among
// them any more has no key by that; somebody who holds one may give it to them.
type Exclude struct {
	Out []string // ids of the organisation file
	// Recipients are all who may hold the next key, of a case that is with the office.
	Recipients []cases.Recipient
}

// Submit hands a case to the office. Wraps that Keep does not name are destroyed, and
// those of whoever is kept out.
type Submit struct {
	Keep    []string // recipients who keep their wrap
	Status  string   // "waiting"
	Flags   []string
	Start   cases.Start    // what the work on it begins from, as the log says it
	Notices []cases.Notice // without content
}

// FilePart is a file to seal in parts of at most 1 MiB while it streams.
type FilePart struct {
	ID   string
	Name intake.Private
	Type string
	// Source is what the network says of the message that it came in.
	Source cases.Source
	// NoPlace says that it is a copy without what tells where the file was made.
	NoPlace bool
	Open    func() (io.ReadCloser, error)
}

// Applied is what a change came to.
type Applied struct {
	Version int64
	Ref     string   // case reference, when the conversation has a case
	Receipt string   // short hash of the chain's head
	Files   []string // ids of kept files
}

// Conversation is what is known of one person's chat.
type Conversation struct {
	Version int64 // 0: never seen
	State   []byte
	Ref     string // active case, empty for none
	Room    string
	Sent    bool     // the active case is with the office
	Out     []string // ids of those whom the active case keeps out
	Asks    []Asks   // what the person is asked to look over, in each of their cases
	Unread  int      // lines that await pickup
	Mailbox []byte   // public key of the copy; nil if none
	Expires time.Time
	Gone    bool // the person could not be reached when last tried
	Unsaid  int  // lines that have not left yet, besides those that await pickup
}

// Asks are words of the office in a case that ask its reporter for something.
type Asks struct {
	Ref string
	All []cases.Asking
}

// Delivery is an outgoing line, leased to the courier.
type Delivery struct {
	ID      int64
	Key     string // idempotency key
	Channel string
	Address intake.Address
	Body    []byte
	Tries   int
	// Maybe says that an earlier attempt may have arrived.
	Maybe bool
	// Next is the line that follows it for the same person, if one is due.
	Next []byte
}
