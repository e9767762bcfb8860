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
	d := destruction{wait: shredSoon}
	for {
		var next <-chan time.Time
		if len(d.asked) > 0 {
			if left := time.Until(d.next); left > 0 {
				next = time.After(left)
			} else {
				s.shredFor(&d)
				continue
			}
		}
		select {
		case <-ctx.Done():
			d.tell(errClosed)
			s.refuse()
			return
		case reply := <-s.shred:
			d.asked = append(d.asked, reply)
		case a := <-s.aside:
			a.done <- a.do()
		case j := <-s.jobs:
			s.commit(s.gather(j))
		case <-next:
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

// destruction is who waits for the write-ahead log to be emptied, and when that is tried
// next. It belongs to the writer.
type destruction struct {
	asked []chan error
	next  time.Time
	wait  time.Duration // after a try that a reader was in the way of
}

// How long the writer lets be after a reader was in the way: readers of ours are short, and
// a copy that somebody makes of the file can take long.
const (
	shredSoon  = 2 * time.Millisecond
	shredLater = 500 * time.Millisecond
)

func (d *destruction) tell(err error) {
	for _, r := range d.asked {
		r <- err
	}
	*d = destruction{wait: shredSoon}
}

// shredFor empties the log, where deleted rows live on, once for all who wait for it now.
// An open reader blocks it. Then it steps aside for who writes, and is tried again.
func (s *Store) shredFor(d *destruction) {
	for more := true; more; {
		select {
		case r := <-s.shred:
			d.asked = append(d.asked, r)
		default:
			more = false
		}
	}
	done, err := s.truncate()
	if done || err != nil {
		d.tell(err)
		return
	}
	d.next, d.wait = time.Now().Add(d.wait), min(2*d.wait, shredLater)
}

// truncate empties the log, if no reader is in the way at this moment.
func (s *Store) truncate() (done bool, err error) {
	// With the connection's own patience SQLite would keep all who write waiting.
	if _, err := s.tx.Exec("PRAGMA busy_timeout=0"); err != nil {
		return false, err
	}
	var busy, log, moved int
	err = s.tx.QueryRow("PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &log, &moved)
	if _, bad := s.tx.Exec("PRAGMA busy_timeout=5000"); err == nil {
		err = bad
	}
	if err != nil || busy != 0 {
		return false, err
	}
	_, err = s.tx.Exec("DELETE FROM shreds")
	return true, err
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

// Whoever asks for a destruction waits for it so long. It goes on when they are gone.
const (
	shredPatience = 2 * time.Minute
	// sentPatience is for what must not wait for a reader: the wraps that a report leaves
	// behind when it is sent lie in boxes of ours.
	sentPatience = time.Second
)

// errReaders says that a destruction is written down and not yet driven out of the log.
var errReaders = errors.New("readers do not end; the destruction goes on when they do")

func (s *Store) shredNow(ctx context.Context) error {
	return s.shredWithin(ctx, shredPatience)
}

// shredWithin waits for a destruction; [errReaders] is that it takes longer.
func (s *Store) shredWithin(ctx context.Context, patience time.Duration) error {
	reply := make(chan error, 1)
	late := time.NewTimer(patience)
	defer late.Stop()
	select {
	case s.shred <- reply:
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case err := <-reply:
		if err != nil {
			return fmt.Errorf("emptying the write-ahead log: %w", classify(err))
		}
		return nil
	case <-late.C:
		return errReaders
	case <-ctx.Done():
		return ctx.Err()
	}
}
