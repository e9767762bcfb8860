package plan

import (
	"slices"
	"strings"
)

// checkEnds works out which steps an act ends, and holds it to what they need: all of
// those that it would end must be free, or it is refused.
func (s *State) checkEnds(m *move) *Refusal {
	if m.d.Act == actDeclare && m.d.first("tie") != "none" {
		return nil // who has a tie steps away, and somebody else says that there is none
	}
	var foreign, early, waiting []target
	for _, ref := range m.deed.refs {
		found, no := s.meant(m, ref)
		if no != nil {
			return no
		}
		if no = s.checkGate(m, ref); no != nil {
			return no
		}
		about := ref.value != "" || m.deed.second || m.deed.objects
		for _, t := range found {
			owned, begun := s.owns(m.d.By, t) || s.r.specs[t.spec].Words && !about, !s.object(t).due.IsZero()
			switch {
			case !owned && about:
				foreign = append(foreign, t)
			case !owned || !begun && !about: // somebody else's, or not yet: this act is not about it
			case !s.steps[t.spec].free:
				waiting = append(waiting, t)
			case !begun:
				early = append(early, t)
			default:
				m.ends = append(m.ends, t)
			}
		}
	}
	switch {
	case len(foreign) > 0:
		return s.notOwner(foreign)
	case len(early) > 0:
		return &Refusal{Key: RefusedNotBegun, Steps: s.keys(early)}
	case len(waiting) > 0:
		return s.waitRefusal(waiting)
	}
	return s.checkDone(m)
}

// checkGate refuses an act about a step that there is not, if the step would need others
// before it: what a gate would hold back is not done where nobody built it.
func (s *State) checkGate(m *move, ref ref) *Refusal {
	spec := &s.r.specs[ref.spec]
	if len(spec.needs) == 0 || spec.Each || len(s.steps[ref.spec].objects) > 0 {
		return nil
	}
	if _, about := s.matches(m, ref); !about || ref.value == "" {
		return nil
	}
	return &Refusal{Key: RefusedStep, Steps: []string{spec.ID}}
}

func (s *State) waitRefusal(waiting []target) *Refusal {
	no := &Refusal{Key: RefusedWaits, Steps: s.keys(waiting)}
	for _, t := range waiting {
		no.Waits = append(no.Waits, s.waits(t.spec)...)
	}
	slices.SortFunc(no.Waits, stepOrder)
	no.Waits = slices.Compact(no.Waits)
	return no
}

// checkDone refuses an act that needs a second person, or is about an object, where
// nothing is left for it to end. Minutes may be sent once more.
func (s *State) checkDone(m *move) *Refusal {
	if !m.deed.second && !m.deed.objects || len(m.deed.refs) == 0 || len(m.ends) > 0 {
		return nil
	}
	no := &Refusal{Key: RefusedStep}
	for _, ref := range m.deed.refs {
		no.Steps = append(no.Steps, s.r.specs[ref.spec].ID)
		if s.steps[ref.spec].opened > 0 {
			no.Key = RefusedAlready
		}
	}
	slices.Sort(no.Steps)
	if no.Key == RefusedAlready && m.deed.begins {
		return nil
	}
	return no
}

// meant are the open objects of a step that an act would end: those that it names, else
// all of them.
func (s *State) meant(m *move, ref ref) ([]target, *Refusal) {
	name, ok := s.matches(m, ref)
	if !ok {
		return nil, nil
	}
	spec, known := &s.r.specs[ref.spec], name == ""
	if spec.Each && name == "" && m.deed.which {
		name = m.d.first(fieldWhich)
		known = name == ""
	}
	var found []target
	for j, o := range s.open(ref.spec) {
		if t := (target{ref.spec, j}); (name == "" || o.name == name) && (!strings.HasPrefix(m.d.By, seatBy) || s.owns(m.d.By, t)) {
			found = append(found, t)
		}
	}
	switch {
	case len(found) == 0 && !known && s.find(ref.spec, name) < 0:
		return nil, &Refusal{Key: RefusedWhich, Steps: []string{stepKey(spec.ID, name)}}
	case spec.Each && m.deed.which && name == "" && len(found) > 1:
		return nil, &Refusal{Key: RefusedWhich, Steps: s.keys(found)}
	}
	return found, nil
}

// matches says whether an act may end a step by its first field. heard/w fits w1, w2 …:
// then it names the object.
func (s *State) matches(m *move, ref ref) (name string, ok bool) {
	if ref.value == "" {
		return "", true
	}
	for _, value := range m.d.Fields[m.deed.first] {
		rest, has := strings.CutPrefix(value, ref.value)
		switch {
		case has && rest == "":
			return "", true
		case has && s.r.specs[ref.spec].Each && strings.Trim(rest, "0123456789") == "":
			return value, true
		}
	}
	return "", false
}

// checkKnown holds words to the other party back until the office knows who it is.
func (s *State) checkKnown(m *move) *Refusal {
	if m.toOther() && !s.OtherKnown() {
		return &Refusal{Key: RefusedUnknown}
	}
	return nil
}

// toOther says whether an act turns to the other party.
func (m *move) toOther() bool {
	if m.deed.first == "seat" || m.deed.first == "side" {
		return m.d.first(m.deed.first) == otherParty
	}
	return slices.Contains(m.deed.Effects, "out:"+otherParty)
}

// checkSeat holds words to the other party back until whatever must come before telling
// them has come.
func (s *State) checkSeat(m *move) *Refusal {
	if !m.toOther() {
		return nil
	}
	var waiting []target
	for _, i := range s.r.tells {
		for j := range s.open(i) {
			if !s.steps[i].free {
				waiting = append(waiting, target{i, j})
			}
		}
	}
	if len(waiting) > 0 {
		return s.waitRefusal(waiting)
	}
	return nil
}
