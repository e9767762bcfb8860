package bot

import (
	"strings"
	"testing"

	"tillit/intake"
)

// TestWhoSawAnOlderCardIsToldOfTheOfficesChat: the office begins to answer from a
// chat while people are in the middle of telling.
func TestWhoSawAnOlderCardIsToldOfTheOfficesChat(t *testing.T) {
	tw := newTown(t)
	const says = "Svar fra saksbehandlerne går gjennom Telegram."
	heard := func(person, id, text string) (n int) {
		t.Helper()
		tw.drain()
		before := len(tw.screen.sent[person])
		if err := tw.does(person, id, Event{Text: intake.NewPrivate(text)}); err != nil {
			t.Fatal(err)
		}
		tw.drain()
		for i, m := range tw.screen.sent[person][before:] {
			if strings.Contains(m.Text, says) {
				n++
				if i > 1 { // a card greets first
					t.Errorf("%s hears it as line %d", person, i+1)
				}
			}
		}
		return n
	}
	got := []int{heard("lin", "1", "hei"), heard("lin", "2", "/hjelp")}
	tw.bot.Via = []string{"Telegram"}
	got = append(got, heard("lin", "3", "/hjelp"), heard("lin", "4", "/hjelp"))
	got = append(got, heard("kari", "5", "hei"), heard("kari", "6", "/hjelp")) // her card says it
	tw.restart()
	got = append(got, heard("kari", "7", "/hjelp"))
	tw.bot.Via = nil
	got = append(got, heard("kari", "8", "/hjelp"))
	tw.bot.Via = []string{"Telegram"}
	got = append(got, heard("kari", "9", "/hjelp"))
	want := []int{0, 0, 1, 0, 1, 0, 0, 0, 1}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("it was said %v times, want %v", got, want)
			break
		}
	}
}
