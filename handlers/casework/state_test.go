package casework

import (
	"fmt"
	"path/filepath"
	"sync"
	"testing"
)

// TestNothingSeenIsLost has two programs write to one memory at the same time.
func TestNothingSeenIsLost(t *testing.T) {
	path := filepath.Join(t.TempDir(), "seen")
	var all sync.WaitGroup
	for p := range 2 {
		m, err := remember(path)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 20 {
			all.Go(func() {
				if err := m.change(func() { m.see(fmt.Sprint(p, i), head{Seq: 1}) }); err != nil {
					t.Error(err)
				}
			})
		}
	}
	all.Wait()
	m, err := remember(path)
	if err != nil || len(m.Heads) != 40 {
		t.Errorf("of 40 heads %d are there, %v", len(m.Heads), err)
	}
	m.see("0 0", head{Seq: 3})
	m.see("0 0", head{Seq: 2})
	if m.Heads["0 0"].Seq != 3 {
		t.Error("an older head takes the place of a later one")
	}
}
