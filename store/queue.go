package store

import (
	"cmp"
	"context"
	"crypto/hmac"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"tillit/store/cases"
)

// QueueQuery narrows the queue.
type QueueQuery struct {
	View string // one of [cases.Views]; empty is open
	Ref  string // part of a reference
	// What the cases must have; empty is any. Holder has a part in it; [cases.Nobody] is a
	// case in which nobody has one.
	Holder, Level, Phase, Flag, Channel string
	Size                                int    // rows a page, at most [cases.MostRows]; 0 is 25
	Page                                string // token of the page before
}

// means says whether a query means a case, but for what is unread.
func (q QueueQuery) means(c *sent, part string) bool {
	fits := func(want, is string) bool { return want == "" || want == is }
	return strings.Contains(c.ref, part) && fits(q.Level, c.level) && fits(q.Phase, c.phase) && fits(q.Channel, c.channel) &&
		(q.Flag == "" || strings.Contains(c.flags, " "+q.Flag+" ")) &&
		(q.Holder == "" || q.Holder == cases.Nobody && strings.TrimSpace(c.people) == "" || c.has(q.Holder))
}

// Queue lists the cases that a handler has a key for: first those in which somebody may
// be unsafe, each by its nearest day. Cases that
// they cannot open leave no trace in it: not in the order, the page's length or
// its token, nor in how long it takes, because it reads only rows that are theirs.
// It is [ErrInvalid] for a view or a size that there is not.
func (s *Store) Queue(ctx context.Context, handler string, q QueueQuery) ([]cases.Case, string, error) {
	if q.Size < 0 || q.Size > cases.MostRows || q.View != "" && !slices.Contains(cases.Views, q.View) {
		return nil, "", ErrInvalid
	}
	size := cmp.Or(q.Size, 25)
	due, ref, err := s.openPage(handler, q.Page)
	if err != nil {
		return nil, "", ErrUnknown
	}
	page, at := []cases.Case{}, []*sent{}
	for chunk := size + 1; ; chunk = min(2*chunk, longestChunk) {
		rows, err := s.heldRows(ctx, handler, q, due, ref, chunk)
		if err != nil {
			return nil, "", err
		}
		shown, of, err := s.queueCases(ctx, handler, q.View, rows)
		if err != nil {
			return nil, "", classify(err)
		}
		if page, at = append(page, shown...), append(at, of...); len(page) > size {
			last := at[size-1]
			return page[:size], s.sealPage(handler, last.due, last.ref), nil
		}
		if len(rows) < chunk {
			return page, "", nil
		}
		due, ref = rows[chunk-1].due, rows[chunk-1].ref
	}
}

// A page takes as many rows as it shows and one. Only who has read most of what is
// theirs needs more for the unread, in ever larger pieces.
const longestChunk = 1000

// heldRows are the next cases of a handler's that a query means, but for what is
// unread.
func (s *Store) heldRows(ctx context.Context, handler string, q QueueQuery, due, ref string, n int) (rows []*sent, err error) {
	part := strings.ToUpper(strings.TrimSpace(q.Ref))
	err = s.holding(ctx, handler, func(h *held) {
		rows = h.after(q.View, due, ref, n, func(c *sent) bool { return q.means(c, part) })
	})
	return rows, err
}

const queueRows = "SELECT c.id, c.ref, c.room, c.channel, c.epoch, c.next_seq, c.head, c.sent, c.closed, c.facts, c.bound FROM cases c WHERE c.id IN (SELECT value FROM json_each(?))"

// queueCases reads those of a handler's cases that belong in a view, in their order.
func (s *Store) queueCases(ctx context.Context, handler, view string, of []*sent) (shown []cases.Case, at []*sent, err error) {
	if len(of) == 0 {
		return nil, nil, nil
	}
	ids := make([]int64, len(of))
	for i, c := range of {
		ids[i] = c.id
	}
	unread, err := s.unread(ctx, handler, ids)
	if err != nil {
		return nil, nil, err
	}
	if view == "unread" {
		ids = slices.DeleteFunc(ids, func(id int64) bool { return unread[id] == 0 })
	}
	heads, err := s.heads(ctx, handler, ids)
	if err != nil {
		return nil, nil, err
	}
	for _, c := range of {
		if head, found := heads[c.id]; found {
			head.Unread = unread[c.id]
			shown, at = append(shown, head), append(at, c)
		}
	}
	return shown, at, nil
}

// heads are the cases of some ids, all of which a handler holds, as the queue shows
// them. One that was changed behind our back is left out, and said to the operator.
func (s *Store) heads(ctx context.Context, handler string, ids []int64) (map[int64]cases.Case, error) {
	rooms, err := s.queueRooms(ctx, ids)
	if err != nil {
		return nil, err
	}
	bound, err := s.boundWraps(ctx, handler, rooms)
	if err != nil {
		return nil, err
	}
	heads := map[int64]cases.Case{}
	for _, r := range rooms {
		head, err := s.summary(r)
		if err != nil || !s.holdsRoom(&r) {
			_ = s.forged("case", r.ref)
			continue
		}
		id := s.wrapID(r.room, r.epoch, handler)
		if !hmac.Equal(bound[string(id)], s.bindWrap(r, r.epoch, id, false)) {
			if wrap, err := s.wrapOf(ctx, r, r.epoch, handler); wrap == nil || err != nil {
				continue // not theirs any more, or it is said
			}
		}
		heads[r.id] = head
	}
	return heads, nil
}

func (s *Store) queueRooms(ctx context.Context, ids []int64) ([]room, error) {
	rows, err := s.read.QueryContext(ctx, queueRows, list(ids))
	return collectBy(rows, err, func(r *room) []any { // without its key, which the queue does not show
		return []any{&r.id, &r.ref, &r.room, &r.channel, &r.epoch, &r.seq, &r.head, &r.sent, &r.closed, &r.facts, &r.bound}
	})
}

const boundWrapsOf = "SELECT recipient, bound FROM wraps WHERE staged = 0 AND recipient IN (SELECT unhex(value) FROM json_each(?))"

// boundWraps are the bindings of a handler's wraps of some rooms, by recipient.
func (s *Store) boundWraps(ctx context.Context, handler string, rooms []room) (map[string][]byte, error) {
	ids := make([]string, len(rooms))
	for i, r := range rooms {
		ids[i] = fmt.Sprintf("%x", s.wrapID(r.room, r.epoch, handler))
	}
	return boundBy(s.read.QueryContext(ctx, boundWrapsOf, list(ids)))
}

// boundBy reads the answer to boundWrapsOf.
func boundBy(rows *sql.Rows, err error) (map[string][]byte, error) {
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	bound := map[string][]byte{}
	for rows.Next() {
		var id, mac []byte
		if err := rows.Scan(&id, &mac); err != nil {
			return nil, err
		}
		bound[string(id)] = mac
	}
	return bound, rows.Err()
}

const unreadOf = `SELECT e.case_id, count(*) FROM entries e LEFT JOIN marks m ON m.case_id = e.case_id AND m.handler = ?2
	WHERE e.case_id IN (SELECT value FROM json_each(?1)) AND e.kind = 'reporter' AND length(e.data) > 0 AND e.seq > coalesce(m.seq, 0) GROUP BY e.case_id`

// unread counts what reporters wrote since a handler last read, by case.
func (s *Store) unread(ctx context.Context, handler string, ids []int64) (map[int64]int, error) {
	rows, err := s.read.QueryContext(ctx, unreadOf, list(ids), s.handlerID(handler))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	counts := map[int64]int{}
	for rows.Next() {
		var id int64
		var n int
		if err := rows.Scan(&id, &n); err != nil {
			return nil, err
		}
		counts[id] = n
	}
	return counts, rows.Err()
}

// list hands a statement as many values as there are, so that it stays one.
func list[T int64 | string](values []T) string {
	raw, err := json.Marshal(values)
	if err != nil {
		panic("encoding numbers and strings")
	}
	return string(raw)
}

// summary is what the queue and a case's head show, but for what is unread.
func (s *Store) summary(r room) (cases.Case, error) {
	f, err := s.facts(r)
	c := cases.Case{
		Ref: r.ref, Room: r.room, Status: f.Status, Level: f.Level, Flags: f.Flags, Channel: r.channel,
		Received: time.Unix(r.sent, 0).UTC(), Assignee: f.Assignee, Due: f.PromisedDays(),
		Routine: f.Routine, Phase: f.Phase, Duties: f.Duties, Clocks: f.Clocks, Asked: len(f.Asked), Closed: f.Closed,
		Entries: r.seq - 1,
	}
	return c, err
}

// A page token is a box for one handler: nobody reads from it how many cases lie
// between two of theirs.
func (s *Store) sealPage(handler, due, ref string) string {
	box := s.Keys.Box("page", place("cases", []byte(handler), "page"), []byte(due+"\x00"+ref))
	return encodePage(box)
}

func (s *Store) openPage(handler, token string) (due, ref string, err error) {
	if token == "" {
		return "", "", nil
	}
	raw, err := decodePage(token)
	if err != nil {
		return "", "", err
	}
	plain, err := s.Keys.Unbox("page", place("cases", []byte(handler), "page"), raw)
	if err != nil {
		return "", "", err
	}
	due, ref, _ = strings.Cut(string(plain), "\x00")
	return due, ref, nil
}
