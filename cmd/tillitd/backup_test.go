package main_test

import (
	"context"
	"database/sql"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"tillit/store"
	"tillit/store/seal"
	"tillit/store/storetest"
)

// TestABackupIsMadeWhileTheServerRuns, by the command that OPERATING.md names, and
// what was filed before stands in it.
func TestABackupIsMadeWhileTheServerRuns(t *testing.T) {
	in := install(t)
	in.fill(2)
	in.start()
	path, err := build()
	if err != nil {
		t.Fatal(err)
	}
	file, dir := filepath.Join(t.TempDir(), "copy.db"), t.TempDir()
	backup := func() ([]byte, error) {
		return exec.Command(path, "backup", "--config", filepath.Join(in.dir, "tillit.toml"), file).CombinedOutput()
	}
	if said, err := backup(); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	if said, err := backup(); err == nil {
		t.Errorf("a backup overwrote another: %s", said)
	}
	if err := store.Restore(t.Context(), file, dir, nil); err != nil {
		t.Fatal(err)
	}
	keys, err := seal.LoadServerKeys(filepath.Join(in.dir, "server.key"), dir)
	if err != nil {
		t.Fatal(err)
	}
	copied := storetest.Open(t, dir, keys)
	if rows, _, err := copied.Queue(t.Context(), "maren", store.QueueQuery{}); err != nil || len(rows) != 2 {
		t.Errorf("the copy holds %d cases, %v; want the two that were there", len(rows), err)
	}
	if faults, err := copied.Verify(t.Context(), storetest.Nobody); err != nil || len(faults) > 0 {
		t.Errorf("the copy is not whole: %v, %v", faults, err)
	}
}

// TestAReportIsSentWhileSomebodyReads: whoever copies the database, for as long as it takes,
// keeps nobody from sending a report, and the wraps that it leaves behind are driven out of
// the file when they have ended.
func TestAReportIsSentWhileSomebodyReads(t *testing.T) {
	in := install(t)
	in.start()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(in.data, "tillit.db")+"?_query_only=1")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	read, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	owed := func(q interface {
		QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
	}) (n int) {
		if err := q.QueryRowContext(t.Context(), "SELECT count(*) FROM shreds").Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	owed(read)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for n := range 2 {
		m := newMember(in.web, telling(n, 1)...)
		began := time.Now()
		if _, err := m.report(ctx); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took > 15*time.Second || m.failed > 0 {
			t.Errorf("report %d took %v, and %d forms were refused", n+1, took, m.failed)
		}
	}
	if err := read.Rollback(); err != nil {
		t.Fatal(err)
	}
	for owed(db) > 0 {
		if ctx.Err() != nil {
			t.Fatal("what was to be destroyed still is not")
		}
		time.Sleep(50 * time.Millisecond)
	}
}
