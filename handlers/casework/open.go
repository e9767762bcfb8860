package casework

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"tillit/handlers/wire"
	"tillit/store/cases"

	"filippo.io/age"

	"tillit/intake"
	"tillit/store/unseal"
)

// Errors of giving access.
var (
	ErrKeptOut = errors.New("the reporter keeps this person out")
	ErrNewKey  = errors.New("this person's key is not the one that was compared")
	ErrPart    = fmt.Errorf("%w whole, so it cannot see whom the reporter keeps out", ErrCannotOpen)
)

// opened is a room with its key and the bodies that opened.
type opened struct {
	room   cases.Room
	keys   map[int]*age.HybridIdentity // by epoch
	bodies []body
	closed int // entries of an epoch that this handler has no key of
	faults []string
	fresh  bool
}

type body struct {
	cases.Body
	seq int64
	at  time.Time
}

// read fetches a room, opens it, verifies it and remembers its head. When the
// key does not open it, what is returned beside the error was verified blind.
func (c *Client) read(ctx context.Context, ref, purpose string) (*opened, error) {
	heads, err := c.mem.heads() // before fetching: meanwhile others may see more
	if err != nil {
		return nil, err
	}
	room, err := c.fetch(ctx, ref, purpose)
	if err != nil {
		return nil, err
	}
	o := &opened{room: room}
	bySeq := func(a, b cases.Sealed) int { return cmp.Compare(a.Seq, b.Seq) }
	if !slices.IsSortedFunc(room.Entries, bySeq) {
		slices.SortStableFunc(room.Entries, bySeq)
		o.faults = append(o.faults, "reordered: the entries did not come in their order")
	}
	seen, known := heads[room.Case.Room]
	o.fresh = !known
	var wrapErr error
	var inside []error
	if o.keys, wrapErr = openWraps(room, c.key.identity); wrapErr == nil {
		last := cases.Sealed{Epoch: 1}
		for _, e := range room.Entries {
			err := o.open(e)
			if err == nil && e.Epoch > last.Epoch && e.Seq == last.Seq+1 && !o.named(e.Epoch) {
				err = errNotNamed
			}
			inside, last = append(inside, err), e
		}
	}
	o.faults = append(o.faults, verify(room, c.server(), seen, known, inside).sentences()...)
	if known && (wrapErr != nil || o.closed > 0 && seen.Whole) {
		o.faults = append(o.faults, "swapped: the key to this case, which opened it on this machine before, is another one")
	}
	if n := len(room.Entries); n > 0 && len(o.faults) == 0 && wrapErr == nil {
		last := room.Entries[n-1]
		return o, c.mem.change(func() { c.mem.see(room.Case.Room, head{ref, last.Seq, last.Hash, o.closed == 0}) })
	}
	return o, wrapErr
}

// open opens an entry; one of an epoch that this handler may not read is counted,
// and checked blind.
func (o *opened) open(e cases.Sealed) error {
	key := o.keys[e.Epoch]
	if key == nil {
		o.closed++
		return nil
	}
	text, at, err := unseal.Entry(key, e.Data, contextOf(o.room.Case, e))
	if err != nil {
		return err
	}
	said, err := cases.Decode(e.V, e.Kind, text)
	if errors.Is(err, cases.ErrBody) {
		return unseal.ErrDamaged
	}
	o.bodies = append(o.bodies, body{said, e.Seq, at})
	return nil
}

// named says whether the entry that was opened last begins an epoch as it must:
// with a line that says so, under the public key that the room is said to have. An
// epoch that this handler has no key of is not judged.
func (o *opened) named(epoch int) bool {
	key := o.keys[epoch]
	if key == nil {
		return true
	}
	public := key.Recipient().String()
	line, ok := o.bodies[len(o.bodies)-1].Body.(cases.Log)
	return ok && line.Event == cases.EventEpoch &&
		slices.ContainsFunc(epochs(o.room), func(e cases.Epoch) bool { return e.Epoch == epoch && e.Public == public })
}

// Case opens a case. Purpose is "read" when a person looks and "index" for
// lists. When the log is not whole the case comes with [ErrTampered]. With
// [ErrCannotOpen] comes a case that holds only who else could open it.
func (c *Client) Case(ctx context.Context, ref, purpose string) (*Case, error) {
	o, err := c.read(ctx, ref, purpose)
	if errors.Is(err, ErrCannotOpen) && o != nil && len(o.faults) == 0 {
		me := c.Me().ID
		others := slices.DeleteFunc(c.canOpen(o.room), func(h Handler) bool { return h.ID == me })
		return &Case{Case: cases.Case{Ref: o.room.Case.Ref}, CanOpen: others}, err
	}
	if err != nil && (o == nil || len(o.faults) == 0) {
		return nil, err
	}
	cs := &Case{Case: o.room.Case, Access: o.room.Access, Faults: o.faults, Checked: len(o.room.Entries), Unproven: o.fresh, Closed: o.closed, CanOpen: c.canOpen(o.room)}
	for _, b := range o.bodies {
		c.fold(cs, b)
	}
	markUnread(cs)
	for _, a := range cs.Answers {
		if a.Way == "skip" || a.Way == "unknown" {
			cs.Gaps = append(cs.Gaps, a)
		}
	}
	for _, id := range keptOut(o.bodies) {
		if p, ok := c.person(id); ok {
			cs.Kept = append(cs.Kept, Handler{ID: id, Name: p.Name, Role: p.Role})
		}
	}
	if len(o.faults) > 0 {
		return cs, ErrTampered
	}
	return cs, nil
}

// canOpen names all who hold a key: colleagues first, then those who are none.
func (c *Client) canOpen(room cases.Room) []Handler {
	var all []Handler
	for _, id := range room.CanOpen {
		p, _ := c.person(id)
		all = append(all, Handler{ID: id, Name: p.Name, Role: p.Role})
	}
	aside := func(h Handler) int { return len(h.ID) - len(strings.TrimPrefix(h.ID, "#")) }
	slices.SortStableFunc(all, func(a, b Handler) int { return aside(a) - aside(b) })
	return all
}

// fold adds one body to the case.
func (c *Client) fold(cs *Case, b body) {
	e := Entry{Seq: b.seq, By: "reporter", At: b.at.UTC()}
	switch said := b.Body.(type) {
	case nil, cases.FilePart:
		return // nothing to show; the first is a body that cannot stand where it stood
	case cases.File:
		e.File = said.ID
		cs.Files = append(cs.Files, File{ID: said.ID, Name: said.Name, MediaType: said.MediaType, Size: said.Size, At: e.At, By: e.By})
	case cases.Answer:
		cs.answer(said, e.At)
		e.Text = intake.NewPrivate(strings.Join(append(slices.Clone(said.Labels), nonEmpty(said.Text.Reveal())...), "\n"))
		e.Source = source(said.Source)
	case cases.Message:
		e.Text, e.Source = said.Text, source(said.Source)
		if said.Edited {
			e.Event = "edited"
		}
	case cases.Written:
		e.By, e.Text = c.name(said.By), said.Text
	case cases.Log:
		e.Event, e.By = string(said.Event), c.name(said.By)
		e.Text = intake.NewPrivate(c.names(append(nonEmpty(said.To), said.Left...)))
	case cases.Exclusion:
		e.Event, e.Text = "kept_out", intake.NewPrivate(c.names(said.Out))
		if len(said.Out) == 0 {
			e.Event = "nobody_kept_out"
		}
	}
	e.Kind = b.Type()
	cs.Entries = append(cs.Entries, e)
}

// answer adds an answer; one that supersedes takes the place of the older one,
// which stays beneath it.
func (cs *Case) answer(said cases.Answer, at time.Time) {
	a := Answer{Question: said.Question, Is: said.Is, Title: said.Title, Part: said.Part, PartTitle: said.PartTitle, Asked: said.Asked,
		Labels: said.Labels, Text: said.Text, Way: said.Way, At: at, Source: source(said.Source)}
	i := slices.IndexFunc(cs.Answers, func(old Answer) bool { return old.Question == said.Question })
	if i < 0 || !said.Supersedes {
		cs.Answers = append(cs.Answers, a)
		return
	}
	old := cs.Answers[i]
	a.Earlier, old.Earlier = append([]Answer{old}, old.Earlier...), nil
	a.Earlier[0] = old
	cs.Answers[i] = a
}

// keptOut are the ids of those whom the reporter keeps out. Of a case that does not
// say so in one place, it is everybody who was ever named at a question that keeps
// people out: in doubt, out.
func keptOut(bodies []body) (ids []string) {
	for _, b := range slices.Backward(bodies) {
		if said, ok := b.Body.(cases.Exclusion); ok {
			return said.Out
		}
	}
	for _, b := range bodies {
		said, ok := b.Body.(cases.Answer)
		if !ok || !slices.Contains(said.Is, intake.KeepsOut) {
			continue
		}
		for _, choice := range said.Choices {
			if id, person := strings.CutPrefix(choice, "p:"); person && !slices.Contains(ids, id) {
				ids = append(ids, id)
			}
		}
	}
	return ids
}

func source(s cases.Source) Source { return Source{s.Forwarded, s.Quotes} }

// names are people as a line of the log shows them.
func (c *Client) names(ids []string) string {
	var names []string
	for _, id := range ids {
		names = append(names, c.name(id))
	}
	return strings.Join(names, ", ")
}

func nonEmpty(s string) []string {
	if s == "" {
		return nil
	}
	return []string{s}
}

// markUnread marks the newest entries of the reporter's, as many as the queue
// says this handler has not marked.
func markUnread(cs *Case) {
	left := cs.Unread
	for i := len(cs.Entries) - 1; i >= 0 && left > 0; i-- {
		if cs.Entries[i].By == "reporter" {
			cs.Entries[i].Unread = true
			left--
		}
	}
}

func (c *Client) person(id string) (wire.Person, bool) {
	for _, p := range slices.Concat(c.roster.Handlers, c.roster.Left, []wire.Person{c.roster.External}) {
		if p.ID == id {
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

// File writes a kept file. It is whole and unchanged, or an error is returned;
// what was written before an error is to be thrown away.
func (c *Client) File(ctx context.Context, ref, id string, w io.Writer) error {
	o, err := c.read(ctx, ref, "read")
	if err != nil {
		return err
	}
	var want *cases.File
	var parts []cases.FilePart
	for _, b := range o.bodies {
		switch said := b.Body.(type) {
		case cases.File:
			if said.ID == id {
				want = &said
			}
		case cases.FilePart:
			if said.ID == id {
				parts = append(parts, said)
			}
		}
	}
	if want == nil {
		return ErrUnknown
	}
	slices.SortStableFunc(parts, func(a, b cases.FilePart) int { return a.Part - b.Part })
	sum := sha256.New()
	for i, p := range parts {
		if p.Part != i+1 {
			return ErrTampered
		}
		_, _ = sum.Write(p.Data)
		if _, err := w.Write(p.Data); err != nil {
			return err
		}
	}
	if string(sum.Sum(nil)) != string(want.SHA256) {
		return ErrTampered
	}
	return nil
}
