package store

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"tillit/store/cases"
	"tillit/store/seal"
)

// This file is about who is given a case's key. A wrap that somebody holds is never
// replaced by another's hand: a new one lies beside it until its owner's own desk has
// opened the case with it and says so.

// besideID is where a wrap lies that one handler made for another who has one
// already: each has a place of their own for it.
func (s *Store) besideID(room string, epoch int, recipient, from string) []byte {
	return s.Keys.Lookup("beside", []byte(room), []byte(fmt.Sprint(epoch)), []byte(recipient), []byte(from))
}

// writeKey gives somebody the key: one wrap for each epoch that the giver holds, the
// newest among them. The first takes the place of a row that holds nothing, if there
// is one, so that their number does not tell.
func (p *acting) writeKey(tx *transaction) error {
	k := p.a.Key
	if k == nil {
		return nil
	}
	switch {
	case k.Wraps[p.r.epoch] == nil:
		return ErrRefused
	case p.s.gone[k.To]:
		return ErrStale // they left since it was decided that they may have it
	}
	return p.s.changeWraps(tx, &p.r, func() error { return p.putWraps(tx, *k) })
}

func (p *acting) putWraps(tx *transaction, k Key) error {
	for epoch, wrap := range k.Wraps {
		r := p.r
		r.epoch = epoch
		own, err := p.s.hasWrap(tx, p.s.wrapID(r.room, epoch, p.a.Handler))
		if err != nil {
			return err
		}
		file := seal.KeyFile{Case: r.ref, Room: r.room, Epoch: epoch}
		if !own || epoch < 1 || epoch > p.r.epoch || seal.WellFormedWrap(file, wrap) != nil {
			return ErrRefused
		}
		if err := p.s.putWrap(tx, r, k, wrap, p.a.Handler); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) hasWrap(tx *transaction, id []byte) (bool, error) {
	var n int
	err := tx.QueryRow("SELECT count(*) FROM wraps WHERE recipient = ? AND staged = 0", id).Scan(&n)
	return n > 0, err
}

func (s *Store) putWrap(tx *transaction, r room, k Key, wrap []byte, from string) error {
	id := s.wrapID(r.room, r.epoch, k.To)
	live, err := s.hasWrap(tx, id)
	if err != nil {
		return err
	}
	if live {
		_, err = tx.Exec(`INSERT INTO wraps (case_id, epoch, recipient, staged, data) VALUES (?, ?, ?, 0, ?)
			ON CONFLICT (recipient) DO UPDATE SET data = excluded.data`, r.id, r.epoch, s.besideID(r.room, r.epoch, k.To, from), wrap)
		return err
	}
	held := map[string]bool{}
	for _, one := range k.Known {
		held[string(s.wrapID(r.room, r.epoch, one))] = true
		for _, other := range k.Known {
			held[string(s.besideID(r.room, r.epoch, one, other))] = true
		}
	}
	row, err := placeFor(tx, r, id, held)
	switch {
	case err != nil:
		return err
	case row != 0:
		_, err = tx.Exec("UPDATE wraps SET recipient = ?, data = ? WHERE id = ?", id, wrap, row)
	default:
		_, err = tx.Exec("INSERT INTO wraps (case_id, epoch, recipient, staged, data) VALUES (?, ?, ?, 0, ?)", r.id, r.epoch, id, wrap)
	}
	return err
}

// destroyBeside destroys what others made for those who are gone, and is not confirmed.
func (s *Store) destroyBeside(tx *transaction, r room, gone []string, others []cases.Recipient) error {
	for _, id := range gone {
		for _, from := range others {
			if _, err := tx.Exec("DELETE FROM wraps WHERE recipient = ?", s.besideID(r.room, r.epoch, id, from.ID)); err != nil {
				return err
			}
		}
		for _, from := range gone {
			if _, err := tx.Exec("DELETE FROM wraps WHERE recipient = ?", s.besideID(r.room, r.epoch, id, from)); err != nil {
				return err
			}
		}
	}
	return nil
}

// placeFor returns the row that a recipient's wrap goes into: their own, else one
// that nobody holds, else 0.
func placeFor(tx *transaction, r room, recipient []byte, held map[string]bool) (row int64, err error) {
	rows, err := tx.Query("SELECT id, recipient FROM wraps WHERE case_id = ? AND epoch = ?", r.id, r.epoch)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	for rows.Next() {
		var id int64
		var who []byte
		if err := rows.Scan(&id, &who); err != nil {
			return 0, err
		}
		if slices.Equal(who, recipient) {
			return id, rows.Err()
		}
		if row == 0 && !held[string(who)] {
			row = id
		}
	}
	return row, rows.Err()
}

// wrapsOf returns somebody's wrap of a room's key, nil when they hold none, and
// those beside it that one of the others made.
func (s *Store) wrapsOf(ctx context.Context, r room, epoch int, id string, others []string) (wrap []byte, beside [][]byte, err error) {
	if wrap, err = s.wrapOf(ctx, r, epoch, id); err != nil || wrap == nil {
		return nil, nil, err
	}
	for _, from := range others {
		one, err := s.wrapAt(ctx, r, epoch, s.besideID(r.room, epoch, id, from))
		if err != nil {
			return nil, nil, err
		}
		if one != nil {
			beside = append(beside, one)
		}
	}
	return wrap, beside, nil
}

// Confirm puts a wrap that lies beside a handler's own in the place of that one,
// which is destroyed with the others beside it. Only its owner can say that it opens:
// sum is the SHA-256 of the wrap that did.
func (s *Store) Confirm(ctx context.Context, handler, ref string, epoch int, sum []byte, others []string) error {
	r, _, err := s.theirs(ctx, s.read, handler, ref)
	if err != nil {
		return classify(err)
	}
	err = s.do(ctx, func(tx *transaction) error {
		at := r
		return s.changeWraps(tx, &at, func() error { return s.confirm(tx, r, handler, epoch, sum, others) })
	})
	if errors.Is(err, errRace) {
		return ErrStale
	}
	if err != nil {
		return err
	}
	return s.shredNow(context.WithoutCancel(ctx))
}

func (s *Store) confirm(tx *transaction, r room, handler string, epoch int, sum []byte, others []string) error {
	own, found := s.wrapID(r.room, epoch, handler), false
	for _, from := range others {
		id := s.besideID(r.room, epoch, handler, from)
		var wrap []byte
		err := tx.QueryRow("SELECT data FROM wraps WHERE recipient = ?", id).Scan(&wrap)
		if errors.Is(err, sql.ErrNoRows) {
			continue
		}
		if err != nil {
			return err
		}
		if got := sha256.Sum256(wrap); slices.Equal(got[:], sum) && !found {
			found = true
			if err := exactly(tx, ErrUnknown, "UPDATE wraps SET data = ? WHERE recipient = ? AND staged = 0", wrap, own); err != nil {
				return err
			}
		}
		if _, err := tx.Exec("DELETE FROM wraps WHERE recipient = ?", id); err != nil {
			return err
		}
	}
	if !found {
		return ErrUnknown
	}
	_, err := tx.Exec("INSERT INTO shreds (hour) VALUES (?)", seal.Hour(s.Now()).Unix())
	return err
}

// earlier returns the keys that a room had before, with a handler's wraps of them.
func (s *Store) earlier(ctx context.Context, r room, handler string, others []string) ([]cases.Epoch, error) {
	out, bound, err := s.readEpochs(ctx, r)
	if err != nil {
		return nil, err
	}
	// One that was made since the room was read is no earlier one yet.
	out = slices.DeleteFunc(out, func(e cases.Epoch) bool { return e.Epoch >= r.epoch })
	for i, e := range out {
		if e.Epoch != i+1 || !hmac.Equal(bound[i], s.bindEpoch(r, e.Epoch, e.Public)) {
			return nil, s.forged("case", r.ref)
		}
		if out[i].Wrap, out[i].Beside, err = s.wrapsOf(ctx, r, e.Epoch, handler, others); err != nil {
			return nil, err
		}
	}
	if len(out) != r.epoch-1 {
		return nil, s.forged("case", r.ref)
	}
	return out, nil
}
