package acts_test

import (
	"testing"

	"tillit/handlers/routine/acts"
	"tillit/handlers/routine/party"
	"tillit/handlers/routine/plan"
)

// TestTheRoutineSaysWhatTheActsDeclare reads the routine that Tillit comes with, which
// compares its acts with their declarations, and looks for those that it does not use.
func TestTheRoutineSaysWhatTheActsDeclare(t *testing.T) {
	v := acts.Vocabulary()
	r, wrong := plan.Load(party.Files, v)
	for _, p := range wrong {
		t.Error(p)
	}
	if r == nil {
		t.FailNow()
	}
	for _, a := range v.Acts {
		if _, used := r.Act(a.Name); !used {
			t.Errorf("the routine does not use %s", a.Name)
		}
	}
}
