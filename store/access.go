package store

import (
	"bytes"
	"cmp"
	"context"
	"crypto/hmac"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"unique"

	"tillit/store/cases"
)

// This file says who holds a key of a case. The rows do not say it by themselves, so
// it is kept in memory for each handler: the cases that they hold, and nothing of
// those that they do not. A question about a case that is kept from somebody and one
// about a case that never was are then the same miss in the same list.

// sent is a case that is with the office, as the lists order it. It is never changed:
// what becomes of the case is another one.
type sent struct {
	id  int64
	ref string
	// due is what the lists are ordered by: whether somebody may be unsafe, and the
	// nearest day. people are all who have a part in it, each between spaces.
	due, people           string
	level, phase, channel string
	flags                 string // each between spaces
	closed                bool
}

// newSent is a case as the lists have it. What many cases have in common is kept once.
func newSent(r room, f cases.Facts) *sent {
	people := []string{f.Assignee}
	for _, id := range f.Duties {
		people = append(people, id)
	}
	slices.Sort(people)
	once := func(s string) string { return unique.Make(s).Value() }
	return &sent{id: r.id, ref: r.ref, due: once(dueKey(f)), people: once(words(slices.Compact(people))), level: once(f.Level), phase: once(f.Phase),
		channel: once(r.channel), flags: once(words(f.Flags)), closed: r.closed != 0}
}

// words puts words into one string, in which each can be found between spaces.
func words(all []string) string {
	return " " + strings.TrimSpace(strings.Join(all, " ")) + " "
}

// dueKey puts cases in order: first those in which somebody may be unsafe, each by its
// nearest day; what has none comes last.
func dueKey(f cases.Facts) string {
	first := "~"
	for _, d := range f.Due {
		first = min(first, d.Day)
	}
	for _, c := range f.Clocks {
		first = min(first, c.Due)
	}
	if f.Unsafe() {
		return "!" + first
	}
	return first
}

// has says whether somebody has a part in it.
func (c *sent) has(who string) bool { return strings.Contains(c.people, " "+who+" ") }

// held is what one handler holds a key of.
type held struct {
	who          string
	refs         []*sent // by reference
	open, closed []*sent // by deadline
	mine         []*sent // by deadline: those of open in which they have a part themselves
}

// holdings are the lists of those handlers who have been asked about. The writer alone
// changes them, after each commit and before anybody is told of it, so they are what
// the rows are.
type holdings struct {
	mu sync.RWMutex
	of map[string]*held // by handler

	learning chan struct{} // held by who learns
	piece    int           // how many cases are read at a time
	learner  *learner      // the writer's own
}

func byRef(a, b *sent) int { return strings.Compare(a.ref, b.ref) }

func byDue(a, b *sent) int {
	return cmp.Or(strings.Compare(a.due, b.due), strings.Compare(a.ref, b.ref))
}

// lists are the parts of the queue that a case stands in.
func (h *held) lists(c *sent) []*[]*sent {
	switch {
	case c.closed:
		return []*[]*sent{&h.closed}
	case c.has(h.who):
		return []*[]*sent{&h.open, &h.mine}
	}
	return []*[]*sent{&h.open}
}

// list is the part of the queue that a view shows.
func (h *held) list(view string) []*sent {
	switch view {
	case "closed":
		return h.closed
	case "mine":
		return h.mine
	}
	return h.open
}

func (h *held) put(c *sent) {
	put := func(in *[]*sent, order func(a, b *sent) int) {
		at, _ := slices.BinarySearchFunc(*in, c, order)
		*in = slices.Insert(*in, at, c)
	}
	put(&h.refs, byRef)
	for _, in := range h.lists(c) {
		put(in, byDue)
	}
}

// find returns a case by its reference, or nil.
func (h *held) find(ref string) *sent {
	if at, found := slices.BinarySearchFunc(h.refs, &sent{ref: ref}, byRef); found {
		return h.refs[at]
	}
	return nil
}

// drop takes a case out, if it is there.
func (h *held) drop(ref string) {
	c := h.find(ref)
	if c == nil {
		return
	}
	drop := func(from *[]*sent, order func(a, b *sent) int) {
		at, _ := slices.BinarySearchFunc(*from, c, order)
		*from = slices.Delete(*from, at, at+1)
	}
	drop(&h.refs, byRef)
	for _, from := range h.lists(c) {
		drop(from, byDue)
	}
}

// after returns up to n cases of a view's list that come after a place in it and are meant.
func (h *held) after(view, due, ref string, n int, meant func(*sent) bool) (out []*sent) {
	all := h.list(view)
	from, found := slices.BinarySearchFunc(all, &sent{due: due, ref: ref}, byDue)
	if found {
		from++
	}
	for _, c := range all[from:] {
		if len(out) == n {
			break
		}
		if meant(c) {
			out = append(out, c)
		}
	}
	return out
}

// longestRef is longer than any reference; what is longer is not looked for.
const longestRef = 32

// theirs finds a case that a handler has a key for; for everything else it is
// [ErrUnknown], after one look in the list of what they hold. What is theirs and was
// changed behind our back is [ErrForged]. A job of the writer
// must not call it: the list is read by the writer when it is first asked for.
func (s *Store) theirs(ctx context.Context, q querier, handler, ref string) (room, []byte, error) {
	if len(ref) > longestRef {
		return room{}, nil, ErrUnknown
	}
	var c *sent
	err := s.holding(ctx, handler, func(h *held) { c = h.find(ref) })
	if err != nil {
		return room{}, nil, err
	}
	if c == nil {
		return room{}, nil, ErrUnknown
	}
	var r room
	err = q.QueryRowContext(ctx, "SELECT "+roomColumns+" FROM cases c WHERE c.id = ? AND c.sent > 0", c.id).Scan(r.targets()...)
	if err == nil {
		if err := s.checkRoom(&r); err != nil {
			return room{}, nil, err
		}
		wrap, err := s.wrapOf(ctx, r, r.epoch, handler)
		if err != nil {
			return room{}, nil, err
		}
		if wrap != nil {
			return r, wrap, nil
		}
	}
	if err == nil || errors.Is(err, sql.ErrNoRows) { // destroyed, or taken from them, since the look
		err = ErrUnknown
	}
	return room{}, nil, err
}

// wrapOf returns somebody's wrap of a room's key, or nil when they hold none.
func (s *Store) wrapOf(ctx context.Context, r room, epoch int, handler string) ([]byte, error) {
	return s.wrapAt(ctx, r, epoch, s.wrapID(r.room, epoch, handler))
}

// wrapAt returns the wrap of a place, or nil when there is none. The room was checked;
// when the wraps have changed since it was read, it is read again.
func (s *Store) wrapAt(ctx context.Context, r room, epoch int, id []byte) (wrap []byte, err error) {
	for range retries {
		var bound []byte
		err = s.read.QueryRowContext(ctx, "SELECT data, bound FROM wraps WHERE recipient = ? AND staged = 0", id).Scan(&wrap, &bound)
		if errors.Is(err, sql.ErrNoRows) {
			return nil, nil
		}
		if err != nil || hmac.Equal(bound, s.bindWrap(r, epoch, id, false)) {
			return wrap, err
		}
		now, err := s.byRef(ctx, r.ref)
		if err != nil {
			return nil, err
		}
		if bytes.Equal(now.bound, r.bound) {
			break
		}
		r = now
	}
	return nil, s.forged("case", r.ref)
}

// holding shows what a handler holds. look must be short and keep nothing of it but
// cases.
func (s *Store) holding(ctx context.Context, handler string, look func(*held)) error {
	for range retries {
		s.holdings.mu.RLock()
		h := s.holdings.of[handler]
		if h != nil {
			look(h)
		}
		s.holdings.mu.RUnlock()
		if h != nil {
			return nil
		}
		if err := s.Learn(ctx, handler); err != nil {
			return classify(err)
		}
	}
	return ErrUnavailable
}

// Every row of a case that was sent can be given out, so the index is all that is read.
const amongWraps = "SELECT recipient FROM wraps WHERE recipient IN (SELECT unhex(value) FROM json_each(?))"

// holders says for each room, all of them sent, who of some holds its key, with one
// query: the rows do not say whose they are, so their ids are made here.
func (s *Store) holders(ctx context.Context, rooms []room, who []string) ([][]bool, error) {
	type place struct{ room, who int }
	holds, at := make([][]bool, len(rooms)), make(map[string]place, len(rooms)*len(who))
	ids := make([]string, 0, len(rooms)*len(who))
	for i, r := range rooms {
		holds[i] = make([]bool, len(who))
		for j, id := range who {
			key := s.wrapID(r.room, r.epoch, id)
			at[string(key)] = place{i, j}
			ids = append(ids, fmt.Sprintf("%x", key))
		}
	}
	rows, err := s.read.QueryContext(ctx, amongWraps, list(ids))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var key sql.RawBytes
		if err := rows.Scan(&key); err != nil {
			return nil, err
		}
		p := at[string(key)]
		holds[p.room][p.who] = true
	}
	return holds, rows.Err()
}
