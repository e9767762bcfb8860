package plan

import (
	"maps"
	"slices"
	"time"
)

// State is how far a case is: what follows from its facts and its acts, and nothing
// else. It never looks at the time. It is not safe for concurrent use; a [State.Clone]
// is another one.
type State struct {
	r       *Routine
	c       Calendar
	facts   Facts
	flags   map[string]time.Time // when each was known
	anchors map[string]time.Time
	joined  []string
	duties  map[string]string
	level   string
	lock    string
	outcome string
	closed  bool
	filed   bool       // what came by another way is written down
	hold    string     // the last day of it
	steps   []progress // as the routine's specs
	stirred bool       // something has changed that other steps may hang on
	asked   []Asked
	refused []Refused
}

// progress is how far one step is, with all its objects.
type progress struct {
	objects []*object // none is changed: another takes its place, so that copies share them
	opened  int       // how many there ever were
	pending int       // how many are not over
	waived  int
	free    bool // nothing that it needs is pending
	freed   time.Time
}

// object is one of a step; a step without objects has one without a name.
type object struct {
	name   string
	nth    int    // of the talks with one person
	seat   string // whom it is about
	wish   bool   // the reporter asked for it
	holder string // whose it is, where the step is its holder's
	duty   string // by which they opened it: who has it later may do the step too
	since  time.Time
	floor  time.Time // its days count from here at the earliest
	own    time.Time // the day that its act gave
	begun  time.Time // when it first had a day
	due    Due
	moves  int
	over   bool
	waived bool
	by     int64
	ended  time.Time
}

// Refused is an act of the log that counts in nothing, and why.
type Refused struct {
	Done
	Why *Refusal
}

// Begin is a case as it is when it has come in.
func (r *Routine) Begin(f Facts, c Calendar) *State {
	if f.From.IsZero() {
		f.From = f.Received
	}
	if f.Source == "" {
		f.Source = "self"
	}
	s := &State{
		r: r, c: c, facts: f, flags: map[string]time.Time{}, anchors: map[string]time.Time{},
		duties: map[string]string{}, stirred: true, steps: make([]progress, len(r.specs)),
	}
	for _, flag := range f.Flags {
		s.flags[flag] = f.From
	}
	if f.OtherKnown {
		s.anchors["named"] = f.From
	}
	if day, ok := parseDay(f.Event); ok {
		s.anchors["event"] = c.at(day, 0)
	}
	for _, rule := range r.lock {
		if s.holds(rule.when) && slices.Index(r.levels, rule.level) > slices.Index(r.levels, s.lock) {
			s.lock = rule.level
		}
	}
	for i := range s.steps {
		s.steps[i].free = true
		s.steps[i].freed = f.From
	}
	maps.Copy(s.duties, f.Duties)
	s.settle(f.From)
	s.takeOver()
	return s
}

// takeOver ends what was over before the routine took the case over.
func (s *State) takeOver() {
	for _, id := range s.facts.Over {
		if t := s.lookup(id); t != nil {
			s.end(*t, s.facts.From, 0, false)
		}
	}
	if len(s.facts.Over) > 0 {
		s.settle(s.facts.From)
	}
}

// Clone is the same state, which changes apart.
func (s *State) Clone() *State {
	t := *s
	t.flags, t.anchors, t.duties = maps.Clone(s.flags), maps.Clone(s.anchors), maps.Clone(s.duties)
	t.joined, t.asked, t.refused = slices.Clone(s.joined), slices.Clone(s.asked), slices.Clip(s.refused)
	t.steps = slices.Clone(s.steps)
	for i := range t.steps {
		t.steps[i].objects = slices.Clone(s.steps[i].objects)
	}
	return &t
}

// Learn takes in what the reporter says later: flags that her answers raise, and that
// she named the other party. What a flag begins counts from when it was known.
func (s *State) Learn(flags []string, otherKnown bool, at time.Time) {
	for _, flag := range flags {
		if _, known := s.flags[flag]; !known {
			s.flags[flag], s.stirred = at, true
		}
	}
	if otherKnown {
		s.mark("named", at, at)
	}
	s.settle(at)
}

// Leave takes from a person what they had in the case: their key was lost, or they
// stepped away.
func (s *State) Leave(person string) {
	maps.DeleteFunc(s.duties, func(_, has string) bool { return has == person })
	for i := range s.steps {
		for j, o := range s.steps[i].objects {
			if o.holder == person {
				s.edit(target{i, j}).holder = ""
			}
		}
	}
}

// Routine is the one that the case is worked by.
func (s *State) Routine() *Routine { return s.r }

// Phase is how far the case is.
func (s *State) Phase() string {
	for i := len(s.r.phases) - 1; i > 0; i-- {
		if s.holds(s.r.phaseIf[i]) {
			return s.r.phases[i].Name
		}
	}
	return s.r.phases[0].Name
}

// Duties are who has which; a duty that nobody has is not in it.
func (s *State) Duties() map[string]string { return maps.Clone(s.duties) }

// Level is what was decided; before that, the lock, if there is one.
func (s *State) Level() string {
	if s.level == "" {
		return s.lock
	}
	return s.level
}

// Lock is the level below which the case cannot go; empty for none.
func (s *State) Lock() string { return s.lock }

// Closed says that it was closed and not opened again.
func (s *State) Closed() bool { return s.closed }

// Hold says that nothing may be destroyed until [State.HeldUntil] is over.
func (s *State) Hold() bool { return s.hold != "" }

// HeldUntil is the last day of a hold; empty for none.
func (s *State) HeldUntil() string { return s.hold }

// Outcome is what the decision came to; empty before it.
func (s *State) Outcome() string { return s.outcome }

// OtherKnown says whether the office knows who the other party is.
func (s *State) OtherKnown() bool { return s.is("other", "known") }

// Asked are acts that wait for a second person, in their order.
func (s *State) Asked() []Asked { return slices.Clone(s.asked) }

// Refused are acts that count in nothing, in their order.
func (s *State) Refused() []Refused { return slices.Clone(s.refused) }

// End is the day by which somebody must say whether the case is destroyed, kept or held;
// empty before it is closed.
func (s *State) End() string {
	shred := s.r.deeds["shred"]
	if shred == nil {
		return ""
	}
	for _, ref := range shred.refs {
		for _, o := range s.steps[ref.spec].objects {
			if !o.over && !o.due.IsZero() {
				return o.due.String()
			}
		}
	}
	return ""
}
