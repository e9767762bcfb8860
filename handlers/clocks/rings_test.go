package clocks_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"tillit/handlers/handlerstest"
	"tillit/handlers/routine/plan"
	"tillit/store/cases"
)

// witness is a report over Easter 2027 that nobody takes.
func witness(t *testing.T) (*house, string) {
	h := newHouse(t, "2027-03-23 10:00")
	return h, h.file("lin", handlerstest.Answers{"S3": {"saw"}, "A1": {"Jeg så det."}, "E2": {"Nils"}, "E3": {"local"}})
}

// TestAWeekOverEasterInWhichNobodyTakesACase rings as the calendar says: two days before is
// a Sunday, three days off come between, and what was due before the report came does not
// ring. The reporter is told once that she was to have an answer, when that day is over;
// after it has come nothing rings of it.
func TestAWeekOverEasterInWhichNobodyTakesACase(t *testing.T) {
	h, ref := witness(t)
	lin := h.Reporter("lin")
	h.told(h.until("2027-03-31 07:59"),
		"2027-03-24 08:00 ring ack1 ack2 coi: all",
		"2027-03-30 08:00 late ack1 ack2 safety: all",
		"2027-03-30 08:00 ring ack2: kontroll",
	)
	if lin.Waits() {
		t.Error("something waits for the reporter, before the day is over")
	}
	h.told(h.until("2027-03-31 09:00"), "2027-03-31 08:00 late ack1 ack2 coi: all")
	if got := lin.Opens(); !strings.Contains(got, "Vi lovet deg svar innen tirsdag 30. mars. Det holdt vi ikke, og det beklager vi. Vi har sagt fra om det til Maren V., Jonas T., Siv A. og Håkon R. ") || strings.Contains(got, "Et menneske, ikke") {
		t.Errorf("she reads %q", got)
	}
	h.Clock.Set(at("2027-03-31 09:05"))
	h.reply("jonas", ref)
	h.told(h.until("2027-04-02 09:00"),
		"2027-04-01 08:00 late mask safety support_a: jonas siv",
		"2027-04-01 08:00 ring mask support_a: maren hakon",
		"2027-04-02 08:00 late coi: jonas siv",
	)
	if got := lin.Opens(); strings.Count(got, "Vi lovet") != 1 || !strings.Contains(got, "Takk.") {
		t.Errorf("after the answer she reads %q", got)
	}
	c, err := h.Dial("maren").Case(t.Context(), ref)
	if err != nil {
		t.Fatal(err)
	}
	var late []string
	for _, e := range c.Entries {
		if e.Event == string(cases.EventLate) {
			late = append(late, e.Text.Reveal())
		}
	}
	if !slices.Equal(late, []string{"2027-03-30"}) || len(c.Faults) > 0 {
		t.Errorf("the log says that she was told of %v, and of itself %v", late, c.Faults)
	}
}

// affected is a report of the person concerned, on a Thursday evening.
func affected(t *testing.T, change ...func(*handlerstest.Options)) (*house, string) {
	h := newHouse(t, "2026-11-19 21:40", change...)
	return h, h.file("lin", handlerstest.Answers{"S3": {"me"}, "A1": {"Det hendte meg."}, "E2": {"Nils"}, "E3": {"county"}})
}

// TestAnAnswerEndsWhatItPromised for good, whatever becomes of the server.
func TestAnAnswerEndsWhatItPromised(t *testing.T) {
	h, ref := affected(t)
	h.Clock.Set(at("2026-11-20 18:00"))
	h.reply("maren", ref)
	all := h.until("2026-11-24 12:00")
	h.restart("2026-11-24 12:01")
	all = append(all, h.until("2026-12-03 12:00")...)
	if len(all) < 5 || strings.Contains(strings.Join(all, "\n"), "ack") {
		t.Errorf("told is\n%s", strings.Join(all, "\n"))
	}
	if h.Reporter("lin").Opens(); h.Reporter("lin").Waits() {
		t.Error("the reporter is told of a promise that was kept")
	}
}

// TestAnActBeforeItsRingCounts: what was due is looked at when it is told of, not when it
// was put in the queue.
func TestAnActBeforeItsRingCounts(t *testing.T) {
	h, ref := affected(t)
	h.until("2026-11-23 07:59")
	h.facts(ref, func(f *cases.Facts) { f.Clocks = nil })
	h.Clock.Set(at("2026-11-23 08:00"))
	h.tick()
	h.told(h.news())
	h.run(ref, h.one("now", "urgent", "2026-11-24"))
	h.tick()
	h.told(h.news(), "2026-11-23 08:00 urgent! now: all")
}

// TestDowntimeIsNoStorm: a server that was down for ten days, and is back on a Saturday,
// rings once of each clock when the office opens, and tells all whom it would have told;
// what is urgent rings at once. The operator reads one line.
func TestDowntimeIsNoStorm(t *testing.T) {
	h, ref := witness(t)
	h.run(ref, h.one("urgent", "urgent", "2027-03-23T13:00Z"))
	h.told(h.until("2027-03-23 10:00"), "2027-03-23 10:00 urgent! urgent: all")
	h.restart("2027-04-03 12:00")
	h.told(h.until("2027-04-05 07:59"), "2027-04-03 12:00 urgent! urgent: all kontroll")
	for range 3 {
		h.restart("2027-04-05 08:00")
		h.tick()
	}
	h.told(h.news(),
		"2027-04-05 08:00 late ack1 ack2 coi mask safety support_a: all",
		"2027-04-05 08:00 late ack1 ack2 safety: kontroll",
	)
	if got := h.Reporter("lin").Opens(); strings.Count(got, "Vi lovet deg svar innen tirsdag 30. mars.") != 1 {
		t.Errorf("the reporter reads %q", got)
	}
	if got := h.log.String(); strings.Count(got, "no clock rang for a while") != 2 || !strings.Contains(got, "from=2027-03-23T17:00:00.000Z until=2027-04-03T10:00:00.000Z") {
		t.Errorf("the operator reads\n%s", got)
	}
	h.restart("2027-04-05 08:01")
	h.told(h.until("2027-04-05 12:00"))
}

// TestOverTheChangeOfTheClock it rings at eight in the morning, where the office is.
func TestOverTheChangeOfTheClock(t *testing.T) {
	h := newHouse(t, "2026-10-22 12:00")
	ref := h.File("lin", handlerstest.Answers{"A1": {"Det hendte."}})
	h.run(ref, h.one("staff", "work", "2026-10-26"), h.one("urgent", "urgent", "2026-10-25T06:30Z"))
	h.told(h.until("2026-10-27 12:00"),
		"2026-10-22 12:00 urgent! urgent: all",
		"2026-10-23 08:00 ring staff: all",
		"2026-10-24 07:30 urgent! urgent: all",
		"2026-10-25 11:30 urgent! urgent: all",
		"2026-10-26 07:30 urgent! urgent: kontroll",
		"2026-10-27 08:00 late staff: all",
	)
}

// TestAtTheEndOfAMonth three months end on its last day, a Sunday: two rungs come together
// on the Friday before, and are told once.
func TestAtTheEndOfAMonth(t *testing.T) {
	h := newHouse(t, "2026-11-30 09:00")
	ref := h.File("lin", handlerstest.Answers{"A1": {"Det hendte."}})
	all := h.routine.Begin(plan.Facts{Received: h.Clock.Now()}, h.routine.Calendar(oslo, nil)).Clocks()
	h.run(ref, slices.DeleteFunc(all, func(k plan.Clock) bool { return k.Step != "feedback" })...)
	h.told(h.until("2027-03-01 07:59"), "2027-02-26 08:00 ring feedback: all kontroll")
	h.told(h.until("2027-03-02 12:00"), "2027-03-01 08:00 late feedback: all")
	if got := h.Reporter("lin").Opens(); !strings.Contains(got, "Vi lovet deg beskjed innen søndag 28. februar.") {
		t.Errorf("the reporter reads %q", got)
	}
}

// TestManyCasesAtOneMoment each ring once, at that moment, however many there are.
func TestManyCasesAtOneMoment(t *testing.T) {
	h := newHouse(t, "2026-11-24 12:00")
	const n = 60
	for i := range n {
		h.run(h.File(fmt.Sprint("member ", i), handlerstest.Answers{"A1": {"Det hendte."}}), h.one("coi", "work", "2026-11-26"))
	}
	for range 2 {
		h.Clock.Set(at("2026-11-25 08:00"))
		h.tick()
		h.restart("2026-11-25 08:00")
		h.tick()
	}
	for _, who := range []string{"maren", "hakon"} {
		notices, err := h.Store.NoticesSince(t.Context(), who, time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		refs := map[string]int{}
		for _, notice := range notices {
			if notice.Rings() {
				if refs[notice.Ref]++; !notice.After.Equal(at("2026-11-25 08:00")) || notice.Day(oslo) != "2026-11-26" || notice.Kind != cases.NoticeRing {
					t.Fatalf("%s is told %+v", who, notice)
				}
			}
		}
		if len(refs) != n {
			t.Errorf("%s is told of %d cases", who, len(refs))
		}
	}
}
