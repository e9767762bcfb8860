package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func put(name string) func(*transaction) error {
	return func(tx *transaction) error {
		_, err := tx.Exec("INSERT INTO meta (name, value) VALUES (?, x'01')", name)
		return err
	}
}

func (w *bench) stored(t *testing.T, name string) bool {
	t.Helper()
	var n int
	if err := w.read.QueryRowContext(t.Context(), "SELECT count(*) FROM meta WHERE name = ?", name).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n == 1
}

// inOneBatch queues changes while the writer is kept busy, so that they share the
// next transaction, and returns what each was told.
func (w *bench) inOneBatch(t *testing.T, changes ...func(*transaction) error) (told []error) {
	t.Helper()
	busy, free := make(chan struct{}), make(chan struct{})
	first := &job{done: make(chan error, 1), do: func(*transaction) error {
		close(busy)
		<-free
		return nil
	}}
	w.jobs <- first
	<-busy
	var all []*job
	for _, do := range changes {
		j := &job{do: do, done: make(chan error, 1)}
		all = append(all, j)
		w.jobs <- j
	}
	close(free)
	for _, j := range all {
		told = append(told, <-j.done)
	}
	return told
}

// TestOneThatFailsTakesNothingOfAnother puts three changes into one transaction.
func TestOneThatFailsTakesNothingOfAnother(t *testing.T) {
	w, no := newBench(t, 0), errors.New("no")
	told := w.inOneBatch(t, put("a"), func(tx *transaction) error { return errors.Join(put("b")(tx), no) }, put("c"))
	if told[0] != nil || !errors.Is(told[1], no) || told[2] != nil {
		t.Fatalf("they were told %v", told)
	}
	for name, want := range map[string]bool{"a": true, "b": false, "c": true} {
		if w.stored(t, name) != want {
			t.Errorf("%s is stored: %t", name, !want)
		}
	}
}

// TestABatchThatIsLostIsAcknowledgedToNobody ends the transaction under the
// others' feet, as SQLite does by itself when the disk is full.
func TestABatchThatIsLostIsAcknowledgedToNobody(t *testing.T) {
	w := newBench(t, 0)
	told := w.inOneBatch(t, put("a"), func(tx *transaction) error {
		_, err := tx.Exec("ROLLBACK")
		return err
	}, put("c"))
	for i, err := range told {
		if err == nil {
			t.Errorf("change %d was acknowledged", i)
		}
	}
	if w.stored(t, "a") || w.stored(t, "c") {
		t.Error("something of it is stored")
	}
	if err := w.do(t.Context(), put("d")); err != nil || !w.stored(t, "d") {
		t.Errorf("the next change is not stored: %v", err)
	}
}

// TestABackupHoldsUpNobody makes one in the middle of a transaction.
func TestABackupHoldsUpNobody(t *testing.T) {
	w := newBench(t, 1)
	path := filepath.Join(t.TempDir(), "copy")
	err := w.do(t.Context(), func(*transaction) error {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		return Backup(ctx, w.Dir, path)
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := Restore(t.Context(), path, filepath.Join(t.TempDir(), "restored"), w.Keys); err != nil {
		t.Error(err)
	}
}

// TestADestructionStepsAside: while somebody reads the file and does not end, everybody
// else writes on, and a destruction is told to be done when it is.
func TestADestructionStepsAside(t *testing.T) {
	w := newBench(t, 1)
	reader, err := sql.Open("sqlite", dsn(w.Dir)+"&_query_only=1")
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	if err := w.do(t.Context(), put("before")); err != nil {
		t.Fatal(err)
	}
	read, err := reader.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	var n int
	if err := read.QueryRow("SELECT count(*) FROM meta").Scan(&n); err != nil {
		t.Fatal(err)
	}
	err = w.do(t.Context(), func(tx *transaction) error {
		_, err := tx.Exec("INSERT INTO shreds (hour) VALUES (1)")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	gone := make(chan error, 1)
	go func() { gone <- w.shredNow(t.Context()) }()
	if err := w.shredWithin(t.Context(), 100*time.Millisecond); !errors.Is(err, errReaders) {
		t.Errorf("who does not wait is told %v", err)
	}
	for i := range 20 {
		began := time.Now()
		if err := w.do(t.Context(), put(fmt.Sprint("meanwhile", i))); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took > time.Second {
			t.Errorf("writing took %v", took)
		}
	}
	select {
	case err := <-gone:
		t.Fatalf("it is told to be destroyed while a reader is there: %v", err)
	default:
	}
	if err := read.Rollback(); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-gone:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("it is not destroyed when the reader has gone")
	}
	if err := w.read.QueryRowContext(t.Context(), "SELECT count(*) FROM shreds").Scan(&n); err != nil || n != 0 {
		t.Errorf("%d destructions are still owed, %v", n, err)
	}
	if info, err := os.Stat(filepath.Join(w.Dir, fileName+"-wal")); err != nil || info.Size() > 64<<10 {
		t.Errorf("the write-ahead log holds %d bytes, %v", info.Size(), err)
	}
}

// TestASlowPlaceForABackup: the store is read into a copy beside it, of which nothing is
// left, and only that goes to where it is slow.
func TestASlowPlaceForABackup(t *testing.T) {
	w := newBench(t, 1)
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(w.Dir, "backup-1"), 0o700); err != nil { // of one that was killed
		t.Fatal(err)
	}
	if err := Backup(t.Context(), w.Dir, filepath.Join(dir, "copy")); err != nil {
		t.Fatal(err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := stream(ended, strings.NewReader("bytes"), filepath.Join(dir, "other")); !errors.Is(err, context.Canceled) {
		t.Errorf("a copy that is given up: %v", err)
	}
	left, err := filepath.Glob(filepath.Join(w.Dir, snapshotName))
	if err != nil || len(left) != 1 {
		t.Errorf("beside the store lie %v, %v", left, err)
	}
	if err := w.dropLeft(); err != nil {
		t.Error(err)
	}
	if left, _ := filepath.Glob(filepath.Join(w.Dir, snapshotName)); len(left) != 0 {
		t.Errorf("a start leaves %v", left)
	}
}
