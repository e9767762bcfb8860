package store

import (
	"bytes"
	"database/sql"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"tillit/store/seal"
)

// newCared opens a store with some talks in it, which the test closes.
func newCared(t *testing.T, talks int) *bench {
	t.Helper()
	keys, err := seal.ParseServerKeys(seal.GenerateServerKey(time.Now()))
	if err != nil {
		t.Fatal(err)
	}
	s, err := Open(t.Context(), Options{Dir: t.TempDir(), Keys: keys})
	if err != nil {
		t.Fatal(err)
	}
	w := &bench{Store: s, b: t}
	for range talks {
		w.open()
	}
	return w
}

// TestAFullDiskFreesTheBallast fills the file to a limit of its own: what does
// not fit is refused, the ballast goes, and comes back when there is room.
func TestAFullDiskFreesTheBallast(t *testing.T) {
	s := newBench(t, 1)
	var log bytes.Buffer
	s.Log = slog.New(slog.NewTextHandler(&log, nil))
	ballast := filepath.Join(s.Dir, ballastName)
	if info, err := os.Stat(ballast); err != nil || info.Size() != ballastSize {
		t.Fatalf("an open store has no ballast: %v", err)
	}
	limit := func(pages string) {
		if err := s.do(t.Context(), func(tx *transaction) error {
			var now int
			return tx.conn.QueryRowContext(t.Context(), "PRAGMA max_page_count="+pages).Scan(&now)
		}); err != nil {
			t.Fatal(err)
		}
	}
	limit("1") // as many as there are
	var err error
	for n := 0; n < 400 && err == nil; n++ { // free pages take some first
		err = s.sealed(0)
	}
	if !errors.Is(err, ErrUnavailable) || errors.Is(err, ErrDamaged) {
		t.Fatalf("a full disk is %v, want %v", err, ErrUnavailable)
	}
	if _, err := os.Stat(ballast); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the ballast takes room on a full disk: %v", err)
	}
	if !strings.Contains(log.String(), "the disk is full") {
		t.Error("the operator is not told")
	}
	limit("1000000")
	if err := s.Writable(t.Context()); err != nil {
		t.Errorf("with room again: %v", err)
	}
	if err := s.Expire(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(ballast); err != nil {
		t.Errorf("the ballast is not made anew: %v", err)
	}
}

// TestADamagedFileIsWrittenNoMore overwrites one page of a store that was closed:
// the first write that meets it is the last, and reading goes on where it can.
func TestADamagedFileIsWrittenNoMore(t *testing.T) {
	s := newCared(t, 4)
	var page int64
	if err := s.read.QueryRowContext(t.Context(), "SELECT rootpage FROM sqlite_schema WHERE name = 'outbox'").Scan(&page); err != nil {
		t.Fatal(err)
	}
	o := s.Options
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(o.Dir, fileName)
	if left, _ := os.Stat(path + "-wal"); left != nil && left.Size() > 0 {
		t.Fatal("the log is not folded into the file, and would mend the damage")
	}
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteAt(bytes.Repeat([]byte{0xA5}, 64), (page-1)*8192); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	o.Log = slog.New(slog.NewTextHandler(&log, nil))
	damaged, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer damaged.Close()
	if err := damaged.Writable(t.Context()); err != nil {
		t.Errorf("before the damage is met: %v", err)
	}
	if err := damaged.exec(t.Context(), "UPDATE outbox SET tries = tries + 1"); !errors.Is(err, ErrDamaged) {
		t.Fatalf("a write that meets the damage: %v, want %v", err, ErrDamaged)
	}
	if err := damaged.Writable(t.Context()); !errors.Is(err, ErrDamaged) || !errors.Is(err, ErrUnavailable) {
		t.Errorf("the next write: %v", err)
	}
	if _, _, err := damaged.Queue(t.Context(), "maren", QueueQuery{}); err != nil {
		t.Errorf("reading what is whole: %v", err)
	}
	if n := strings.Count(log.String(), "the database is damaged"); n != 1 {
		t.Errorf("the operator is told %d times", n)
	}
}

// TestAChangeOfFormKeepsACopyUntilItIsDone lets a migration fail and succeed.
func TestAChangeOfFormKeepsACopyUntilItIsDone(t *testing.T) {
	s := newCared(t, 1)
	copied := filepath.Join(s.Dir, "before-migration.db")
	next := func(sql string) fs.FS {
		all := fstest.MapFS{}
		err := fs.WalkDir(migrations, ".", func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			raw, err := fs.ReadFile(migrations, path)
			all[path] = &fstest.MapFile{Data: raw}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		all["migrations/9000_next.sql"] = &fstest.MapFile{Data: []byte("-- +goose Up\n" + sql + ";\n")}
		return all
	}
	change := func(statement string) error {
		other := &Store{Options: s.Options}
		db, err := sql.Open("sqlite", dsn(other.Dir))
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		other.write = db
		return other.migrate(t.Context(), false, next(statement))
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := change("ALTER TABLE nothing ADD COLUMN x"); err == nil {
		t.Fatal("a change of what is not there succeeds")
	}
	if info, err := os.Stat(copied); err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("a change that failed leaves no copy: %v", err)
	}
	if err := change("ALTER TABLE meta ADD COLUMN x TEXT"); err == nil || !strings.Contains(err.Error(), "before-migration.db") {
		t.Errorf("the next start says nothing of the copy: %v", err)
	}
	if err := os.Remove(copied); err != nil {
		t.Fatal(err)
	}
	if err := change("ALTER TABLE meta ADD COLUMN x TEXT"); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(copied); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the copy outlives the change: %v", err)
	}
}
