package handlers

import (
	"crypto/ed25519"
	"slices"
	"time"

	"tillit/store/cases"

	"tillit/handlers/routine"
	"tillit/intake"
)

// LevelExternal is the level at which only the external receiver reads a case.
const LevelExternal = "external"

// The rights that the organisation file gives.
const (
	// RightAssign is to give a case to somebody else. The office holds it.
	RightAssign = routine.RightAssign
	// RightExport is to write an opened case to a file. The program holds it:
	// who can read a case could copy it by hand.
	RightExport = "export"
)

// Handler is somebody whom the organisation file names: who works with cases, and with
// fewer of the fields who does not.
type Handler struct {
	ID   string
	Name string
	Role Role
	// Nicknames are what else somebody is called, so that a reporter who writes one is
	// asked whether they are meant.
	Nicknames []string
	County    string
	Rights    []string
	Key       string              // age1pq1…; empty is somebody who can hold none
	Sign      ed25519.PublicKey   // signs in at the office API, and what the handler does
	Before    []ed25519.PublicKey // what they signed with before
	// Accounts are the handler's own accounts by network, "telegram": where the
	// office's bot there writes to them.
	Accounts map[string]string
	Deputy   string // id of who is rung in their place; may be empty
	Away     []Span // the days on which that is so
	Reach    string // how to reach them, for people to read; may be empty
	at       string // their place in the organisation file
}

// May says whether a handler has a right.
func (h Handler) May(right string) bool { return slices.Contains(h.Rights, right) }

// Fingerprint returns what is read aloud when the handler's keys are entered.
func (h Handler) Fingerprint() string { return Fingerprint(h.Key, h.Sign) }

// Recovery is the office's last resort: a key that lies in a safe.
type Recovery struct {
	Key  string
	Note string // how it is kept; "2-of-3" unless the organisation knows better
}

// Roster is a valid organisation file. It does not change after [LoadRoster]
// and is safe for concurrent use.
type Roster struct {
	Org      string
	Zone     *time.Location
	Lang     string
	Counties []string
	Promises Promises
	// Closed are the office's own days off, one by one: "2026-12-24", or of every year
	// "12-24". They move its work, and nothing promised.
	Closed   []string
	Handlers []Handler // who works here now
	Guests   []Handler // from outside: they can be given a key, and hold none by themselves
	Left     []Handler // who was here once: a name in old log lines, and nothing else
	External Handler   // its ID is [cases.External]
	Recovery Recovery

	chain   []Post
	control Handler // without an id: the external receiver
	file    string
	lines   map[string]int
}

// Readers are all who can hold a key and sign in: the handlers, those from outside, the
// external receiver.
func (r *Roster) Readers() []Handler {
	return slices.Concat(r.Handlers, r.Guests, []Handler{r.External})
}

// Recipients returns everybody whom a room key could be wrapped to: the
// handlers in the order of the file, those from outside, the external receiver, recovery.
func (r *Roster) Recipients() []cases.Recipient {
	all := make([]cases.Recipient, 0, len(r.Handlers)+len(r.Guests)+2)
	for _, h := range r.Handlers {
		all = append(all, cases.Recipient{ID: h.ID, Key: h.Key})
	}
	for _, h := range r.Guests {
		all = append(all, cases.Recipient{ID: h.ID, Key: h.Key, ByGrant: true})
	}
	return append(all,
		cases.Recipient{ID: cases.External, Key: r.External.Key},
		cases.Recipient{ID: cases.Recovery, Key: r.Recovery.Key})
}

// People returns the handlers as a reporter may keep them out.
func (r *Roster) People() []intake.Person { return all(r.Handlers) }

// Told are those whom a reporter may keep out and who hold no key by themselves: they may
// be given one, or be told that there is a case.
func (r *Roster) Told() []intake.Person {
	var told []intake.Person
	add := func(h Handler) {
		known := slices.ContainsFunc(told, func(p intake.Person) bool { return p.ID == h.ID })
		if _, works := find(r.Handlers, h.ID); !works && !known && h.ID != "" && h.ID != cases.External {
			told = append(told, shown(h))
		}
	}
	for _, h := range r.Guests {
		add(h)
	}
	for _, p := range r.chain {
		add(p.Handler)
	}
	add(r.control)
	return told
}

// Outside returns the external receiver as a reporter is told of them.
func (r *Roster) Outside() intake.Person { return shown(r.External) }

// Former returns those who were here once, as a reporter may have known them.
func (r *Roster) Former() []intake.Person { return all(r.Left) }

func all(of []Handler) []intake.Person {
	people := make([]intake.Person, len(of))
	for i, h := range of {
		people[i] = shown(h)
	}
	return people
}

func shown(h Handler) intake.Person {
	p := intake.Person{ID: h.ID, Name: h.Name, Nicknames: h.Nicknames}
	for lang := range h.Role {
		with := h.Name + " (" + h.Role[lang] + ")"
		switch {
		case lang == "":
			p.Name = with
		case p.In == nil:
			p.In = map[string]string{lang: with}
		default:
			p.In[lang] = with
		}
	}
	return p
}

// Keep says whose wrap survives when a case is sent: the handlers who are not
// excluded and recovery, or, at level external and when no handler is left, the
// external receiver and recovery. Nobody's exclusion is an error.
func (r *Roster) Keep(level string, excluded []string) []string {
	var keep []string
	if level != LevelExternal {
		for _, h := range r.Handlers {
			if !slices.Contains(excluded, h.ID) {
				keep = append(keep, h.ID)
			}
		}
	}
	if len(keep) == 0 {
		keep = []string{cases.External}
	}
	return append(keep, cases.Recovery)
}

// Gone returns the ids of those who left and could hold a key.
func (r *Roster) Gone() []string {
	ids := []string{}
	for _, h := range r.Left {
		if h.Key != "" {
			ids = append(ids, h.ID)
		}
	}
	return ids
}

// Handler finds by id who can hold a key now: a handler, somebody from outside, the
// external receiver.
func (r *Roster) Handler(id string) (Handler, bool) { return find(r.Readers(), id) }

// Guest finds somebody from outside.
func (r *Roster) Guest(id string) (Handler, bool) { return find(r.Guests, id) }

func find(in []Handler, id string) (Handler, bool) {
	i := slices.IndexFunc(in, func(h Handler) bool { return h.ID == id })
	if i < 0 || id == "" {
		return Handler{}, false
	}
	return in[i], true
}

// SignKeys returns the keys that somebody signs or has signed with, also somebody who
// has left; none for who never could.
func (r *Roster) SignKeys(id string) []ed25519.PublicKey {
	h, ok := find(append(r.Readers(), r.Left...), id)
	if !ok || h.Key == "" {
		return nil
	}
	return append([]ed25519.PublicKey{h.Sign}, h.Before...)
}

// Actor is the handler as somebody who acts.
func (h Handler) Actor() routine.Actor { return routine.Actor{ID: h.ID, Rights: h.Rights} }

// Change is what the server does with somebody's act: it is held to the facts of the case
// as they are, and they are changed. It is the same for a desk and for a chat. Who has left
// has nothing any more. The entry's number is given when it is known, in the transaction.
func (r *Roster) Change(d routine.Deed, by *Routines) func(f *cases.Facts, seq int64) error {
	return func(f *cases.Facts, seq int64) error {
		if _, here := r.Handler(f.Assignee); !here {
			f.Assignee = ""
		}
		for duty, id := range f.Duties {
			if _, here := r.Handler(id); !here {
				delete(f.Duties, duty)
			}
		}
		d.Seq, d.Rules = seq, by.Rules(f.Routine)
		return routine.Do(d, f)
	}
}

// Account finds whose account it is on a network, of those whom the office's bot writes
// to.
func (r *Roster) Account(network, account string) (Handler, bool) {
	for _, h := range r.Written() {
		if account != "" && h.Accounts[network] == account {
			return h, true
		}
	}
	return Handler{}, false
}

// Signer finds who signs in with a key. The sign key is in the form of
// [SignKeyString].
func (r *Roster) Signer(sign string) (Handler, bool) {
	for _, h := range r.Readers() {
		if len(h.Sign) > 0 && SignKeyString(h.Sign) == sign {
			return h, true
		}
	}
	return Handler{}, false
}
