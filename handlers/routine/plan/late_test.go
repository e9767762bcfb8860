package plan_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"tillit/handlers/routine/plan"
)

// TestADayMovesTwice, to a later day, when two agree, and a promise never.
func TestADayMovesTwice(t *testing.T) {
	c := informed(t, facts(monday))
	for _, until := range []string{"2027-02-01", "2027-03-01"} {
		c.must("siv", "extend step=decide until="+until)
		c.refused("siv", "second of=extend", plan.RefusedSelf)
		c.must("maren", "second of=extend")
		if s := c.step("decide"); s.Due.String() != until {
			t.Errorf("it is due %s", s.Due)
		}
	}
	c.refused("siv", "extend step=decide until=2027-04-01", plan.RefusedMove)
	c = informed(t, facts(monday))
	c.refused("siv", "extend step=decide until=2026-12-01", plan.RefusedField)
	c.refused("siv", "extend step=decide until=soon", plan.RefusedField)
	for _, step := range []string{"ack1", "ack2", "feedback", "notice"} {
		c.refused("maren", "extend until=2027-04-01 step="+step, plan.RefusedMove)
	}
}

// TestANoticeIsPutOff fourteen days at a time, and never made earlier (R-NOTICE).
func TestANoticeIsPutOff(t *testing.T) {
	c := triaged(t, facts(monday))
	c.must("jonas", "postpone")
	if got := c.step("notice").Due.String(); got != "2026-12-16" {
		t.Errorf("put off at once, it is due %s", got)
	}
	for _, day := range []string{"2026-12-14", "2026-12-28", "2027-01-11"} {
		c.now = at(day + " 09:00")
		c.must("jonas", "postpone")
		if got, want := c.step("notice").Due.String(), c.now.AddDate(0, 0, 14).Format(time.DateOnly); got != want {
			t.Errorf("put off on %s, it is due %s", day, got)
		}
	}
	c.refused("maren", "postpone", plan.RefusedDuty)
	c.must("jonas", "disclose")
	c.refused("jonas", "postpone", plan.RefusedStep)
}

// TestAccessMayTakeThreeMonths, of the request alone that is meant (R-ACCESS).
func TestAccessMayTakeThreeMonths(t *testing.T) {
	c := triaged(t, facts(monday))
	c.must("maren", "request wish=access seat=r", "request wish=access seat=b")
	c.refused("maren", "extend_access seat=b", plan.RefusedWhich)
	c.must("maren", "extend_access seat=b which=a2")
	if a1, a2 := c.step("access/a1").Due.String(), c.step("access/a2").Due.String(); a1 != "2026-12-16" || a2 != "2027-02-16" {
		t.Errorf("they are due %s and %s", a1, a2)
	}
	c.must("maren", "answer_access which=a1")
	c.stands("access/a1", plan.StatusOpen)
	c.must("siv", "second of=answer_access")
	c.stands("access/a1", plan.StatusDone)
	c.refused("maren", "request wish=moon seat=r", plan.RefusedField)
}

// TestALeakIsReportedInTime, by control too, which holds no key (R-BREACH).
func TestALeakIsReportedInTime(t *testing.T) {
	c := begin(t, facts(monday))
	c.must(plan.Control, "suspect_breach")
	if got := c.step("breach/b1").Due.String(); got != "2026-11-19T08:01Z" {
		t.Errorf("it is due %s", got)
	}
	c.refused(plan.Control, "assess_safety", plan.RefusedDuty)
	c.must(plan.Control, "breach_told")
	c.stands("breach/b1", plan.StatusDone)
}

// TestAnEventMakesADayEarlier, never later.
func TestAnEventMakesADayEarlier(t *testing.T) {
	c := begin(t, facts(monday, "ONGOING"))
	for _, row := range [][2]string{{"", "2026-11-19"}, {"2026-11-30", "2026-11-19"}, {"2026-11-18", "2026-11-17"}, {"2026-11-25", "2026-11-17"}} {
		if row[0] != "" {
			c.must("maren", "assess_safety event="+row[0])
		}
		if got := c.step("now").Due.String(); got != row[1] {
			t.Errorf("with an event on %q it is due %s, want %s", row[0], got, row[1])
		}
	}
}

// TestWhatIsLearnedLaterCountsFromThen.
func TestWhatIsLearnedLaterCountsFromThen(t *testing.T) {
	c := begin(t, facts(monday))
	before := c.s.Clone()
	c.s.Learn([]string{"URGENT", "MINOR18"}, false, at("2026-12-01 10:00"))
	if got := c.step("urgent").Due.String(); got != "2026-12-01T13:00Z" {
		t.Errorf("urgent is due %s", got)
	}
	if got := c.step("minor18").Due.String(); got != "2026-12-08" {
		t.Errorf("minor18 is due %s", got)
	}
	if got := c.step("avert").Due.String(); got != "2026-12-02T03:00Z" {
		t.Errorf("avert is due %s", got)
	}
	var begun []string
	for _, change := range plan.Changes(before.Clocks(), c.s.Clocks()) {
		begun = append(begun, change.Op+" "+change.Clock.Step)
		if !change.Clock.Begun.Equal(at("2026-12-01 10:00")) {
			t.Errorf("the clock of %s begins at %s", change.Clock.Step, change.Clock.Begun)
		}
	}
	if want := []string{"begin avert", "begin minor18", "begin urgent"}; !slices.Equal(begun, want) {
		t.Errorf("clocks: %v, want %v", begun, want)
	}
}

// TestACaseFromBefore keeps its promises; its other steps count from the upgrade.
func TestACaseFromBefore(t *testing.T) {
	f := facts("2026-10-01 09:00")
	f.From = at(monday)
	c := begin(t, f)
	for step, want := range map[string]string{"ack1": "2026-10-06", "ack2": "2026-10-08", "feedback": "2027-01-01", "safety": "2026-11-17", "facts": "2026-11-30", "notice": "2026-12-16"} {
		if got := c.step(step).Due.String(); got != want {
			t.Errorf("%s is due %s, want %s", step, got, want)
		}
	}
}

// TestWorseBeginsAgain: safety, and at once.
func TestWorseBeginsAgain(t *testing.T) {
	c := triaged(t, facts(monday))
	c.must("jonas", "disclose", "heard seat=b")
	c.stands("urgent", "")
	c.must("maren", "check_in when=hearing worse=yes")
	c.stands("urgent", plan.StatusOpen)
	c.stands("safety", plan.StatusOpen)
	if got, want := c.step("urgent").Due, c.now.Add(4*time.Hour); !got.Time.Equal(want.Truncate(time.Minute)) {
		t.Errorf("it is due %s", got)
	}
	c.must("siv", "assess_safety") // it is the lead's
	c.stands("urgent", plan.StatusOpen)
	c.must("maren", "assess_safety")
	c.stands("urgent", plan.StatusDone)
}

// TestReopeningKeepsTheFold: what was heard stays heard; it is decided and told anew, and
// nothing is destroyed meanwhile (R-REOPEN).
func TestReopeningKeepsTheFold(t *testing.T) {
	c := begin(t, facts(monday))
	c.refused("maren", "reopen", plan.RefusedOpen)
	c = closed(t, facts(monday), "guidance")
	if c.s.Phase() != "closed" || !c.s.Closed() || c.s.End() != c.now.AddDate(0, 0, 60).Format(time.DateOnly) {
		t.Errorf("it is %s until %s", c.s.Phase(), c.s.End())
	}
	c.refused("maren", "close", plan.RefusedClosed)
	before := c.s.Clocks()
	c.now = at("2027-03-01 09:00")
	c.must(plan.Control, "reopen")
	if c.s.Phase() != "facts" || c.s.Closed() || c.s.End() != "" || c.s.Outcome() != "" {
		t.Errorf("open again it is %s until %q, outcome %q", c.s.Phase(), c.s.End(), c.s.Outcome())
	}
	for step, status := range map[string]string{
		"facts": plan.StatusDone, "hear_b": plan.StatusDone, "ack1": plan.StatusDone, "care_1": plan.StatusDone, "care_6": plan.StatusOpen,
		"safety": plan.StatusOpen, "informed": plan.StatusOpen, "feedback": plan.StatusOpen, "decide": plan.StatusWaiting, "result_r": plan.StatusWaiting, "close": plan.StatusWaiting, "keep": plan.StatusWaiting,
	} {
		c.stands(step, status)
	}
	for _, change := range plan.Changes(before, c.s.Clocks()) {
		if strings.HasPrefix(change.Clock.Step, "care") {
			t.Errorf("%s %s", change.Op, change.Clock.Step)
		}
	}
	if got := c.step("feedback").Due.String(); got != "2027-06-01" {
		t.Errorf("feedback is due %s", got)
	}
	c.refused("siv", "decide outcome=measure", plan.RefusedWaits)
	c.must("maren", "state_informed")
	c.now = at("2027-03-15 09:00")
	c.must("siv", "decide outcome=no_measure")
	c.must("jonas", "second of=decide", "feedback letter=result_b")
	if got := c.step("result_r").Due.String(); got != "2027-03-22" {
		t.Errorf("the result is due %s", got)
	}
	c.must("maren", "feedback letter=result_r", "assess_safety", "close")
	c.must("siv", "second of=close")
	if c.s.End() != "2027-05-14" {
		t.Errorf("it is asked about on %s", c.s.End())
	}
}

// TestWhatIsKeptIsAskedAgain on the day that was chosen, and not kept without end.
func TestWhatIsKeptIsAskedAgain(t *testing.T) {
	c := closed(t, facts(monday), "guidance")
	c.refused("maren", "keep until=2028-01-01", plan.RefusedKept) // a review each year
	c.must("maren", "keep until=2027-06-01")
	c.must("siv", "second of=keep")
	if c.s.End() != "2027-06-01" {
		t.Errorf("it is asked about on %s", c.s.End())
	}
	c.must("maren", "hold until=2027-09-01")
	if c.s.End() != "2027-09-01" || !c.s.Hold() || c.s.HeldUntil() != "2027-09-01" {
		t.Errorf("held, it is asked about on %s", c.s.End())
	}
	for _, day := range []string{"2027-11-01", "2028-10-01", "2029-09-01"} {
		c.now = at(day + " 09:00")
		c.must("maren", "keep until="+c.now.AddDate(0, 2, 0).Format(time.DateOnly))
		c.must("siv", "second of=keep")
	}
	c.refused("maren", "keep until=2030-03-01", plan.RefusedKept) // three years in all
}

// TestNothingIsShredded that is open, held, or has an open step (R-KEEP).
func TestNothingIsShredded(t *testing.T) {
	c := decided(t, facts(monday), "no_measure")
	c.refused("maren", "shred", plan.RefusedOpen)
	c.refused("maren", "keep", plan.RefusedOpen)
	c = closed(t, facts(monday), "guidance")
	if no := c.refused("maren", "shred", plan.RefusedOpen); !slices.Equal(no.Steps, []string{"care_3", "care_6"}) {
		t.Errorf("it waits for %v", no.Steps)
	}
	c.must("maren", "check_in when=3m", "check_in when=6m", "hold until=2026-11-30")
	c.refused("maren", "shred", plan.RefusedHold)
	c.now = at("2026-12-01 09:00")
	c.must("maren", "shred")
	c.stands("keep", plan.StatusOpen)
	c.must("maren", "request wish=access seat=r") // between asking and agreeing
	c.refused("siv", "second of=shred", plan.RefusedOpen)
	c.must("maren", "answer_access")
	c.must("siv", "second of=answer_access", "second of=shred")
	c.stands("keep", plan.StatusDone)
}

// TestWhatIsOfferedCanBeDone, or says why not whatever is filled in.
func TestWhatIsOfferedCanBeDone(t *testing.T) {
	c := triaged(t, facts(monday, "POLICE_INFO"))
	for line, want := range map[string]string{
		"maren note": "", "maren take": plan.RefusedAlready, "maren decide": plan.RefusedDuty, "siv decide": plan.RefusedWaits, "jonas disclose": plan.RefusedWaits,
		"maren heard": "", "maren measure_done": plan.RefusedStep, "maren second": plan.RefusedOf, "maren reopen": plan.RefusedOpen, "maren shred": plan.RefusedOpen,
		"maren keep": plan.RefusedOpen, "maren hold": "", "maren decide_level": "", "maren staff": "", "jonas postpone": "", "maren dance": plan.RefusedAct, "maren close": plan.RefusedWaits,
		"maren minutes": plan.RefusedStep, "maren minutes_ok": plan.RefusedDuty, "maren waive": "", "maren support": "", "maren declare": "", "jonas release": plan.RefusedDuty,
	} {
		who, act, _ := strings.Cut(line, " ")
		got := ""
		if no, is := c.s.Offers(act, who).(*plan.Refusal); is {
			got = no.Key
		}
		if got != want {
			t.Errorf("%s: %q, want %q", line, got, want)
		}
	}
	c.must("maren", "waive step=police_q")
	if no, _ := c.s.Offers("second", "maren").(*plan.Refusal); no == nil || no.Key != plan.RefusedSelf {
		t.Errorf("she is offered to agree with herself: %v", no)
	}
	if err := c.s.Offers("second", "siv"); err != nil {
		t.Errorf("nobody is offered to agree: %v", err)
	}
}
