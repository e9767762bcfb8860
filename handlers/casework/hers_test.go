package casework

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tillit/handlers/routine"
	"tillit/intake"
	"tillit/store/cases"
)

// asks is what the server does when the reporter asks for something.
func (l *log) asks(wish string) {
	l.t.Helper()
	r := l.o.fold().routine
	clocks, known := r.Wish(wish, l.now, l.o.calendar(r))
	if !known {
		l.t.Fatal("the routine knows no wish ", wish)
	}
	w := cases.Wish{Wish: wish, At: l.now}
	for _, c := range clocks {
		w.Clocks = append(w.Clocks, cases.Clock{ID: freshClock(), Due: c.Due.String(), Begun: c.Begun, Ladder: c.Ladder, Duty: c.Duty, Words: c.Words, Reply: c.Reply, About: c.About})
	}
	l.facts.Clocks = cases.Wished(l.facts.Clocks, w)
	l.add(entry{Sealed: cases.Sealed{V: cases.Version, Kind: cases.EntryLog}, body: cases.Log{Event: cases.EventWish, Wish: &w}})
	l.holds()
}

// answers is what the server does when she answers to minutes.
func (l *log) answers(of int64, answer, text string) {
	l.t.Helper()
	l.facts.Asks, l.facts.Clocks = cases.Answered(l.facts.Asks, l.facts.Clocks, of, answer)
	l.add(entry{Sealed: cases.Sealed{V: cases.Version, Kind: cases.EntryReporter}, body: cases.Confirm{Of: of, Answer: answer, Text: intake.NewPrivate(text)}})
	l.holds()
}

// step is the one step that is called so, as it stands.
func (l *log) step(key string) (status string) {
	for _, s := range l.o.fold().plan.Steps(l.now) {
		if s.Key() == key {
			return s.Status
		}
	}
	return ""
}

func (l *log) last() int64 { return int64(len(l.o.entries)) }

// talked is a case in which a talk with the reporter was held.
func talked(t *testing.T, flags ...string) *log {
	received := time.Date(2026, 11, 19, 20, 40, 0, 0, time.UTC)
	l := newLog(t, cases.Start{Received: received, From: received, Source: "self", Flags: flags, Eligible: 3})
	l.must("maren", "take")
	l.must("maren", "declare", "tie", "none")
	l.must("maren", "staff", "part", "contact_a=maren", "part", "investigator=maren", "part", "contact_b=jonas", "part", "decider=siv")
	l.must("maren", "heard", "seat", "r", "how", "phone", "where", "x", "present", "r", "began", "2026-11-24T12:00")
	return l
}

// TestMinutesAreConfirmedByTheirVersion: the reporter's answer ends the confirmation of
// that talk, and the clock at the server, for the last version and for no other talk.
func TestMinutesAreConfirmedByTheirVersion(t *testing.T) {
	l := talked(t)
	l.must("maren", "minutes", "which", "tr", "text", "Utgave en.")
	one := l.last()
	l.must("maren", "heard", "seat", "r", "how", "phone", "where", "x", "present", "r", "began", "2026-11-25T12:00")
	l.must("maren", "minutes", "which", "tr-2", "text", "En annen samtale.")
	other := l.last()
	l.answers(other, cases.AnswerYes, "")
	if l.step("confirm/tr-2") != "done" || l.step("confirm/tr") != "open" {
		t.Fatalf("one answer: %q, %q", l.step("confirm/tr"), l.step("confirm/tr-2"))
	}
	l.must("maren", "minutes", "which", "tr", "text", "Utgave to.")
	two := l.last()
	if got := cases.Versions(l.facts.Asks, one); len(got) != 2 || got[1].Seq != two {
		t.Fatalf("the versions are %v", got)
	}
	l.answers(one, cases.AnswerYes, "") // an old one: it counts for nothing
	if l.step("confirm/tr") != "open" {
		t.Error("an older version was answered, and it counts")
	}
}

// TestAnAnswerToTheLastVersion ends the clock that an earlier version began, and a version
// after it begins another.
func TestAnAnswerToTheLastVersion(t *testing.T) {
	l := talked(t)
	l.must("maren", "minutes", "which", "tr", "text", "Utgave en.")
	l.must("maren", "minutes", "which", "tr", "text", "Utgave to.")
	l.answers(l.last(), cases.AnswerChange, "Det var onsdag.")
	if l.step("confirm/tr") != "done" {
		t.Fatalf("corrected minutes are %q", l.step("confirm/tr"))
	}
	l.must("maren", "minutes", "which", "tr", "text", "Utgave tre.")
	if l.step("confirm/tr") != "open" {
		t.Fatalf("a later version is %q", l.step("confirm/tr"))
	}
	l.answers(l.last(), cases.AnswerYes, "")
	if slices.ContainsFunc(l.facts.Clocks, func(c cases.Clock) bool { return c.About == cases.AsksMinutes }) {
		t.Error("a clock of confirmed minutes still runs")
	}
}

// TestAWishBeginsItsClock at the server and at every desk alike, and one that ends a step
// ends its clock.
func TestAWishBeginsItsClock(t *testing.T) {
	l := talked(t, "TALK_FIRST")
	for wish, due := range map[string]string{cases.WishWithdrawal: "2026-11-26", cases.WishAccess: "2026-12-19", cases.WishMeet: "2026-12-03"} {
		l.asks(wish)
		if i := slices.IndexFunc(l.facts.Clocks, func(c cases.Clock) bool { return c.About == wish }); i < 0 || l.facts.Clocks[i].Due != due {
			t.Errorf("%s: the clocks are %v", wish, l.facts.Clocks)
		}
	}
	l.at("2026-11-24 09:00").must("maren", "answer_withdrawal", "granted", "no", "text", "Vi må følge det opp.")
	if slices.ContainsFunc(l.facts.Clocks, func(c cases.Clock) bool { return c.About == cases.WishWithdrawal }) {
		t.Error("what she asked for is answered, and its clock runs")
	}

	received := time.Date(2026, 11, 19, 20, 40, 0, 0, time.UTC)
	l = newLog(t, cases.Start{Received: received, From: received, Source: "self", Flags: []string{"TALK_FIRST"}, Eligible: 3})
	if l.step("talk_first") != "open" {
		t.Fatalf("to talk first is %q", l.step("talk_first"))
	}
	l.asks(cases.WishGoOn)
	if l.step("talk_first") != "done" || slices.ContainsFunc(l.facts.Clocks, func(c cases.Clock) bool { return c.About == cases.WishGoOn }) {
		t.Errorf("to go on: %q, and %v", l.step("talk_first"), l.facts.Clocks)
	}
}

// TestWhatSheDoesLeavesNoClockAdrift tries presses and acts in any order: after each, the
// server's clocks are those of the log, and no honest act is in doubt.
func TestWhatSheDoesLeavesNoClockAdrift(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		l := talked(t, "TALK_FIRST")
		talks := 1
		for i := range rapid.IntRange(1, 12).Draw(rt, "steps") {
			l.now = l.now.Add(time.Hour * time.Duration(rapid.IntRange(0, 40).Draw(rt, "hours")))
			switch rapid.IntRange(0, 6).Draw(rt, "what") {
			case 0:
				l.asks(rapid.SampledFrom([]string{cases.WishWithdrawal, cases.WishAccess, cases.WishMeet, cases.WishGoOn}).Draw(rt, "wish"))
			case 1:
				if len(l.facts.Asks) > 0 { // the bot lets her answer the last version only
					all := cases.Versions(l.facts.Asks, rapid.SampledFrom(l.facts.Asks).Draw(rt, "of").Seq)
					l.answers(all[len(all)-1].Seq, rapid.SampledFrom([]string{cases.AnswerYes, cases.AnswerChange}).Draw(rt, "answer"), "x")
				}
			case 2:
				talks++
				l.must("maren", "heard", "seat", "r", "how", "phone", "where", "x", "present", "r", "began", "2026-11-24T12:00")
			case 3:
				which := "tr"
				if n := rapid.IntRange(1, talks).Draw(rt, "talk"); n > 1 {
					which = fmt.Sprintf("tr-%d", n)
				}
				l.must("maren", "minutes", "which", which, "text", fmt.Sprint("Utgave ", i))
			case 4:
				_ = l.do("maren", "answer_withdrawal", "granted", "no", "text", "x") // refused where she asked for nothing
				l.holds()
			case 5:
				l.must("maren", "reply", "text", "x")
			default:
				_ = l.do("siv", "waive", "step", "facts", "reason", "x")
				l.holds()
			}
		}
		if adrift := l.o.fold().adrift(l.facts.Clocks); len(adrift) > 0 {
			rt.Fatalf("adrift: %v", adrift)
		}
		var b routine.Blind = l.o.fold().server
		if len(b.Asks) != len(l.facts.Asks) {
			rt.Fatalf("the log knows %d texts that ask, and the server %d", len(b.Asks), len(l.facts.Asks))
		}
	})
}
