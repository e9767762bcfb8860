package routine

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"tillit/handlers/routine/plan"
	"tillit/store/cases"
)

// Blind is all that the server knows of how far a case is. [Blind.Apply] is the only
// way to change it, at both ends, so that they agree by construction.
type Blind struct {
	Level    string
	Lock     string          // the level cannot be below it
	Duties   map[Duty]string // who has which; who has none is not in it
	Answered bool            // words of a person have left for the reporter
	Phase    string
	Clocks   []cases.Clock
	Due      []cases.Due   // promised days of a case that no routine has taken over yet
	Asked    []cases.Asked // what waits for a second person
	Asks     []cases.Asking
	Out      []string // whom the reporter keeps out
	Recused  []string // who has stepped away, or was kept out by the office
	Closed   bool
	Hold     bool   // it may not be destroyed
	End      string // the day until which it is kept
}

// Rules are what the routine of a case says that the server holds acts to.
type Rules struct {
	Levels []string    // from the lowest to the highest
	Phases []string    // in their order
	Duties []string    // there are no others, but for the lead
	Apart  [][2]string // duties that one person may not have together
	Answer string      // the phase that the first answer to the reporter begins; empty is none
}

// RulesOf are the rules of a routine; of none, when there is none.
func RulesOf(r *plan.Routine) Rules {
	if r == nil {
		return Rules{}
	}
	rules := Rules{Levels: r.Levels(), Duties: r.Duties(), Apart: r.Apart(), Answer: r.AnswerPhase()}
	for _, p := range r.Phases() {
		rules.Phases = append(rules.Phases, p.Name)
	}
	return rules
}

// Deed is an act as it is done, as far as the server knows it.
type Deed struct {
	By    Actor
	Mark  Mark
	Seq   int64 // of its entry
	At    time.Time
	Chat  bool // it was written in a handlers' chat, which knows no clocks
	Rules Rules
}

// The statuses of a case, as the reporter is told them.
const (
	StatusWaiting  = "waiting"
	StatusTaken    = "taken"
	StatusAnswered = "answered"
	StatusClosed   = "closed"
)

// Status is one word for how far a case is.
func (b Blind) Status() string {
	switch {
	case b.Closed:
		return StatusClosed
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

// Most that a case can have; more is no work of people.
const (
	mostClocks = 200
	mostAsked  = 32
	mostMoves  = 2
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

// Apply does what a deed says. It is called for what [Blind.May] allows. What was
// agreed to by a second person is done by the deed in which they agree.
func (b *Blind) Apply(d Deed) {
	m := d.Mark
	if m.Waits {
		b.Asked = append(slices.Clone(b.Asked), cases.Asked{Seq: d.Seq, By: d.By.ID, Mark: m.Encode()})
		return
	}
	if m.Kind == KindSecond {
		asked, found := b.asked(m.Of)
		b.Asked = slices.DeleteFunc(slices.Clone(b.Asked), func(a cases.Asked) bool { return a.Seq == m.Of })
		if found && !m.No {
			b.apply(asked)
		}
	}
	b.apply(m)
	b.restated(d)
	b.clocks(d)
	if m.Asks != "" {
		b.Asks = cases.Ask(b.Asks, cases.Asking{Seq: d.Seq, Instead: m.Instead, Hour: d.At.UTC().Truncate(time.Hour)})
	}
	slices.SortStableFunc(b.Clocks, func(a, b cases.Clock) int { return cmp.Or(cmp.Compare(a.Due, b.Due), cmp.Compare(a.ID, b.ID)) })
	if m.Phase != "" {
		b.Phase = m.Phase
	}
	b.answered(d)
}

// answered moves the phase on when the first words to the reporter left in a chat, which
// knows no phases: the reporter is told at once that somebody has answered, and no desk has
// to come first. A case that is further stays where it is.
func (b *Blind) answered(d Deed) {
	phases := d.Rules.Phases
	if d.Chat && d.Mark.Kind == KindSent && d.Mark.tells() && slices.Index(phases, b.Phase) < slices.Index(phases, d.Rules.Answer) {
		b.Phase = d.Rules.Answer
	}
}

// Done is what happens by a mark as a case stands: nothing, for what waits for a second
// person; for one who agrees, what somebody has asked for, and who that was.
func (m Mark) Done(f cases.Facts) (done Mark, asked string) {
	switch {
	case m.Waits, m.No:
		return Mark{}, ""
	case m.Kind != KindSecond:
		return m, ""
	}
	i := slices.IndexFunc(f.Asked, func(a cases.Asked) bool { return a.Seq == m.Of })
	if i < 0 {
		return Mark{}, ""
	}
	done, _ = ParseMark(f.Asked[i].Mark)
	return done, f.Asked[i].By
}

// asked is what waits for a second person under a number.
func (b Blind) asked(seq int64) (Mark, bool) {
	i := slices.IndexFunc(b.Asked, func(a cases.Asked) bool { return a.Seq == seq })
	if i < 0 {
		return Mark{}, false
	}
	m, err := ParseMark(b.Asked[i].Mark)
	return m, err == nil
}

// apply does what a mark says, but for clocks and phase.
func (b *Blind) apply(m Mark) {
	switch m.Kind {
	case KindDuty:
		for _, p := range m.parts() {
			b.duty(p.Duty, p.Person)
		}
	case KindLevel:
		b.Level = m.Level
	case KindSent:
		b.Answered = b.Answered || !m.Outside
		if !m.Outside {
			b.Due = slices.DeleteFunc(slices.Clone(b.Due), func(d cases.Due) bool { return slices.Contains(answers, d.Rule) })
		}
	case KindKeys:
		if m.Out {
			b.Leave(m.Person)
			b.Recused = append(slices.Clone(b.Recused), m.Person)
			slices.Sort(b.Recused)
		}
	case KindClose:
		b.Closed = true
	case KindOpen:
		b.Closed, b.End = false, ""
	case KindKeep:
		b.End, b.Hold = m.End, m.Hold
	}
}

// parts are the duties that a mark gives.
func (m Mark) parts() []Part {
	if m.Duty != "" {
		return []Part{{m.Duty, m.Person}}
	}
	return m.Parts
}

// People are all who get a duty by it.
func (m Mark) People() (all []string) {
	for _, p := range m.parts() {
		if p.Person != "" {
			all = append(all, p.Person)
		}
	}
	return all
}

// answers are the promises of a case that no routine has taken over yet which end when
// the office has written to the reporter (R-ACK1, R-ACK2: a person has answered).
var answers = []string{"R-ACK1", "R-ACK2"}

// clocks lets clocks begin, move and end. What is written in a chat does not know them:
// words that leave from there end those that any words end.
func (b *Blind) clocks(d Deed) {
	m, at, all := d.Mark, d.At, slices.Clone(b.Clocks)
	if d.Chat && m.tells() && m.Kind == KindSent {
		all = slices.DeleteFunc(all, func(c cases.Clock) bool { return c.Reply })
	}
	for _, change := range m.Clocks {
		i := slices.IndexFunc(all, func(c cases.Clock) bool { return c.ID == change.ID })
		switch {
		case change.Op == ClockBegins && i < 0:
			all = append(all, change.clock(d))
		case i < 0 || m.Kind == KindRestate:
		case change.Op == ClockMoves:
			all[i].Due, all[i].Moved = change.Due, at.UTC()
			all[i].Moves++
		case change.Op == ClockEnds:
			all = slices.Delete(all, i, i+1)
		}
	}
	b.Clocks = all
}

// tells says whether words leave for the reporter with it.
func (m Mark) tells() bool { return m.Words != nil }

// restated lets a clock go, or stand at another day, that two desks say the same of:
// no single one can silence it.
func (b *Blind) restated(d Deed) {
	if d.Mark.Kind != KindRestate {
		return
	}
	for _, change := range d.Mark.Clocks {
		if change.Op == ClockBegins || !b.saidBefore(d.By.ID, change) {
			continue
		}
		b.Clocks = slices.Clone(b.Clocks)
		if i := slices.IndexFunc(b.Clocks, func(c cases.Clock) bool { return c.ID == change.ID }); i >= 0 && change.Op == ClockMoves {
			b.Clocks[i].Due, b.Clocks[i].Moved = change.Due, d.At.UTC()
		} else if i >= 0 {
			b.Clocks = slices.Delete(b.Clocks, i, i+1)
		}
	}
	b.Asked = slices.DeleteFunc(slices.Clone(b.Asked), func(a cases.Asked) bool {
		m, err := ParseMark(a.Mark)
		return err == nil && m.Kind == KindRestate && a.By == d.By.ID
	})
	if len(b.Asked) < mostAsked {
		b.Asked = append(b.Asked, cases.Asked{Seq: d.Seq, By: d.By.ID, Mark: d.Mark.Encode()})
	}
}

// saidBefore says whether somebody else has said the same of a clock.
func (b Blind) saidBefore(by string, change ClockChange) bool {
	return slices.ContainsFunc(b.Asked, func(a cases.Asked) bool {
		m, err := ParseMark(a.Mark)
		return err == nil && m.Kind == KindRestate && a.By != by && slices.Contains(m.Clocks, change)
	})
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
