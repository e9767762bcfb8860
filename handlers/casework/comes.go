package casework

import (
	"math"
	"time"

	"tillit/handlers/routine"
	"tillit/handlers/routine/plan"
)

// Outcome is what an act would come to, for the handler to see before they do it.
type Outcome struct {
	Waits  bool   // it changes nothing before a second person has agreed
	Ends   []Task // steps that are over with it
	Begins []Task // steps that can be done from then on
}

// Comes says what an act would come to, as the case stood when it was opened. Of one that
// is refused, and of a case that no routine has taken over, it says nothing.
func (c *Client) Comes(cs *Case, act routine.Filled, now time.Time) (out Outcome) {
	st := cs.Story
	if st.plan == nil {
		return out
	}
	after := st.plan.Clone()
	if after.Apply(plan.Done{Act: act.Name, Seq: math.MaxInt32, By: c.Me().ID, At: now, Fields: act.Plain()}) != nil {
		return out
	}
	out.Waits = len(after.Asked()) > len(st.plan.Asked())
	before := map[string]plan.Step{}
	for _, s := range st.plan.Steps(now) {
		before[s.Key()] = s
	}
	has := after.Duties()
	for _, s := range after.Steps(now) {
		was, known := before[s.Key()]
		switch {
		case s.Over() && (!known || !was.Over()):
			out.Ends = append(out.Ends, c.task(st, s, has))
		case s.Status == plan.StatusOpen && (!known || was.Status != plan.StatusOpen):
			out.Begins = append(out.Begins, c.task(st, s, has))
		}
	}
	return out
}
