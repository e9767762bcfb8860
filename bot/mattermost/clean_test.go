package mattermost_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"tillit/bot"
	"tillit/bot/bottest/faults"
	"tillit/intake"
)

func TestCleaningTakesAwayWhatWeWroteAndSaysWhatRemains(t *testing.T) {
	tw := newTown(t)
	lin, ola := tw.net.Person("Lin"), tw.net.Person("Ola")
	ola.Write("hei")
	ref := tw.report(lin, "Det var på middagen.")
	tw.quiet(lin)
	tw.net.Faults.On("delete", faults.Fault{Status: http.StatusForbidden}, faults.Fault{After: true}, faults.Fault{Status: 502})
	lin.Write("/rydd")
	tw.sees(lin, "tatt bort det jeg har skrevet")
	tw.until("all but what the server does not let us", func() bool { return len(lin.Got()) <= 3 })
	var mine int
	for _, m := range lin.Screen() {
		if m.Mine {
			mine++
		}
	}
	if mine != 3 {
		t.Errorf("%d of the person's own messages stand there, want all 3", mine)
	}
	if len(ola.Got()) == 0 {
		t.Error("another person's chat was cleaned, too")
	}
	word := lin.Got()[slices.IndexFunc(lin.Got(), func(s string) bool { return strings.Contains(s, "tatt bort") })]
	for _, says := range []string{"kan bare du slette", "Driftshuset", "er hos saksbehandlerne"} {
		if !strings.Contains(word, says) {
			t.Errorf("the word does not say %q: %s", says, word)
		}
	}
	if got := tw.words(ref); !slices.Equal(got, []string{"Det var på middagen."}) {
		t.Errorf("the office reads %q", got)
	}
}

func TestALongChatIsCleanedWhole(t *testing.T) {
	m := newMemory(t)
	lin := m.net.Person("Lin")
	for i := range 250 {
		if err := m.send(lin, words(fmt.Sprint(i), "hei")); err != nil {
			t.Fatal(err)
		}
		lin.Write("hei")
	}
	m.net.Faults.On("delete", faults.Fault{Status: 429, RetryAfter: 1})
	var slow *bot.RetryError
	err := m.mm.Delete(t.Context(), intake.NewAddress(lin.ID), nil)
	if !errors.As(err, &slow) {
		t.Fatalf("asked to wait it says %v", err)
	}
	if err := m.mm.Delete(t.Context(), intake.NewAddress(lin.ID), nil); err != nil {
		t.Fatal(err)
	}
	if n := len(lin.Got()); n > 0 || len(lin.Screen()) != 250 {
		t.Errorf("%d of ours and %d of theirs stand there", n, len(lin.Screen())-n)
	}
}
