// Package store keeps everything in one SQLite file, and nothing in it is
// readable: entries are sealed to rooms that the server cannot open, and what the
// server must use itself lies in boxes under its own key. What [Store.Apply] has
// returned is on disk. The store decides nothing about conversations or cases; it
// holds that what belongs together is stored together.
package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"

	"tillit/store/seal"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Options is what a store is opened with.
type Options struct {
	Dir  string // the data folder; one process at a time
	Keys *seal.ServerKeys
	Log  *slog.Logger
	Zone *time.Location   // for deadline days; nil is UTC
	Now  func() time.Time // nil is time.Now
	// Slow is what may be held of files that come in, Quick of what is sealed at one
	// moment, shared with whoever else holds something for people; nil is no bound.
	Slow, Quick Budget
	Files       FileLimits
}

// Budget is memory that the whole program shares, in bytes; [semaphore.Weighted] is one.
type Budget interface {
	Acquire(ctx context.Context, n int64) error
	Release(n int64)
}

// unbounded is the budget of who sets none.
type unbounded struct{}

func (unbounded) Acquire(context.Context, int64) error { return nil }
func (unbounded) Release(int64)                        {}

// Store is an open store. It is safe for concurrent use.
type Store struct {
	Options
	lock  *os.File
	write *sql.DB      // one connection, which the writer holds
	tx    *transaction // that connection
	read  *readers     // four, query only
	jobs  chan *job
	wake  chan struct{}
	shred chan chan error
	aside chan *aside // what the writer does between two transactions
	// guessing is where codes are looked up, making where they are made.
	guessing, making *lane
	hashing          sync.Mutex // held while a code's hash is made
	said             sync.Map   // what was said of forged rows
	done             sync.WaitGroup
	stop             context.CancelFunc

	holdings     holdings                            // who holds which case
	watcher      atomic.Pointer[func(refs []string)] // is told of changes: see [Store.Watch]
	certificates certificates
	gone         map[string]bool          // who may hold no key any more; the writer's own
	draw         func(letters int) string // what a reference is made of

	damaged atomic.Bool // a page is not what was written: nothing more is written

	triesMu sync.Mutex
	tries   map[string][]time.Time
}

const (
	fileName = "tillit.db"
	pageSize = 8192 // of that file; readBack holds it to it
)

// settings are what both kinds of connection are opened with. Page size and
// journal mode are set when the file is made: in a DSN their order is not ours.
const settings = "?_pragma=busy_timeout(5000)&_pragma=foreign_keys(1)&_pragma=secure_delete(1)&_pragma=cell_size_check(1)" +
	"&_pragma=trusted_schema(0)&_pragma=temp_store(2)&_pragma=mmap_size(0)&_pragma=synchronous(2)&_defensive=1"

// Open opens or makes the store, reads its settings back, and finishes
// destruction that a crash interrupted before it returns.
func Open(ctx context.Context, o Options) (*Store, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Slow == nil {
		o.Slow = unbounded{}
	}
	if o.Quick == nil {
		o.Quick = unbounded{}
	}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("making the data folder: %w", err)
	}
	lock, err := lockFolder(o.Dir)
	if err != nil {
		return nil, err
	}
	s := &Store{
		Options: o, lock: lock, jobs: make(chan *job, 1024), wake: make(chan struct{}, 1),
		shred: make(chan chan error, 64), aside: make(chan *aside, 64), guessing: newLane(), making: newLane(), tries: map[string][]time.Time{},
		holdings: holdings{learning: make(chan struct{}, 1), piece: 1000},
		draw:     randomName,
	}
	if err := s.open(ctx); err != nil {
		return nil, errors.Join(err, s.closeFiles())
	}
	run, stop := context.WithCancel(context.Background())
	s.stop = stop
	s.done.Add(1)
	go s.writer(run)
	if err := s.bindOld(ctx); err != nil {
		return nil, errors.Join(classify(err), s.Close())
	}
	if err := s.fillBallast(); err != nil {
		s.Log.Warn("no ballast: a full disk will stop the store at once", "err", err)
	}
	if err := s.finishShreds(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("finishing destruction: %w", classify(err)), s.Close())
	}
	return s, nil
}

// lockFolder holds the data folder for this process.
func lockFolder(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("locking the data folder: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		return nil, errors.New("another tillitd uses this data folder")
	}
	return f, nil
}

func dsn(dir string) string { return address(filepath.Join(dir, fileName)) + settings }

// address names a file as SQLite reads it, where "#" and "?" would end its path.
func address(path string) string {
	file := url.URL{Path: path}
	return "file:" + file.EscapedPath()
}

func (s *Store) open(ctx context.Context) error {
	if err := s.dropLeft(); err != nil {
		return err
	}
	fresh, err := makeFile(filepath.Join(s.Dir, fileName))
	if err != nil {
		return err
	}
	if s.write, err = sql.Open("sqlite", dsn(s.Dir)); err != nil {
		return err
	}
	s.write.SetMaxOpenConns(1)
	if fresh {
		for _, q := range []string{"PRAGMA page_size=8192", "PRAGMA auto_vacuum=INCREMENTAL", "PRAGMA journal_mode=WAL"} {
			if _, err := s.write.ExecContext(ctx, q); err != nil {
				return fmt.Errorf("making the file: %w", err)
			}
		}
	}
	if err := keyFault(ctx, s.write, s.Keys); err != nil {
		return err
	}
	if err := s.migrate(ctx, fresh, migrations); err != nil {
		return err
	}
	if err := s.rememberKey(ctx); err != nil {
		return err
	}
	if err := s.readBack(ctx); err != nil {
		return err
	}
	conn, err := s.write.Conn(ctx)
	if err != nil {
		return err
	}
	s.tx = &transaction{conn: conn, parsed: map[string]*sql.Stmt{}}
	for _, q := range touching {
		if _, err := conn.ExecContext(ctx, q); err != nil {
			return fmt.Errorf("watching who holds what: %w", err)
		}
	}
	read, err := sql.Open("sqlite", dsn(s.Dir)+"&_query_only=1")
	if err != nil {
		return err
	}
	read.SetMaxOpenConns(4)
	read.SetMaxIdleConns(4)
	s.read = newReaders(read)
	return nil
}

// migrate brings the file to the newest form; what is not fresh is copied first.
func (s *Store) migrate(ctx context.Context, fresh bool, all fs.FS) error {
	sub, err := fs.Sub(all, "migrations")
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, s.write, sub)
	if err != nil {
		return fmt.Errorf("reading the migrations: %w", err)
	}
	pending, err := p.HasPending(ctx)
	if err != nil || !pending {
		return err
	}
	done := func() error { return nil }
	if !fresh {
		if done, err = s.beforeMigrating(ctx); err != nil {
			return err
		}
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("migrating: %w", err)
	}
	return done()
}

// readBack refuses a file whose settings are not what durability and
// destruction rest on.
func (s *Store) readBack(ctx context.Context) error {
	for name, want := range map[string]string{
		"page_size": "8192", "auto_vacuum": "2", "journal_mode": "wal", "synchronous": "2", "secure_delete": "1", "foreign_keys": "1",
	} {
		var got string
		if err := s.write.QueryRowContext(ctx, "PRAGMA "+name).Scan(&got); err != nil {
			return fmt.Errorf("reading back %s: %w", name, err)
		}
		if got != want {
			return fmt.Errorf("the store's %s is %s, not %s", name, got, want)
		}
	}
	return nil
}

// Close waits for what is being written and closes the file, into which SQLite
// then folds the log.
func (s *Store) Close() error {
	s.stop()
	s.done.Wait()
	return s.closeFiles()
}

func (s *Store) closeFiles() error {
	var errs []error
	if s.read != nil {
		errs = append(errs, s.read.Close())
	}
	if s.tx != nil {
		errs = append(errs, s.tx.close())
	}
	if s.write != nil {
		errs = append(errs, s.write.Close())
	}
	return errors.Join(append(errs, s.lock.Close())...)
}

// Wake is sent to when a line may be due.
func (s *Store) Wake() <-chan struct{} { return s.wake }

func (s *Store) ring() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Writable proves that the store can write, by writing.
func (s *Store) Writable(ctx context.Context) error {
	return s.do(ctx, func(tx *transaction) error {
		_, err := tx.Exec("INSERT INTO meta (name, value) VALUES ('ready', ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value", []byte{1})
		return err
	})
}

// classify turns what SQLite says into what callers decide by.
func classify(err error) error {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return err
	}
	switch e.Code() & 0xff {
	case codeCorrupt, codeNotADB:
		return fmt.Errorf("%w (SQLite code %d)", ErrDamaged, e.Code())
	case 8, 10, codeFull: // READONLY, IOERR
		return fmt.Errorf("%w (SQLite code %d)", ErrUnavailable, e.Code())
	}
	return err
}

// alphabet has no letter or digit that is mistaken for another.
const alphabet = "23456789ABCDEFGHJKMNPQRSTVWXYZ"

func randomName(n int) string {
	var out strings.Builder
	raw := make([]byte, 1)
	for out.Len() < n {
		_, _ = rand.Read(raw)
		if int(raw[0]) < 256/len(alphabet)*len(alphabet) {
			out.WriteByte(alphabet[int(raw[0])%len(alphabet)])
		}
	}
	return out.String()
}
