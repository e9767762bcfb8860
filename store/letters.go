package store

import (
	"bytes"
	"context"
)

// This file is what stands in a reporter's copy, as rows: nothing is opened here.

// letter is a row of a copy.
type letter struct {
	id          int64
	data, bound []byte
}

func (l *letter) targets() []any { return []any{&l.id, &l.data, &l.bound} }

const (
	awaitingLetters = "SELECT id, data, bound FROM copies WHERE conversation_id = ? AND held = 1 ORDER BY id"
	someLetters     = "SELECT id, data, bound FROM copies WHERE conversation_id = ? AND held = 0 AND id BETWEEN ? AND ? ORDER BY id DESC"
)

// letters reads those of a copy from one row to another, newest first. Nothing is opened meanwhile: a
// reader that takes its time holds up destruction. What we did not put there, or not in
// that place, is left out and said to the operator; so is that something is missing.
// r is read again when the copy has changed since.
func (s *Store) letters(ctx context.Context, r *route, first, last int64) (all [][]byte, err error) {
	for range retries {
		var whole bool
		if all, whole, err = s.lettersAt(ctx, r.talk, first, last); whole || err != nil {
			return all, err
		}
		now, _, err := s.readRoute(ctx, s.read, r.lookup)
		if err != nil || bytes.Equal(now.bound, r.bound) {
			if err == nil {
				_ = s.forged("conversation whose copy", shortLookup(r.lookup))
			}
			return all, err
		}
		if err := s.checkTalk(&now.talk); err != nil {
			return nil, err
		}
		*r = now
	}
	return all, nil
}

// lettersAt are those of a copy that were put there as its conversation says; whole is
// that there are no others, and none is missing.
func (s *Store) lettersAt(ctx context.Context, t talk, first, last int64) (all [][]byte, whole bool, err error) {
	rows, err := collect[letter](s.read.QueryContext(ctx, someLetters, t.id, first, last))
	if err != nil {
		return nil, false, err
	}
	var there int64
	if err := s.read.QueryRowContext(ctx, "SELECT count(*) FROM copies WHERE conversation_id = ?", t.id).Scan(&there); err != nil {
		return nil, false, err
	}
	whole = there == t.kept
	before := t.letters + 1
	for _, l := range rows {
		n, ours := s.checkLetter(t, false, l.data, l.bound)
		if !ours || n >= before {
			whole = false
			continue
		}
		all, before = append(all, l.data), n
	}
	return all, whole, nil
}
