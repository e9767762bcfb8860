package store

import (
	"bytes"
	"cmp"
	"context"
	"crypto/hmac"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"unique"
)

// This file says who holds a key of a case. The rows do not say it by themselves, so
// it is kept in memory for each handler: the cases that they hold, and nothing of
// those that they do not. A question about a case that is kept from somebody and one
// about a case that never was are then the same miss in the same list.

// sent is a case that is with the office, as the lists order it. It is never changed:
// what becomes of the case is another one.
type sent struct {
	id       int64
	ref, due string
	assignee string
	closed   bool
}

// held is what one handler holds a key of.
type held struct {
	refs         []*sent // by reference
	open, closed []*sent // by deadline
}

// holdings are the cases that are with the office and who holds them, for those
// handlers who have been asked about. The writer alone changes them, after each
// commit and before anybody is told of it, so they are what the rows are.
type holdings struct {
	mu    sync.RWMutex
	cases map[int64]*sent
	of    map[string]*held // by handler
}

func byRef(a, b *sent) int { return strings.Compare(a.ref, b.ref) }

func byDue(a, b *sent) int {
	return cmp.Or(strings.Compare(a.due, b.due), strings.Compare(a.ref, b.ref))
}

// list is the part of the queue that a case stands in.
func (h *held) list(closed bool) *[]*sent {
	if closed {
		return &h.closed
	}
	return &h.open
}

func (h *held) put(c *sent) {
	put := func(in *[]*sent, order func(a, b *sent) int) {
		at, _ := slices.BinarySearchFunc(*in, c, order)
		*in = slices.Insert(*in, at, c)
	}
	put(&h.refs, byRef)
	put(h.list(c.closed), byDue)
}

// drop takes a case out, if it is there.
func (h *held) drop(c *sent) {
	drop := func(from *[]*sent, order func(a, b *sent) int) {
		if at, found := slices.BinarySearchFunc(*from, c, order); found {
			*from = slices.Delete(*from, at, at+1)
		}
	}
	drop(&h.refs, byRef)
	drop(h.list(c.closed), byDue)
}

// after returns up to n cases of a list that come after a place in it and are meant.
func (h *held) after(closed bool, due, ref string, n int, meant func(*sent) bool) (out []*sent) {
	all := *h.list(closed)
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
	err := s.holding(ctx, handler, func(h *held) {
		if at, found := slices.BinarySearchFunc(h.refs, &sent{ref: ref}, byRef); found {
			c = h.refs[at]
		}
	})
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

// wrapOf returns somebody's wrap of a room's key, or nil when they hold none. The room
// was checked; when the wraps have changed since it was read, it is read again.
func (s *Store) wrapOf(ctx context.Context, r room, epoch int, handler string) (wrap []byte, err error) {
	id := s.wrapID(r.room, epoch, handler)
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

// Learn reads which cases handlers hold, so that the first question of one of them
// does not have to wait for it: ten microseconds for each case that is with the
// office, whoever holds it. The writer does it between two transactions, so that
// nothing changes meanwhile.
func (s *Store) Learn(ctx context.Context, handlers ...string) error {
	return s.between(ctx, func() error { return s.learn(ctx, handlers) })
}

func (s *Store) learn(ctx context.Context, handlers []string) error {
	s.holdings.mu.RLock()
	known := maps.Clone(s.holdings.of)
	s.holdings.mu.RUnlock()
	fresh := map[string]*held{}
	for _, id := range handlers {
		if known[id] == nil {
			fresh[id] = &held{}
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	cases := map[int64]*sent{}
	if len(known) > 0 {
		cases = s.holdings.cases // nobody changes it but the writer, which is here
	}
	ids := slices.Sorted(maps.Keys(fresh))
	err := s.eachSent(ctx, ids, func(c *sent, holds []bool) {
		if was := cases[c.id]; was != nil {
			c = was
		}
		cases[c.id] = c
		for i, id := range ids {
			if h := fresh[id]; holds[i] {
				h.refs = append(h.refs, c)
				*h.list(c.closed) = append(*h.list(c.closed), c)
			}
		}
	})
	if err != nil {
		return err
	}
	for _, h := range fresh {
		slices.SortFunc(h.refs, byRef)
		slices.SortFunc(h.open, byDue)
		slices.SortFunc(h.closed, byDue)
	}
	maps.Copy(fresh, known)
	s.holdings.mu.Lock()
	defer s.holdings.mu.Unlock()
	s.holdings.cases, s.holdings.of = cases, fresh
	return nil
}

const (
	sentColumns = "SELECT id, ref, room, epoch, closed, due, facts FROM cases WHERE sent > 0"
	sentSome    = sentColumns + " AND id IN (SELECT value FROM json_each(?))"
)

// A reading takes so many cases at a time.
const learnChunk = 1000

// eachSent reads cases that are with the office, all or those of some ids, and who of
// the handlers holds each.
func (s *Store) eachSent(ctx context.Context, handlers []string, do func(c *sent, holds []bool), ids ...int64) error {
	query, args := sentColumns, []any(nil)
	if ids != nil {
		query, args = sentSome, []any{list(ids)}
	}
	rows, err := s.read.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	var cases []*sent
	var rooms []room
	flush := func() error {
		holds, err := s.holders(ctx, rooms, handlers)
		for i, c := range cases {
			if err == nil {
				do(c, holds[i])
			}
		}
		cases, rooms = cases[:0], rooms[:0]
		return err
	}
	for rows.Next() {
		var r room
		var due string
		if err := rows.Scan(&r.id, &r.ref, &r.room, &r.epoch, &r.closed, &due, &r.facts); err != nil {
			return err
		}
		f, _ := s.facts(r) // a box that does not open is said where the case is shown
		cases = append(cases, &sent{r.id, r.ref, unique.Make(due).Value(), unique.Make(f.Assignee).Value(), r.closed != 0})
		if rooms = append(rooms, r); len(rooms) == learnChunk {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	return errors.Join(rows.Err(), flush())
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

// touching notes in the writer's connection which cases a transaction changed in what
// the lists show, whatever statement did it. A case that is destroyed takes its wraps
// along.
var touching = []string{
	"CREATE TEMP TABLE touched (id INTEGER)",
	"CREATE TEMP TRIGGER touched_1 AFTER UPDATE OF sent, closed, due, epoch, facts ON main.cases BEGIN INSERT INTO touched VALUES (new.id); END",
	"CREATE TEMP TRIGGER touched_2 AFTER INSERT ON main.wraps WHEN new.staged = 0 BEGIN INSERT INTO touched VALUES (new.case_id); END",
	"CREATE TEMP TRIGGER touched_3 AFTER UPDATE ON main.wraps WHEN new.staged = 0 BEGIN INSERT INTO touched VALUES (new.case_id); END",
	"CREATE TEMP TRIGGER touched_4 AFTER DELETE ON main.wraps WHEN old.staged = 0 BEGIN INSERT INTO touched VALUES (old.case_id); END",
}

// relearn brings the lists to what was committed. What cannot be read makes all of
// them be read anew at the next question.
func (s *Store) relearn() {
	ids, err := s.touched()
	if err == nil && len(ids) > 0 {
		err = s.renew(ids)
	}
	if err != nil {
		s.holdings.mu.Lock()
		s.holdings.cases, s.holdings.of = nil, nil
		s.holdings.mu.Unlock()
	}
}

func (s *Store) touched() (ids []int64, err error) {
	rows, err := s.tx.Query("SELECT DISTINCT id FROM temp.touched")
	if err != nil {
		return nil, err
	}
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return nil, errors.Join(err, rows.Close())
		}
		ids = append(ids, id)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil || len(ids) == 0 {
		return nil, err
	}
	_, err = s.tx.Exec("DELETE FROM temp.touched")
	return ids, err
}

func (s *Store) renew(ids []int64) error {
	if len(s.holdings.of) == 0 { // only the writer changes it
		return nil
	}
	who := slices.Collect(maps.Keys(s.holdings.of))
	type now struct {
		*sent
		holds []bool
	}
	var all []now
	if err := s.eachSent(context.Background(), who, func(c *sent, holds []bool) { all = append(all, now{c, holds}) }, ids...); err != nil {
		return err
	}
	s.holdings.mu.Lock()
	defer s.holdings.mu.Unlock()
	for _, id := range ids {
		if was := s.holdings.cases[id]; was != nil {
			for _, h := range s.holdings.of {
				h.drop(was)
			}
			delete(s.holdings.cases, id)
		}
	}
	for _, c := range all {
		s.holdings.cases[c.id] = c.sent
		for i, id := range who {
			if c.holds[i] {
				s.holdings.of[id].put(c.sent)
			}
		}
	}
	return nil
}
