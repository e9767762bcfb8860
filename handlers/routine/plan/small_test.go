package plan_test

import (
	"testing"
	"testing/fstest"

	"github.com/rogpeppe/go-internal/txtar"

	"tillit/handlers/routine/plan"
)

// small is another organisation's routine.
func small(t testing.TB) fstest.MapFS {
	a, err := txtar.ParseFile("testdata/small.txtar")
	if err != nil {
		t.Fatal(err)
	}
	all := fstest.MapFS{}
	for _, f := range a.Files {
		all[f.Name] = &fstest.MapFile{Data: f.Data}
	}
	return all
}

// TestAnotherOrganisationsRoutine is a folder, and no Go.
func TestAnotherOrganisationsRoutine(t *testing.T) {
	r, wrong := plan.Load(small(t), vocabulary())
	if len(wrong) > 0 {
		t.Fatal(lines(wrong))
	}
	c := &file{t: t, r: r, now: at("2026-11-19 21:40")} // a Thursday, and they know no holidays
	c.s = r.Begin(plan.Facts{Received: c.now}, r.Calendar(oslo, nil))
	if got := c.step("answer").Due.String(); got != "2026-11-20" {
		t.Errorf("the answer is due %s", got)
	}
	c.must("kari", "take")
	c.refused("kari", "close", plan.RefusedWaits)
	c.refused("kari", "waive step=answer", plan.RefusedAct)
	c.must("kari", "reply", "close")
	c.must("per", "second of=close")
	if c.s.Phase() != "over" || !c.s.Closed() {
		t.Errorf("it is %s", c.s.Phase())
	}
}
