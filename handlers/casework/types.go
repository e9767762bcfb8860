// Package casework opens cases on a handler's machine: it fetches sealed rooms
// from the office API, opens them with the handler's key, verifies the chain
// against the heads this machine has seen, and folds entries into a case that
// pages and commands show. The desk and the command line share it. It never
// writes anything readable to disk, and never runs on the server.
package casework

import (
	"cmp"
	"errors"
	"time"

	"tillit/handlers/wire"
	"tillit/intake"
	"tillit/store/cases"
)

// Errors that pages and commands decide by.
var (
	ErrUnknown    = errors.New("no such case")            // never made, destroyed or not yours: not told apart
	ErrCannotOpen = errors.New("this key cannot open it") // a colleague who can may grant it
	ErrOffline    = errors.New("the office server does not answer")
	ErrTampered   = errors.New("the log is not whole") // see Case.Faults
)

// Handler is a colleague from the organisation file.
type Handler struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Role string `json:"role"`
	// Roles are it by language, where the organisation file says it in more than one.
	Roles map[string]string `json:"roles,omitempty"`
	// Fingerprint of both public keys, made here from the keys that a grant would
	// use: what the colleague reads aloud. Only [Client.Handlers] fills it in.
	Fingerprint string `json:"fingerprint,omitempty"`
}

// RoleIn is the role as a language says it.
func (h Handler) RoleIn(lang string) string { return cmp.Or(h.Roles[lang], h.Role) }

// handlerOf is somebody as the office tells of them.
func handlerOf(p wire.Person) Handler {
	return Handler{ID: p.ID, Name: p.Name, Role: p.Role, Roles: p.Roles}
}

// Query narrows the queue.
type Query struct {
	View string // one of [cases.Views]; empty is open
	Ref  string // part of a reference
	// What the cases must have; empty is any. Holder has a part in it, or is
	// [cases.Nobody].
	Holder, Level, Phase, Flag, Channel string

	Size int    // rows a page, at most [cases.MostRows]; 0 is 25
	Page string // token of an earlier page
}

// Page is one page of the queue.
type Page struct {
	Cases []cases.Case `json:"cases"`
	Next  string       `json:"next,omitempty"`
}

// Case is a case, opened.
type Case struct {
	cases.Case
	Answers []Answer // folded, in the set's order of asking
	Gaps    []Answer // skipped or not known; "rather not" is no gap
	Entries []Entry  // the timeline, oldest first
	Files   []File   // kept files
	Access  []cases.Access
	CanOpen []Handler // who holds a key now; the recovery key has no name
	Kept    []Handler // who must not get at it: kept out by the reporter, or by themselves
	Doubts  []Doubt   // entries that count in nothing, and what the server says otherwise
	Faults  []Fault   // what verification found; empty is whole
	Checked int       // entries verified
	Closed  int       // entries from before this handler had a key; they are checked, not read
	// KeptUnsaid says that the case is from version 1, whose log does not say of
	// everybody whom the reporter keeps out: not of a name in words that was asked about.
	KeptUnsaid bool
	Unproven   bool // a fresh desk: a cut tail could not be noticed
	// Lang is the language that the reporter used last; empty where nothing says it.
	Lang string

	Story Story `json:"-"` // how far it is
}

// Answer is one question with its latest answer.
type Answer struct {
	Question, Asked string
	Is              []string // what it is about, as its set says
	Title           string   // in a few words; empty in cases of version 1
	Part            int      // counted from 1; 0 in cases of version 1
	PartTitle       string
	Choices         []string // ids of what was chosen, as Labels say it
	Labels          []string
	Text            intake.Private
	Way             string // "", skip, unknown, rather_not
	At              time.Time
	Earlier         []Answer // superseded, newest first
	Source
}

// Source is what a network says of where words come from.
type Source struct {
	Forwarded bool           // somebody else's words, passed on
	Quotes    intake.Private // what they answer to
	live      string         // the network's id of a place that is told anew; else empty
}

// Entry is one line of the timeline.
type Entry struct {
	Seq    int64
	Kind   string // a body's type, of package cases
	By     string // handler's name, "reporter" or "tillit"
	At     time.Time
	Text   intake.Private // words, or the log's sentence key in Event
	Event  string
	File   string
	Unread bool
	Act    string // name of what a handler did, of package acts
	Person string // whom it is about, by name
	Of     int64  // the entry that it answers, of minutes that were confirmed or corrected
	// Values are what a handler filled in, by field; Leaves says that words of it left for
	// the reporter, and Outside that it was told to somebody without a chat here.
	Values          map[string][]intake.Private
	Leaves, Outside bool
	Via             string // the network of the chat that it was written in; empty is a desk
	// Unsigned says that nobody signed it: it is from version 1, and By is what the
	// entry says of itself.
	Unsigned bool
	Source
}

// File is a kept file, not yet opened.
type File struct {
	ID        string
	Name      intake.Private
	MediaType string
	Size      int64
	SHA256    string // of its bytes, in hexadecimal
	NoPlace   bool   // it is a copy without what told where it was made; there is no other
	At        time.Time
	By        string
}
