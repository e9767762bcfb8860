package daemon

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestAClockStandsAtTheMomentOfItsFile, and goes again when the file is gone.
func TestAClockStandsAtTheMomentOfItsFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "clock")
	write := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("yesterday")
	if _, err := Clock(file); err == nil {
		t.Error("a file that holds no moment is a clock")
	}
	write("2026-11-27T14:30:00Z\n")
	now, err := Clock(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, moment := range []string{"2026-11-27T14:30:00Z", "2027-01-02T03:04:05Z"} {
		write(moment)
		if got := now().UTC().Format(time.RFC3339); got != moment {
			t.Errorf("it is %s, and the file says %s", got, moment)
		}
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if off := time.Since(now()); off < 0 || off > time.Minute {
		t.Errorf("without a file it is %s off", off)
	}
}
