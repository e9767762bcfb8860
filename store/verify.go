package store

import (
	"context"
	"crypto/hmac"
	"database/sql"
	"errors"
)

// This file is the part of [Store.Verify] that looks at bindings.

// verifyBound says what of a case's rows is not what this server wrote.
func (s *Store) verifyBound(ctx context.Context, r room) (faults []string, err error) {
	fault := func(what string) {
		faults = append(faults, r.ref+": "+what+" outside the server; nothing is sealed in it while that is so")
	}
	if !s.holdsKey(&r) {
		fault("its key, or its state, was changed")
	}
	epochs, bound, err := s.readEpochs(ctx, r)
	if err != nil {
		return nil, classify(err)
	}
	for i, e := range epochs {
		if !hmac.Equal(bound[i], s.bindEpoch(r, e.Epoch, e.Public)) {
			fault("an earlier key was changed")
		}
	}
	rows, err := s.read.QueryContext(ctx, "SELECT epoch, recipient, staged, bound FROM wraps WHERE case_id = ?", r.id)
	if err != nil {
		return nil, classify(err)
	}
	defer rows.Close()
	changed, n := false, int64(0)
	for rows.Next() {
		var w wrapState
		if err := rows.Scan(&w.epoch, &w.recipient, &w.staged, &w.bound); err != nil {
			return nil, classify(err)
		}
		n++
		changed = changed || !hmac.Equal(w.bound, s.bindWrap(r, w.epoch, w.recipient, w.staged))
	}
	if changed || n != r.places {
		fault("who has its key was changed")
	}
	return faults, classify(rows.Err())
}

// verifyTalks says the same of conversations: who they are with is no part of it.
func (s *Store) verifyTalks(ctx context.Context) (faults []string, err error) {
	rows, err := s.read.QueryContext(ctx, "SELECT "+talkColumns+" FROM conversations v ORDER BY v.id")
	if err != nil {
		return nil, classify(err)
	}
	var all []talk
	for rows.Next() {
		var t talk
		if err := rows.Scan(t.targets()...); err != nil {
			return nil, errors.Join(classify(err), rows.Close())
		}
		all = append(all, t)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return nil, classify(err)
	}
	for _, t := range all {
		what, err := s.verifyTalk(ctx, t)
		if err != nil {
			return nil, classify(err)
		}
		for _, w := range what {
			faults = append(faults, "conversation "+shortLookup(t.lookup)+": "+w+" outside the server")
		}
	}
	return faults, nil
}

func (s *Store) verifyTalk(ctx context.Context, t talk) (what []string, err error) {
	if !s.holdsTalk(&t) {
		return []string{"its state, or its copy's key, was changed"}, nil // what it counts is not known, so nothing of the rest
	}
	seats, active, letters := int64(0), int64(0), int64(0)
	before := map[bool]int64{}
	for _, look := range []struct {
		what, query string
		ours        func(*sql.Rows) (bool, error)
	}{
		{"which case is its own was changed", "SELECT c.ref, c.room, s.role, s.active, s.bound FROM seats s JOIN cases c ON c.id = s.case_id WHERE s.conversation_id = ?", func(rows *sql.Rows) (bool, error) {
			var a seat
			err := rows.Scan(&a.ref, &a.room, &a.role, &a.active, &a.bound)
			if seats++; a.active {
				active++
			}
			return hmac.Equal(a.bound, s.bindSeat(t, a)), err
		}},
		{"its copy was changed", "SELECT held, data, bound FROM copies WHERE conversation_id = ? ORDER BY id", func(rows *sql.Rows) (bool, error) {
			var awaits bool
			var data, bound []byte
			err := rows.Scan(&awaits, &data, &bound)
			n, ours := s.checkLetter(t, awaits, data, bound)
			ours = ours && n > before[awaits]
			before[awaits], letters = n, letters+1
			return ours, err
		}},
		{"what is to be sent was changed", "SELECT key, held, bound FROM outbox WHERE conversation_id = ?", func(rows *sql.Rows) (bool, error) {
			var key string
			var awaits bool
			var bound []byte
			err := rows.Scan(&key, &awaits, &bound)
			return hmac.Equal(bound, s.bindOutgoing(t, key, awaits)), err
		}},
		{"its code was changed", "SELECT lookup, wrapped, expires, bound FROM codes WHERE conversation_id = ?", func(rows *sql.Rows) (bool, error) {
			var code, wrapped, bound []byte
			var expires int64
			err := rows.Scan(&code, &wrapped, &expires, &bound)
			return hmac.Equal(bound, s.bindCode(t, code, wrapped, expires)), err
		}},
		{"which case its messages went into was changed", "SELECT d.message, c.ref, d.bound FROM said d JOIN cases c ON c.id = d.case_id WHERE d.conversation_id = ?", func(rows *sql.Rows) (bool, error) {
			var message, bound []byte
			var ref string
			err := rows.Scan(&message, &ref, &bound)
			return hmac.Equal(bound, s.bindSaid(t.lookup, message, ref)), err
		}},
	} {
		ours, err := s.holdsAll(ctx, look.query, t.id, look.ours)
		if err != nil {
			return nil, err
		}
		if !ours {
			what = append(what, look.what)
		}
	}
	if seats != t.seats || active != min(seats, 1) {
		what = append(what, "a case of its own was added or taken away")
	}
	if letters != t.kept {
		what = append(what, "letters of its copy were added or taken away")
	}
	return what, nil
}

func (s *Store) holdsAll(ctx context.Context, query string, conversation int64, ours func(*sql.Rows) (bool, error)) (all bool, err error) {
	rows, err := s.read.QueryContext(ctx, query, conversation)
	if err != nil {
		return false, err
	}
	defer rows.Close()
	all = true
	for rows.Next() {
		ok, err := ours(rows)
		if err != nil {
			return false, err
		}
		all = all && ok
	}
	return all, rows.Err()
}
