package store

import (
	"context"
	"crypto/hmac"
	"database/sql"
	"errors"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"tillit/store/cases"
)

// This file has the routine take over the cases from before there was one, once.

// Old is a case that no routine works yet.
type Old struct {
	Ref      string
	Received time.Time // whole hour
	Facts    cases.Facts
	// Reporter is the conversation that it was told in, if that has gone on to nothing else.
	Reporter *Idle
}

// takenName is the row of meta that says that this was done.
const takenName = "taken"

func (s *Store) takenMark() []byte { return s.Keys.Bind("taken") }

// takeAtOnce is how many cases are sealed at a time, so that the writer has several for
// one sync.
const takeAtOnce = 32

// TakeOver has a routine begin in every case that is sent and open and that none works:
// begin says from what, and a sealed line of the log and the case's box say so after it.
// Each case is a transaction; one that is interrupted goes on where it was, when it is
// called again. One that was changed behind our back is passed over, and said. Nobody may
// write meanwhile.
func (s *Store) TakeOver(ctx context.Context, begin func(Old) cases.Start) error {
	var mark []byte
	err := s.read.QueryRowContext(ctx, "SELECT value FROM meta WHERE name = ?", takenName).Scan(&mark)
	if err != nil && !errors.Is(err, sql.ErrNoRows) || hmac.Equal(mark, s.takenMark()) {
		return classify(err)
	}
	var taken, left atomic.Int64
	g, work := errgroup.WithContext(ctx)
	g.SetLimit(takeAtOnce)
	for last, more := int64(0), true; more && work.Err() == nil; {
		rooms, err := collect[room](s.read.QueryContext(ctx, "SELECT "+roomColumns+" FROM cases c WHERE c.open = 1 AND c.id > ? ORDER BY c.id LIMIT 500", last))
		if err != nil {
			return errors.Join(classify(err), g.Wait())
		}
		for _, r := range rooms {
			last = r.id
			g.Go(func() error {
				switch err := s.takeOver(work, r.ref, begin); {
				case err == nil:
					taken.Add(1)
				case errors.Is(err, ErrForged):
					left.Add(1) // and it was said
				case !errors.Is(err, errDone):
					return err
				}
				return nil
			})
		}
		more = len(rooms) > 0
	}
	if err := g.Wait(); err != nil {
		return err
	}
	if n := taken.Load(); n > 0 {
		s.Log.Info("the routine works the cases from before it, from now on", "cases", n)
	}
	if left.Load() > 0 { // once they are as they were, they are taken over too
		return nil
	}
	return s.exec(ctx, "INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value", takenName, s.takenMark())
}

// takeOver begins the routine in one case. It is errDone where one works it already.
func (s *Store) takeOver(ctx context.Context, ref string, begin func(Old) cases.Start) error {
	for range retries {
		r, err := s.byRef(ctx, ref)
		if err != nil {
			return err
		}
		old := Old{Ref: ref, Received: time.Unix(r.sent, 0).UTC()}
		if old.Facts, err = s.facts(r); err != nil {
			return err
		}
		if old.Facts.Routine != "" {
			return errDone
		}
		told, err := s.idle(ctx, "v.id IN (SELECT s.conversation_id FROM seats s WHERE s.case_id = ?1 AND s.role = 'reporter' AND s.active = 1)", r.id)
		if err != nil {
			return err
		}
		if len(told) == 1 {
			old.Reporter = &told[0]
		}
		start := begin(old)
		rows, head, err := s.sealAll(r, []Entry{{cases.Log{Event: cases.EventRoutine, Start: &start}}})
		if err != nil {
			return err
		}
		err = s.do(ctx, func(tx *transaction) error {
			at := r
			if err := s.writeRows(tx, &at, rows, head); err != nil {
				return err
			}
			return s.setFacts(tx, &at, func(f *facts) { f.Begin(start) })
		})
		if !errors.Is(err, errRace) {
			return err
		}
	}
	return ErrStale
}
