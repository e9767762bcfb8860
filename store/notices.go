package store

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"tillit/store/cases"
)

// A notice is a content-free word to one handler.

// writeNotices tells handlers that something new stands in the active case. Who is
// kept out of it by now is told nothing.
func (p *prepared) writeNotices(tx *transaction) error {
	if len(p.c.Notices) == 0 {
		return nil
	}
	f, err := p.s.facts(p.was.room)
	if err != nil {
		return err
	}
	for _, n := range p.c.Notices {
		if f.KeptOut(n.Handler) {
			continue
		}
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

// notice puts a content-free word into a handler's list.
func (s *Store) notice(tx *transaction, r room, n cases.Notice) error {
	n.Ref = r.ref
	raw, err := json.Marshal(n)
	if err != nil {
		return err
	}
	id := s.handlerID(n.Handler)
	_, err = tx.Exec("INSERT INTO notices (case_id, handler, data) VALUES (?, ?, ?)", r.id, id,
		s.Keys.Box("notice", place("notices", id, "data"), raw))
	return err
}

// noticeDelay is how long after it was written a notice falls due at most.
const noticeDelay = 24 * time.Hour

// Notices returns the newest words that wait for a handler, newest first.
func (s *Store) Notices(ctx context.Context, handler string) ([]cases.Notice, error) {
	return s.notices(ctx, handler, time.Time{}, 100)
}

// NoticesSince returns all words that fell due for a handler since then, newest first.
// It reads no further back than that.
func (s *Store) NoticesSince(ctx context.Context, handler string, since time.Time) ([]cases.Notice, error) {
	return s.notices(ctx, handler, since, -1)
}

func (s *Store) notices(ctx context.Context, handler string, since time.Time, most int) ([]cases.Notice, error) {
	id := s.handlerID(handler)
	rows, err := s.read.QueryContext(ctx, "SELECT data FROM notices WHERE handler = ? ORDER BY id DESC LIMIT ?", id, most)
	if err != nil {
		return nil, classify(err)
	}
	defer rows.Close()
	out := []cases.Notice{}
	for rows.Next() {
		var box []byte
		if err := rows.Scan(&box); err != nil {
			return nil, classify(err)
		}
		raw, err := s.Keys.Unbox("notice", place("notices", id, "data"), box)
		if err != nil {
			_ = s.forged("notices of a handler", shortLookup(id)) // it alone is left out
			continue
		}
		var n cases.Notice
		if err := json.Unmarshal(raw, &n); err != nil {
			return nil, err
		}
		if n.After.Before(since.Add(-noticeDelay)) {
			break // What was written before it was due before then, too.
		}
		if !n.After.After(s.Now()) && !n.After.Before(since) {
			out = append(out, n)
		}
	}
	return out, classify(rows.Err())
}
