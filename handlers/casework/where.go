package casework

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"tillit/handlers/routine"
	"tillit/handlers/routine/acts"
	"tillit/handlers/routine/plan"
	"tillit/intake/words"
	"tillit/store/cases"
)

// Where is how far a case is, for the handler who looks at it.
type Where struct {
	// Routine is the one that the case is worked by; nil for a case that none has taken
	// over, or one that this program cannot read. Then nothing else is known.
	Routine *plan.Routine
	Words   *words.Book // of the routine, as it says things to people
	Phase   string
	Nth, Of int // the phase among all of them, counted from 1
	Level   string
	Lock    string
	Outcome string
	Closed  bool
	Hold    bool
	End     string // the day until which it is kept
	// Next is what the handler does next; where there is nothing, what somebody else does.
	Next *Task
	// Open are the steps that can be done now, Waiting those that wait for others, Over
	// those that are done or left out.
	Open, Waiting, Over []Task
	Asked               []Question
	Duties              []Held
	// Adrift are clocks that the server has otherwise than the log.
	Adrift []routine.ClockChange
}

// Task is a step of a case, with who has it and the act that does it.
type Task struct {
	plan.Step
	Who  Handler // nobody: everybody who can open the case
	Mine bool
	// Act does it, with what is filled in of it by the step itself.
	Act    *routine.Act
	Fields map[string]string
}

// Question is an act that waits for a second person.
type Question struct {
	Seq  int64
	Act  *routine.Act
	By   Handler
	Step string // that it would leave out or move, if it is about one
	At   time.Time
	Mine bool // the handler asked, and cannot agree
}

// Held is a duty and who has it.
type Held struct {
	Duty string
	Who  Handler // nobody has it
}

// Where says how far a case is, at a moment.
func (c *Client) Where(cs *Case, now time.Time) Where {
	st := cs.Story
	if st.plan == nil {
		return Where{Level: st.blind.Level}
	}
	w := Where{Routine: st.routine, Words: c.wordsOf(st.routine), Phase: st.plan.Phase(), Level: st.plan.Level(), Lock: st.plan.Lock(), Outcome: st.plan.Outcome(),
		Closed: st.plan.Closed(), Hold: st.plan.Hold(), End: st.plan.End()}
	phases := st.routine.Phases()
	w.Of = len(phases)
	w.Nth = 1 + slices.IndexFunc(phases, func(p plan.Phase) bool { return p.Name == w.Phase })
	has := st.plan.Duties()
	for _, d := range st.routine.Duties() {
		w.Duties = append(w.Duties, Held{d, c.handler(has[d])})
	}
	for _, s := range st.plan.Steps(now) {
		t := c.task(st, s, has)
		switch {
		case s.Over():
			w.Over = append(w.Over, t)
		case s.Status == plan.StatusWaiting:
			w.Waiting = append(w.Waiting, t)
		default:
			w.Open = append(w.Open, t)
		}
	}
	for _, a := range st.plan.Asked() {
		w.Asked = append(w.Asked, Question{Seq: a.Seq, Act: acts.Find(a.Act), By: c.handler(a.By), Step: a.Step, At: a.At, Mine: a.By == c.Me().ID})
	}
	w.Next = next(w.Open)
	w.Adrift = st.adrift(cs.Clocks)
	return w
}

// next is the first task of one's own, or else the first of all. What the daemon does is
// nobody's.
func next(open []Task) *Task {
	mine := slices.IndexFunc(open, func(t Task) bool { return t.Mine })
	if mine < 0 {
		mine = slices.IndexFunc(open, func(t Task) bool { return t.Act != nil })
	}
	if mine < 0 {
		return nil
	}
	return &open[mine]
}

// handler is somebody by id; nobody for nobody.
func (c *Client) handler(id string) Handler {
	if id == "" {
		return Handler{}
	}
	p, _ := c.person(id)
	return Handler{ID: id, Name: c.name(id), Role: p.Role, Roles: p.Roles}
}

// task puts a step together with who has it and the act that does it.
func (c *Client) task(st Story, s plan.Step, has map[string]string) Task {
	t := Task{Step: s, Fields: map[string]string{}}
	if s.Owner != plan.OwnerDaemon {
		who := cmp.Or(s.Holder, has[s.Owner], has[string(routine.Lead)])
		t.Who, t.Mine = c.handler(who), st.plan.Owns(c.Me().ID, s.Key())
	}
	spec, _ := st.routine.Step(s.ID)
	for _, by := range spec.By {
		name, first, _ := strings.Cut(by, "/")
		a := acts.Find(name)
		if a == nil {
			continue
		}
		t.Act = a
		if first == "w" && s.Object != "" {
			first = s.Object // this witness
		}
		if first != "" && len(a.Fields) > 0 {
			t.Fields[a.Fields[0].Name] = first
		}
		if s.Object != "" && slices.ContainsFunc(a.Fields, func(f routine.Field) bool { return f.Name == "which" }) {
			t.Fields["which"] = s.Object
		}
		break
	}
	return t
}

// Offer is an act, and why it cannot be done as the case stands.
type Offer struct {
	Act *routine.Act
	// Why is a [*plan.Refusal] or a [*routine.Refusal]; nil is an act that can be done,
	// as far as that can be said before it is filled in.
	Why error
}

// Offers are all acts in their order, for a case as it stands.
func (c *Client) Offers(cs *Case) []Offer {
	var all []Offer
	for _, a := range acts.All {
		all = append(all, Offer{a, c.whyNot(cs, a)})
	}
	return all
}

// whyNot says why an act cannot be done whatever is filled in. Who may do it and whether
// the routine has it are known; the rest the form says.
func (c *Client) whyNot(cs *Case, a *routine.Act) error {
	switch st := cs.Story; {
	case len(cs.Faults) > 0:
		return ErrTampered
	case a.Right != "" && !c.May(a.Right):
		return refusedAs{ErrRight, &routine.Refusal{Key: routine.RefusedRight}}
	case st.plan == nil && !a.Always:
		return &routine.Refusal{Key: routine.RefusedMark}
	case st.plan == nil:
		return nil
	default:
		return st.plan.Offers(a.Name, c.Me().ID)
	}
}

// adrift are the clocks that the server has otherwise than the log wants them, as
// changes that would mend it. It rings by the server's; a desk that sees this says so.
func (st Story) adrift(server []cases.Clock) (all []routine.ClockChange) {
	wanted := map[string]plan.Clock{}
	for _, c := range st.plan.Clocks() {
		if id := st.ids[c.Step]; id != "" {
			wanted[id] = c
			continue
		}
		all = append(all, changeOf(plan.Change{Op: plan.ClockBegins, Clock: c}, ""))
	}
	for _, c := range server {
		want, there := wanted[c.ID]
		delete(wanted, c.ID)
		switch {
		case !there:
			all = append(all, routine.ClockChange{Op: routine.ClockEnds, ID: c.ID})
		case want.Due.String() != c.Due:
			all = append(all, routine.ClockChange{Op: routine.ClockMoves, ID: c.ID, Due: want.Due.String()})
		}
	}
	for id, c := range wanted {
		all = append(all, changeOf(plan.Change{Op: plan.ClockBegins, Clock: c}, id))
	}
	slices.SortFunc(all, func(a, b routine.ClockChange) int {
		return cmp.Or(cmp.Compare(a.Op, b.Op), cmp.Compare(a.ID, b.ID), cmp.Compare(a.Due, b.Due))
	})
	return all
}
