// Package cases says what a case looks like from outside the store: plain values
// that the office hands to a handler's program and that program reads. It
// holds no key, no database and no clock, so that whoever works a case need not
// depend on how it is stored.
package cases

import (
	"slices"
	"strings"
	"time"
)

// Recipient is somebody a room key is wrapped to.
type Recipient struct {
	ID  string // handler id, [External] or [Recovery]
	Key string // age1pq1…
	// ByGrant is somebody who gets no key when a case begins, only when a handler gives
	// it: there is a place for it from the start, so that it does not show when.
	ByGrant bool
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

// Due is a promised or planned day.
type Due struct {
	Rule string `json:"rule"`
	Day  string `json:"day"` // 2006-01-02 in the organisation's time zone
}

// Facts are what the server must know of a case to keep its queue. They lie in a box.
type Facts struct {
	Status   string   `json:"status"`
	Level    string   `json:"level,omitempty"`
	Flags    []string `json:"flags,omitempty"`
	Due      []Due    `json:"due,omitempty"`
	Assignee string   `json:"assignee,omitempty"`
	// Out are those whom the reporter keeps out, sorted: what the last exclusion entry
	// says. Nil is a case of which nothing of the kind was ever said.
	Out     []string `json:"out"`
	Recused []string `json:"recused,omitempty"` // handlers who stepped away

	// What the routine adds, of cases that are worked by one.
	Routine string `json:"routine,omitempty"` // its version
	Phase   string `json:"phase,omitempty"`
	// Answered says that words of a person have left for the reporter.
	Answered bool              `json:"answered,omitzero"`
	Lock     string            `json:"lock,omitempty"`   // the level cannot be below it
	Duties   map[string]string `json:"duties,omitempty"` // who has which, but for the lead, who is Assignee
	Clocks   []Clock           `json:"clocks,omitempty"` // sorted by due day
	Asked    []Asked           `json:"asked,omitempty"`  // what waits for a second person
	Asks     []Asking          `json:"asks,omitempty"`   // what the reporter is asked to look over
	Closed   bool              `json:"closed,omitzero"`
	Hold     bool              `json:"hold,omitzero"` // it may not be shredded
	End      string            `json:"end,omitempty"` // the day until which it is kept
}

// Unsafe says whether somebody may be in danger, and nobody has yet looked at it and
// written what was done: a case that no routine has taken over stays so.
func (f Facts) Unsafe() bool { return unsafe(f.Flags, f.Routine, f.Clocks) }

// Unsafe says of a row of the queue what [Facts.Unsafe] says.
func (c Case) Unsafe() bool { return unsafe(c.Flags, c.Routine, c.Clocks) }

// unsafe looks for the flag of an answer by which somebody is not safe, and for a clock
// that rings at any hour.
func unsafe(flags []string, routine string, clocks []Clock) bool {
	return slices.Contains(flags, FlagUnsafe) && (routine == "" || slices.ContainsFunc(clocks, func(c Clock) bool { return c.Ladder == ladderUrgent }))
}

// FlagUnsafe is the flag of an answer by which somebody is not safe, and ladderUrgent the
// ladder of clocks that ring at any hour.
const (
	FlagUnsafe   = "URGENT"
	ladderUrgent = "urgent"
)

// Nobody is the holder of a case that nobody has a part in.
const Nobody = "-"

// KeptOut says whether somebody may be given no key of the case, by whatever way.
func (f Facts) KeptOut(id string) bool {
	return slices.Contains(f.Out, id) || slices.Contains(f.Recused, id)
}

// Signature is who did what an entry says: see store/seal, which makes and checks it.
type Signature struct {
	By   string `json:"by"`
	Via  string `json:"via,omitempty"`
	Mark []byte `json:"mark"`
	Sig  []byte `json:"sig"`
}

// Notice is a content-free word to one handler.
type Notice struct {
	Handler string
	Kind    string // one of the Notice… constants
	Ref     string // filled in by the store
	After   time.Time
	Urgent  bool // somebody may be unsafe: it does not wait for the morning
	// Rung are the clocks that rang, as [Clock.Rung] names them, of what rings. The notice
	// is destroyed with the last of them.
	Rung []string `json:",omitempty"`
	// Keyless says that who is told needs no key of the case: the control organ.
	Keyless bool `json:",omitempty"`
}

// The kinds of notices.
const (
	NoticeNew     = "new"           // a case came
	NoticeAnswer  = "answer"        // its reporter added something
	NoticeReopen  = "after_closing" // and it is closed
	NoticeRing    = "ring"          // a day comes near, or is here
	NoticeLate    = "late"          // it has passed
	NoticeUrgent  = "urgent"        // somebody may be in danger
	NoticeControl = "tell_control"  // the control organ should be told, and has no account here
)

// Rings says whether it is about days.
func (n Notice) Rings() bool { return len(n.Rung) > 0 }

// Day is the first day that it is about, "2026-11-27"; empty for what does not ring.
func (n Notice) Day(zone *time.Location) (first string) {
	for _, rung := range n.Rung {
		_, day, _ := strings.Cut(rung, " ")
		if at, err := time.Parse("2006-01-02T15:04Z", day); err == nil {
			day = at.In(zone).Format(time.DateOnly)
		}
		if first == "" || day < first {
			first = day
		}
	}
	return first
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

	Routine string            `json:"routine,omitempty"`
	Phase   string            `json:"phase,omitempty"`
	Duties  map[string]string `json:"duties,omitempty"`
	Clocks  []Clock           `json:"clocks,omitempty"`
	Asked   int               `json:"asked,omitzero"` // acts that wait for a second person
	Closed  bool              `json:"closed,omitzero"`
	// Entries is how many its log has. It stays at this end: a desk counts for itself.
	Entries int64 `json:"-"`
}

// Views are the parts of the queue, in the order in which they are offered: all that
// is open, what is unread of it, what the handler has taken, and what is closed.
var Views = []string{"open", "unread", "mine", "closed"}

// MostRows is how many cases one page of the queue holds at most. More is refused,
// never quietly made less.
const MostRows = 100

// LongestText is how many bytes words of the office may have: a reply or a note.
const LongestText = 32 << 10

// Sealed is one entry as it lies in the store.
type Sealed struct {
	Seq   int64     `json:"seq"`
	Epoch int       `json:"epoch"`
	V     int       `json:"v"` // version of the body and of the chain's step
	Kind  EntryKind `json:"kind"`
	Hour  time.Time `json:"hour"`
	Prev  []byte    `json:"prev"`
	Hash  []byte    `json:"hash"`
	Sig   []byte    `json:"sig"`
	Data  []byte    `json:"data,omitempty"` // age file
	// Sum is the SHA-256 of the age file, in a log that is given without it.
	Sum []byte `json:"sum,omitempty"`
	// Signed is who did it, of what a handler did.
	Signed *Signature `json:"signed,omitempty"`
}

// Room is all of a case that one handler may fetch.
type Room struct {
	Case    Case     `json:"case"`
	Epoch   int      `json:"epoch"`
	Public  string   `json:"public"`            // the room's age recipient
	Wrap    []byte   `json:"wrap"`              // this handler's wrap: an age file
	Beside  [][]byte `json:"beside,omitempty"`  // newer ones, that this handler has not confirmed
	Earlier []Epoch  `json:"earlier,omitempty"` // the keys before, the first one first
	Genesis []byte   `json:"genesis"`           // hash before the first entry
	Entries []Sealed `json:"entries"`
	More    bool     `json:"more,omitempty"` // there are entries after these
	Last    int64    `json:"last"`           // the number of the last entry of all
	Head    []byte   `json:"head"`           // and its hash
	Access  []Access `json:"access"`
	CanOpen []string `json:"can_open"` // who of the organisation holds a key; the office fills it in
}

// Epoch is a key that a room had before, until somebody left who could open it.
type Epoch struct {
	Epoch  int      `json:"epoch"`
	Public string   `json:"public,omitempty"`
	Wrap   []byte   `json:"wrap,omitempty"` // nil for who holds none
	Beside [][]byte `json:"beside,omitempty"`
}

// Access is one line of who was given a case's ciphertext and its key, by hour.
type Access struct {
	Handler string    `json:"handler"`
	Hour    time.Time `json:"hour"`
}
