package handlers

import (
	"crypto/rand"
	"encoding/hex"
	"slices"
	"time"

	"tillit/handlers/routine/plan"
	"tillit/store/cases"
)

// Opening begins the office's work on cases, by the routine that holds for new ones and
// the days by which this office counts. It does not change.
type Opening struct {
	Routine  *plan.Routine
	Calendar plan.Calendar
	// earlier is the routine of a case that began under another one; nil knows none.
	earlier func(version string) (*plan.Routine, plan.Calendar)
}

// Opening is how cases begin in an office.
func (r *Routines) Opening(of *Roster) Opening {
	return Opening{r.Current, r.Current.Calendar(of.Zone, of.Closed), func(version string) (*plan.Routine, plan.Calendar) {
		if earlier := r.Of(version); earlier != nil {
			return earlier, earlier.Calendar(of.Zone, of.Closed)
		}
		return nil, plan.Calendar{}
	}}
}

// Begin is what the work on a report begins from. Its clocks have ids that say nothing of
// their steps: two reports of the same have none in common.
func (o Opening) Begin(r cases.Report) cases.Start {
	received := r.Received.UTC().Truncate(time.Second)
	start := cases.Start{
		Routine: o.Routine.Version(), Received: received, From: received, Source: r.Source,
		Choices: r.Choices, Flags: r.Flags, OtherKnown: r.OtherKnown, Eligible: r.Eligible,
	}
	return o.fold(start, r.Level)
}

// TakeOver is what the work on a case from before the routine begins from: it counts from
// now on, but for what its reporter was promised. What was promised and done stays done.
func (o Opening) TakeOver(r cases.Report, f cases.Facts, now time.Time) cases.Start {
	start := cases.Start{
		Routine: o.Routine.Version(), Received: r.Received.UTC(), From: now.UTC().Truncate(time.Second), Source: r.Source,
		Choices: r.Choices, Flags: f.Flags, OtherKnown: r.OtherKnown, Eligible: r.Eligible, Days: map[string]string{},
	}
	for _, step := range o.Routine.Steps() {
		rule := promiseOf(step)
		due := slices.IndexFunc(f.Due, func(d cases.Due) bool { return d.Rule == rule })
		switch {
		case slices.Contains(step.Owners, plan.OwnerDaemon), rule != "" && due < 0:
			start.Over = append(start.Over, step.ID)
		case rule != "":
			start.Days[step.ID] = f.Due[due].Day
		}
	}
	start = o.fold(start, f.Level)
	start.Level = f.Level // as it was
	return start
}

// fold fills in what follows from the facts of a start.
func (o Opening) fold(start cases.Start, proposed string) cases.Start {
	state := o.Routine.Begin(PlanFacts(start), o.Calendar)
	start.Lock, start.Phase, start.Level = state.Lock(), state.Phase(), proposed
	levels := o.Routine.Levels()
	if slices.Index(levels, proposed) < slices.Index(levels, start.Lock) {
		start.Level = start.Lock
	}
	for _, c := range state.Clocks() {
		start.Clocks = append(start.Clocks, begun(c))
	}
	return start
}

// begun is a clock as the server keeps it, with an id that nobody has seen yet.
func begun(c plan.Clock) cases.Clock {
	return cases.Clock{
		ID: clockID(), Due: c.Due.String(), Begun: c.Begun.UTC(), Ladder: c.Ladder, Duty: c.Duty, Person: c.Person,
		Words: c.Words, Reply: c.Reply, Moves: c.Moves, About: c.About,
	}
}

// PlanFacts are the facts of a start as the routine's engine takes them: server and desk
// begin from the same.
func PlanFacts(s cases.Start) plan.Facts {
	return plan.Facts{
		Received: s.Received, From: s.From, Source: s.Source, Choices: s.Choices, Flags: s.Flags, Event: s.Event,
		OtherKnown: s.OtherKnown, Eligible: s.Eligible, Over: s.Over, Days: s.Days,
	}
}

func clockID() string {
	var id [8]byte
	_, _ = rand.Read(id[:]) // never fails
	return hex.EncodeToString(id[:])
}

// The rules of what a reporter is promised at the receipt: a person answers, at the very
// latest by, the result or how far it has come. A routine has a step for each.
var promises = []string{"R-ACK1", "R-ACK2", "R-FB"}

// promiseOf is the rule of a promise that a step keeps; empty for none.
func promiseOf(s plan.StepSpec) string {
	i := slices.IndexFunc(promises, func(rule string) bool { return s.Words && slices.Contains(s.For, rule) })
	if i < 0 {
		return ""
	}
	return promises[i]
}

// Promised are the days that the reporter of a report is told at its receipt, each whole.
func (o Opening) Promised(received time.Time) (answer, latest, result time.Time) {
	days := map[string]plan.Due{}
	for _, s := range o.Routine.Begin(plan.Facts{Received: received}, o.Calendar).Steps(received) {
		spec, _ := o.Routine.Step(s.ID)
		if rule := promiseOf(spec); rule != "" && s.Due.Before(days[rule]) {
			days[rule] = s.Due
		}
	}
	return days[promises[0]].Time, days[promises[1]].Time, days[promises[2]].Time
}
