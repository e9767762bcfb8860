package main_test

import (
	"os/exec"
	"path/filepath"
	"testing"

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
