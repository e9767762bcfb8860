package store

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// job is one piece of writing. Several share a transaction and its fsync; each
// has a savepoint, so that one that fails takes nothing of another with it.
type job struct {
	do   func(*transaction) error
	done chan error
}

// aside is something that needs nobody to write meanwhile, and writes nothing.
type aside struct {
	do   func() error
	done chan error
}

// batch is how many jobs one transaction takes at most.
const batch = 256

var errClosed = errors.New("the store is closed")

// do runs f in the next transaction and returns after its commit.
func (s *Store) do(ctx context.Context, f func(*transaction) error) error {
	j := &job{do: f, done: make(chan error, 1)}
	if s.damaged.Load() {
		return ErrDamaged
	}
	select {
	case s.jobs <- j:
	case <-ctx.Done():
		return ctx.Err()
	}
	// Once queued the outcome is waited for, also when the caller has given up:
	// otherwise a change could be stored and reported as not stored.
	return classify(<-j.done)
}

// between runs f between two transactions.
func (s *Store) between(ctx context.Context, f func() error) error {
	a := &aside{do: f, done: make(chan error, 1)}
	select {
	case s.aside <- a:
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case err := <-a.done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *Store) writer(ctx context.Context) {
	defer s.done.Done()
	for {
		select {
		case <-ctx.Done():
			s.refuse()
			return
		case reply := <-s.shred:
			s.shredFor(reply)
		case a := <-s.aside:
			a.done <- a.do()
		case j := <-s.jobs:
			s.commit(s.gather(j))
		}
	}
}

// refuse answers what is still queued at the end.
func (s *Store) refuse() {
	for {
		select {
		case j := <-s.jobs:
			j.done <- errClosed
		case reply := <-s.shred:
			reply <- errClosed
		case a := <-s.aside:
			a.done <- errClosed
		default:
			return
		}
	}
}

func (s *Store) gather(first *job) []*job {
	jobs := []*job{first}
	for len(jobs) < batch {
		select {
		case j := <-s.jobs:
			jobs = append(jobs, j)
		default:
			return jobs
		}
	}
	return jobs
}

func (s *Store) commit(jobs []*job) {
	results := make([]error, len(jobs))
	err := s.inTransaction(func(tx *transaction) error {
		for i, j := range jobs {
			if _, err := tx.Exec("SAVEPOINT j"); err != nil {
				return err
			}
			if results[i] = j.do(tx); results[i] != nil {
				if _, err := tx.Exec("ROLLBACK TO j"); err != nil {
					// On a full disk SQLite has rolled back all of it by itself; why is
					// in what the job says.
					return errors.Join(results[i], err)
				}
			}
			if _, err := tx.Exec("RELEASE j"); err != nil {
				return err
			}
		}
		return nil
	})
	s.care(err)
	if err == nil {
		s.relearn()
	}
	for i, j := range jobs {
		if err != nil {
			results[i] = err
		}
		s.care(results[i])
		j.done <- results[i]
	}
}

// inTransaction returns nil only after the commit, which syncs.
func (s *Store) inTransaction(f func(*transaction) error) error {
	if _, err := s.tx.Exec("BEGIN IMMEDIATE"); err != nil {
		return err
	}
	err := f(s.tx)
	if err == nil {
		if _, err = s.tx.Exec("COMMIT"); err == nil {
			return nil
		}
	}
	// On some errors SQLite has rolled back by itself, and says here that there
	// is nothing to roll back. A transaction that stays open fails the next BEGIN.
	_, _ = s.tx.Exec("ROLLBACK")
	return err
}

// shredFor empties the write-ahead log once for all who wait for it now.
func (s *Store) shredFor(replies ...chan error) {
	for {
		select {
		case r := <-s.shred:
			replies = append(replies, r)
			continue
		default:
		}
		break
	}
	err := s.truncate()
	for _, r := range replies {
		r <- err
	}
}

// truncate empties the WAL, where deleted rows live on. An open reader blocks
// it, so it asks again until none is left; readers are short.
func (s *Store) truncate() error {
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(2 * time.Millisecond) {
		var busy, log, moved int
		if err := s.tx.QueryRow("PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &log, &moved); err != nil {
			return err
		}
		if busy == 0 {
			_, err := s.tx.Exec("DELETE FROM shreds")
			return err
		}
		if time.Now().After(end) {
			return errors.New("readers do not end; the destruction is tried again")
		}
	}
}

// finishShreds destroys what the rows in shreds stand for. The row was written
// with the deletion itself, so a crash at any point only postpones this.
func (s *Store) finishShreds(ctx context.Context) error {
	var n int
	if err := s.read.QueryRowContext(ctx, "SELECT count(*) FROM shreds").Scan(&n); err != nil || n == 0 {
		return err
	}
	return s.shredNow(ctx)
}

func (s *Store) shredNow(ctx context.Context) error {
	reply := make(chan error, 1)
	select {
	case s.shred <- reply:
	case <-ctx.Done():
		return ctx.Err()
	}
	if err := <-reply; err != nil {
		return fmt.Errorf("emptying the write-ahead log: %w", classify(err))
	}
	return nil
}
