package store

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// Idle is a conversation that the clock has something to say to, not an
// event. It says nothing of whose it is.
type Idle struct {
	Channel string
	State   []byte // the caller's cursor
	Sent    bool   // its active case is with the office
	Copy    bool   // its person reads from the copy; nothing is sent
	Expires time.Time

	lookup  []byte
	version int64
}

// Ending returns the conversations that are sent to and whose unsent interview
// is destroyed before a time.
func (s *Store) Ending(ctx context.Context, before time.Time) ([]Idle, error) {
	return s.idle(ctx, "v.expires > ?1 AND v.expires <= ?2 AND v.mailbox IS NULL AND length(v.address) > 0",
		s.Now().Unix(), before.Unix())
}

// Lapsed returns the conversations where words of the office have waited in vain
// for as long as they may. [Change.Lapse] destroys those words.
func (s *Store) Lapsed(ctx context.Context) ([]Idle, error) {
	return s.idle(ctx, "v.id IN (SELECT conversation_id FROM outbox WHERE held = 1 AND at < ?1)", s.awaitingSince())
}

// Still returns the conversations in whose chat something stands that could be taken
// back, the newest of it written in an hour that ended before a time. Where anything
// waits to be sent or to be read there are none.
func (s *Store) Still(ctx context.Context, before time.Time) ([]Idle, error) {
	return s.idle(ctx, `v.id IN (SELECT conversation_id FROM messages GROUP BY conversation_id HAVING max(hour) <= ?1)
		AND length(v.address) > 0 AND NOT EXISTS (SELECT 1 FROM outbox WHERE conversation_id = v.id)`, before.Add(-time.Hour).Unix())
}

// awaitingSince is when words must have been written that may wait no longer.
func (s *Store) awaitingSince() int64 { return s.Now().Add(-pickupFor).UnixMilli() }

func (s *Store) idle(ctx context.Context, where string, args ...any) ([]Idle, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT "+talkColumns+`, v.expires,
		EXISTS (SELECT 1 FROM seats s JOIN cases c ON c.id = s.case_id WHERE s.conversation_id = v.id AND s.active = 1 AND c.sent > 0)
		FROM conversations v WHERE `+where+" ORDER BY v.id", args...)
	if err != nil {
		return nil, classify(err)
	}
	defer rows.Close()
	var out []Idle
	for rows.Next() {
		var t talk
		var st Idle
		var expires int64
		if err := rows.Scan(append(t.targets(), &expires, &st.Sent)...); err != nil {
			return nil, classify(err)
		}
		if s.checkTalk(&t) != nil {
			continue // it alone is left out
		}
		st.lookup, st.version, st.Channel, st.Copy = t.lookup, t.version, t.channel, t.mailbox != nil
		if st.State, err = s.openState(t.lookup, t.state); err != nil {
			continue
		}
		if expires > 0 {
			st.Expires = time.Unix(expires, 0)
		}
		out = append(out, st)
	}
	return out, classify(rows.Err())
}

// Tell applies a change that no event led to. It is [ErrStale] when the person
// wrote meanwhile; then there may be nothing to say any more.
func (s *Store) Tell(ctx context.Context, st Idle, c Change) error {
	c.Channel, c.Expect = st.Channel, st.version
	_, err := s.apply(ctx, c, st.lookup)
	return err
}

// Reporter returns the conversation that a case's reporter writes in. It is
// [ErrUnknown] when the reporter has ended it.
func (s *Store) Reporter(ctx context.Context, ref string) (Idle, error) {
	all, err := s.idle(ctx, "v.id IN (SELECT s.conversation_id FROM cases c JOIN seats s ON s.case_id = c.id WHERE c.ref = ?1 AND s.role = 'reporter')", ref)
	if err == nil && len(all) == 0 {
		err = ErrUnknown
	}
	if err != nil {
		return Idle{}, err
	}
	return all[0], nil
}

// writeLapse destroys words that await pickup whose time is over.
func (p *prepared) writeLapse(tx *transaction) error {
	if !p.c.Lapse {
		return nil
	}
	if _, err := tx.Exec("DELETE FROM outbox WHERE conversation_id = ? AND held = 1 AND at < ?", p.was.id, p.s.awaitingSince()); err != nil {
		return err
	}
	return p.markShred(tx)
}

// settleSeats gives a conversation whose unsent case was destroyed its earlier
// case back, which never expires.
func (s *Store) settleSeats(tx *transaction, conversation int64) error {
	t, err := s.loadTalk(tx, conversation)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err == nil {
		err = s.checkSeats(tx, t)
	}
	if err != nil {
		return err
	}
	if _, err := tx.Exec(`UPDATE seats SET active = 1 WHERE id = (SELECT max(id) FROM seats WHERE conversation_id = ?1)
		AND NOT EXISTS (SELECT 1 FROM seats WHERE conversation_id = ?1 AND active = 1)`, conversation); err != nil {
		return err
	}
	if err := s.bindSeats(tx, &t); err != nil {
		return err
	}
	if err := s.saveTalk(tx, &t); err != nil {
		return err
	}
	_, err = tx.Exec(`UPDATE conversations SET expires = 0 WHERE id = ?1 AND EXISTS (SELECT 1 FROM seats WHERE conversation_id = ?1)
		AND NOT EXISTS (SELECT 1 FROM seats s JOIN cases c ON c.id = s.case_id WHERE s.conversation_id = ?1 AND c.sent = 0)`, conversation)
	return err
}
