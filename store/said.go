package store

import (
	"context"
	"crypto/hmac"
	"database/sql"
	"errors"

	"tillit/intake"
)

// A person may have several cases in one chat. What a message said went into one of
// them, and so does a change of it, whichever is written into now.

func (s *Store) lookupSaid(lookup []byte, message string) []byte {
	return s.Keys.Lookup("said", lookup, []byte(message))
}

// Said returns the case that a message went into; the empty one is a message that
// was not kept, or that the network never named.
func (s *Store) Said(ctx context.Context, channel string, id intake.ConversationID, message string) (ref string, err error) {
	lookup := s.lookupConversation(channel, id)
	name := s.lookupSaid(lookup, message)
	var bound []byte
	err = s.read.QueryRowContext(ctx, `SELECT c.ref, d.bound FROM conversations v JOIN said d ON d.conversation_id = v.id JOIN cases c ON c.id = d.case_id
		WHERE v.lookup = ? AND d.message = ?`, lookup, name).Scan(&ref, &bound)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return "", nil
	case err != nil:
		return "", classify(err)
	case !hmac.Equal(bound, s.bindSaid(lookup, name, ref)):
		return "", s.forgedTalk(lookup)
	}
	return ref, nil
}

// into finds the case that a change goes into instead of the active one: another of
// the same person's.
func (s *Store) into(ctx context.Context, q querier, r *route, ref string) error {
	if ref == "" || ref == r.room.ref {
		return nil
	}
	var a seat
	err := q.QueryRowContext(ctx, "SELECT "+roomColumns+`, s.role, s.active, s.bound FROM seats s JOIN cases c ON c.id = s.case_id
		WHERE s.conversation_id = ? AND c.ref = ?`, r.id, ref).Scan(append(r.room.targets(), &a.role, &a.active, &a.bound)...)
	if errors.Is(err, sql.ErrNoRows) {
		return ErrStale
	}
	if err != nil {
		return classify(err)
	}
	a.ref, a.room = r.room.ref, r.room.room
	if err := s.checkSeat(r.talk, a); err != nil {
		return err
	}
	return s.checkRoom(&r.room)
}

// writeSaid remembers which case the event's messages went into.
func (p *prepared) writeSaid(tx *transaction) error {
	for _, m := range p.c.Said {
		if p.was.room.id == 0 {
			return errors.New("there is no case that it went into")
		}
		name := p.s.lookupSaid(p.lookup, m)
		if _, err := tx.Exec("INSERT INTO said (conversation_id, message, case_id, bound) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
			p.was.id, name, p.was.room.id, p.s.bindSaid(p.lookup, name, p.was.room.ref)); err != nil {
			return err
		}
	}
	return nil
}
