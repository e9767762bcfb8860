package routine

import (
	"maps"
	"slices"
)

// Blind is all that the server knows of how far a case is. [Blind.Apply] is the only
// way to change it, at both ends, so that they agree by construction.
type Blind struct {
	Level    string
	Duties   map[Duty]string // who has which; who has none is not in it
	Answered bool            // words of a person have left for the reporter
	Clocks   []Clock         // days that were promised and not kept yet
	Out      []string        // whom the reporter keeps out
	Recused  []string        // who has stepped away
}

// Clock is a promised day.
type Clock struct {
	ID  string
	Day string // 2006-01-02
}

// The clocks that end when the office has written to the reporter (R-ACK1, R-ACK2:
// a person has answered).
var answers = []string{"R-ACK1", "R-ACK2"}

// The statuses of a case, as the reporter is told them.
const (
	StatusWaiting  = "waiting"
	StatusTaken    = "taken"
	StatusAnswered = "answered"
)

// Status is one word for how far a case is.
func (b Blind) Status() string {
	switch {
	case b.Answered:
		return StatusAnswered
	case b.Duties[Lead] != "":
		return StatusTaken
	}
	return StatusWaiting
}

// Actor is who acts.
type Actor struct {
	ID     string
	Rights []string // that the organisation file gives them
}

// RightAssign is to give a case to somebody else.
const RightAssign = "assign"

func (a Actor) may(right string) bool { return slices.Contains(a.Rights, right) }

// Refusal says why an act cannot be done, as a key of words: the desk says it in the
// handler's language. Person is whom it is about, if anybody.
type Refusal struct{ Key, Person string }

// Error implements error.
func (r *Refusal) Error() string { return "refused: " + r.Key }

// The keys of refusals.
const (
	RefusedRight   = "right"    // the organisation file does not give this right
	RefusedKeptOut = "kept_out" // this person must not get at the case
	RefusedAlready = "already"  // it is so already
	RefusedMark    = "mark"     // this is no such act
	RefusedSelf    = "self"     // this is for somebody else, or for oneself alone
	RefusedPace    = "pace"     // this handler has written very much in the last hour
)

// mustNot says whether somebody must not get at the case. It is the one place where
// that is decided, for the desk and for the server.
func (b Blind) mustNot(person string) bool {
	return slices.Contains(b.Out, person) || slices.Contains(b.Recused, person)
}

// KeptOut are all who must not get at the case, sorted.
func (b Blind) KeptOut() []string {
	all := slices.Concat(b.Out, b.Recused)
	slices.Sort(all)
	return slices.Compact(all)
}

func refuse(key, person string) error { return &Refusal{key, person} }

// May says whether somebody may do what a mark says; nil is yes, and anything else a
// [*Refusal]. It changes nothing.
func (b Blind) May(by Actor, m Mark) error {
	if _, known := kinds[m.Kind]; !known {
		return refuse(RefusedMark, "")
	}
	if m.Person != "" && !m.Out && b.mustNot(m.Person) {
		return refuse(RefusedKeptOut, m.Person)
	}
	switch m.Kind {
	case KindDuty:
		return b.mayDuty(by, m)
	case KindKeys:
		if m.Out != (m.Person == by.ID) {
			return refuse(RefusedSelf, "")
		}
		if m.Out && b.mustNot(m.Person) {
			return refuse(RefusedAlready, m.Person)
		}
	}
	return nil
}

func (b Blind) mayDuty(by Actor, m Mark) error {
	switch has := b.Duties[m.Duty]; {
	case has == m.Person:
		return refuse(RefusedAlready, has)
	case m.Person != "" && m.Person != by.ID && !by.may(RightAssign):
		return refuse(RefusedRight, "")
	}
	return nil
}

// Apply does what a mark says. It is called for what [Blind.May] allows.
func (b *Blind) Apply(m Mark) {
	switch m.Kind {
	case KindDuty:
		b.duty(m.Duty, m.Person)
	case KindSent:
		b.Answered = true
		b.Clocks = slices.DeleteFunc(slices.Clone(b.Clocks), func(c Clock) bool { return slices.Contains(answers, c.ID) })
	case KindKeys:
		if m.Out {
			b.Leave(m.Person)
			b.Recused = append(slices.Clone(b.Recused), m.Person)
			slices.Sort(b.Recused)
		}
	}
}

// Leave takes from somebody what they had in the case.
func (b *Blind) Leave(person string) {
	for duty, has := range b.Duties {
		if has == person {
			b.duty(duty, "")
		}
	}
}

func (b *Blind) duty(d Duty, person string) {
	b.Duties = maps.Clone(b.Duties)
	if b.Duties == nil {
		b.Duties = map[Duty]string{}
	}
	if b.Duties[d] = person; person == "" {
		delete(b.Duties, d)
	}
}
