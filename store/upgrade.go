package store

import (
	"context"
	"crypto/hmac"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
)

// This file gives a database from before there were bindings its own, once, and blesses
// nothing that could be told from what we wrote: a case's key must be the one that its
// signed log names. Boxes of cases and conversations have had another purpose since, so
// what was written since cannot be made to look older and be bound anew. Whatever is
// not borne out stays unbound, and so refused and named.

// boundName is the row of meta that says that this was done.
const boundName = "bound"

func (s *Store) boundMark() []byte { return s.Keys.Bind("bound") }

// bindOld binds what was there before there were bindings.
func (s *Store) bindOld(ctx context.Context) error {
	var mark []byte
	err := s.read.QueryRowContext(ctx, "SELECT value FROM meta WHERE name = ?", boundName).Scan(&mark)
	if err != nil && !errors.Is(err, sql.ErrNoRows) || hmac.Equal(mark, s.boundMark()) {
		return err
	}
	for last, more := int64(0), true; more; {
		rooms, err := collect[room](s.read.QueryContext(ctx, "SELECT "+roomColumns+" FROM cases c WHERE c.id > ? AND c.bound = x'' ORDER BY c.id LIMIT 100", last))
		if err != nil {
			return err
		}
		for _, r := range rooms {
			if err := s.bindOldRoom(ctx, r); err != nil {
				return fmt.Errorf("binding a case: %w", err)
			}
			last = r.id
		}
		more = len(rooms) > 0
	}
	talks, err := s.oldTalks(ctx)
	if err != nil {
		return err
	}
	for _, id := range talks {
		if err := s.do(ctx, func(tx *transaction) error { return s.bindOldTalk(tx, id) }); err != nil {
			return fmt.Errorf("binding a conversation: %w", err)
		}
	}
	return s.exec(ctx, "INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value", boundName, s.boundMark())
}

func (s *Store) bindOldRoom(ctx context.Context, r room) error {
	at := place("cases", []byte(r.ref), "facts")
	raw, err := s.Keys.Unbox("status", at, r.facts)
	var f facts
	if err != nil || json.Unmarshal(raw, &f) != nil || r.seq == 1 { // nothing is signed yet that would name its key
		_ = s.forged("case", r.ref)
		return nil
	}
	faults, err := s.verifyRoom(ctx, r, nil)
	if err != nil {
		return err
	}
	if len(faults) > 0 {
		_ = s.forged("case", r.ref)
		return nil
	}
	epochs, _, err := s.readEpochs(ctx, r)
	if err != nil {
		return err
	}
	return s.do(ctx, func(tx *transaction) error {
		for _, e := range epochs {
			if err := exactly(tx, ErrForged, "UPDATE epochs SET bound = ? WHERE case_id = ? AND epoch = ? AND public = ?", s.bindEpoch(r, e.Epoch, e.Public), r.id, e.Epoch, e.Public); err != nil {
				return err
			}
		}
		if err := s.bindWraps(tx, &r); err != nil {
			return err
		}
		r.facts, r.bound, r.key = s.boxFacts(r.ref, f), []byte{}, nil
		if _, err := tx.Exec("UPDATE cases SET facts = ? WHERE id = ?", r.facts, r.id); err != nil {
			return err
		}
		return s.saveBound(tx, &r) // over what was verified, whatever stands there now
	})
}

func (s *Store) oldTalks(ctx context.Context) ([]int64, error) {
	return column[int64](s.read.QueryContext(ctx, "SELECT id FROM conversations WHERE bound = x''"))
}

// bindOldTalk binds a conversation with its seats, letters, lines and code as they are:
// nothing says whether they were changed before.
func (s *Store) bindOldTalk(tx *transaction, id int64) error {
	var t talk
	if err := tx.QueryRow("SELECT "+talkColumns+" FROM conversations v WHERE v.id = ?", id).Scan(t.targets()...); err != nil {
		return err
	}
	state, err := s.Keys.Unbox("cursor", place("conversations", t.lookup, "state"), t.state)
	if err != nil {
		_ = s.forgedTalk(t.lookup)
		return nil
	}
	t.state = s.boxState(t.lookup, state)
	for _, bind := range []func(*transaction, *talk) error{s.bindSeats, s.bindOldLetters, s.bindOldOutgoing, s.bindOldCode, s.bindOldSaid, s.saveTalk} {
		if err := bind(tx, &t); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) bindOldLetters(tx *transaction, t *talk) error {
	// In the order in which they stand, whatever waits among them.
	rows, err := tx.Query("SELECT id, held, data FROM copies WHERE conversation_id = ? ORDER BY id", t.id)
	if err != nil {
		return err
	}
	bound := map[int64][]byte{}
	for rows.Next() {
		var id int64
		var awaits bool
		var data []byte
		if err := rows.Scan(&id, &awaits, &data); err != nil {
			return errors.Join(err, rows.Close())
		}
		t.letters, t.kept = t.letters+1, t.kept+1
		bound[id] = s.bindLetter(*t, t.letters, awaits, data)
	}
	return errors.Join(rows.Err(), rows.Close(), updateEach(tx, "UPDATE copies SET bound = ? WHERE id = ?", bound))
}

func (s *Store) bindOldOutgoing(tx *transaction, t *talk) error {
	bound := map[int64][]byte{}
	for _, awaits := range []bool{false, true} {
		lines, err := collect[outLine](tx.Query("SELECT id, key, data, bound FROM outbox WHERE conversation_id = ? AND held = ?", t.id, awaits))
		if err != nil {
			return err
		}
		for _, l := range lines {
			bound[l.id] = s.bindOutgoing(*t, l.key, awaits)
		}
	}
	return updateEach(tx, "UPDATE outbox SET bound = ? WHERE id = ?", bound)
}

func (s *Store) bindOldCode(tx *transaction, t *talk) error {
	var code, wrapped []byte
	var expires int64
	err := tx.QueryRow("SELECT lookup, wrapped, expires FROM codes WHERE conversation_id = ?", t.id).Scan(&code, &wrapped, &expires)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	return s.writeCode(tx, *t, code, wrapped, expires)
}

func (s *Store) bindOldSaid(tx *transaction, t *talk) error {
	rows, err := tx.Query("SELECT d.id, d.message, c.ref FROM said d JOIN cases c ON c.id = d.case_id WHERE d.conversation_id = ?", t.id)
	if err != nil {
		return err
	}
	bound := map[int64][]byte{}
	for rows.Next() {
		var id int64
		var message []byte
		var ref string
		if err := rows.Scan(&id, &message, &ref); err != nil {
			return errors.Join(err, rows.Close())
		}
		bound[id] = s.bindSaid(t.lookup, message, ref)
	}
	return errors.Join(rows.Err(), rows.Close(), updateEach(tx, "UPDATE said SET bound = ? WHERE id = ?", bound))
}

func updateEach(tx *transaction, query string, bound map[int64][]byte) error {
	for id, b := range bound {
		if _, err := tx.Exec(query, b, id); err != nil {
			return err
		}
	}
	return nil
}
