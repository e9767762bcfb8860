package handlers

import (
	"slices"
	"time"

	"tillit/handlers/routine/plan"
	"tillit/store/cases"
)

// This file is what a case's own routine, which may be an earlier one, says to its reporter
// and does at her wish. Nothing of it needs more than what the server knows.

// of is the routine of a version, with the days by which this office counts; nil for one
// that is not known here.
func (o Opening) of(version string) (*plan.Routine, plan.Calendar) {
	switch {
	case o.Routine != nil && version == o.Routine.Version():
		return o.Routine, o.Calendar
	case o.earlier == nil || version == "":
		return nil, plan.Calendar{}
	}
	return o.earlier(version)
}

// Says is what a routine says under a key, in a language. It is false where it says
// nothing, or is not known.
func (o Opening) Says(version, key, lang string) (string, bool) {
	r, _ := o.of(version)
	if r == nil {
		return "", false
	}
	return r.Text(key, lang)
}

// Holder is who answers for a case in the phase that it is in: who has the duty of that
// phase, else who has taken the case. Empty is nobody.
func (o Opening) Holder(c cases.Case) string {
	if r, _ := o.of(c.Routine); r != nil {
		phases := r.Phases()
		i := slices.IndexFunc(phases, func(p plan.Phase) bool { return p.Name == c.Phase })
		if i >= 0 && c.Duties[phases[i].Owner] != "" {
			return c.Duties[phases[i].Owner]
		}
	}
	return c.Assignee
}

// Wish are the clocks that begin when a reporter asks for something by a press. It is
// false for what the routine does not know.
func (o Opening) Wish(version, wish string, at time.Time) (clocks []cases.Clock, known bool) {
	r, calendar := o.of(version)
	if r == nil {
		return nil, false
	}
	all, known := r.Wish(wish, at, calendar)
	for _, c := range all {
		clocks = append(clocks, begun(c))
	}
	return clocks, known
}
