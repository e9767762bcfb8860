package casework_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"tillit/handlers/casework"
	"tillit/handlers/handlerstest"
	"tillit/handlers/routine/acts"
	"tillit/intake"
)

// TestTheReporterConfirmsAndAsksInTheChat: real minutes from a real desk are shown on the
// pages, confirmed by a press, and the desk's routine goes on from that; so it does from
// what is asked for by a press, with the same clocks at both ends.
func TestTheReporterConfirmsAndAsksInTheChat(t *testing.T) {
	o := handlerstest.New(t, handlerstest.Options{Clock: handlerstest.At(time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC))})
	ref := o.Report("lin", "Det skjedde på møtet.")
	lin, desk := o.Reporter("lin"), o.Dial("maren")
	does := func(name string, fields map[string]string) {
		t.Helper()
		act, err := acts.Find(name).Read(func(field string) []string {
			if fields[field] == "" {
				return nil
			}
			return []string{fields[field]}
		})
		if err == nil {
			err = desk.Do(t.Context(), ref, casework.Doing{Act: act})
		}
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	step := func(key string) string {
		t.Helper()
		cs, err := desk.Case(t.Context(), ref)
		if err != nil {
			t.Fatal(err)
		}
		w := desk.Where(cs, o.Clock.Now())
		if len(w.Adrift) > 0 {
			t.Errorf("the server has other clocks: %v", w.Adrift)
		}
		for _, task := range slices.Concat(w.Open, w.Waiting, w.Over) {
			if task.Key() == key || task.ID == key {
				return task.Status
			}
		}
		return ""
	}
	does("take", nil)
	does("declare", map[string]string{"tie": "none"})
	does("staff", map[string]string{"part": "contact_a=maren"})
	does("heard", map[string]string{"seat": "r", "how": "phone", "where": "x", "present": "r", "began": "2026-11-24T08:00"})
	does("minutes", map[string]string{"which": "tr", "text": "kanari-referat"})
	if lin.Waits() && !strings.Contains(lin.Opens(), "kanari-referat") {
		t.Fatal("the minutes are not shown")
	}
	if got := step("confirm/tr"); got != "open" {
		t.Fatalf("before she answers it is %q", got)
	}
	lin.Press("Stemmer")
	if got := step("confirm/tr"); got != "done" {
		t.Errorf("confirmed by a press, it is %q", got)
	}
	if !strings.Contains(lin.SeesAt("/"), "Maren") {
		t.Error("it does not say who has the case")
	}
	lin.Press("wish:withdrawal@" + ref)
	lin.Says("jeg vil trekke saken") // a second time, in words
	if got := step("withdrawal"); got != "open" {
		t.Errorf("what she asked for is %q at the desk", got)
	}
}

// TestWhoPassesOnIsNoReporter on the pages: they read that they are a contact, each time,
// and can neither withdraw what happened to another one nor follow how it goes on.
func TestWhoPassesOnIsNoReporter(t *testing.T) {
	o := handlerstest.New(t)
	ref := o.File("leder", handlerstest.Answers{"S3": {"leader"}})
	leader, desk := o.Reporter("leder"), o.Dial("maren")
	if err := desk.Reply(t.Context(), ref, intake.NewPrivate("Takk.")); err != nil {
		t.Fatal(err)
	}
	if got := leader.Opens(); !strings.Contains(got, "om det du ga videre") {
		t.Errorf("words of the office begin %q", got)
	}
	got := leader.SeesAt("/")
	if !strings.Contains(got, "er en kontakt for oss") || strings.Contains(got, "saken din. Du hører fra oss") || leader.Offers("wish:withdrawal@"+ref) {
		t.Errorf("how far it is: %q", got)
	}
}
