package bot

import (
	"fmt"
	"testing"
	"time"

	"tillit/intake"
)

// TestAFloodOfChatsIsPaced has more people begin at once than there is room for: the next is
// asked to wait and can begin later, and who may be in need is taken at once.
func TestAFloodOfChatsIsPaced(t *testing.T) {
	tw := newTown(t)
	tw.bot.Starts = 1
	tw.restart()
	for i := range startBurst {
		tw.press(fmt.Sprint("crowd", i), fmt.Sprint("crowd", i), "start")
	}
	tw.press("lin", "lin-1", "start")
	if q := tw.question("lin"); q.ID != "many_now" {
		t.Fatalf("who comes beyond the pace is asked %s", q.ID)
	}
	if err := tw.does("ada", "ada-1", Event{Text: intake.NewPrivate("jeg vil bare dø")}); err != nil {
		t.Fatal(err)
	}
	if q := tw.question("ada"); q.ID == "many_now" || q.ID == cardID {
		t.Errorf("who may be in need is asked %s", q.ID)
	}
	tw.turn(time.Minute)
	tw.press("lin", "lin-2", "start")
	if q := tw.question("lin"); q.ID != "S1" {
		t.Errorf("a minute later she is asked %s", q.ID)
	}
}
