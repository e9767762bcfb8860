package bot

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"tillit/intake"
)

// TestFurtherReportsAreBegunAtAPace: somebody whose report is with the office begins so
// many more in an hour, is told to wait then, and begins again later; words meanwhile go to
// the office.
func TestFurtherReportsAreBegunAtAPace(t *testing.T) {
	tw := newTown(t)
	tw.bot.Cases = 2
	asked := func() string { return tw.question("lin").ID }
	tw.press("lin", "start", "start")
	refs := map[string]bool{}
	for i := range 3 {
		refs[tw.walks("lin", fmt.Sprint("walk", i), "Words.")] = true
		tw.forget("lin")
		tw.writes("lin", fmt.Sprint("new", i), "/ny")
		if got := asked(); i < 2 && got != "S1" || i == 2 && got == "S1" {
			t.Fatalf("after report %d the question is %q", i+1, got)
		}
	}
	if len(refs) != 3 {
		t.Errorf("%d cases of 3 reports", len(refs))
	}
	if said := tw.said("lin"); !strings.Contains(said, "Prøv igjen om en time") {
		t.Errorf("who has to wait is told %q", said)
	}
	tw.turn(61 * time.Minute)
	tw.writes("lin", "later", "/ny")
	if got := asked(); got != "S1" {
		t.Errorf("an hour later the question is %q", got)
	}
}

// TestAnEmptyFileIsNotKept: whatever channel it came on, a file without a byte is said to
// be empty and counts as nothing, and what came beside it does.
func TestAnEmptyFileIsNotKept(t *testing.T) {
	tw := newTown(t)
	tw.leadsTo("lin", "A1")
	tw.writes("lin", "words", "Det som skjedde.")
	empty := func() []File {
		return []File{{Name: intake.NewPrivate("bilde.jpg"), Type: "image/jpeg", Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader("")), nil }}}
	}
	tw.forget("lin")
	if err := tw.does("lin", "alone", Event{Files: empty()}); err != nil {
		t.Fatal(err)
	}
	if said := tw.said("lin"); !strings.Contains(said, "Filen er tom") || strings.Contains(said, "Filen er lagret") || tw.question("lin").ID != "A1" {
		t.Errorf("an empty file alone: %q", said)
	}
	if err := tw.does("lin", "beside", Event{Files: empty(), Choices: []string{"A1.~done"}}); err != nil {
		t.Fatal(err)
	}
	if tw.question("lin").ID == "A1" {
		t.Error("the press beside it is lost")
	}
}
