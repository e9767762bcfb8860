package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"tillit/store/cases"
)

// Standing is a conversation that the clock has something to say to, not an
// event. It says nothing of whose it is.
type Standing struct {
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
func (s *Store) Ending(ctx context.Context, before time.Time) ([]Standing, error) {
	return s.standing(ctx, "v.expires > ?1 AND v.expires <= ?2 AND v.mailbox IS NULL AND length(v.address) > 0",
		s.Now().Unix(), before.Unix())
}

// Lapsed returns the conversations where words of the office have waited in vain
// for as long as they may. [Change.Lapse] destroys those words.
func (s *Store) Lapsed(ctx context.Context) ([]Standing, error) {
	return s.standing(ctx, "v.id IN (SELECT conversation_id FROM outbox WHERE held = 1 AND at < ?1)", s.heldSince())
}

// Still returns the conversations in whose chat something stands that could be taken
// back, the newest of it written in an hour that ended before a time. Where anything
// waits to be sent or to be read there are none.
func (s *Store) Still(ctx context.Context, before time.Time) ([]Standing, error) {
	return s.standing(ctx, `v.id IN (SELECT conversation_id FROM messages GROUP BY conversation_id HAVING max(hour) <= ?1)
		AND length(v.address) > 0 AND NOT EXISTS (SELECT 1 FROM outbox WHERE conversation_id = v.id)`, before.Add(-time.Hour).Unix())
}

// heldSince is when words must have been written that may wait no longer.
func (s *Store) heldSince() int64 { return s.Now().Add(-heldFor).UnixMilli() }

func (s *Store) standing(ctx context.Context, where string, args ...any) ([]Standing, error) {
	rows, err := s.read.QueryContext(ctx, `SELECT v.lookup, v.version, v.channel, v.state, v.expires, v.mailbox IS NOT NULL,
		EXISTS (SELECT 1 FROM seats s JOIN cases c ON c.id = s.case_id WHERE s.conversation_id = v.id AND s.active = 1 AND c.sent > 0)
		FROM conversations v WHERE `+where+" ORDER BY v.id", args...)
	if err != nil {
		return nil, classify(err)
	}
	defer rows.Close()
	var out []Standing
	for rows.Next() {
		var st Standing
		var state []byte
		var expires int64
		if err := rows.Scan(&st.lookup, &st.version, &st.Channel, &state, &expires, &st.Copy, &st.Sent); err != nil {
			return nil, classify(err)
		}
		if st.State, err = s.Keys.Unbox("cursor", place("conversations", st.lookup, "state"), state); err != nil {
			return nil, err
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
func (s *Store) Tell(ctx context.Context, st Standing, c Change) error {
	c.Channel, c.Expect = st.Channel, st.version
	_, err := s.apply(ctx, c, st.lookup)
	return err
}

// Reporter returns the conversation that a case's reporter writes in. It is
// [ErrUnknown] when the reporter has ended it.
func (s *Store) Reporter(ctx context.Context, ref string) (Standing, error) {
	all, err := s.standing(ctx, "v.id IN (SELECT s.conversation_id FROM cases c JOIN seats s ON s.case_id = c.id WHERE c.ref = ?1 AND s.role = 'reporter')", ref)
	if err == nil && len(all) == 0 {
		err = ErrUnknown
	}
	if err != nil {
		return Standing{}, err
	}
	return all[0], nil
}

// writeLapse destroys held words whose time is over.
func (p *prepared) writeLapse(tx *transaction) error {
	if !p.c.Lapse {
		return nil
	}
	if _, err := tx.Exec("DELETE FROM outbox WHERE conversation_id = ? AND held = 1 AND at < ?", p.was.id, p.s.heldSince()); err != nil {
		return err
	}
	return p.markShred(tx)
}

// writeNotices tells handlers that something new stands in the active case.
func (p *prepared) writeNotices(tx *transaction) error {
	for _, n := range p.c.Notices {
		if err := p.s.renewNotice(tx, p.was.room, n); err != nil {
			return err
		}
	}
	return nil
}

// renewNotice gives a handler one notice of a kind for a case. One that has not
// left yet stands for the new one too; an older one gives way to it.
func (s *Store) renewNotice(tx *transaction, r room, n cases.Notice) error {
	id := s.handlerID(n.Handler)
	rows, err := tx.Query("SELECT id, data FROM notices WHERE case_id = ? AND handler = ?", r.id, id)
	if err != nil {
		return err
	}
	waits, old := false, []int64{}
	for rows.Next() {
		var row int64
		var box []byte
		if err := rows.Scan(&row, &box); err != nil {
			return errors.Join(err, rows.Close())
		}
		raw, err := s.Keys.Unbox("notice", place("notices", id, "data"), box)
		if err != nil {
			return errors.Join(err, rows.Close())
		}
		var was cases.Notice
		if err := json.Unmarshal(raw, &was); err != nil {
			return errors.Join(err, rows.Close())
		}
		if was.Kind == n.Kind {
			old, waits = append(old, row), waits || was.After.After(s.Now()) && !was.After.After(n.After)
		}
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil || waits {
		return err
	}
	for _, row := range old {
		if _, err := tx.Exec("DELETE FROM notices WHERE id = ?", row); err != nil {
			return err
		}
	}
	return s.notice(tx, r, n)
}

// unreachable is the flag of a case whose reporter cannot be reached.
const unreachable = "UNREACHABLE"

// reachable takes the flag away.
func reachable(flags []string) []string {
	return slices.DeleteFunc(flags, func(f string) bool { return f == unreachable })
}

// writeReach notes that a person cannot be reached, or is back. No address is how
// it is remembered: nothing is sent to where nobody reads.
func (p *prepared) writeReach(tx *transaction) error {
	switch gone := p.was.version > 0 && len(p.was.address) == 0; {
	case p.c.Gone && !gone && p.was.id != 0:
		return p.s.markGone(tx, p.was.id)
	case !p.c.Gone && gone && !p.c.Address.IsZero():
		box := p.s.Keys.Box("address", place("conversations", p.lookup, "address"), []byte(p.c.Address.Reveal()))
		if _, err := tx.Exec("UPDATE conversations SET address = ? WHERE id = ?", box, p.was.id); err != nil {
			return err
		}
		return p.s.flag(tx, p.was.id, reachable)
	}
	return nil
}

// markGone forgets where a conversation is reached, with what was to be sent
// there; words of the office go on waiting.
func (s *Store) markGone(tx *transaction, conversation int64) error {
	if _, err := tx.Exec("UPDATE conversations SET address = x'' WHERE id = ?", conversation); err != nil {
		return err
	}
	if _, err := tx.Exec("DELETE FROM outbox WHERE conversation_id = ? AND held = 0", conversation); err != nil {
		return err
	}
	return s.flag(tx, conversation, func(flags []string) []string {
		if slices.Contains(flags, unreachable) {
			return flags
		}
		return append(flags, unreachable)
	})
}

// flag changes the flags of all cases that a conversation's person has sent.
func (s *Store) flag(tx *transaction, conversation int64, change func([]string) []string) error {
	rooms, err := sentRooms(tx.Query(sentRoomsQuery, conversation))
	for _, r := range rooms {
		if err := s.setFacts(tx, r, func(f *facts) { f.Flags = change(f.Flags) }); err != nil {
			return err
		}
	}
	return err
}

const sentRoomsQuery = "SELECT " + roomColumns + ` FROM seats s JOIN cases c ON c.id = s.case_id
		WHERE s.conversation_id = ? AND s.role = 'reporter' AND c.sent > 0 ORDER BY s.id`

// sentRooms reads the answer to sentRoomsQuery.
func sentRooms(rows *sql.Rows, err error) ([]room, error) {
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []room
	for rows.Next() {
		var r room
		if err := rows.Scan(r.targets()...); err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, rows.Err()
}

// Gone records that a line could not be sent because its person cannot be reached
// any more. The entry is written into each case that they have sent.
func (s *Store) Gone(ctx context.Context, id int64, entry Entry) error {
	var conversation int64
	var known int
	err := s.read.QueryRowContext(ctx, `SELECT v.id, length(v.address) FROM outbox o JOIN conversations v ON v.id = o.conversation_id
		WHERE o.id = ?`, id).Scan(&conversation, &known)
	if errors.Is(err, sql.ErrNoRows) || err == nil && known == 0 {
		return s.Delivered(ctx, id)
	}
	if err != nil {
		return classify(err)
	}
	rooms, err := sentRooms(s.read.QueryContext(ctx, sentRoomsQuery, conversation))
	if err != nil {
		return classify(err)
	}
	for _, r := range rooms {
		find := func(ctx context.Context, _ querier) (room, error) { return s.byRef(ctx, r.ref) }
		if err := s.append(ctx, find, []Entry{entry}, nil); err != nil {
			return err
		}
	}
	return s.do(ctx, func(tx *transaction) error {
		// The version moves, so that whoever is deciding on it now decides anew.
		if _, err := tx.Exec("UPDATE conversations SET version = version + 1 WHERE id = ?", conversation); err != nil {
			return err
		}
		return s.markGone(tx, conversation)
	})
}

// settleSeats gives a conversation whose unsent case was destroyed its earlier
// case back, which never expires.
func settleSeats(tx *transaction, conversation int64) error {
	if _, err := tx.Exec(`UPDATE seats SET active = 1 WHERE id = (SELECT max(id) FROM seats WHERE conversation_id = ?1)
		AND NOT EXISTS (SELECT 1 FROM seats WHERE conversation_id = ?1 AND active = 1)`, conversation); err != nil {
		return err
	}
	_, err := tx.Exec(`UPDATE conversations SET expires = 0 WHERE id = ?1 AND EXISTS (SELECT 1 FROM seats WHERE conversation_id = ?1)
		AND NOT EXISTS (SELECT 1 FROM seats s JOIN cases c ON c.id = s.case_id WHERE s.conversation_id = ?1 AND c.sent = 0)`, conversation)
	return err
}
