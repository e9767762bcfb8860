package handlerstest_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"tillit/handlers/handlerstest"
	"tillit/intake"
)

// TestMessagesStandInTheirOrder has the office and a person write in turns, some of it while
// words of the office wait to be opened. The page and the download have them as the person
// met them, the desk as they were written, and the page says when that was in the zone of
// the organisation.
func TestMessagesStandInTheirOrder(t *testing.T) {
	clock := handlerstest.At(time.Date(2026, 12, 1, 8, 0, 0, 0, time.UTC))
	o := handlerstest.New(t, handlerstest.Options{Clock: clock})
	lin, maren := o.Reporter("lin"), o.Dial("maren")
	ref := o.Report("lin", "LIN-0")
	said := []string{"LIN-0", "KONTOR-1", "LIN-2", "KONTOR-3", "LIN-4", "KONTOR-5", "LIN-6"}
	met := []string{"LIN-0", "LIN-2", "KONTOR-1", "KONTOR-3", "LIN-4", "KONTOR-5", "LIN-6"}
	office := func(words string) {
		t.Helper()
		clock.Add(time.Hour)
		if err := maren.Reply(context.Background(), ref, intake.NewPrivate(words)); err != nil {
			t.Fatal(err)
		}
	}
	person := func(words string) {
		clock.Add(time.Hour)
		lin.Says(words)
	}
	in := func(text string) (found []string) {
		for _, word := range strings.Fields(text) {
			if slices.Contains(said, word) {
				found = append(found, word)
			}
		}
		return found
	}
	check := func(of, text string, want []string) {
		t.Helper()
		if got := in(text); !slices.Equal(got, want) {
			t.Errorf("%s has %q, want %q", of, got, want)
		}
	}
	office("KONTOR-1")
	person("LIN-2")
	office("KONTOR-3")
	clock.Add(time.Hour)
	check("the page that opens what waited", lin.Opens(), met[:4])
	person("LIN-4")
	office("KONTOR-5")
	lin.Opens()
	person("LIN-6")
	sees := lin.Sees()
	check("the page", sees, met)
	if !strings.Contains(sees, "01.12.2026 15:00") { // 14 o'clock, an hour east
		t.Errorf("the page does not say when, where the organisation is: %s", sees)
	}
	check("the download", lin.PressAt("/copy", "Last ned filen"), met)
	c, err := maren.Case(context.Background(), ref)
	if err != nil {
		t.Fatal(err)
	}
	var desk []string
	for _, e := range c.Entries {
		desk = append(desk, e.Text.Reveal())
	}
	check("the desk", strings.Join(desk, " "), said)
}
