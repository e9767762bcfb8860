package handlers

import (
	"fmt"
	"slices"

	"tillit/handlers/routine/plan"
)

// Promises are days that the organisation file may still name. The routine says them now:
// who wants to promise less time writes a routine of their own.
type Promises struct {
	AnswerWorkingDays int // a person has answered
	LatestDays        int // an acknowledgement at the very latest
	ResultMonths      int // feedback on what was done
}

// PromiseFaults compares what the file still promises with the routine: the same is said
// twice, and anything else would be said to nobody.
func (r *Roster) PromiseFaults(of *plan.Routine) []Problem {
	c := &checker{name: r.file, lines: r.lines}
	for i, p := range []struct {
		key, unit string
		n         int
	}{{"answer_working_days", "wd", r.Promises.AnswerWorkingDays}, {"latest_days", "d", r.Promises.LatestDays}, {"result_months", "m", r.Promises.ResultMonths}} {
		if p.n == 0 {
			continue
		}
		at, want := "promises."+p.key, fmt.Sprintf("received+%d%s", p.n, p.unit)
		step, days := promisedBy(of, promises[i])
		if slices.Contains(days, want) {
			c.warning(at, "the routine promises this already (step %s); leave %s out here", step, p.key)
			continue
		}
		c.problem(at, "what reporters are promised stands in the routine: step %s says %q. To promise less time, copy the routine's folder, write %s there and name the folder in tillit.toml (routine = …); more time cannot be promised. Then leave %s out here",
			step, days, want, p.key)
	}
	return c.problems
}

// promisedBy is the step that keeps a promise, and the days by which it does.
func promisedBy(of *plan.Routine, rule string) (step string, days []string) {
	for _, s := range of.Steps() {
		if promiseOf(s) == rule {
			return s.ID, s.Due
		}
	}
	return "", nil
}
