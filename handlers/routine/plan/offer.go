package plan

import "slices"

// Offers says why somebody cannot do an act as the case stands, whatever they would fill
// in; nil, or a [*Refusal]. What depends on the fields is said by [State.May].
func (s *State) Offers(act, by string) error {
	deed := s.r.deeds[act]
	if deed == nil {
		return &Refusal{Key: RefusedAct, Act: act}
	}
	m := &move{d: Done{Act: act, By: by}, deed: deed}
	for _, look := range []func(*move) *Refusal{s.checkWho, s.offerCase, s.offerSecond, s.offerSteps} {
		if no := look(m); no != nil && no.Key != RefusedWhich {
			no.Act = act
			return no
		}
	}
	return nil
}

// offerCase holds an act to how the case as a whole stands.
func (s *State) offerCase(m *move) *Refusal {
	again := slices.ContainsFunc(m.deed.effects, func(e effect) bool { return e.name == "open" && e.arg == "" })
	makes := slices.ContainsFunc(m.deed.effects, func(e effect) bool { return e.name == "case" })
	switch kind := m.deed.Kind; {
	case makes && !s.unfiled():
		return &Refusal{Key: RefusedAct}
	case again && !s.closed, (kind == "keep" && m.d.Act != actHold || kind == "shred") && !s.closed:
		return &Refusal{Key: RefusedOpen}
	case kind == "close" && s.closed:
		return &Refusal{Key: RefusedClosed}
	case kind == "shred":
		if open := s.openBut(m.deed); len(open) > 0 {
			return &Refusal{Key: RefusedOpen, Steps: open}
		}
	}
	if slices.Contains(m.deed.Effects, "lead:by") || slices.Contains(m.deed.Effects, "lead:none") {
		return s.checkDuties(m)
	}
	return nil
}

// offerSecond looks for something that somebody else has asked for.
func (s *State) offerSecond(m *move) *Refusal {
	if m.d.Act != actSecond || slices.ContainsFunc(s.asked, func(a Asked) bool { return a.By != m.d.By }) {
		return nil
	}
	if len(s.asked) > 0 {
		return &Refusal{Key: RefusedSelf, Person: m.d.By}
	}
	return &Refusal{Key: RefusedOf}
}

// offerSteps holds an act to the steps that it ends or puts off, if no field says which
// those are.
func (s *State) offerSteps(m *move) *Refusal {
	for _, e := range m.deed.effects {
		if e.name == "again" {
			if _, no := s.putOff(m, s.r.index[e.arg]); no != nil {
				return no
			}
		}
	}
	if slices.ContainsFunc(m.deed.refs, func(r ref) bool { return r.value != "" }) {
		return nil
	}
	for _, look := range []func(*move) *Refusal{s.checkKnown, s.checkEnds, s.checkSeat} {
		if no := look(m); no != nil {
			return no
		}
	}
	return nil
}
