package store

import (
	"context"
	"database/sql"
	"errors"
	"slices"
)

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
		return p.s.markGone(tx, p.was.id, &p.was.room)
	case !p.c.Gone && gone && !p.c.Address.IsZero():
		box := p.s.Keys.Box("address", place("conversations", p.lookup, "address"), []byte(p.c.Address.Reveal()))
		if _, err := tx.Exec("UPDATE conversations SET address = ? WHERE id = ?", box, p.was.id); err != nil {
			return err
		}
		return p.s.flag(tx, p.was.id, &p.was.room, reachable)
	}
	return nil
}

// markGone forgets where a conversation is reached, with what was to be sent
// there; words of the office go on waiting. mine is as in [Store.flag].
func (s *Store) markGone(tx *transaction, conversation int64, mine *room) error {
	if _, err := tx.Exec("UPDATE conversations SET address = x'' WHERE id = ?", conversation); err != nil {
		return err
	}
	if _, err := tx.Exec("DELETE FROM outbox WHERE conversation_id = ? AND held = 0", conversation); err != nil {
		return err
	}
	return s.flag(tx, conversation, mine, func(flags []string) []string {
		if slices.Contains(flags, unreachable) {
			return flags
		}
		return append(flags, unreachable)
	})
}

// flag changes the flags of all cases that a conversation's person has sent, but for one
// that was changed behind our back. mine is the case that the transaction is about, as it
// has become in it.
func (s *Store) flag(tx *transaction, conversation int64, mine *room, change func([]string) []string) error {
	rooms, err := collect[room](tx.Query(sentRoomsQuery, conversation))
	for _, read := range rooms {
		r := &read
		if mine.id == read.id {
			r = mine
		} else if s.checkRoom(r) != nil {
			continue
		}
		if err := s.setFacts(tx, r, func(f *facts) { f.Flags = change(f.Flags) }); err != nil {
			return err
		}
	}
	return err
}

const sentRoomsQuery = "SELECT " + roomColumns + ` FROM seats s JOIN cases c ON c.id = s.case_id
		WHERE s.conversation_id = ? AND s.role = 'reporter' AND c.sent > 0 ORDER BY s.id`

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
	rooms, err := collect[room](s.read.QueryContext(ctx, sentRoomsQuery, conversation))
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
		t, err := s.loadTalk(tx, conversation)
		if err != nil {
			return err
		}
		t.version++
		if err := s.saveTalk(tx, &t); err != nil {
			return err
		}
		return s.markGone(tx, conversation, &room{})
	})
}
