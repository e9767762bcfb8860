package plan

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// checkStep looks at the step that an act names: to leave it out, to move its day, or to
// put it off.
func (s *State) checkStep(m *move) *Refusal {
	for _, e := range m.deed.effects {
		var no *Refusal
		switch e.name {
		case "waive":
			m.waive, no = s.named(m, func(spec *spec) bool { return spec.Waive > 0 }, RefusedWaive)
		case "due":
			m.extend, no = s.named(m, func(spec *spec) bool { return spec.Extend > 0 }, RefusedMove)
			if no == nil {
				no = s.checkMove(m)
			}
		case "again":
			m.later, no = s.putOff(m, s.r.index[e.arg])
		}
		if no != nil {
			return no
		}
	}
	return nil
}

// named finds the open step in the field "step". It must have begun, and be theirs.
func (s *State) named(m *move, can func(*spec) bool, key string) (*target, *Refusal) {
	name := m.d.first("step")
	id, _, _ := strings.Cut(name, "/")
	if i, known := s.r.index[id]; known && !can(&s.r.specs[i]) {
		return nil, &Refusal{Key: key, Steps: []string{name}}
	}
	t := s.lookup(name)
	switch {
	case t == nil:
		return nil, &Refusal{Key: RefusedStep, Steps: []string{name}}
	case !s.owns(m.d.By, *t):
		return nil, s.notOwner([]target{*t})
	case s.object(*t).due.IsZero():
		return nil, &Refusal{Key: RefusedNotBegun, Steps: s.keys([]target{*t})}
	}
	return t, nil
}

// checkMove wants a later day, and not a third move.
func (s *State) checkMove(m *move) *Refusal {
	o := s.object(*m.extend)
	switch {
	case o.moves >= s.r.specs[m.extend.spec].Extend:
		return &Refusal{Key: RefusedMove, Steps: s.keys([]target{*m.extend})}
	case !m.until.After(s.c.day(o.due.Time)):
		return &Refusal{Key: RefusedField, Field: fieldUntil}
	}
	return nil
}

// putOff finds the open objects of a step that an act gives its later day.
func (s *State) putOff(m *move, i int) ([]target, *Refusal) {
	found, no := s.meant(m, ref{spec: i})
	if no != nil {
		return nil, no
	}
	for _, t := range found {
		switch {
		case !s.owns(m.d.By, t):
			return nil, s.notOwner(found)
		case s.object(t).due.IsZero():
			return nil, &Refusal{Key: RefusedNotBegun, Steps: s.keys(found)}
		}
	}
	if len(found) == 0 {
		return nil, &Refusal{Key: RefusedStep, Steps: []string{s.r.specs[i].ID}}
	}
	return found, nil
}

// checkDuties works out who gets or loses which duty. None of them is given if one
// cannot be.
func (s *State) checkDuties(m *move) *Refusal {
	for _, e := range m.deed.effects {
		switch e.name {
		case "lead":
			m.duties = append(m.duties, staffing{lead, s.newLead(m, e.arg)})
			if has := m.duties[0].person; s.duties[lead] == has {
				return &Refusal{Key: RefusedAlready, Duty: lead, Person: has}
			}
		case "duty":
			m.duties = m.given()
			if len(m.duties) == 0 {
				return &Refusal{Key: RefusedField, Field: m.deed.first}
			}
		}
	}
	return s.apart(m)
}

// newLead is who has the case after an act: who does it, whom it names, or nobody.
func (s *State) newLead(m *move, who string) string {
	switch who {
	case "by":
		return m.d.By
	case "to":
		return m.d.first("to")
	}
	return ""
}

// given are the duties that an act gives or takes. A support person who was not accepted
// is none.
func (m *move) given() (all []staffing) {
	if m.d.Act == actSupport {
		give := staffing{duty: "support_" + m.d.first("side")}
		if m.d.first("answer") == "accepted" {
			give.person = m.d.first(fieldPerson)
		}
		return []staffing{give}
	}
	for _, part := range m.d.Fields["part"] {
		duty, person, _ := strings.Cut(part, "=")
		all = append(all, staffing{duty, person})
	}
	return all
}

// apart holds duties to the pairs that one person may not have.
func (s *State) apart(m *move) *Refusal {
	if len(m.duties) == 0 {
		return nil
	}
	has := s.Duties()
	for i, give := range m.duties {
		if !slices.Contains(s.r.duties, give.duty) || slices.ContainsFunc(m.duties[:i], func(g staffing) bool { return g.duty == give.duty }) {
			return &Refusal{Key: RefusedField, Field: m.deed.first}
		}
		delete(has, give.duty)
	}
	for _, give := range m.duties {
		for _, other := range s.r.clash[give.duty] {
			if give.person != "" && has[other] == give.person {
				return &Refusal{Key: RefusedApart, Duty: give.duty, Other: other, Person: give.person}
			}
		}
		has[give.duty] = give.person
	}
	return nil
}

// checkSecond finds what somebody agrees to, or not, and looks at its needs once more.
func (s *State) checkSecond(m *move) *Refusal {
	if m.d.Act != actSecond {
		return nil
	}
	m.of = slices.IndexFunc(s.asked, func(a Asked) bool { return strconv.FormatInt(a.Seq, 10) == m.d.first("of") })
	switch {
	case m.of < 0:
		return &Refusal{Key: RefusedOf}
	case s.asked[m.of].By == m.d.By:
		return &Refusal{Key: RefusedSelf, Person: m.d.By}
	case m.d.first("agree") != "yes":
		return nil
	}
	asked := s.asked[m.of].Done
	asked.At = m.d.At
	var no *Refusal
	m.agreed, no = s.check(asked, true)
	return no
}

// checkKeep holds keeping, holding and destroying to what is allowed of a closed case.
func (s *State) checkKeep(m *move) *Refusal {
	today := s.c.day(m.d.At)
	if !s.closed && m.d.Act != actHold {
		return &Refusal{Key: RefusedOpen}
	}
	if m.deed.Kind == "shred" {
		if hold, ok := parseDay(s.hold); ok && !today.After(hold) {
			return &Refusal{Key: RefusedHold}
		}
		if open := s.openBut(m.deed); len(open) > 0 {
			return &Refusal{Key: RefusedOpen, Steps: open}
		}
		return nil
	}
	class := actHold
	if m.d.Act != class {
		class = s.class()
	}
	if !m.until.IsZero() && (s.tooLong(class, func(k Keep) string { return k.Review }, today, m.until) ||
		s.closed && m.d.Act != actHold && s.tooLong(class, func(k Keep) string { return k.Max }, s.c.day(s.anchors["closed"]), m.until)) {
		return &Refusal{Key: RefusedKept, Field: fieldUntil}
	}
	return nil
}

// class is how long the case is kept, by its outcome.
func (s *State) class() string {
	other := ""
	for i, k := range s.r.keep {
		switch {
		case k.Class == actHold:
		case len(k.When) > 0 && s.holds(s.r.keepIf[i]):
			return k.Class
		case len(k.When) == 0:
			other = k.Class
		}
	}
	return other
}

// tooLong says whether a day lies further off than a class allows. A class that names no
// length may be kept as long as the longest.
func (s *State) tooLong(class string, length func(Keep) string, from, until time.Time) bool {
	var latest time.Time
	for _, k := range s.r.keep {
		span, ok := parseSpan(length(k))
		if !ok {
			continue
		}
		last := s.c.add(from, span, false)
		if k.Class == class {
			return until.After(last)
		}
		if k.Class != actHold && last.After(latest) {
			latest = last
		}
	}
	return !latest.IsZero() && until.After(latest)
}

// openBut are the steps that are open, but for those that the act itself ends.
func (s *State) openBut(d *deed) (all []string) {
	for i := range s.steps {
		if slices.ContainsFunc(d.refs, func(r ref) bool { return r.spec == i }) {
			continue
		}
		for j, o := range s.open(i) {
			if !o.due.IsZero() {
				all = append(all, s.key(target{i, j}))
			}
		}
	}
	slices.SortFunc(all, stepOrder)
	return all
}
