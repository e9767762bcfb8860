package casework_test

import (
	"slices"
	"testing"
	"time"

	"tillit/handlers/casework"
	"tillit/handlers/handlerstest"
	"tillit/handlers/routine/acts"
	"tillit/handlers/routine/plan"
	"tillit/intake"
	"tillit/store/cases"
)

// TestCasesFromBeforeTheRoutineAreShownAsTheyWere compares what each desk shows of the
// frozen cases with what it showed when they were made, and the server finds them whole.
func TestCasesFromBeforeTheRoutineAreShownAsTheyWere(t *testing.T) {
	o := handlerstest.FrozenV2(t)
	shownAsThen(t, "testdata/v2/shown.json", o)
	for range 2 {
		if faults, err := o.Store.Verify(t.Context(), o.Roster.SignKeys); err != nil || len(faults) > 0 {
			t.Errorf("the server finds %q, %v", faults, err)
		}
		before := o.Count("SELECT count(*) FROM entries")
		o.Stop()
		o.Start() // nothing of it happens twice
		if after := o.Count("SELECT count(*) FROM entries"); after != before {
			t.Errorf("%d entries are %d after another start", before, after)
		}
	}
	if n := o.Count("SELECT count(*) FROM entries WHERE kind = 'log' AND hour = ?", o.Clock.Now().Truncate(time.Hour).Unix()); n != 4 {
		t.Errorf("%d cases are taken over, want those that were sent", n)
	}
}

// TestTheRoutineGoesOnFromTheUpgrade: what was promised holds, what was kept stays kept, all
// else counts from the upgrade, and the case is worked from there.
func TestTheRoutineGoesOnFromTheUpgrade(t *testing.T) {
	o := handlerstest.FrozenV2(t)
	maren := o.Dial("maren")
	lin, per := byFlag(t, maren, "URGENT"), taken(t, maren, "jonas")
	now := o.Clock.Now()
	steps := func(ref string) map[string]plan.Step {
		t.Helper()
		cs, err := maren.Case(t.Context(), ref)
		if err != nil || len(cs.Faults)+len(cs.Doubts) > 0 {
			t.Fatalf("%s: %v, %v, %v", ref, err, cs.Faults, cs.Doubts)
		}
		w := maren.Where(cs, now)
		if len(w.Adrift) > 0 {
			t.Errorf("%s: the server has other clocks than the log: %v", ref, w.Adrift)
		}
		all := map[string]plan.Step{}
		for _, task := range slices.Concat(w.Open, w.Waiting, w.Over) {
			all[task.Key()] = task.Step
		}
		return all
	}
	is := func(of map[string]plan.Step, step, status, due string) {
		t.Helper()
		if s := of[step]; s.Status != status || due != "" && s.Due.String() != due {
			t.Errorf("%s is %q until %s, want %q until %s", step, s.Status, s.Due, status, due)
		}
	}
	// Received Tuesday 17 November at 14:40, upgraded Thursday 19 November at 08:30.
	of := steps(lin)
	is(of, "receipt", plan.StatusDone, "")
	is(of, "ack1", plan.StatusOpen, "2026-11-20")
	is(of, "ack2", plan.StatusOpen, "2026-11-24")
	is(of, "feedback", plan.StatusOpen, "2027-02-17")
	is(of, "urgent", plan.StatusOpen, "2026-11-19T11:30Z")
	is(of, "coi", plan.StatusOpen, "2026-11-23")
	if _, there := of["hear_a"]; there {
		t.Error("what Lin answered is not known: she is asked to be heard as somebody else's witness")
	}
	of = steps(per)
	is(of, "ack1", plan.StatusDone, "")
	is(of, "ack2", plan.StatusDone, "")
	is(of, "feedback", plan.StatusOpen, "2027-02-17")
	if head := headOf(t, maren, per); head.Phase != "acknowledged" || head.Assignee != "jonas" || slices.ContainsFunc(head.Clocks, func(c cases.Clock) bool { return c.Reply }) {
		t.Errorf("the server has %+v", head)
	}
	// Work goes on, by acts that there were none of.
	act, err := acts.Find("assess_safety").Read(func(f string) []string {
		return map[string][]string{"risk": {"some"}, "text": {"Hun er hos søsteren."}}[f]
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := maren.Do(t.Context(), lin, casework.Doing{Act: act}); err != nil {
		t.Fatal(err)
	}
	if err := maren.Reply(t.Context(), lin, intake.NewPrivate("Vi ringer deg.")); err != nil {
		t.Fatal(err)
	}
	of = steps(lin)
	for _, step := range []string{"urgent", "safety", "ack1", "ack2"} {
		is(of, step, plan.StatusDone, "")
	}
	if checked, err := maren.VerifyAll(t.Context()); err != nil || slices.ContainsFunc(checked, func(c casework.Checked) bool { return len(c.Faults) > 0 }) {
		t.Errorf("%v, %v", checked, err)
	}
}

func byFlag(t *testing.T, c *handlerstest.Desk, flag string) string {
	t.Helper()
	return find(t, c, func(h cases.Case) bool { return slices.Contains(h.Flags, flag) })
}

func taken(t *testing.T, c *handlerstest.Desk, by string) string {
	t.Helper()
	return find(t, c, func(h cases.Case) bool { return h.Assignee == by })
}

func headOf(t *testing.T, c *handlerstest.Desk, ref string) (head cases.Case) {
	t.Helper()
	find(t, c, func(h cases.Case) bool {
		if h.Ref == ref {
			head = h
		}
		return h.Ref == ref
	})
	return head
}

func find(t *testing.T, c *handlerstest.Desk, is func(cases.Case) bool) string {
	t.Helper()
	page, err := c.Queue(t.Context(), casework.Query{})
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(page.Cases, is)
	if i < 0 {
		t.Fatal("there is no such case")
	}
	return page.Cases[i].Ref
}
