package store

import (
	"context"
	"errors"
	"path/filepath"
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
