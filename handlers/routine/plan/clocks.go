package plan

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// Clocks are the clocks that run, by step and object: of what is open and has a day.
// With a ladder that rings while its step waits, a clock runs from the beginning of the
// step; else from when it is free.
func (s *State) Clocks() []Clock {
	var all []Clock
	for i := range s.steps {
		for j := range s.open(i) {
			if k, runs := s.clock(target{i, j}); runs {
				all = append(all, k)
			}
		}
	}
	slices.SortFunc(all, func(a, b Clock) int { return stepOrder(a.Step, b.Step) })
	return all
}

func (s *State) clock(t target) (Clock, bool) {
	spec, p, o := &s.r.specs[t.spec], &s.steps[t.spec], s.object(t)
	if o.over || o.due.IsZero() || !p.free && !spec.rings {
		return Clock{}, false
	}
	k := Clock{Step: s.key(t), Begun: o.begun, Due: o.due, Ladder: spec.Ladder, Duty: spec.Owners[0], Words: spec.Words, Reply: spec.Reply, Moves: o.moves, About: spec.about}
	if o.wish {
		k.About = spec.ID
	}
	if !spec.rings && p.freed.After(k.Begun) {
		k.Begun = p.freed
	}
	if k.Duty == OwnerHolder {
		k.Duty, k.Person = cmp.Or(o.duty, lead), o.holder
	}
	return k, true
}

// Steps are all steps that exist, as they stand at a moment: by their days, then by
// their ids and objects. What has no day comes last.
func (s *State) Steps(now time.Time) []Step {
	var all []Step
	for i := range s.steps {
		for j := range s.steps[i].objects {
			all = append(all, s.step(target{i, j}, now))
		}
	}
	slices.SortFunc(all, func(a, b Step) int {
		switch {
		case a.Due.Before(b.Due):
			return -1
		case b.Due.Before(a.Due):
			return 1
		case a.ID != b.ID:
			return strings.Compare(a.ID, b.ID)
		}
		return strings.Compare(a.Object, b.Object)
	})
	return all
}

func (s *State) step(t target, now time.Time) Step {
	spec, o := &s.r.specs[t.spec], s.object(t)
	step := Step{
		ID: spec.ID, Object: o.name, Phase: spec.Phase, Status: StatusOpen, Owner: spec.Owners[0],
		Due: o.due, HasDue: !o.due.IsZero(), Ladder: spec.Ladder, By: o.by, Ended: o.ended,
		Words: spec.Words, Waive: spec.Waive, Moves: o.moves, Extend: spec.Extend,
	}
	if step.Owner == OwnerHolder {
		step.Holder = o.holder
	}
	if step.Outside = spec.outside; spec.outside && o.seat != o.name {
		step.Seat = o.seat
	}
	switch {
	case o.waived:
		step.Status = StatusWaived
	case o.over:
		step.Status = StatusDone
	case !s.steps[t.spec].free:
		step.Status, step.Waits = StatusWaiting, s.waits(t.spec)
	case !step.HasDue:
		step.Status = StatusWaiting
	}
	if o.over {
		now = o.ended
	}
	step.Late = o.due.Late(now)
	return step
}
