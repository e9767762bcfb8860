package store_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"tillit/store"
	"tillit/store/seal"
	"tillit/store/storetest"
)

// TestAnotherServerKeyIsRefused: before anything is written, also where a database is
// from before it said which key is its own.
func TestAnotherServerKeyIsRefused(t *testing.T) {
	file := seal.GenerateServerKey(time.Now())
	later, other := seal.GenerateServerKey(time.Now()), seal.GenerateServerKey(time.Now())
	const marked, unmarked, empty = "SELECT 1", "DELETE FROM meta WHERE name = 'key'", "DELETE FROM meta WHERE name = 'key'; DELETE FROM entries; DELETE FROM conversations"
	for name, row := range map[string]struct {
		key, alter string
		refused    bool
	}{
		"its own":                           {string(file), marked, false},
		"its own, and one that was added":   {string(file) + string(later), marked, false},
		"another":                           {string(other), marked, true},
		"another, with its own behind":      {string(other) + string(file), marked, true},
		"its own, without a mark":           {string(file) + string(later), unmarked, false},
		"another, without a mark":           {string(other), unmarked, true},
		"another, with nothing in the file": {string(other), empty, false},
	} {
		t.Run(name, func(t *testing.T) {
			dir, keys := t.TempDir(), parseKeys(t, string(file))
			s := reopen(t, dir, keys)
			newFiler(t, s, storetest.NewPeople(t)).open("lin")
			backup, restored := filepath.Join(t.TempDir(), "backup"), filepath.Join(t.TempDir(), "restored")
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			tamper(t, dir, row.alter)
			if err := store.Backup(t.Context(), dir, backup); err != nil {
				t.Fatal(err)
			}
			before := filesOf(t, dir)
			keys = parseKeys(t, row.key)
			if err := store.CheckKey(t.Context(), dir, keys); errors.Is(err, store.ErrOtherKey) != row.refused {
				t.Errorf("a look says %v", err)
			}
			if after := filesOf(t, dir); !sameFiles(before, after) {
				t.Error("a look has changed the folder")
			}
			if err := store.Restore(t.Context(), backup, restored, keys); errors.Is(err, store.ErrOtherKey) != row.refused || !row.refused && err != nil {
				t.Errorf("a restore says %v", err)
			}
			if _, err := os.Stat(restored); errors.Is(err, os.ErrNotExist) != row.refused {
				t.Errorf("the restored folder: %v", err)
			}
			s, err := store.Open(t.Context(), store.Options{Dir: dir, Keys: keys})
			if errors.Is(err, store.ErrOtherKey) != row.refused {
				t.Errorf("opening says %v", err)
			}
			if err != nil {
				if after := filesOf(t, dir); !sameFiles(before, after) {
					t.Error("what was refused is changed")
				}
				return
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			if err := store.CheckKey(t.Context(), dir, parseKeys(t, string(later))); !errors.Is(err, store.ErrOtherKey) {
				t.Errorf("a third key: %v", err)
			}
		})
	}
}

// TestTheKeyIsLookedAtWhileTheServerRuns sees also what is in the log and not yet in
// the file.
func TestTheKeyIsLookedAtWhileTheServerRuns(t *testing.T) {
	dir, keys := t.TempDir(), storetest.Keys(t)
	if err := store.CheckKey(t.Context(), dir, keys); err != nil {
		t.Errorf("an empty folder: %v", err)
	}
	s := storetest.Open(t, dir, keys)
	newFiler(t, s, storetest.NewPeople(t)).open("lin")
	if err := store.CheckKey(t.Context(), dir, keys); err != nil {
		t.Error(err)
	}
	if err := store.CheckKey(t.Context(), dir, storetest.Keys(t)); !errors.Is(err, store.ErrOtherKey) {
		t.Errorf("another key: %v", err)
	}
	newFiler(t, s, storetest.NewPeople(t)).open("kari")
}

func parseKeys(t *testing.T, file string) *seal.ServerKeys {
	t.Helper()
	keys, err := seal.ParseServerKeys([]byte(file))
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// filesOf reads a folder, but for the ballast and the lock.
func filesOf(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	found, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for _, f := range found {
		if f.Name() == "ballast" || f.Name() == "lock" {
			continue
		}
		if files[f.Name()], err = os.ReadFile(filepath.Join(dir, f.Name())); err != nil {
			t.Fatal(err)
		}
	}
	return files
}

func sameFiles(a, b map[string][]byte) bool {
	for name, raw := range a {
		if was, ok := b[name]; !ok || !bytes.Equal(raw, was) {
			return false
		}
	}
	return len(a) == len(b)
}

// reopen opens a store that the test closes itself.
func reopen(t *testing.T, dir string, keys *seal.ServerKeys) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), store.Options{Dir: dir, Keys: keys})
	if err != nil {
		t.Fatal(err)
	}
	return s
}
