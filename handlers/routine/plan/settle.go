package plan

import (
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"
)

// settle begins the steps whose conditions hold now, and sees which are free, if
// something has changed that this hangs on. Each act ends with it.
func (s *State) settle(at time.Time) {
	if !s.stirred {
		return
	}
	for s.stirred {
		s.stirred = false
		for i := range s.r.specs {
			spec := &s.r.specs[i]
			if !spec.Each && len(s.steps[i].objects) == 0 && s.holds(spec.when) {
				s.begin(i, &object{since: at, floor: s.flagTime(spec)})
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
func (s *State) begin(i int, o *object) {
	spec, p := &s.r.specs[i], &s.steps[i]
	if dated := !o.due.IsZero(); !dated {
		for _, e := range spec.due {
			s.date(spec, o, e, o.since)
		}
	}
	if day, ok := parseDay(s.facts.Days[spec.ID]); ok && p.opened == 0 && !o.due.IsZero() {
		o.due = dayIn(day, s.c.zone)
	}
	s.stirred = true
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
	s.anchors[name], s.stirred = t, true
	for _, i := range s.r.anchored[name] {
		spec := &s.r.specs[i]
		for j := range s.open(i) {
			o := s.edit(target{i, j})
			for _, e := range spec.due {
				if e.anchor == name {
					s.date(spec, o, e, at)
				}
			}
		}
	}
}

// end ends an object.
func (s *State) end(t target, at time.Time, by int64, waived bool) {
	p, o := &s.steps[t.spec], s.edit(t)
	o.over, o.waived, o.ended, o.by = true, waived, at, by
	p.pending--
	s.stirred = true
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
	for j, o := range s.open(i) {
		if name != "" && o.name != name {
			continue
		}
		if found != nil {
			return nil
		}
		found = &target{i, j}
	}
	return found
}

// object is one as it stands; it is not changed.
func (s *State) object(t target) *object { return s.steps[t.spec].objects[t.object] }

// edit puts a copy of an object in its place, to be changed.
func (s *State) edit(t target) *object {
	o := *s.object(t)
	s.steps[t.spec].objects[t.object] = &o
	return &o
}

// open are the objects of a step that are not over, the newest first.
func (s *State) open(i int) iter.Seq2[int, *object] {
	return func(yield func(int, *object) bool) {
		p := &s.steps[i]
		for j, left := len(p.objects)-1, p.pending; j >= 0 && left > 0; j-- {
			if o := p.objects[j]; !o.over {
				left--
				if !yield(j, o) {
					return
				}
			}
		}
	}
}

// find is the place of the object with a name, or -1.
func (s *State) find(i int, name string) int {
	for j := len(s.steps[i].objects) - 1; j >= 0; j-- {
		if s.steps[i].objects[j].name == name {
			return j
		}
	}
	return -1
}

func (s *State) key(t target) string { return stepKey(s.r.specs[t.spec].ID, s.object(t).name) }

// pendingKeys are the objects of a step that are not over.
func (s *State) pendingKeys(i int) (all []string) {
	for j := range s.open(i) {
		all = append(all, s.key(target{i, j}))
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

// call gives the next object of a step its name: by the talk that it is about, or by the
// step's first letter and a number.
func (s *State) call(o *object, i int, talk bool) {
	if !talk {
		o.name = s.r.specs[i].ID[:1] + strconv.Itoa(s.steps[i].opened+1)
		return
	}
	o.name, o.nth = "t"+o.seat, 1
	for j := len(s.steps[i].objects) - 1; j >= 0; j-- {
		if was := s.steps[i].objects[j]; was.nth > 0 && was.seat == o.seat {
			o.nth = was.nth + 1
			o.name += "-" + strconv.Itoa(o.nth)
			return
		}
	}
}
