package plan_test

import (
	"slices"
	"strings"
	"testing"

	"tillit/handlers/routine/plan"
)

// due wants a step to be due, in a case that was received on Monday 16 November 2026 at
// nine o'clock.
func (c *file) due(key, want string) {
	c.t.Helper()
	if got := c.step(key).Due.String(); got != want {
		c.t.Errorf("%s is due %q, want %s", key, got, want)
	}
}

// rings wants a step to ring somebody, sooner or later.
func (c *file) rings(key, who string) {
	c.t.Helper()
	spec, _ := c.r.Step(strings.Split(key, "/")[0])
	for _, l := range c.r.Ladders() {
		if l.Name == spec.Ladder && slices.ContainsFunc(l.Rungs, func(r plan.Rung) bool { return slices.Contains(r.Who, who) }) {
			return
		}
	}
	c.t.Errorf("%s never rings %s", key, who)
}

// TestRules holds what the routine of a party says to each rule of law and guidance that
// the engine can hold: each that a step serves, and more.
func TestRules(t *testing.T) {
	rules := map[string]func(*testing.T){
		"R-ACK0": func(t *testing.T) {
			c := begin(t, facts(monday))
			c.due("receipt", "2026-11-16T08:01Z")
			c.rings("receipt", "control")
			c.must(plan.Daemon, "receipt")
			c.stands("receipt", plan.StatusDone)
		},
		"R-ACK1": func(t *testing.T) {
			c := begin(t, facts(monday))
			c.due("ack1", "2026-11-19")
			c.must("maren", "take", "note", "assess_safety", "release") // none of it is an answer
			c.stands("ack1", plan.StatusOpen)
			c.must("siv", "reply")
			c.stands("ack1", plan.StatusDone)
			c.rings("ack1", "deputy")
		},
		"R-ACK2": func(t *testing.T) {
			c := begin(t, facts(monday))
			c.due("ack2", "2026-11-23")
			c.rings("ack2", "control")
			c.rings("ack2", "reporter")
			c.refused("maren", "waive step=ack2", plan.RefusedWaive)
		},
		"R-FB": func(t *testing.T) {
			c := decided(t, facts(monday), "no_measure")
			c.due("feedback", "2027-02-16")
			if no := c.refused("maren", "close", plan.RefusedWaits); !slices.Contains(no.Waits, "feedback") {
				t.Errorf("closing waits for %v", no.Waits)
			}
		},
		"R-INV": func(t *testing.T) {
			c := begin(t, facts(monday))
			for step, day := range map[string]string{"staff": "2026-11-23", "facts": "2026-11-30", "hear_b": "2026-12-07", "decide": "2027-01-15"} {
				c.due(step, day)
			}
			c = informed(t, facts(monday))
			c.refused("siv", "extend step=decide until=2027-02-01 reason=", plan.RefusedField)
			c.must("siv", "extend step=decide until=2027-02-01")
			c.due("decide", "2027-01-15") // one person alone moves nothing
			c.must("maren", "second of=extend")
			c.due("decide", "2027-02-01")
		},
		"R-CARE": func(t *testing.T) {
			c := decided(t, facts(monday), "guidance")
			c.due("safety", "2026-11-17")
			c.due("care_h", "2026-11-18")
			c.due("care_1", "2026-12-16")
			c.due("care_3", "2027-02-16")
			c.due("care_6", "2027-05-16")
		},
		"R-LEVEL-CENTRAL": TestTheLevelIsLocked,
		"R-EXTERNAL": func(t *testing.T) {
			f := facts(monday)
			for _, choice := range []string{"central_leadership", "handles_reports"} {
				f.Choices["E3"] = []string{choice}
				if c := begin(t, f); c.s.Lock() != "external" {
					t.Errorf("%s locks to %q", choice, c.s.Lock())
				}
			}
		},
		"R-COI": func(t *testing.T) {
			c := begin(t, facts(monday))
			c.must("maren", "take", "assess_safety")
			c.refused("maren", "decide_level level=central", plan.RefusedWaits)
			c.refused("maren", "staff part=contact_a=maren", plan.RefusedWaits)
			c.must("maren", "declare", "decide_level level=central", "staff part=contact_a=maren")
		},
		"R-SPLIT": func(t *testing.T) {
			c := triaged(t, facts(monday))
			c.refused("maren", "staff part=contact_b=maren", plan.RefusedApart)
			c.refused("maren", "staff part=decider=maren", plan.RefusedApart)
			c.refused("maren", "staff part=investigator=siv", plan.RefusedApart)
			c.must("maren", "support side=a answer=accepted person=ola")
			c.must("jonas", "disclose")
			c.refused("jonas", "support side=b answer=accepted person=ola", plan.RefusedApart)
		},
		"R-HEAR": TestNoDecisionBeforeBothWereHeard,
		"R-NOTICE": func(t *testing.T) {
			c := begin(t, facts(monday))
			c.due("notice", "2026-12-16")
			c.rings("notice", "control")
			TestANoticeIsPutOff(t)
		},
		"R-ACCESS": TestAccessMayTakeThreeMonths,
		"R-MIN": func(t *testing.T) {
			c := triaged(t, facts(monday))
			c.due("mask", "2026-11-23")
			c.must("siv", "note")
			c.must("maren", "mask")
			c.stands("mask", plan.StatusDone)
		},
		"R-BREACH": TestALeakIsReportedInTime,
		"R-KEEP":   TestNothingIsShredded,
		"R-KEEP2":  TestWhatIsKeptIsAskedAgain,
		"R-ORAL": func(t *testing.T) {
			c := triaged(t, facts(monday))
			c.must("maren", "heard seat=r")
			c.due("minutes/tr", "2026-11-23")
			c.must("maren", "minutes which=tr")
			c.due("confirm/tr", "2026-11-23")
			c.must(plan.Seat("r"), "minutes_ok")
			c.stands("confirm/tr", plan.StatusDone)
		},
		"R-MEET": func(t *testing.T) {
			c := triaged(t, facts(monday))
			c.must(plan.Daemon, "request wish=meet seat=r")
			c.due("meet/m1", "2026-11-30")
			c.rings("meet", "reporter")
			c.must("maren", "heard seat=r")
			c.stands("meet/m1", plan.StatusDone)
		},
		"R-AVERT": func(t *testing.T) {
			for _, flag := range []string{"URGENT", "MINOR15", "ONGOING", "POLICE_INFO"} {
				begin(t, facts(monday, flag)).due("avert", "2026-11-17T02:00Z")
			}
			begin(t, facts(monday)).stands("avert", "")
		},
		"R-MINOR": func(t *testing.T) {
			c := begin(t, facts(monday, "MINOR15"))
			c.due("minor15", "2026-11-17T02:00Z")
			c.refused("maren", "minor reason=", plan.RefusedField)
			c = begin(t, facts(monday, "MINOR18"))
			c.due("minor18", "2026-11-23")
			c.stands("minor15", "")
		},
		"R-FORENSIC": func(t *testing.T) {
			c := begin(t, facts(monday, "FORENSIC"))
			c.due("forensic", "2026-11-16T12:00Z")
			c.must("maren", "take", "inform what=police")
			c.stands("forensic", plan.StatusOpen)
			c.must("maren", "inform what=help what=evidence")
			c.stands("forensic", plan.StatusDone)
		},
		"R-POLICE": TestNoWordToTheOtherPartyBeforeThePoliceQuestion,
		"R-INFO-NEMND": func(t *testing.T) {
			for _, l := range partyRoutine().Letters() {
				if strings.HasPrefix(l.Name, "closing") && (!slices.Contains(l.Blocks, "nemnd") || !slices.Contains(l.Blocks, "ldo")) {
					t.Errorf("%s need not say where else to turn", l.Name)
				}
			}
		},
		"R-MEAS": func(t *testing.T) {
			TestAMeasureIsSetBeforeClosing(t)
			c := triaged(t, facts(monday))
			c.must("maren", "measure owner=jonas until=2026-12-01")
			c.due("measure/m1", "2026-12-01")
			c.rings("measure/m1", "control")
			c.refused("jonas", "measure_done proof=", plan.RefusedField)
		},
		"R-REOPEN": TestReopeningKeepsTheFold,
		"R-CLOSE": func(t *testing.T) {
			c := decided(t, facts(monday), "no_measure")
			c.due("close", "2027-01-16")
			no := c.refused("maren", "close", plan.RefusedWaits)
			if want := []string{"care_1", "feedback", "result_b", "result_r", "support_a", "support_b"}; !slices.Equal(no.Waits, want) {
				t.Errorf("it waits for %v, want %v", no.Waits, want)
			}
		},
		"R-STAT": func(t *testing.T) {
			if n := partyRoutine().Numbers(); n.Least != 5 || len(n.Count) == 0 {
				t.Errorf("counts are %+v", n)
			}
		},
	}
	for id, rule := range rules {
		t.Run(id, rule)
	}
	for _, s := range partyRoutine().Steps() {
		for _, id := range s.For {
			if strings.HasPrefix(id, "R-") && rules[id] == nil {
				t.Errorf("%s serves %s, which is held by no test", s.ID, id)
			}
		}
		if len(s.For) == 0 {
			t.Errorf("%s serves nothing", s.ID)
		}
	}
}
