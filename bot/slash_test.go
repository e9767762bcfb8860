package bot

import (
	"strings"
	"testing"
)

// TestAMistypedCommandIsTold wants a word that looks like a command to be told what commands
// there are, where no words are asked for.
func TestAMistypedCommandIsTold(t *testing.T) {
	tw := newTown(t)
	tw.press("lin", "start", "start")
	tw.writes("lin", "0", "/hjlep")
	if got := tw.said("lin"); !strings.Contains(got, "Du kan skrive:") || tw.question("lin").ID != "S1" {
		t.Errorf("a mistyped command is answered %q", got)
	}
}
