package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"tillit/intake"
	"tillit/store/seal"
)

// This file finds a conversation and the case that it writes into.

func (s *Store) lookupConversation(channel string, id intake.ConversationID) []byte {
	return s.Keys.Lookup("conversation", []byte(channel), []byte(id.Reveal()))
}

// route is a conversation as the rows have it, and its active case.
type route struct {
	talk
	address  []byte
	expires  int64
	awaiting int  // lines that wait for "show me"
	unsaid   int  // lines that have not left
	room     room // zero when it has no case
}

// room is a case's row, with what its facts box holds.
type room struct {
	id, seq       int64
	ref, room     string
	channel       string
	epoch         int
	public        string
	head, genesis []byte
	sent          int64
	closed        int
	facts         []byte
	bound         []byte
	wraps, places int64  // how often its wraps were changed, and how many there are
	key           []byte // what binds its key, once it is known
}

const roomColumns = "c.id, c.ref, c.room, c.channel, c.epoch, c.public, c.head, c.genesis, c.next_seq, c.sent, c.closed, c.facts, c.bound"

func (r *room) targets() []any {
	return []any{&r.id, &r.ref, &r.room, &r.channel, &r.epoch, &r.public, &r.head, &r.genesis, &r.seq, &r.sent, &r.closed, &r.facts, &r.bound}
}

// querier is a database or a transaction.
type querier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// route finds a conversation and its active case; a version of 0 is none. It is
// [ErrForged] when either is not what we wrote, or does not belong to the other.
func (s *Store) route(ctx context.Context, q querier, lookup []byte) (route, error) {
	r, a, err := s.readRoute(ctx, q, lookup)
	if err != nil || r.version == 0 {
		return r, err
	}
	if err := s.checkTalk(&r.talk); err != nil {
		return r, err
	}
	if r.seats > 0 != (a.id > 0) {
		return r, s.forgedTalk(lookup)
	}
	if a.id > 0 {
		a.ref, a.room = r.room.ref, r.room.room
		if err := s.checkSeat(r.talk, a); err != nil {
			return r, err
		}
		if err := s.checkRoom(&r.room); err != nil {
			return r, err
		}
	}
	if r.awaiting > 0 {
		r.awaiting, err = s.awaiting(ctx, r.talk)
	}
	return r, err
}

func (s *Store) readRoute(ctx context.Context, q querier, lookup []byte) (route, seat, error) {
	r, a := route{talk: talk{lookup: lookup}}, seat{active: true}
	targets := append(r.talk.targets(), &r.address, &r.expires, &a.id, &a.role, &a.bound, &r.awaiting, &r.unsaid)
	err := q.QueryRowContext(ctx, "SELECT "+talkColumns+`, v.address, v.expires, coalesce(s.id, 0), coalesce(s.role, ''), s.bound,
			(SELECT count(*) FROM outbox WHERE conversation_id = v.id AND held = 1) + (SELECT count(*) FROM copies WHERE conversation_id = v.id AND held = 1),
			(SELECT count(*) FROM outbox WHERE conversation_id = v.id AND held = 0),
			coalesce(c.id, 0), coalesce(c.ref, ''), coalesce(c.room, ''), coalesce(c.channel, ''), coalesce(c.epoch, 0), coalesce(c.public, ''),
			c.head, c.genesis, coalesce(c.next_seq, 0), coalesce(c.sent, 0), coalesce(c.closed, 0), c.facts, c.bound
		FROM conversations v
		LEFT JOIN seats s ON s.conversation_id = v.id AND s.active = 1
		LEFT JOIN cases c ON c.id = s.case_id
		WHERE v.lookup = ?`, lookup).Scan(append(targets, r.room.targets()...)...)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return r, a, err
}

// Conversation returns what is known of a conversation. One that was never seen
// is the zero value, and no error.
func (s *Store) Conversation(ctx context.Context, channel string, id intake.ConversationID) (Conversation, error) {
	r, err := s.route(ctx, s.read, s.lookupConversation(channel, id))
	if err != nil || r.version == 0 {
		return Conversation{}, classify(err)
	}
	return s.conversation(ctx, r)
}

func (s *Store) conversation(ctx context.Context, r route) (c Conversation, err error) {
	c = Conversation{Version: r.version, Gone: len(r.address) == 0, Ref: r.room.ref, Room: r.room.room, Sent: r.room.sent > 0, Unread: r.awaiting, Unsaid: r.unsaid, Mailbox: r.mailbox}
	if r.expires > 0 {
		c.Expires = time.Unix(r.expires, 0)
	}
	if r.room.ref != "" {
		f, err := s.facts(r.room)
		if err != nil {
			return c, err
		}
		c.Out = f.Out
		c.Asks, err = s.asks(ctx, r, f)
		if err != nil {
			return c, err
		}
	}
	c.State, err = s.openState(r.lookup, r.state)
	return c, err
}

// asks are what the person of a conversation is asked to look over. f is what is known of
// the active case; others are looked at where there are some.
func (s *Store) asks(ctx context.Context, r route, f facts) (all []Asks, err error) {
	if r.room.sent > 0 && len(f.Asks) > 0 {
		all = append(all, Asks{r.room.ref, f.Asks})
	}
	if r.seats < 2 {
		return all, nil
	}
	rows, err := collect[room](s.read.QueryContext(ctx, sentRoomsQuery, r.id))
	for _, other := range rows {
		if err != nil || other.ref == r.room.ref || s.checkRoom(&other) != nil {
			continue
		}
		if f, err = s.facts(other); err == nil && len(f.Asks) > 0 {
			all = append(all, Asks{other.ref, f.Asks})
		}
	}
	return all, classify(err)
}

// Begun reports whether a conversation was seen, and opens nothing of it.
func (s *Store) Begun(ctx context.Context, channel string, id intake.ConversationID) (bool, error) {
	var n int
	err := s.read.QueryRowContext(ctx, "SELECT count(*) FROM conversations WHERE lookup = ?", s.lookupConversation(channel, id)).Scan(&n)
	return n > 0, classify(err)
}

// Cursor returns how far a conversation was read on its network: the
// [Change.Cursor] of the last change that had one; nil is none. It outlives the
// conversation, so that what was destroyed is not read from the network again.
func (s *Store) Cursor(ctx context.Context, channel string, id intake.ConversationID) ([]byte, error) {
	lookup := s.lookupConversation(channel, id)
	var boxed []byte
	err := s.read.QueryRowContext(ctx, "SELECT value FROM cursors WHERE lookup = ?", lookup).Scan(&boxed)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, classify(err)
	}
	return s.Keys.Unbox("cursor", place("cursors", lookup, "value"), boxed)
}

func place(table string, row []byte, column string) seal.Place {
	return seal.Place{Table: table, Row: string(row), Column: column}
}
