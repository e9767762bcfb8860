package store

import (
	"errors"
	"io"
	"time"

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
	// ErrUnavailable says that nothing could be written (full or read-only disk,
	// corrupt page). It is safe to try the same again later.
	ErrUnavailable = errors.New("the store cannot write now")
	// ErrBusy says that a queue for costly work (code look-ups) is full.
	ErrBusy = errors.New("busy, one moment")
)

// Recipient is somebody a room key is wrapped to.
type Recipient struct {
	ID  string // handler id, [External] or [Recovery]
	Key string // age1pq1…
}

// The ids of the two recipients that are no handlers.
const (
	External = "#external"
	Recovery = "#recovery"
)

// EntryKind is the one word about an entry that stands in clear.
type EntryKind string

// The kinds of entry: by the reporter, to or within the office, or the log.
const (
	EntryReporter EntryKind = "reporter"
	EntryOffice   EntryKind = "office"
	EntryLog      EntryKind = "log"
)

// Entry is something to seal into a room. Body is one JSON object; the store
// puts it in its context (version, case, room, epoch, sequence, exact time,
// previous hash), pads, seals, chains and signs.
type Entry struct {
	Kind EntryKind
	Body []byte
}

// Line is one line of a conversation as the person sees it: sealed to the
// reporter's copy when the conversation has one, otherwise queued to be sent.
type Line struct {
	Body []byte // JSON of a bot.Message, opaque to the store
	// Mine marks the person's own words: kept in a copy, never sent.
	Mine bool
	// Held keeps the line back until [Change.Release]: words of the office that
	// wait for "show me".
	Held bool
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
	Cursor       []byte // channel's cursor, committed alongside

	Mailbox *Mailbox  // sets the reporter's copy
	Open    *OpenRoom // makes a case with its room, seats this conversation as reporter
	Entries []Entry   // into the active room
	Files   []FilePart
	Submit  *Submit   // hands the case over
	Exclude []string  // before Submit: destroys these staged wraps
	Delete  bool      // destroys the conversation's unsent case, or all that is the reporter's to delete
	Expires time.Time // when an unsent interview is destroyed; zero leaves as is
	Lines   []Line
	Release bool // sends or shows all held lines, marks them read
	End     bool // drops the conversation's route, copy and tokens
}

// Mailbox is the reporter's copy: a public key, and its private half boxed under
// a secret that only the browser holds.
type Mailbox struct {
	Public  []byte
	Wrapped []byte
}

// OpenRoom asks for a new case. Recipients are all who could be given the key:
// handlers, external receiver, recovery; Excluded of them get none, silently.
type OpenRoom struct {
	Recipients []Recipient
	Excluded   []string
	SetVersion string
}

// Submit hands a case to the office. Wraps that Keep does not name are destroyed.
type Submit struct {
	Keep    []string // recipients who keep their wrap
	Status  string   // "waiting"
	Level   string
	Flags   []string
	Due     []Due
	Urgent  bool
	Notices []Notice // without content
}

// Due is a promised or planned day.
type Due struct {
	Rule string `json:"rule"`
	Day  string `json:"day"` // 2006-01-02 in the organisation's time zone
}

// Notice is a content-free word to one handler.
type Notice struct {
	Handler string
	Kind    string // "new", "answer", "late"
	Ref     string // filled in by the store
	After   time.Time
}

// FilePart is a file to seal in parts of at most 1 MiB while it streams.
type FilePart struct {
	ID   string
	Name intake.Private
	Type string
	Open func() (io.ReadCloser, error)
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
	Sent    bool   // the active case is with the office
	Unread  int    // held lines
	Mailbox []byte // public key of the copy; nil if none
	Expires time.Time
}

// Case is a row of the queue for one handler: all of it comes from boxes and
// clear columns, none of it from sealed entries.
type Case struct {
	Ref      string    `json:"ref"`
	Room     string    `json:"room"`
	Status   string    `json:"status"`
	Level    string    `json:"level"`
	Flags    []string  `json:"flags,omitempty"`
	Channel  string    `json:"channel"`
	Received time.Time `json:"received_at"` // whole hour
	Assignee string    `json:"assignee,omitempty"`
	Unread   int       `json:"unread"` // reporter's entries this handler has not marked
	Due      []Due     `json:"due"`
}

// Sealed is one entry as it lies in the store.
type Sealed struct {
	Seq   int64     `json:"seq"`
	Epoch int       `json:"epoch"`
	Kind  EntryKind `json:"kind"`
	Hour  time.Time `json:"hour"`
	Prev  []byte    `json:"prev"`
	Hash  []byte    `json:"hash"`
	Sig   []byte    `json:"sig"`
	Data  []byte    `json:"data"` // age file; nil when redacted
}

// Room is all of a case that one handler may fetch.
type Room struct {
	Case    Case     `json:"case"`
	Epoch   int      `json:"epoch"`
	Public  string   `json:"public"`  // the room's age recipient
	Wrap    []byte   `json:"wrap"`    // this handler's wrap: an age file
	Genesis []byte   `json:"genesis"` // hash before the first entry
	Entries []Sealed `json:"entries"`
	More    string   `json:"more,omitempty"` // page token
	Access  []Access `json:"access"`
	CanOpen []string `json:"can_open"` // recipients with a live wrap
}

// Access is one line of who has asked for a case's ciphertext, by hour.
type Access struct {
	Handler string    `json:"handler"`
	Hour    time.Time `json:"hour"`
	Purpose string    `json:"purpose"` // "read" or "index"
}

// Delivery is an outgoing line, leased to the courier.
type Delivery struct {
	ID      int64
	Key     string // idempotency key
	Channel string
	Address intake.Address
	Body    []byte
	Tries   int
}
