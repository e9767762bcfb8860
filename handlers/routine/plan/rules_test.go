package plan_test

import (
	"slices"
	"testing"

	"tillit/handlers/routine/plan"
)

const monday = "2026-11-16 09:00"

// TestAllOrNothing: an act is refused unless all steps that it would end are free.
func TestAllOrNothing(t *testing.T) {
	c := triaged(t, facts(monday, "POLICE_INFO"))
	no := c.refused("jonas", "disclose", plan.RefusedWaits)
	if !slices.Equal(no.Steps, []string{"notice", "tell_b"}) || !slices.Equal(no.Waits, []string{"police_q"}) {
		t.Errorf("it names %v, which wait for %v", no.Steps, no.Waits)
	}
	c.must("maren", "police_answer")
	c.must("jonas", "disclose")
	c.stands("notice", plan.StatusDone)
	c.stands("tell_b", plan.StatusDone)
}

// TestNoAnchorNotBegun: what has no day yet cannot be done, nor left out.
func TestNoAnchorNotBegun(t *testing.T) {
	c := triaged(t, facts(monday))
	c.refused("maren", "check_in when=1m", plan.RefusedNotBegun)
	c.refused("maren", "check_in when=hearing", plan.RefusedNotBegun)
	c.refused("maren", "waive step=care_1", plan.RefusedNotBegun)
	c.refused("maren", "feedback letter=result_r", plan.RefusedWaits)
	if s := c.step("care_1"); s.Status != plan.StatusWaiting || s.HasDue || len(s.Waits) > 0 {
		t.Errorf("care_1 stands as %+v", s)
	}
}

// TestTheOwnersDuty: an act about one step is its owner's; another act ends only what its
// signer owns, and promises, which end with words whoever writes them.
func TestTheOwnersDuty(t *testing.T) {
	c := decided(t, facts(monday), "no_measure")
	no := c.refused("maren", "feedback letter=result_b", plan.RefusedOwner)
	if !slices.Equal(no.Steps, []string{"result_b"}) || no.Duty != "contact_b" {
		t.Errorf("it says that %v is %s's", no.Steps, no.Duty)
	}
	c.refused("jonas", "feedback letter=result_r", plan.RefusedOwner)
	c.refused("jonas", "support side=a answer=declined", plan.RefusedOwner)

	c = begin(t, facts(monday, "MINOR15", "MINOR18"))
	c.must("maren", "take", "declare", "staff part=contact_a=jonas")
	c.must("jonas", "minor") // his own step alone
	c.stands("minor18", plan.StatusDone)
	c.stands("minor15", plan.StatusOpen)
	c.must("maren", "minor")
	c.stands("minor15", plan.StatusDone)
	c.must("siv", "reply")
	c.stands("ack1", plan.StatusDone)
	c.stands("ack2", plan.StatusDone)
}

// TestNeedsAgainAtSecond: days lie between asking and agreeing.
func TestNeedsAgainAtSecond(t *testing.T) {
	c := informed(t, facts(monday))
	c.must("siv", "decide outcome=no_measure")
	c.must("maren", "name_witness") // so the case is not informed after all … but it was said to be
	c.must("maren", "staff part=decider=ola part=investigator=maren")
	if no := c.refused("jonas", "second of=decide", plan.RefusedDuty); no.Act != "second" {
		t.Errorf("it is a refusal of %s", no.Act)
	}
	c.must("maren", "staff part=decider=siv")
	c.must("jonas", "second of=decide")
	if c.s.Outcome() != "no_measure" || len(c.s.Asked()) > 0 {
		t.Errorf("the outcome is %q", c.s.Outcome())
	}

	c = informed(t, facts(monday))
	c.must("maren", "measure owner=jonas")
	c.must("jonas", "extend step=measure/m1 until=2027-01-29")
	c.now = at("2027-02-01 09:00") // now the day that was asked for is over
	c.refused("siv", "second of=extend.measure/m1", plan.RefusedField)
	if c.step("measure/m1").Moves != 0 {
		t.Error("the day is moved to one that is over")
	}
}

// TestARefusedActLeavesNothing: none of three duties is given if one cannot be.
func TestARefusedActLeavesNothing(t *testing.T) {
	c := begin(t, facts(monday))
	c.must("maren", "take", "declare")
	no := c.refused("maren", "staff part=contact_a=maren part=investigator=jonas part=contact_b=maren", plan.RefusedApart)
	if no.Duty != "contact_b" || no.Other != "contact_a" || no.Person != "maren" {
		t.Errorf("it says %+v", no)
	}
	if len(c.s.Duties()) != 1 {
		t.Errorf("it gave %v", c.s.Duties())
	}
	for _, parts := range []string{"part=", "part=nobody=maren", "part=contact_a=maren part=contact_a=jonas", "part=investigator=siv part=decider=siv"} {
		if err := c.do("maren", "staff "+parts); err == nil {
			t.Errorf("staff %s is done", parts)
		}
	}
	c.must("maren", "staff part=contact_a=maren part=contact_b=jonas")
	c.must("maren", "staff part=contact_a=jonas part=contact_b=maren") // both at once, so nobody ever had both
	c.must("maren", "staff part=contact_a=")
	if c.s.Duties()["contact_a"] != "" {
		t.Error("a duty is not taken away")
	}
}

// TestWaiveAndExtendLookAtTheOwner of the step that they name.
func TestWaiveAndExtendLookAtTheOwner(t *testing.T) {
	c := triaged(t, facts(monday))
	c.refused("maren", "waive step=tell_b", plan.RefusedOwner)
	c.refused("maren", "extend step=tell_b until=2026-12-11", plan.RefusedOwner)
	c.refused("jonas", "waive step=facts", plan.RefusedOwner)
	c.refused("jonas", "waive step=notice", plan.RefusedWaive)
	c.refused("jonas", "waive step=x", plan.RefusedStep)
	c.must("jonas", "waive step=tell_b", "extend step=tell_b until=2026-12-11")
	if asked := c.s.Asked(); len(asked) != 2 || asked[0].Step != "tell_b" || asked[0].By != "jonas" {
		t.Errorf("asked is %+v", asked)
	}
	c.refused("jonas", "second of=waive.tell_b", plan.RefusedSelf)
	c.refused(plan.Control, "second of=waive.tell_b", plan.RefusedDuty)
	c.must("siv", "second of=waive.tell_b agree=no")
	c.stands("tell_b", plan.StatusOpen)
	c.must("jonas", "waive step=tell_b")
	c.must("siv", "second of=waive.tell_b")
	c.stands("tell_b", plan.StatusWaived)
	if asked := c.s.Asked(); len(asked) != 0 {
		t.Errorf("for a step that is over it is still asked: %+v", asked)
	}
	c.refused("siv", "second of=99", plan.RefusedOf)
	c.must("maren", "waive step=facts") // one person is enough
	c.stands("facts", plan.StatusWaived)
}

// TestRefusalsNameAllStepsSorted, however the acts came.
func TestRefusalsNameAllStepsSorted(t *testing.T) {
	c := triaged(t, facts(monday, "POLICE_INFO", "TALK_FIRST"))
	for range 20 {
		no := c.refused("jonas", "disclose", plan.RefusedWaits)
		if !slices.Equal(no.Steps, []string{"notice", "tell_b"}) || !slices.Equal(no.Waits, []string{"police_q", "talk_first"}) {
			t.Fatalf("it names %v, which wait for %v", no.Steps, no.Waits)
		}
	}
}

// TestANameMissingIsNoGate: it comes from the reporter's answer or from an act, and until
// then nobody says a word to the other party.
func TestANameMissingIsNoGate(t *testing.T) {
	f := facts(monday)
	f.OtherKnown = false
	c := triaged(t, f)
	c.stands("hear_b", "")
	for _, line := range []string{"disclose", "heard seat=b", "invite seat=b", "support side=b answer=declined", "seated seat=b"} {
		c.refused("jonas", line, plan.RefusedUnknown)
	}
	c.must("maren", "name_other")
	c.stands("hear_b", plan.StatusWaiting)
	c.stands("notice", plan.StatusOpen)
	if got := c.step("notice").Due.String(); got != "2026-12-16" {
		t.Errorf("notice is due %s", got)
	}
	c.must("jonas", "disclose")
}

// TestNoWordToTheOtherPartyBeforeThePoliceQuestion, by whatever act (R-POLICE).
func TestNoWordToTheOtherPartyBeforeThePoliceQuestion(t *testing.T) {
	c := triaged(t, facts(monday, "FORENSIC"))
	for _, line := range []string{"disclose", "heard seat=b", "invite seat=b", "support side=b answer=declined"} {
		c.refused("jonas", line, plan.RefusedWaits)
	}
	c.must("jonas", "waive step=tell_b", "waive step=hear_b") // two people leave the talk out; the question stays
	c.must("siv", "second of=waive.tell_b")
	c.refused("jonas", "heard seat=b", plan.RefusedWaits)
	c.must("maren", "request wish=access seat=b") // what comes from the other party is written down
	c.must("maren", "waive step=police_q")
	c.must("siv", "second of=waive.police_q")
	c.must("jonas", "heard seat=b")
}

// TestNoDecisionBeforeBothWereHeard (R-HEAR).
func TestNoDecisionBeforeBothWereHeard(t *testing.T) {
	c := triaged(t, facts(monday))
	c.must("maren", "heard seat=r", "minutes which=tr", "no_answer")
	c.refused("maren", "state_informed", plan.RefusedWaits)
	c.refused("siv", "decide outcome=no_measure", plan.RefusedWaits)
	c.must("jonas", "waive step=tell_b", "waive step=hear_b")
	c.must("maren", "second of=waive.tell_b", "second of=waive.hear_b", "state_informed")
	c.must("siv", "decide outcome=no_measure")
	c.stands("decide", plan.StatusOpen)
	c.must("maren", "second of=decide")
	c.stands("decide", plan.StatusDone)
	c.refused("siv", "decide outcome=guidance", plan.RefusedAlready)
}

// TestWhoBecomesKnownLateIsHeardToo: after it was said that the case is informed, and
// after the decision.
func TestWhoBecomesKnownLateIsHeardToo(t *testing.T) {
	f := facts(monday)
	f.OtherKnown = false
	c := triaged(t, f)
	c.must("maren", "heard seat=r", "minutes which=tr", "no_answer", "state_informed")
	c.must("siv", "decide outcome=not_informed_enough")
	c.s.Learn(nil, true, c.now)
	if no := c.refused("jonas", "second of=decide", plan.RefusedWaits); !slices.Equal(no.Waits, []string{"hear_b"}) {
		t.Errorf("it waits for %v", no.Waits)
	}

	c = triaged(t, f)
	c.must("maren", "heard seat=r", "minutes which=tr", "no_answer", "state_informed")
	c.must("siv", "decide outcome=not_informed_enough")
	c.must("jonas", "second of=decide")
	c.must("maren", "name_other", "support side=a answer=declined", "feedback letter=result_r", "check_in when=1m")
	if no := c.refused("maren", "close", plan.RefusedWaits); !slices.Equal(no.Waits, []string{"hear_b"}) {
		t.Errorf("closing waits for %v", no.Waits)
	}
}

// TestSheWantsToTalkFirst: nothing happens before, unless two people say so and she is
// told why.
func TestSheWantsToTalkFirst(t *testing.T) {
	c := triaged(t, facts(monday, "TALK_FIRST"))
	c.refused("jonas", "disclose", plan.RefusedWaits)
	c.must("maren", "name_witness")
	c.refused("maren", "heard seat=w1", plan.RefusedWaits)
	c.must(plan.Daemon, "request wish=go_on") // her own word in the chat
	c.stands("talk_first", plan.StatusDone)
	c.must("maren", "heard seat=w1")
	c.must("jonas", "disclose")

	c = triaged(t, facts(monday, "TALK_FIRST"))
	c.must("maren", "waive step=talk_first")
	c.must("jonas", "second of=waive.talk_first")
	c.refused("jonas", "disclose", plan.RefusedWaits)
	c.must("jonas", "reply") // another's words are not those of her contact
	c.stands("talk_off", plan.StatusOpen)
	c.must("maren", "reply")
	c.must("jonas", "disclose")
}

// TestAMeasureIsSetBeforeClosing where the decision was one.
func TestAMeasureIsSetBeforeClosing(t *testing.T) {
	c := decided(t, facts(monday), "measure")
	c.must("maren", "support side=a answer=declined", "feedback letter=result_r", "check_in when=1m")
	c.must("jonas", "support side=b answer=declined", "feedback letter=result_b")
	if no := c.refused("maren", "close", plan.RefusedWaits); !slices.Equal(no.Waits, []string{"set_measure"}) {
		t.Errorf("closing waits for %v", no.Waits)
	}
	c.must("siv", "measure owner=jonas")
	if no := c.refused("maren", "close", plan.RefusedWaits); !slices.Equal(no.Waits, []string{"measure/m1"}) {
		t.Errorf("closing waits for %v", no.Waits)
	}
	c.must("siv", "measure_end")
	c.must("maren", "second of=measure_end", "close")

	c = triaged(t, facts(monday, "ONGOING")) // one that was set before is enough
	c.must("maren", "measure owner=jonas")
	c.stands("now", plan.StatusDone)
	if c.step("set_measure").ID != "" {
		t.Error("a measure is to be set before any decision")
	}
}

// TestWhichObject: an act names it, unless one alone is open.
func TestWhichObject(t *testing.T) {
	c := triaged(t, facts(monday))
	c.refused("jonas", "measure_done", plan.RefusedStep)
	c.must("maren", "measure owner=jonas", "measure owner=jonas")
	if no := c.refused("jonas", "measure_done", plan.RefusedWhich); !slices.Equal(no.Steps, []string{"measure/m1", "measure/m2"}) {
		t.Errorf("it names %v", no.Steps)
	}
	c.refused("jonas", "measure_done which=m3", plan.RefusedWhich)
	c.refused("ola", "measure_done which=m1", plan.RefusedOwner)
	c.must("jonas", "measure_done which=m2")
	c.refused("jonas", "measure_done which=m2", plan.RefusedAlready)
	c.must("jonas", "measure_done")
	c.must("maren", "name_witness", "name_witness")
	c.refused("maren", "heard seat=w3", plan.RefusedWhich)
	c.must("maren", "heard seat=w2", "heard seat=r", "heard seat=r")
	c.stands("witness/w1", plan.StatusOpen)
	c.stands("witness/w2", plan.StatusDone)
	for _, talk := range []string{"tw2", "tr", "tr-2"} {
		c.stands("minutes/"+talk, plan.StatusOpen)
	}
	c.must("maren", "minutes which=tr-2", "minutes which=tr", "minutes which=tr")
	c.refused(plan.Seat("b"), "minutes_ok which=tr", plan.RefusedAlready)
	c.must(plan.Seat("r"), "minutes_ok which=tr")
	c.must("maren", "minutes which=tr") // once more, so she is asked once more
	c.stands("confirm/tr", plan.StatusOpen)
	c.refused(plan.Seat("r"), "minutes_ok", plan.RefusedWhich)
}

// TestAnObjectHasAHolder: who opened it, whom the measure names, or who has their duty.
func TestAnObjectHasAHolder(t *testing.T) {
	c := triaged(t, facts(monday))
	c.must("jonas", "disclose", "heard seat=b")
	if s := c.step("minutes/tb"); s.Owner != plan.OwnerHolder || s.Holder != "jonas" {
		t.Errorf("the minutes are %s's, %s", s.Owner, s.Holder)
	}
	no := c.refused("maren", "minutes which=tb", plan.RefusedOwner)
	if no.Person != "jonas" {
		t.Errorf("the minutes are said to be %q's", no.Person)
	}
	i := slices.IndexFunc(c.s.Clocks(), func(k plan.Clock) bool { return k.Step == "minutes/tb" })
	if k := c.s.Clocks()[i]; k.Person != "jonas" || k.Duty != "contact_b" {
		t.Errorf("it rings %q, %q", k.Person, k.Duty)
	}
	for who, owns := range map[string]bool{"jonas": true, "maren": false, "ola": false, plan.Seat("b"): true, plan.Seat("r"): false} {
		if c.s.Owns(who, "minutes/tb") != owns || c.s.Owns(who, "minutes/tx") || c.s.Owns(who, "x") || c.s.Owns(who, "receipt") != (who[0] == '#') {
			t.Errorf("the minutes are said to be %s's, or not", who)
		}
	}
	c.must("maren", "staff part=contact_b=ola") // Jonas is ill
	c.must("ola", "minutes which=tb")
	c.must("maren", "measure owner=jonas")
	c.s.Leave("jonas")
	c.refused("ola", "measure_done", plan.RefusedOwner)
	c.must("maren", "measure_done")
}

// TestTheLevelIsLocked from below (R-LEVEL-CENTRAL, R-EXTERNAL).
func TestTheLevelIsLocked(t *testing.T) {
	f := facts(monday)
	f.Choices["E3"] = []string{"central"}
	c := begin(t, f)
	c.must("maren", "take", "assess_safety", "declare")
	if no := c.refused("maren", "decide_level level=county", plan.RefusedLevel); no.Level != "central" || c.s.Level() != "central" {
		t.Errorf("it is locked to %s", no.Level)
	}
	c.refused("maren", "decide_level level=moon", plan.RefusedField)
	c.must("maren", "decide_level level=external", "decide_level level=central")
	if c.s.Level() != "central" || c.s.Lock() != "central" {
		t.Errorf("the level is %s", c.s.Level())
	}
	f.Eligible = 0
	if c := begin(t, f); c.s.Lock() != "external" {
		t.Error("nobody may read it, and it is not locked to the external receiver")
	}
}

// TestWhoHasTheCase.
func TestWhoHasTheCase(t *testing.T) {
	c := begin(t, facts(monday))
	c.refused("maren", "release", plan.RefusedAlready)
	c.must("maren", "take")
	c.refused("maren", "take", plan.RefusedAlready)
	c.refused("jonas", "release", plan.RefusedDuty)
	c.must("maren", "give to=jonas")
	c.refused("maren", "staff part=contact_a=maren", plan.RefusedDuty)
	c.must("jonas", "release")
	c.must("siv", "take", "recuse")
	if len(c.s.Duties()) > 0 {
		t.Errorf("who stepped away has %v", c.s.Duties())
	}
	c.must("maren", "take", "declare", "staff part=contact_b=jonas")
	c.must("maren", "exclude person=jonas")
	if c.s.Duties()["contact_b"] != "jonas" {
		t.Error("one person alone keeps a colleague out")
	}
	c.must("siv", "second of=exclude")
	if c.s.Duties()["contact_b"] != "" {
		t.Error("who is kept out has a duty")
	}
	c.refused("maren", "dance", plan.RefusedAct)
	c.refused("", "take", plan.RefusedDuty)
	c.refused("maren", "receipt", plan.RefusedDuty)
	c.refused("maren", "minutes_ok", plan.RefusedDuty)
	c.refused("maren", "heard seat=", plan.RefusedDuty)
}

// TestATieEndsNoStep: who has one steps away, and another says that there is none.
func TestATieEndsNoStep(t *testing.T) {
	c := begin(t, facts(monday))
	c.must("maren", "take", "declare tie=family")
	c.stands("coi", plan.StatusOpen)
	c.must("maren", "declare tie=none")
	c.stands("coi", plan.StatusDone)
}

// TestNobodyIsContactForBothWhileADutyIsVacant: the lead does what nobody has, but for
// what must be another person's (R-SPLIT).
func TestNobodyIsContactForBothWhileADutyIsVacant(t *testing.T) {
	c := begin(t, facts(monday))
	c.must("maren", "take", "assess_safety", "declare", "decide_level level=central")
	c.must("maren", "staff part=contact_a=maren part=investigator=maren")
	c.refused("maren", "waive step=tell_b", plan.RefusedOwner)
	c.refused("maren", "heard seat=b", plan.RefusedOwner)
	c.must("maren", "waive step=facts")
}

// TestAnActAboutWhatThereIsNotIsRefused where others would have to come before it.
func TestAnActAboutWhatThereIsNotIsRefused(t *testing.T) {
	c := triaged(t, facts(monday)) // the reporter is the affected person, and the other party was not told
	c.refused("maren", "heard seat=a", plan.RefusedStep)
	c.refused("maren", "feedback letter=result_a", plan.RefusedStep)
	c.refused("jonas", "feedback letter=result_b", plan.RefusedStep)
	c.must("maren", "inform what=evidence what=police", "invite seat=a") // nothing comes before these
}

// TestWhatIsAskedTwiceIsAgreedToOnce.
func TestWhatIsAskedTwiceIsAgreedToOnce(t *testing.T) {
	c := informed(t, facts(monday))
	c.must("siv", "decide outcome=guidance", "decide outcome=no_measure", "extend step=decide until=2027-02-01")
	first := c.s.Asked()[0]
	c.must("maren", "second of=decide") // the second of the two
	if c.s.Outcome() != "no_measure" || len(c.s.Asked()) != 0 || c.step("decide").By == first.Seq {
		t.Errorf("it comes to %q, and asked is %v", c.s.Outcome(), c.s.Asked())
	}
}

// TestWhatMustBeFilledInIs: a desk that lies leaves a reason out.
func TestWhatMustBeFilledInIs(t *testing.T) {
	c := triaged(t, facts(monday))
	for line, field := range map[string]string{
		"waive step=facts reason=": "reason", "measure owner=": "owner", "assess_safety event=x": "event", "support side=c answer=declined": "side",
		"check_in when=hearing worse=perhaps": "worse", "measure owner=jonas until=2026-11-01": "until",
	} {
		if no := c.refused("maren", line, plan.RefusedField); no.Field != field {
			t.Errorf("%s: it is said of %q", line, no.Field)
		}
	}
}

// TestMinutesThatAreSentAgainAskNoLater: who has not answered yet is asked by the same day.
func TestMinutesThatAreSentAgainAskNoLater(t *testing.T) {
	c := triaged(t, facts(monday))
	c.must("maren", "heard seat=r", "minutes which=tr")
	was := c.step("confirm/tr").Due
	c.now = c.now.AddDate(0, 0, 20)
	c.must("maren", "minutes which=tr")
	if got := c.step("confirm/tr"); got.Due != was || !got.Late {
		t.Errorf("sent again, they are due %s", got.Due)
	}
	c.refused("maren", "minutes which=tb", plan.RefusedWhich)
}

// TestWhatIsNotThereIsNotDone, so a phase that hangs on it is not reached.
func TestWhatIsNotThereIsNotDone(t *testing.T) {
	all := folder()
	edit(t, all, "routine.toml", `["closed", "done:close"]`, `["closed", "done:urgent"]`)
	r, wrong := plan.Load(all, plan.Vocabulary{})
	if len(wrong) > 0 {
		t.Fatal(lines(wrong))
	}
	if got := r.Begin(facts(monday), calendar()).Phase(); got != "received" {
		t.Errorf("it is %s", got)
	}
}

// TestWhenClocksBegin: with a law, when the step begins, also while it waits; else when
// it is free.
func TestWhenClocksBegin(t *testing.T) {
	c := begin(t, facts(monday, "POLICE_INFO"))
	clock := func(step string) plan.Clock {
		all := c.s.Clocks()
		if i := slices.IndexFunc(all, func(k plan.Clock) bool { return k.Step == step }); i >= 0 {
			return all[i]
		}
		return plan.Clock{}
	}
	if k := clock("notice"); !k.Begun.Equal(at(monday)) || c.step("notice").Status != plan.StatusWaiting {
		t.Errorf("the clock of the notice is %+v", k)
	}
	if k := clock("tell_b"); k.Step != "" {
		t.Errorf("tell_b waits, and rings: %+v", k)
	}
	c.must("maren", "take", "assess_safety", "declare", "decide_level level=central", "staff part=investigator=maren part=contact_b=jonas")
	c.now = at("2026-11-25 10:00")
	c.must("maren", "police_answer")
	if k := clock("tell_b"); !k.Begun.Equal(c.now) || k.Duty != "contact_b" || k.Person != "" {
		t.Errorf("free, its clock is %+v", k)
	}
	if k := clock("notice"); !k.Begun.Equal(at(monday)) {
		t.Errorf("the clock of the notice begins again: %+v", k)
	}
	for step, want := range map[string][2]bool{"ack1": {true, true}, "feedback": {true, false}, "facts": {}} {
		if k := clock(step); k.Words != want[0] || k.Reply != want[1] {
			t.Errorf("the clock of %s is %+v", step, k)
		}
	}
}
