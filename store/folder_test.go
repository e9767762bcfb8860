package store_test

import (
	"os"
	"path/filepath"
	"testing"

	"tillit/store"
	"tillit/store/storetest"
)

// TestAFolderOfAnyName holds that the database lies in the folder that was named, and
// is found there again, also when the name means something in an address.
func TestAFolderOfAnyName(t *testing.T) {
	keys := storetest.Keys(t)
	for _, name := range []string{"plain", "with space", "#1", "what?", "100%", "%41", "a&b=c", "æøå"} {
		dir := filepath.Join(t.TempDir(), name)
		for range 2 {
			s, err := store.Open(t.Context(), store.Options{Dir: dir, Keys: keys})
			if err != nil {
				t.Fatalf("%q: %v", name, err)
			}
			if err := s.Close(); err != nil {
				t.Errorf("%q: %v", name, err)
			}
		}
		if err := store.Backup(t.Context(), dir, dir+".copy"); err != nil {
			t.Errorf("%q: %v", name, err)
		}
		if err := store.Restore(t.Context(), dir+".copy", dir+".again", keys); err != nil {
			t.Errorf("%q: %v", name, err)
		}
		if info, err := os.Stat(filepath.Join(dir, "tillit.db")); err != nil || info.Size() == 0 {
			t.Errorf("%q: the database is not there: %v", name, err)
		}
	}
}
