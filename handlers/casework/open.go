package casework

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"net/http"
	"net/url"
	"runtime"
	"slices"
	"strconv"
	"time"

	"filippo.io/age"
	"golang.org/x/sync/errgroup"

	"tillit/handlers/routine/plan"
	"tillit/handlers/wire"
	"tillit/store/cases"
	"tillit/store/seal"
	"tillit/store/unseal"
)

// opened is a case that this machine has opened: its log, checked, and what stands in
// it. It lives in memory only and is not changed after it was made.
type opened struct {
	room    cases.Room // without its entries
	keys    map[int]*age.HybridIdentity
	entries []entry
	faults  []Fault // the log is not whole
	fresh   bool    // this machine has not seen the case before
	closed  int     // entries of an epoch that this handler has no key of
	// routines are those that its log names, by version.
	routines map[string]*plan.Routine
	calendar func(*plan.Routine) plan.Calendar
}

// routine is a routine that the log names, with the office's days; nil for one that
// this machine could not get.
func (o *opened) routine(version string) (*plan.Routine, plan.Calendar) {
	r := o.routines[version]
	if r == nil {
		return nil, plan.Calendar{}
	}
	return r, o.calendar(r)
}

// entry is one entry, with what came of opening and checking it.
type entry struct {
	cases.Sealed            // without what is sealed, once it is opened
	body         cases.Body // nil when it is not open, or is nothing that can stand there
	at           time.Time
	inside       error // what opening it came to
	closed       bool  // of an epoch without a key, or not asked for: judged blind
	signed       bool  // the server's signature holds
	theirs       bool  // the handler's does
}

// behind says whether there is something that this handler has a key of and has not
// opened yet.
func (o *opened) behind() bool {
	return slices.ContainsFunc(o.entries, func(e entry) bool { return e.closed && o.keys[e.Epoch] != nil })
}

// sumOf is the SHA-256 of what is sealed in an entry.
func sumOf(e cases.Sealed) []byte {
	if e.Sum != nil {
		return e.Sum
	}
	sum := sha256.Sum256(e.Data)
	return sum[:]
}

// contextOf is where a row says that it belongs.
func contextOf(c cases.Case, e cases.Sealed) seal.Context {
	return seal.Context{V: e.V, Case: c.Ref, Room: c.Room, Epoch: e.Epoch, Seq: e.Seq, Kind: string(e.Kind), At: e.Hour, Prev: e.Prev}
}

// signedHash is what the chain holds of who did what an entry says.
func signedHash(e cases.Sealed) []byte {
	if e.Signed == nil {
		return nil
	}
	return seal.Signature(*e.Signed).Hash()
}

// epochs are all keys of a room, the first one first.
func epochs(room cases.Room) []cases.Epoch {
	return append(slices.Clone(room.Earlier), cases.Epoch{Epoch: room.Epoch, Public: room.Public, Wrap: room.Wrap, Beside: room.Beside})
}

// read fetches what is new in a room, opens it, verifies all of it and remembers its
// head. When the key does not open it, what is returned beside the error was verified
// blind. It is a reading that the reporter can ask for.
func (c *Client) read(ctx context.Context, ref string) (*opened, error) {
	heads, err := c.mem.heads() // before fetching: meanwhile others may see more
	if err != nil {
		return nil, err
	}
	before := c.known(ref)
	room, err := c.fetch(ctx, ref, before)
	if err != nil {
		return nil, err
	}
	keys, confirm, wrapErr := c.openWraps(room)
	o := c.make(room, before, keys, wrapErr == nil)
	if err := c.fetchHeld(ctx, ref, o); err != nil {
		return nil, err
	}
	seen, known := heads[room.Case.Room]
	o.fresh = !known
	o.judge(seen, known, wrapErr == nil)
	if known && (wrapErr != nil || o.closed > 0 && seen.Whole) {
		o.faults = append(o.faults, Fault{What: FaultOtherKey})
	}
	if wrapErr != nil {
		return o, wrapErr
	}
	if err := c.learnRoutines(ctx, o); err != nil {
		return o, err
	}
	c.keep(ref, o)
	if n := len(o.entries); n > 0 && len(o.faults) == 0 {
		last := o.entries[n-1]
		if err := c.see(ref, room.Case.Room, last.Sealed, o.closed == 0); err != nil {
			return o, err
		}
	}
	return o, c.confirm(ctx, ref, confirm)
}

// see remembers the last entry of a log that is whole. Whole says that all of it is open
// here.
func (c *Client) see(ref, room string, last cases.Sealed, whole bool) error {
	return c.mem.change(func() { c.mem.see(room, head{ref, last.Seq, last.Hash, whole}) })
}

// look brings an opened case up to its end without reading what is new: its log is
// checked, and who did what in it is known. Nothing that is sealed is asked for, so it
// is no reading. It is nil for a case that this machine has not open.
func (c *Client) look(ctx context.Context, ref string) (*opened, error) {
	before := c.known(ref)
	if before == nil {
		return nil, nil
	}
	heads, err := c.mem.heads()
	if err != nil {
		return nil, err
	}
	room, err := c.pages(ctx, ref, "/log", 0)
	if err != nil {
		return nil, err
	}
	room.Wrap, room.CanOpen, room.Access = before.room.Wrap, before.room.CanOpen, before.room.Access
	o := c.make(room, before, before.keys, false)
	seen, known := heads[room.Case.Room]
	o.judge(seen, known, true)
	if o.keys[room.Epoch] == nil {
		return nil, nil // there is a new key, which only a reading brings
	}
	return o, nil
}

// fetch reads a room. Of what this machine has open only the log is asked for, which
// says whether it is still what was opened; the rest comes with what is sealed. So the
// whole log is checked at each look, and nothing is opened twice.
func (c *Client) fetch(ctx context.Context, ref string, before *opened) (cases.Room, error) {
	if before == nil {
		return c.pages(ctx, ref, "", 0)
	}
	log, err := c.pages(ctx, ref, "/log", 0)
	if err != nil {
		return log, err
	}
	known := slices.IndexFunc(log.Entries, func(e cases.Sealed) bool { return before.has(e) == nil })
	if known < 0 {
		known = len(log.Entries)
	}
	after := int64(0)
	if known > 0 {
		after = log.Entries[known-1].Seq
	}
	room, err := c.pages(ctx, ref, "", after)
	room.Entries = append(log.Entries[:known:known], room.Entries...)
	return room, err
}

// mostAtOnce is how long an entry is that comes with a case, in bytes: longer than any words,
// and shorter than a whole part of a file.
const mostAtOnce = 200 << 10

// fetchHeld deals with the entries that were too long to come with the case. One that a file
// names as a part of it is left where it is until the file is opened. All others are fetched,
// so that nothing that somebody said is left out.
func (c *Client) fetchHeld(ctx context.Context, ref string, o *opened) error {
	o.takeBack()
	part := map[int64]cases.FilePart{}
	for _, e := range o.entries {
		if f, ok := e.body.(cases.File); ok {
			for i, seq := range f.Parts {
				if seq < e.Seq {
					part[seq] = cases.FilePart{ID: f.ID, Part: i + 1}
				}
			}
		}
	}
	var others []*entry
	for i := range o.entries {
		e := &o.entries[i]
		if !e.closed || e.Sum == nil || e.Kind != cases.EntryReporter || o.keys[e.Epoch] == nil {
			continue
		}
		e.closed = false
		o.closed--
		if named, ok := part[e.Seq]; ok {
			e.body = named
		} else {
			others = append(others, e)
		}
	}
	return c.fetchOthers(ctx, ref, o, others)
}

// fetchOthers fetches entries and opens them, a page at a time. One that is not there as it
// was is damaged.
func (c *Client) fetchOthers(ctx context.Context, ref string, o *opened, all []*entry) error {
	for len(all) > 0 {
		var page cases.Room
		v := url.Values{"after": {strconv.FormatInt(all[0].Seq-1, 10)}}
		if err := c.call(ctx, http.MethodGet, roomPath(ref, "?"+v.Encode()), nil, &page); err != nil {
			return err
		}
		was := len(all)
		for _, got := range page.Entries {
			for len(all) > 0 && all[0].Seq < got.Seq {
				all[0].inside, all = unseal.ErrDamaged, all[1:]
			}
			if len(all) == 0 || all[0].Seq != got.Seq {
				continue
			}
			if e := all[0]; bytes.Equal(sumOf(got), e.Sum) && len(got.Data) > 0 {
				e.Data = got.Data
				openEntry(o, e, true)
			} else {
				e.inside = unseal.ErrDamaged
			}
			all = all[1:]
		}
		if len(all) == was {
			all[0].inside, all = unseal.ErrDamaged, all[1:]
		}
	}
	return nil
}

// pages reads a room after an entry, page after page.
func (c *Client) pages(ctx context.Context, ref, way string, after int64) (room cases.Room, err error) {
	for {
		var part cases.Room
		v := url.Values{"after": {strconv.FormatInt(after, 10)}}
		if way == "" {
			v.Set("most", strconv.Itoa(mostAtOnce))
		}
		if err := c.call(ctx, http.MethodGet, roomPath(ref, way+"?"+v.Encode()), nil, &part); err != nil {
			return room, err
		}
		part.Entries = append(room.Entries, part.Entries...)
		room = part
		if !part.More || len(part.Entries) == 0 {
			return room, nil
		}
		after = part.Entries[len(part.Entries)-1].Seq
	}
}

// has is an entry as it was opened before, if it is the same; nil for another, and of a
// case that was not open.
func (o *opened) has(e cases.Sealed) *entry {
	if o == nil || e.Seq < 1 || e.Seq > int64(len(o.entries)) {
		return nil
	}
	was := &o.entries[e.Seq-1]
	if was.Seq != e.Seq || !bytes.Equal(was.Hash, e.Hash) || !bytes.Equal(was.Sig, e.Sig) || !bytes.Equal(was.Sum, sumOf(e)) {
		return nil
	}
	return was
}

// openWraps opens a room's keys with the handler's, by epoch: the one that is
// written with now, or [ErrCannotOpen], and those before it that they may open. Of
// several wraps the one counts that holds the key which the room is sealed to: a
// colleague made the others. One that lay beside is to be confirmed.
func (c *Client) openWraps(room cases.Room) (keys map[int]*age.HybridIdentity, confirm []wire.WrapAsk, err error) {
	keys = map[int]*age.HybridIdentity{}
	for _, e := range epochs(room) {
		for i, wrap := range append([][]byte{e.Wrap}, e.Beside...) {
			identity, err := unseal.Wrap(wrap, c.key.identity, room.Case.Ref, room.Case.Room, e.Epoch)
			ours := err == nil && e.Public == identity.Recipient().String()
			if err == nil && (ours || i == 0) { // where none is, what their own opens says what is wrong
				keys[e.Epoch] = identity
			}
			if ours && i > 0 {
				sum := sha256.Sum256(wrap)
				confirm = append(confirm, wire.WrapAsk{Epoch: e.Epoch, Sum: sum[:]})
			}
			if ours {
				break
			}
		}
	}
	if keys[room.Epoch] == nil {
		return nil, nil, ErrCannotOpen
	}
	return keys, confirm, nil
}

// confirm tells the office which wraps have opened the case.
func (c *Client) confirm(ctx context.Context, ref string, all []wire.WrapAsk) error {
	for _, ask := range all {
		if err := c.call(ctx, http.MethodPost, roomPath(ref, "/wraps"), ask, nil); err != nil && !errors.Is(err, ErrUnknown) {
			return err
		}
	}
	return nil
}

// make puts a room together: what was open before and is still the same, and what is
// new, opened if it is to be.
func (c *Client) make(room cases.Room, before *opened, keys map[int]*age.HybridIdentity, open bool) *opened {
	o := &opened{keys: keys, entries: make([]entry, len(room.Entries))}
	if before != nil {
		o.routines, o.calendar = before.routines, before.calendar
	}
	bySeq := func(a, b cases.Sealed) int { return cmp.Compare(a.Seq, b.Seq) }
	if !slices.IsSortedFunc(room.Entries, bySeq) {
		slices.SortStableFunc(room.Entries, bySeq)
		o.faults = append(o.faults, Fault{What: FaultOrder})
	}
	o.room = room
	o.room.Entries = nil
	server := c.server()
	var work errgroup.Group
	work.SetLimit(runtime.GOMAXPROCS(0))
	var fresh []*entry
	for i, e := range room.Entries {
		if was := before.has(e); was != nil && (!was.closed || len(e.Data) == 0) {
			was := *was
			was.Prev, was.Epoch, was.Kind, was.V, was.Hour, was.Signed = e.Prev, e.Epoch, e.Kind, e.V, e.Hour, e.Signed
			o.entries[i] = was
			continue
		}
		o.entries[i] = entry{Sealed: e, closed: true}
		fresh = append(fresh, &o.entries[i])
		work.Go(func() error { openEntry(o, &o.entries[i], open); return nil })
	}
	_ = work.Wait() // none of them fails
	for some := range slices.Chunk(fresh, atOnce) {
		work.Go(func() error { c.signatures(some, room.Case, server); return nil })
	}
	_ = work.Wait() // none of them fails
	for _, e := range o.entries {
		if open && e.closed {
			o.closed++
		}
	}
	return o
}

// openEntry opens one entry. What was sealed is let go of.
func openEntry(o *opened, e *entry, open bool) {
	at, sum := contextOf(o.room.Case, e.Sealed), sumOf(e.Sealed)
	key := o.keys[e.Epoch]
	if open && key != nil && len(e.Data) == 0 && e.Sum == nil {
		e.closed, e.inside = false, unseal.ErrDamaged // emptied
		return
	}
	if !open || key == nil || len(e.Data) == 0 {
		if len(e.Data) > 0 {
			e.Sum, e.Data = sum, nil
		}
		return
	}
	e.closed = false
	text, when, err := unseal.Entry(key, e.Data, at)
	e.Sum, e.Data, e.inside, e.at = sum, nil, err, when.UTC()
	if err != nil {
		return
	}
	if e.body, err = cases.Decode(e.V, e.Kind, text); errors.Is(err, cases.ErrBody) {
		e.inside = unseal.ErrDamaged
	}
	clear(text)
	if part, ok := e.body.(cases.FilePart); ok {
		clear(part.Data)
		part.Data = nil
		e.body = part // a file is fetched when it is asked for
	}
}

// judge names what is wrong with the log against the head that this machine has seen.
func (o *opened) judge(seen head, known, whole bool) {
	room := o.room
	for _, e := range o.entries {
		room.Entries = append(room.Entries, e.Sealed)
	}
	var inside []error
	if whole {
		last := cases.Sealed{Epoch: 1}
		for i, e := range o.entries {
			err := o.insideOf(i)
			if err == nil && !e.closed && e.Epoch > last.Epoch && e.Seq == last.Seq+1 && !o.names(e) {
				err = errNotNamed
			}
			inside, last = append(inside, err), e.Sealed
		}
	}
	o.faults = append(o.faults, verify(room, o.entries, seen, known, inside)...)
}

// insideOf is what opening an entry came to, as far as the log is at fault: what a
// handler signed and nobody can open is their doing, and the log is whole.
func (o *opened) insideOf(i int) error {
	e := o.entries[i]
	if e.Kind == cases.EntryOffice && e.theirs {
		return nil
	}
	return e.inside
}

// names says whether an entry begins an epoch as it must: with a line that says so,
// under the public key that the room is said to have.
func (o *opened) names(e entry) bool {
	key := o.keys[e.Epoch]
	line, ok := e.body.(cases.Log)
	if key == nil {
		return true
	}
	public := key.Recipient().String()
	return ok && line.Event == cases.EventEpoch &&
		slices.ContainsFunc(epochs(o.room), func(x cases.Epoch) bool { return x.Epoch == e.Epoch && x.Public == public })
}

// Case opens a case, which is a reading that its reporter can ask for. When the log is
// not whole the case comes with [ErrTampered]. With [ErrCannotOpen] comes a case that
// holds only who else could open it.
func (c *Client) Case(ctx context.Context, ref string) (*Case, error) {
	o, err := c.read(ctx, ref)
	if errors.Is(err, ErrUnknown) || errors.Is(err, ErrCannotOpen) {
		c.glances.drop(ref) // it is not theirs any more
	}
	if errors.Is(err, ErrCannotOpen) && o != nil && len(o.faults) == 0 {
		me := c.Me().ID
		others := slices.DeleteFunc(c.canOpen(o.room), func(h Handler) bool { return h.ID == me })
		return &Case{Case: cases.Case{Ref: o.room.Case.Ref}, CanOpen: others}, err
	}
	if err != nil && (o == nil || len(o.faults) == 0) {
		return nil, err
	}
	cs := c.render(o)
	c.remember(cs)
	if len(o.faults) > 0 {
		return cs, ErrTampered
	}
	return cs, nil
}

// person finds somebody of the organisation file, also who has left or holds no key.
func (c *Client) person(id string) (wire.Person, bool) {
	known := slices.Concat(c.roster.Handlers, c.roster.Outside, c.roster.Left, []wire.Person{c.roster.External, c.roster.Control})
	for _, p := range c.roster.Chain {
		known = append(known, p.Person)
	}
	for _, p := range known {
		if p.ID == id && id != "" {
			return p, true
		}
	}
	return wire.Person{}, false
}

// name is how somebody is shown: by their name, or by an id that nobody has now.
// Nobody is the server itself.
func (c *Client) name(id string) string {
	if p, ok := c.person(id); ok {
		return p.Name
	}
	return cmp.Or(id, "tillit")
}
