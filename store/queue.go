package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"tillit/store/cases"
)

// QueueQuery narrows the queue.
type QueueQuery struct {
	View string // "open" (default), "unread", "mine", "closed"
	Ref  string // part of a reference
	Size int    // rows a page; 0 is 25, at most 100
	Page string // token of the page before
}

// Queue lists the cases that a handler has a key for, by deadline. Cases that
// they cannot open leave no trace in it: not in the order, the page's length or
// its token.
func (s *Store) Queue(ctx context.Context, handler string, q QueueQuery) ([]cases.Case, string, error) {
	size := q.Size
	if size <= 0 || size > 100 {
		size = 25
	}
	due, ref, err := s.openPage(handler, q.Page)
	if err != nil {
		return nil, "", ErrUnknown
	}
	page := []cases.Case{}
	for chunk := size + 1; ; chunk = min(2*chunk, longestChunk) {
		rooms, err := s.queueRows(ctx, q, due, ref, chunk)
		if err != nil {
			return nil, "", classify(err)
		}
		theirs, err := s.queueCases(ctx, handler, q.View, rooms)
		if err != nil {
			return nil, "", classify(err)
		}
		page = append(page, theirs...)
		if len(page) > size {
			last := page[size-1]
			return page[:size], s.sealPage(handler, firstDue(last.Due), last.Ref), nil
		}
		if len(rooms) < chunk {
			return page, "", nil
		}
		due, ref = rooms[chunk-1].due, rooms[chunk-1].ref
	}
}

// A page takes as many rows as it shows and one. Only who sees little of what is
// there, or asks for little of it, needs more, in ever larger pieces.
const longestChunk = 1000

type queueRow struct {
	room
	due string
}

// The two lists of the queue are statements of their own, so that each has its index.
const (
	queueColumns = "SELECT c.id, c.ref, c.room, c.channel, c.epoch, c.sent, c.facts, c.due FROM cases c"
	queueFrom    = " AND (c.due, c.ref) > (?, ?) AND instr(c.ref, ?) > 0 ORDER BY c.due, c.ref LIMIT ?"
	queueOpen    = queueColumns + " WHERE c.open = 1" + queueFrom
	queueClosed  = queueColumns + " WHERE c.closed = 1" + queueFrom
)

func (s *Store) queueRows(ctx context.Context, q QueueQuery, due, ref string, n int) ([]queueRow, error) {
	query := queueOpen
	if q.View == "closed" {
		query = queueClosed
	}
	rows, err := s.read.QueryContext(ctx, query, due, ref, strings.ToUpper(strings.TrimSpace(q.Ref)), n)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []queueRow
	for rows.Next() {
		var r queueRow
		if err := rows.Scan(&r.id, &r.ref, &r.room.room, &r.channel, &r.epoch, &r.sent, &r.facts, &r.due); err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, rows.Err()
}

// queueCases keeps those rooms that a handler can open and that belong in a view.
func (s *Store) queueCases(ctx context.Context, handler, view string, rooms []queueRow) ([]cases.Case, error) {
	var meant []queueRow
	var heads []cases.Case
	for _, r := range rooms {
		c, err := s.summary(r.room)
		if err != nil {
			return nil, err
		}
		if view != "mine" || c.Assignee == handler {
			meant, heads = append(meant, r), append(heads, c)
		}
	}
	has, err := s.openable(ctx, handler, meant)
	if err != nil {
		return nil, err
	}
	ids := make([]int64, len(meant))
	for i, r := range meant {
		ids[i] = r.id
	}
	unread, err := s.unread(ctx, handler, ids)
	if err != nil {
		return nil, err
	}
	var shown []cases.Case
	for i, c := range heads {
		c.Unread = unread[ids[i]]
		if has[i] && (view != "unread" || c.Unread > 0) {
			shown = append(shown, c)
		}
	}
	return shown, nil
}

const openableOf = "SELECT recipient FROM wraps WHERE staged = 0 AND recipient IN (SELECT unhex(value) FROM json_each(?))"

// openable says for each room whether a handler has a key, with one query: the
// rows do not say whose they are, so their ids are made here.
func (s *Store) openable(ctx context.Context, handler string, rooms []queueRow) ([]bool, error) {
	has, at, ids := make([]bool, len(rooms)), map[string]int{}, make([]string, len(rooms))
	for i, r := range rooms {
		id := s.wrapID(r.room.room, r.epoch, handler)
		at[string(id)], ids[i] = i, fmt.Sprintf("%x", id)
	}
	rows, err := s.read.QueryContext(ctx, openableOf, list(ids))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var id []byte
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		has[at[string(id)]] = true
	}
	return has, rows.Err()
}

const unreadOf = `SELECT e.case_id, count(*) FROM entries e LEFT JOIN marks m ON m.case_id = e.case_id AND m.handler = ?2
	WHERE e.case_id IN (SELECT value FROM json_each(?1)) AND e.kind = 'reporter' AND e.seq > coalesce(m.seq, 0) GROUP BY e.case_id`

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
		Received: time.Unix(r.sent, 0).UTC(), Assignee: f.Assignee, Due: f.Due,
	}
	if c.Due == nil {
		c.Due = []cases.Due{}
	}
	return c, err
}

func firstDue(due []cases.Due) string {
	first := ""
	for _, d := range due {
		if first == "" || d.Day < first {
			first = d.Day
		}
	}
	return first
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
