package plan

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// Acts that mean something to the fold beside ending steps, by their names in the
// program; and fields that are looked at.
const (
	actStaff, actSupport, actSecond = "staff", "support", "second"
	actHeard, actSeated, actRequest = "heard", "seated", "request"
	actDecide, actReply, actDeclare = "decide", "reply", "declare"
	actHold, actMinutesOK, actTold  = "hold", "minutes_ok", "told"

	fieldWhich  = "which"
	fieldUntil  = "until"
	fieldPerson = "person"
)

// move is what an act does to a case: worked out by check, carried out by make.
type move struct {
	d       Done
	deed    *deed
	ends    []target
	waive   *target // the step that it leaves out
	extend  *target // the step whose day it moves
	later   []target
	duties  []staffing
	asks    bool  // it waits for a second person
	of      int   // the place of the act that it answers
	agreed  *move // what it agrees to
	until   time.Time
	outcome string
}

// staffing gives a duty to a person, or takes it away.
type staffing struct{ duty, person string }

// May says whether somebody may do an act now; nil is yes, and anything else a
// [*Refusal]. It changes nothing.
func (s *State) May(d Done) error {
	if _, no := s.check(d, false); no != nil {
		return no
	}
	return nil
}

// looks are what an act is held to, in this order.
var looks []func(*State, *move) *Refusal

func init() { // an act that is agreed to is looked at in the same way
	looks = []func(*State, *move) *Refusal{
		(*State).checkWho, (*State).checkFields, (*State).checkCase, (*State).checkStep,
		(*State).checkDuties, (*State).checkSecond, (*State).checkKnown, (*State).checkEnds, (*State).checkSeat,
	}
}

// check works out what an act would do, or why it is refused. An act that somebody
// agrees to is checked once more, as agreed.
func (s *State) check(d Done, agreed bool) (*move, *Refusal) {
	deed := s.r.deeds[d.Act]
	if deed == nil {
		return nil, &Refusal{Key: RefusedAct, Act: d.Act}
	}
	m := &move{d: d, deed: deed}
	for _, look := range looks {
		if no := look(s, m); no != nil {
			no.Act = d.Act
			return nil, no
		}
	}
	m.asks = !agreed && (deed.second || m.waive != nil && s.r.specs[m.waive.spec].Waive > 1)
	return m, nil
}

// checkWho holds an act to who may do it.
func (s *State) checkWho(m *move) *Refusal {
	by, who := m.d.By, m.deed.Who
	wish := m.d.Act == actRequest && (by == Daemon || strings.HasPrefix(by, seatBy)) // pressed in the chat
	for _, w := range who {
		if wish || s.isWho(by, w) {
			return nil
		}
	}
	return &Refusal{Key: RefusedDuty, Duty: who[0]}
}

func (s *State) isWho(by, who string) bool {
	switch who {
	case OwnerDaemon:
		return by == Daemon
	case whoSeat:
		return strings.HasPrefix(by, seatBy)
	case control:
		return by == Control
	case whoAny, whoOwner, whoOther: // the step, and who asked, are looked at where they are known
		return handler(by)
	case lead:
		return handler(by) && (s.duties[lead] == by || s.duties[lead] == "")
	}
	return handler(by) && s.duties[who] == by
}

// Owns says whether a step is somebody's: "minutes/tr". See [State.May].
func (s *State) Owns(by, step string) bool {
	id, name, _ := strings.Cut(step, "/")
	i, known := s.r.index[id]
	if !known {
		return false
	}
	j := s.find(i, name)
	return j >= 0 && s.owns(by, target{i, j})
}

// owns says whether a step is somebody's: who has its duty; where nobody has it, the
// lead, and without a lead everybody, unless the duty would have to be another person's.
// An object's holder owns it, and so does who has the duty by which it was opened.
// It binds handlers alone: who else may do an act is said with the act.
func (s *State) owns(by string, t target) bool {
	if !handler(by) {
		seat, isSeat := strings.CutPrefix(by, seatBy)
		return !isSeat || s.object(t).seat == "" || s.object(t).seat == seat
	}
	return slices.ContainsFunc(s.r.specs[t.spec].Owners, func(duty string) bool {
		if o := s.object(t); duty == OwnerHolder {
			return o.holder == by || s.has(by, cmp.Or(o.duty, lead))
		}
		return duty != OwnerDaemon && s.has(by, duty)
	})
}

// has says whether somebody has a duty, or does it while nobody has it.
func (s *State) has(by, duty string) bool {
	return s.duties[duty] == by || s.duties[duty] == "" && s.standsIn(by, duty)
}

// standsIn says whether somebody does a duty that nobody has.
func (s *State) standsIn(by, duty string) bool {
	if has := s.duties[lead]; has != "" && has != by {
		return false
	}
	return !slices.ContainsFunc(s.r.clash[duty], func(other string) bool { return s.duties[other] == by })
}

// notOwner says whose steps they are; they are sorted.
func (s *State) notOwner(targets []target) *Refusal {
	no := &Refusal{Key: RefusedOwner, Steps: s.keys(targets)}
	first := slices.MinFunc(targets, func(a, b target) int { return stepOrder(s.key(a), s.key(b)) })
	if no.Duty = s.r.specs[first.spec].Owners[0]; no.Duty == OwnerHolder {
		no.Person = s.object(first).holder
	}
	return no
}

func (s *State) keys(targets []target) (all []string) {
	for _, t := range targets {
		all = append(all, s.key(t))
	}
	slices.SortFunc(all, stepOrder)
	return slices.Compact(all)
}

// checkFields holds what is filled in to what the engine knows of it. A desk held it to
// more; this one may lie.
func (s *State) checkFields(m *move) *Refusal {
	for _, f := range m.deed.Fields {
		value := m.d.first(f.Name)
		if value == "" && f.Required || value != "" && !s.fits(f.Name, m, value) {
			return &Refusal{Key: RefusedField, Field: f.Name}
		}
	}
	return nil
}

func (s *State) fits(field string, m *move, value string) bool {
	switch field {
	case "level":
		return slices.Contains(s.r.levels, value)
	case "outcome":
		m.outcome = value
		return slices.Contains(s.r.outcomes, value)
	case "agree", "worse":
		return value == "yes" || value == "no"
	case "event":
		_, ok := parseDay(value)
		return ok
	case fieldUntil:
		day, ok := parseDay(value)
		m.until = day
		return ok && day.After(s.c.day(m.d.At).AddDate(0, 0, -1))
	case "wish":
		return s.wishes(m.deed, value)
	case "side":
		return value == "a" || value == otherParty
	}
	return true
}

// wishes says whether a wish leads to anything: a step that it opens, or one that it ends.
func (s *State) wishes(d *deed, wish string) bool {
	i, known := s.r.index[wish]
	return known && s.r.specs[i].Each || slices.ContainsFunc(d.refs, func(r ref) bool { return r.value == wish })
}

// checkCase holds an act to how the case as a whole stands.
func (s *State) checkCase(m *move) *Refusal {
	for _, e := range m.deed.effects {
		switch {
		case e.name == "case" && !s.unfiled():
			return &Refusal{Key: RefusedAct}
		case e.name == "level" && slices.Index(s.r.levels, m.d.first("level")) < slices.Index(s.r.levels, s.lock):
			return &Refusal{Key: RefusedLevel, Level: s.lock}
		case e.name == "open" && e.arg == "" && !s.closed:
			return &Refusal{Key: RefusedOpen}
		}
	}
	switch m.deed.Kind {
	case "close":
		if s.closed {
			return &Refusal{Key: RefusedClosed}
		}
	case "keep", "shred":
		return s.checkKeep(m)
	}
	return nil
}

// unfiled says that the case was made by the office, and that what came is not written
// down in it yet.
func (s *State) unfiled() bool {
	return !s.filed && (s.facts.Source == "registered" || s.facts.Source == "relay")
}
