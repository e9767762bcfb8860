package bot

import (
	"slices"
	"strings"
	"testing"

	"tillit/intake"
)

// TestReviewAfterARestart leads a person to the review in a chat, with a new
// process before each of her messages: nothing of it may need memory. It must say
// that her words cannot be shown, show none, and let each part be answered anew.
func TestReviewAfterARestart(t *testing.T) {
	tw := newTown(t)
	step := 0
	do := func(ev Event) {
		t.Helper()
		tw.restart()
		step++
		if err := tw.does("lin", string(rune('a'+step)), ev); err != nil {
			t.Fatal(err)
		}
	}
	press := func(choice string) { t.Helper(); do(Event{Kind: EventPress, Choices: []string{choice}}) }
	write := func(text string) { t.Helper(); do(Event{Text: intake.NewPrivate(text)}) }
	write("hei")
	for _, c := range []string{"start", "S1.yes"} {
		press(c)
	}
	write("Det var på middagen kanari-a")
	press("A1.~done")
	press("S3.me")
	press("S2.~skip")
	press("A2.~skip")
	press("C0.nobody")
	press("A3.send_now")
	press("H1.~skip")
	tw.forget("lin")
	press("H3.~skip")
	review := tw.question("lin")
	if review.Kind != intake.KindReview {
		t.Fatalf("she is asked %s, want the review", review.ID)
	}
	got := tw.said("lin")
	if !strings.Contains(got, "er låst") || strings.Contains(got, "kanari") {
		t.Errorf("the review says %q, want that her words stand in the chat, and none of them", got)
	}
	plain := Plain(review)
	if !strings.Contains(plain, "✔") || !strings.Contains(plain, "–") {
		t.Errorf("the review does not show what is answered and what is not:\n%s", plain)
	}
	edit := ""
	for _, p := range review.Review {
		if slices.ContainsFunc(p.Questions, func(q intake.ReviewQuestion) bool { return q.ID == "A1" }) {
			edit = p.Edit
		}
	}
	press(edit)
	if q := tw.question("lin"); q.ID != "A1" {
		t.Fatalf("changing the part asks %s, want her account", q.ID)
	}
	write("Det var etter middagen kanari-b")
	for range 8 {
		if q := tw.question("lin"); q.Kind != intake.KindReview {
			press(slices.MaxFunc(q.Choices, func(a, b intake.Choice) int { return rank(a) - rank(b) }).ID)
		}
	}
	press("H4.ok")
	press("H5.send")
	if q := tw.question("lin"); q.Kind != intake.KindReceipt {
		t.Errorf("having changed a part and sent she gets %s, want the receipt", q.ID)
	}
}

// rank finds the way on: done or skip before everything else.
func rank(c intake.Choice) int {
	switch {
	case strings.HasSuffix(c.ID, ".~done"):
		return 3
	case strings.HasSuffix(c.ID, ".~skip"):
		return 2
	}
	return 0
}

// TestTheReviewOfAPageKeepsItsWords holds the other side: who reads a copy has her
// words on the page, so it is not said that they cannot be read.
func TestTheReviewOfAPageKeepsItsWords(t *testing.T) {
	tw := newTown(t)
	for copied, want := range map[bool]int{true: 1, false: 2} {
		var p plan
		tw.bot.asks(situation{caps: Capabilities{Copy: copied}}, []intake.Message{{ID: "H4", Kind: intake.KindReview}}, &p)
		if len(p.say) != want {
			t.Errorf("with a copy %v, %d messages are said, want %d", copied, len(p.say), want)
		}
	}
}
