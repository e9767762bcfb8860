package casework

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
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

// The questions whose choices name whom the reporter keeps out.
var keepsOut = []string{"C0", "E5"}

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
	intake.Body
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
	b := body{seq: e.Seq, at: at}
	if json.Unmarshal(text, &b.Body) != nil {
		return unseal.ErrDamaged
	}
	o.bodies = append(o.bodies, b)
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
	return o.bodies[len(o.bodies)-1].Event == intake.EventEpoch &&
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
		if slices.Contains(keepsOut, a.Question) {
			cs.Kept = append(cs.Kept, a.Labels...)
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

// fold adds one body to the case; an answer that supersedes takes the place of
// the older one, which stays beneath it.
func (c *Client) fold(cs *Case, b body) {
	at := b.at.UTC()
	switch b.Type {
	case intake.BodyFilePart:
		return
	case intake.BodyFile:
		cs.Files = append(cs.Files, File{ID: b.File, Name: intake.NewPrivate(b.Name), MediaType: b.MediaType, Size: b.Size, At: at, By: c.name(b)})
	case intake.BodyAnswer:
		a := Answer{Question: b.Question, Asked: b.Asked, Labels: b.Labels, Text: intake.NewPrivate(b.Text), Way: b.Way, At: at, Source: b.source()}
		i := slices.IndexFunc(cs.Answers, func(old Answer) bool { return old.Question == b.Question })
		if i < 0 || !b.Supersedes {
			cs.Answers = append(cs.Answers, a)
			break
		}
		old := cs.Answers[i]
		a.Earlier, old.Earlier = append([]Answer{old}, old.Earlier...), nil
		a.Earlier[0] = old
		cs.Answers[i] = a
	}
	text := b.Text
	if b.Type == intake.BodyAnswer {
		text = strings.Join(append(slices.Clone(b.Labels), nonEmpty(b.Text)...), "\n")
	}
	if b.Type == intake.BodyLog && b.To != "" {
		text = c.name(body{Body: intake.Body{By: b.To}})
	}
	if b.Event == intake.EventEpoch {
		var names []string
		for _, id := range b.Left {
			names = append(names, c.name(body{Body: intake.Body{By: id}}))
		}
		text = strings.Join(names, ", ")
	}
	cs.Entries = append(cs.Entries, Entry{Seq: b.seq, Kind: b.Type, By: c.name(b), At: at, Text: intake.NewPrivate(text), Event: b.Event, File: b.File, Source: b.source()})
}

func (b body) source() Source { return Source{b.Forwarded, intake.NewPrivate(b.Quotes)} }

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

// name says who made an entry.
func (c *Client) name(b body) string {
	if p, ok := c.person(b.By); ok {
		return p.Name
	}
	switch {
	case b.By != "":
		return b.By
	case b.Type == intake.BodyLog:
		return "tillit"
	}
	return "reporter"
}

// File writes a kept file. It is whole and unchanged, or an error is returned;
// what was written before an error is to be thrown away.
func (c *Client) File(ctx context.Context, ref, id string, w io.Writer) error {
	o, err := c.read(ctx, ref, "read")
	if err != nil {
		return err
	}
	var want *body
	var parts []body
	for i, b := range o.bodies {
		if b.File != id {
			continue
		}
		switch b.Type {
		case intake.BodyFile:
			want = &o.bodies[i]
		case intake.BodyFilePart:
			parts = append(parts, b)
		}
	}
	if want == nil {
		return ErrUnknown
	}
	slices.SortStableFunc(parts, func(a, b body) int { return a.Part - b.Part })
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
