package plan

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// settle begins the steps whose conditions hold now, and sees which are free. Each act
// that changed something ends with it.
func (s *State) settle(at time.Time) {
	for changed := true; changed; {
		changed = false
		for i := range s.r.specs {
			spec := &s.r.specs[i]
			if !spec.Each && len(s.steps[i].objects) == 0 && s.holds(spec.when) {
				s.begin(i, object{since: at, floor: s.flagTime(spec)})
				changed = true
			}
		}
	}
	for i := range s.r.specs {
		p := &s.steps[i]
		was := p.free
		p.free = !slices.ContainsFunc(s.r.specs[i].needs, func(need int) bool { return s.steps[need].pending > 0 })
		if p.free && !was {
			p.freed = at
		}
	}
	s.asked = slices.DeleteFunc(s.asked, func(a Asked) bool { return a.Step != "" && s.lookup(a.Step) == nil })
}

// flagTime is when the last of the flags that a step begins with was known, if that was
// after the beginning.
func (s *State) flagTime(spec *spec) (floor time.Time) {
	if !spec.flagged {
		return floor
	}
	for i := range spec.when {
		if spec.when[i].key != "flag" {
			continue
		}
		first := time.Time{}
		for _, flag := range spec.when[i].values {
			if t, raised := s.flags[flag]; raised && (first.IsZero() || t.Before(first)) {
				first = t
			}
		}
		if first.After(floor) {
			floor = first
		}
	}
	return floor
}

// begin adds an object of a step; of a step without objects it takes the place of what
// was there. One that has a day already keeps it.
func (s *State) begin(i int, o object) {
	spec, p := &s.r.specs[i], &s.steps[i]
	if dated := !o.due.IsZero(); !dated {
		for _, e := range spec.due {
			s.date(spec, &o, e, o.since)
		}
	}
	p.opened++
	p.pending++
	if len(p.objects) == 0 || spec.Each {
		p.objects = append(p.objects, o)
		return
	}
	p.objects[0] = o
}

// date gives an object the day of a due expression, if its anchor is set and the day
// is earlier than what it has.
func (s *State) date(spec *spec, o *object, e expr, at time.Time) {
	anchor := s.anchor(spec, o, e.anchor)
	if anchor.IsZero() {
		return
	}
	if anchor.Before(o.floor) {
		if e.n < 0 {
			return // what should have come before something that is over
		}
		anchor = o.floor
	}
	if due := e.from(anchor, s.c, spec.work); o.due.IsZero() || due.Before(o.due) && o.moves == 0 {
		if o.due.IsZero() {
			o.begun = at
		}
		o.due = due
	}
}

// anchor is the moment that a day counts from; zero if it has not come. A promise to the
// reporter counts from when she was heard, also in a case from before the routine.
func (s *State) anchor(spec *spec, o *object, name string) time.Time {
	switch name {
	case "received":
		if spec.Words || spec.Owners[0] == OwnerDaemon {
			return s.facts.Received
		}
		return s.facts.From
	case "opened":
		return o.since
	case own:
		return o.own
	}
	return s.anchors[name]
}

// mark sets an anchor that has not come yet, by an act; an event that comes earlier
// counts too.
func (s *State) mark(name string, t, at time.Time) {
	was, set := s.anchors[name]
	if set && (name != "event" || !t.Before(was)) {
		return
	}
	s.anchors[name] = t
	for _, i := range s.r.anchored[name] {
		spec := &s.r.specs[i]
		for j := range s.steps[i].objects {
			o := &s.steps[i].objects[j]
			for _, e := range spec.due {
				if e.anchor == name && !o.over {
					s.date(spec, o, e, at)
				}
			}
		}
	}
}

// end ends an object.
func (s *State) end(t target, at time.Time, by int64, waived bool) {
	p := &s.steps[t.spec]
	o := &p.objects[t.object]
	o.over, o.waived, o.ended, o.by = true, waived, at, by
	p.pending--
	if waived {
		p.waived++
	}
}

// target is an object of a step, by their places.
type target struct{ spec, object int }

// lookup finds a step that is not over, by its key; nil for none. A step with objects is
// found by its bare name if one alone is open.
func (s *State) lookup(key string) *target {
	id, name, _ := strings.Cut(key, "/")
	i, known := s.r.index[id]
	if !known {
		return nil
	}
	var found *target
	for j := range s.steps[i].objects {
		o := &s.steps[i].objects[j]
		if o.over || name != "" && o.name != name {
			continue
		}
		if found != nil {
			return nil
		}
		found = &target{i, j}
	}
	return found
}

func (s *State) object(t target) *object { return &s.steps[t.spec].objects[t.object] }

func (s *State) key(t target) string { return stepKey(s.r.specs[t.spec].ID, s.object(t).name) }

// pendingKeys are the objects of a step that are not over.
func (s *State) pendingKeys(i int) (all []string) {
	for j := range s.steps[i].objects {
		if !s.steps[i].objects[j].over {
			all = append(all, s.key(target{i, j}))
		}
	}
	return all
}

// waits are the steps that a step waits for, sorted.
func (s *State) waits(i int) (all []string) {
	for _, need := range s.r.specs[i].needs {
		all = append(all, s.pendingKeys(need)...)
	}
	slices.SortFunc(all, stepOrder)
	return all
}

// newName is what the next object of a step is called: by the talk that it is about, or
// by the step's first letter and a number.
func (s *State) newName(i int, talk string) string {
	name, n := "t"+talk, 1
	if talk == "" {
		letter := s.r.specs[i].ID[:1]
		return letter + strconv.Itoa(s.steps[i].opened+1)
	}
	for full := name; ; full = name + "-" + strconv.Itoa(n) {
		if !slices.ContainsFunc(s.steps[i].objects, func(o object) bool { return o.name == full }) {
			return full
		}
		n++
	}
}
