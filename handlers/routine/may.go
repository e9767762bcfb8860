package routine

import (
	"maps"
	"slices"

	"tillit/store/cases"
)

// Refusal says why an act cannot be done, as a key of words: the desk says it in the
// handler's language. Person is whom it is about, if anybody.
type Refusal struct{ Key, Person string }

// Error implements error.
func (r *Refusal) Error() string { return "refused: " + r.Key }

// The keys of refusals that both ends give. The engine of the routine has more.
const (
	RefusedRight     = "right"      // the organisation file does not give this right
	RefusedKeptOut   = "kept_out"   // this person must not get at the case
	RefusedAlready   = "already"    // it is so already
	RefusedMark      = "mark"       // this is no such act
	RefusedSelf      = "self"       // this is for somebody else, or for oneself alone
	RefusedPace      = "pace"       // this handler has written very much in the last hour
	RefusedReason    = "reason"     // a reason has to come first
	RefusedLock      = "lock"       // the level cannot be lower
	RefusedApart     = "apart"      // two duties must be two people
	RefusedOwnSecond = "own_second" // who asked cannot agree
	RefusedAsked     = "asked"      // nothing waits under this number, or too much waits
	RefusedPromise   = "promise"    // a promised day ends with words, and is not moved
	RefusedMoves     = "moves"      // the day was moved as often as it may
	RefusedHold      = "hold"       // it is held, or not closed: it cannot be destroyed
	RefusedClosed    = "closed"     // it is closed, or is not
	RefusedExternal  = "external"   // only the external receiver may have it
	RefusedLead      = "lead"       // who has taken the case decides this
	RefusedClock     = "clock"      // there is no such clock, or there are too many
)

func refuse(key, person string) error { return &Refusal{key, person} }

// May says whether somebody may do what a mark says; nil is yes, and anything else a
// [*Refusal]. It changes nothing.
func (b Blind) May(d Deed) error {
	m := d.Mark
	if _, known := kinds[m.Kind]; !known {
		return refuse(RefusedMark, "")
	}
	for _, p := range append(m.parts(), Part{Person: m.Person}) {
		if p.Person != "" && !m.Out && b.mustNot(p.Person) {
			return refuse(RefusedKeptOut, p.Person)
		}
	}
	if m.Waits && len(b.Asked) >= mostAsked {
		return refuse(RefusedAsked, "")
	}
	if m.Phase != "" && !slices.Contains(d.Rules.Phases, m.Phase) {
		return refuse(RefusedMark, "")
	}
	if m.Waits && (len(m.Clocks) > 0 || m.Phase != "") {
		return refuse(RefusedMark, "") // nothing happens before it is agreed to
	}
	if err := b.mayKind(d, m); err != nil {
		return err
	}
	if m.Kind == KindSecond {
		if err := b.maySecond(d); err != nil {
			return err
		}
	}
	return b.mayClocks(m)
}

func (b Blind) mayKind(d Deed, m Mark) error {
	switch m.Kind {
	case KindDuty:
		return b.mayDuty(d, m)
	case KindLevel:
		if !slices.Contains(d.Rules.Levels, m.Level) {
			return refuse(RefusedMark, "")
		}
		if slices.Index(d.Rules.Levels, m.Level) < slices.Index(d.Rules.Levels, b.Lock) {
			return refuse(RefusedLock, "")
		}
		if lead := b.Duties[Lead]; lead != "" && lead != d.By.ID { // the highest level takes everybody's key
			return refuse(RefusedLead, lead)
		}
	case KindKeys:
		if !m.Out && m.Person == d.By.ID {
			return refuse(RefusedSelf, "")
		}
		if m.Out && b.mustNot(m.Person) {
			return refuse(RefusedAlready, m.Person)
		}
		if m.Out && m.Person != d.By.ID && !m.Waits && d.Mark.Kind != KindSecond {
			return refuse(RefusedSelf, "") // nobody puts out a colleague alone
		}
	case KindClose:
		if b.Closed {
			return refuse(RefusedClosed, "")
		}
	case KindOpen:
		if !b.Closed {
			return refuse(RefusedClosed, "")
		}
	case KindKeep, KindShred:
		if !b.Closed && !m.Hold {
			return refuse(RefusedClosed, "")
		}
		if m.Kind == KindShred && b.Hold {
			return refuse(RefusedHold, "")
		}
	}
	return nil
}

func (b Blind) mayDuty(d Deed, m Mark) error {
	if m.Duty != "" {
		switch has := b.Duties[m.Duty]; {
		case has == m.Person:
			return refuse(RefusedAlready, has)
		case m.Person != "" && m.Person != d.By.ID && !d.By.may(RightAssign):
			return refuse(RefusedRight, "")
		}
	}
	for _, p := range m.parts() { // what a desk makes up would be kept for ever
		if p.Duty != Lead && !slices.Contains(d.Rules.Duties, string(p.Duty)) {
			return refuse(RefusedMark, "")
		}
	}
	after := maps.Clone(b.Duties)
	if after == nil {
		after = map[Duty]string{}
	}
	for _, p := range m.parts() {
		after[p.Duty] = p.Person
	}
	for _, pair := range d.Rules.Apart {
		if one, two := after[Duty(pair[0])], after[Duty(pair[1])]; one != "" && one == two {
			return refuse(RefusedApart, one)
		}
	}
	return nil
}

// maySecond says whether somebody may agree to what was asked, and whether that could
// be done now: days lie between.
func (b Blind) maySecond(d Deed) error {
	i := slices.IndexFunc(b.Asked, func(a cases.Asked) bool { return a.Seq == d.Mark.Of })
	if i < 0 {
		return refuse(RefusedAsked, "")
	}
	asked, err := ParseMark(b.Asked[i].Mark)
	if err != nil || asked.Kind == KindRestate {
		return refuse(RefusedAsked, "")
	}
	if b.Asked[i].By == d.By.ID && !d.Mark.No {
		return refuse(RefusedOwnSecond, "")
	}
	if d.Mark.No {
		return nil
	}
	return b.mayKind(Deed{By: Actor{ID: b.Asked[i].By, Rights: d.By.Rights}, Mark: d.Mark, Seq: d.Seq, At: d.At, Rules: d.Rules}, asked)
}

// mayClocks holds what an act does to clocks to what may be done to them.
func (b Blind) mayClocks(m Mark) error {
	begins := 0
	for _, change := range m.Clocks {
		i := slices.IndexFunc(b.Clocks, func(c cases.Clock) bool { return c.ID == change.ID })
		switch {
		case change.Op == ClockBegins:
			if begins++; i >= 0 || len(b.Clocks)+begins > mostClocks {
				return refuse(RefusedClock, "")
			}
		case i < 0 && change.Op == ClockEnds: // it has ended: another desk said so, truly or not
		case i < 0:
			return refuse(RefusedClock, "")
		case m.Kind == KindRestate: // counts when a second desk says the same
		case b.Clocks[i].Words && (change.Op == ClockMoves || !m.tells()):
			return refuse(RefusedPromise, "")
		case change.Op == ClockMoves && b.Clocks[i].Moves >= mostMoves:
			return refuse(RefusedMoves, "")
		}
	}
	return nil
}
