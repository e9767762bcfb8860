package bot

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"tillit/intake"
	"tillit/store/cases"
)

// TestAllThatWasWrittenBeforeAQuestionIsOfTheOneBefore has somebody write several short
// messages at once, of which a press overtakes some. Whatever has left by then of what the
// bot says to the first of them, the others answer no question that came after they were
// written.
func TestAllThatWasWrittenBeforeAQuestionIsOfTheOneBefore(t *testing.T) {
	tw := newTown(t)
	tw.bot.Shown = true
	people, every := 0, 12 // words wait a moment for a question on its way
	if testing.Short() {
		every = 50
	}
	rapid.Check(t, func(rt *rapid.T) {
		if people++; people%every != 0 {
			return
		}
		lin := fmt.Sprint("lin", people)
		tw.press(lin, lin+"-start", "start")
		tw.press(lin, lin+"-safe", "S1.yes")
		tw.drain()
		late := rapid.IntRange(1, 4).Draw(rt, "overtaken")
		var want []string
		tell := func(i int, unread bool) {
			word := fmt.Sprintf("kanari%d", i)
			want = append(want, "A1 "+word)
			if err := tw.does(lin, fmt.Sprint(lin, i), Event{Text: intake.NewPrivate(word), Unread: func() bool { return unread }}); err != nil {
				rt.Fatal(err)
			}
		}
		tell(0, false)
		tw.press(lin, lin+"-done", "A1.~done")
		for i := 1; i <= late; i++ {
			if rapid.Bool().Draw(rt, "it has left") {
				tw.drain()
			}
			tell(i, true)
		}
		ref := tw.walks(lin, lin+"-on", "")
		var got []string
		for _, body := range tw.people.Told(t, tw.store, "maren", ref) {
			if a, ok := body.(cases.Answer); ok && !a.Text.IsZero() {
				got = append(got, a.Question+" "+a.Text.Reveal())
			}
		}
		if !slices.Equal(got, want) {
			rt.Errorf("the account is %q, want %q", got, want)
		}
	})
}
