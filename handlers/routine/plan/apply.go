package plan

import (
	"slices"
	"strings"
	"time"
)

// Apply does an act of the log. It looks at it as [State.May] does: an act that is
// refused stays in [State.Refused] and changes nothing else. The error is the
// [*Refusal].
func (s *State) Apply(d Done) error {
	m, no := s.check(d, false)
	if no != nil {
		s.refused = append(s.refused, Refused{d, no})
		return no
	}
	switch {
	case m.asks:
		s.asked = append(s.asked, Asked{d, s.stepOf(m)})
		return nil
	case m.agreed != nil:
		s.asked = slices.Delete(s.asked, m.of, m.of+1)
		s.forget(m.agreed)
		s.make(m.agreed, d.At)
	case d.Act == actSecond:
		s.asked = slices.Delete(s.asked, m.of, m.of+1)
		return nil
	default:
		s.make(m, d.At)
	}
	return nil
}

// stepOf is the step that an act would leave out or move.
func (s *State) stepOf(m *move) string {
	switch {
	case m.waive != nil:
		return s.key(*m.waive)
	case m.extend != nil:
		return s.key(*m.extend)
	}
	return ""
}

// forget drops what was asked for the same once more.
func (s *State) forget(m *move) {
	step, which := s.stepOf(m), m.d.first(fieldWhich)
	s.asked = slices.DeleteFunc(s.asked, func(a Asked) bool {
		return a.Act == m.d.Act && a.Step == step && a.first(fieldWhich) == which
	})
}

// make carries an act out at a moment: its own, or the one at which somebody agreed.
func (s *State) make(m *move, at time.Time) {
	for _, t := range m.ends {
		s.end(t, at, m.d.Seq, false)
	}
	if m.waive != nil {
		s.end(*m.waive, at, m.d.Seq, true)
	}
	if m.extend != nil {
		o := s.edit(*m.extend)
		o.due, o.moves = dayIn(m.until, s.c.zone), o.moves+1
	}
	for _, give := range m.duties {
		if s.duties[give.duty] = give.person; give.person == "" {
			delete(s.duties, give.duty)
		}
	}
	for _, e := range m.deed.effects {
		s.effect(m, e, at)
	}
	s.known(m, at)
	s.settle(at)
}

// effect does one effect of an act.
func (s *State) effect(m *move, e effect, at time.Time) {
	switch e.name {
	case "out":
		s.mark("told_"+e.arg, at, at)
	case "open":
		if e.arg == "" {
			s.reopen(at)
			return
		}
		s.openStep(m, e.arg, at)
	case "worse":
		if m.d.first("worse") == "yes" {
			s.again(e.name, at)
		}
	case "named":
		s.mark("named", at, at)
	case "again":
		s.putLater(m.later, at)
	case "case":
		s.filed = true
	case "level":
		s.level = m.d.first("level")
	case "recuse":
		s.Leave(m.d.By)
	case "epoch":
		s.Leave(m.d.first(fieldPerson))
	}
}

// known notes what certain acts make known beside their effects.
func (s *State) known(m *move, at time.Time) {
	switch m.d.Act {
	case actHeard:
		s.mark("heard_"+m.d.first("seat"), at, at)
	case actSeated:
		if seat := m.d.first("seat"); !slices.Contains(s.joined, seat) {
			s.joined, s.stirred = append(s.joined, seat), true
		}
	case actDecide:
		s.outcome, s.stirred = m.outcome, true
		s.mark("decided", at, at)
	}
	if day, ok := parseDay(m.d.first("event")); ok {
		s.mark("event", s.c.at(day, 0), at)
	}
	switch m.deed.Kind {
	case "close":
		s.closed = true
		s.mark("closed", at, at)
	case "keep":
		s.keep(m, at)
	}
}

// openStep begins an object of a step: of the one named, or of the one in a field.
func (s *State) openStep(m *move, arg string, at time.Time) {
	i, known := s.r.index[arg]
	wish := !known
	if wish {
		if i, known = s.r.index[m.d.first(arg)]; !known || !s.r.specs[i].Each {
			return // a wish that opens nothing
		}
	}
	o := &object{since: at, holder: m.d.By, duty: s.dutyOf(m), seat: m.d.first("seat"), own: m.until}
	o.wish = wish && o.seat == reporter
	if owner := m.d.first("owner"); owner != "" {
		o.holder, o.duty = owner, ""
	}
	if !o.own.IsZero() {
		o.own = s.c.at(o.own, 0)
	}
	if o.name = m.d.first(fieldWhich); o.name == "" {
		s.call(o, i, m.deed.first == "seat")
	} else if !s.replaces(i, o, m) {
		return
	}
	if o.seat == "" {
		o.seat = o.name
	}
	s.begin(i, o)
}

// dutyOf is the duty by which somebody does an act.
func (s *State) dutyOf(m *move) string {
	i := slices.IndexFunc(m.deed.Who, func(who string) bool { return who != lead && s.duties[who] == m.d.By })
	if i < 0 {
		return ""
	}
	return m.deed.Who[i]
}

// replaces makes room for an object that has the name of another step's: minutes that
// are sent once more are confirmed once more. One that is open stays as it is.
func (s *State) replaces(i int, o *object, m *move) bool {
	for _, ref := range m.deed.refs {
		if j := s.find(ref.spec, o.name); j >= 0 {
			of := s.object(target{ref.spec, j})
			o.seat, o.holder, o.duty = of.seat, of.holder, of.duty
		}
	}
	p := &s.steps[i]
	j := s.find(i, o.name)
	if j < 0 {
		return true
	}
	if !p.objects[j].over {
		return false
	}
	p.objects = slices.Delete(p.objects, j, j+1)
	return true
}

// putLater gives steps their later day; none becomes earlier.
func (s *State) putLater(targets []target, at time.Time) {
	s.anchors["postponed"] = at
	for _, t := range targets {
		spec, o := &s.r.specs[t.spec], s.edit(t)
		if anchor := s.anchor(spec, o, spec.again.anchor); !anchor.IsZero() {
			if due := spec.again.from(anchor, s.c, spec.work); o.due.Before(due) {
				o.due = due
			}
		}
	}
}

// again begins steps once more: those that are over, and those that only a flag kept
// from being there. They count from now.
func (s *State) again(effect string, at time.Time) {
	var begin []int
	for _, i := range s.r.begins[effect] {
		objects, spec := s.steps[i].objects, &s.r.specs[i]
		if len(objects) > 0 && objects[0].over || len(objects) == 0 && s.holds(withoutFlags(spec.when)) {
			begin = append(begin, i)
			if spec.decides() {
				s.outcome = ""
				delete(s.anchors, "decided")
			}
		}
	}
	for _, i := range begin {
		s.begin(i, &object{since: at, floor: at})
	}
}

// decides says whether the decision ends a step.
func (s *spec) decides() bool {
	return slices.ContainsFunc(s.By, func(by string) bool {
		name, _, _ := strings.Cut(by, "/")
		return name == actDecide
	})
}

func withoutFlags(all []cond) []cond {
	return slices.DeleteFunc(slices.Clone(all), func(c cond) bool { return c.key == "flag" })
}

// reopen opens a closed case again: what hung on its closing has not begun, and the
// steps that the routine says begin again.
func (s *State) reopen(at time.Time) {
	s.closed, s.stirred = false, true
	delete(s.anchors, "closed")
	for _, i := range s.r.anchored["closed"] {
		for j := range s.open(i) {
			o := s.edit(target{i, j})
			o.due, o.begun = Due{}, time.Time{}
		}
	}
	s.again("open", at)
}

// keep notes until when a case is kept or held, and asks again then.
func (s *State) keep(m *move, at time.Time) {
	day := m.d.first(fieldUntil)
	if m.d.Act == actHold {
		s.hold = max(s.hold, day)
	}
	s.anchors["kept"] = s.c.at(m.until, 0)
	for _, t := range m.ends {
		spec := &s.r.specs[t.spec]
		if spec.Again == "" || spec.again.anchor != "kept" {
			continue
		}
		s.begin(t.spec, &object{since: at, begun: at, floor: at, due: spec.again.from(s.anchors["kept"], s.c, spec.work)})
	}
}
