package plan

import (
	"bytes"
	"maps"
	"slices"
	"time"
)

// Routine is a folder that was read and found whole. It does not change, and is safe for
// concurrent use. What its methods return must not be changed within.
type Routine struct {
	name, source, version, calendar    string
	alsoOff                            []string
	open, shut                         time.Duration // office hours, from midnight
	again                              span          // how often a last rung rings again
	ringWaiting                        []string
	levels, duties, outcomes, neverSay []string
	elsewhere                          []string
	lock                               []lockRule

	phases  []Phase
	apart   [][2]string
	ladders []Ladder
	acts    []Act
	steps   []StepSpec
	letters []Letter
	keep    []Keep
	numbers Numbers

	letterText map[string]string            // NAME.LANG → text
	text       map[string]map[string]string // LANG → key → text

	files map[string][]byte // what the version is the hash of

	compiled
}

// StepSpec is a step as the routine has it.
type StepSpec struct {
	ID, Phase string
	Owners    []string // duties of which any may do it; the first is shown and rung. Or "daemon", "holder"
	When      []string // conditions; all must hold
	Each      bool     // one object for each that an act opens
	Due       []string // the earliest counts
	Again     string   // a later day that an act gives it
	By        []string // acts that end it; act/x: only with x in the act's first field
	Needs     []string // steps that must be over before it
	Begins    []string // effects that begin it again
	Waive     int      // how many people it takes to leave it out; 0: nobody can
	Ladder    string
	Extend    int  // how often its day may be moved
	Words     bool // a promise to the reporter that ends only when words leave for her
	Reply     bool // and whichever words they are
	For       []string
}

// Phase is how far a case is. The phase of a case is the last one whose conditions hold.
type Phase struct {
	Name  string
	When  []string
	Owner string // the duty that owns the steps of this phase, if they name none
}

// Letter is a text with holes, to somebody.
type Letter struct {
	Name   string
	To     []string // seats; "seat" is whoever it concerns
	Blocks []string // holes that must stand in it
}

// Keep is how long a class of closed cases is kept. Lengths are written as 12m or 60d.
type Keep struct {
	Class       string
	When        []string // conditions on the outcome; none: every other case
	Review, Max string
	Shred       string
}

// Numbers is what the overview counts, and how small a count is not shown.
type Numbers struct {
	Count []string
	Least int
}

// Name is what the routine is called.
func (r *Routine) Name() string { return r.name }

// Source says whose plan it follows.
func (r *Routine) Source() string { return r.source }

// Version is a hash over the folder, in hex. A case keeps the one under which it was
// opened.
func (r *Routine) Version() string { return r.version }

// Files are the files of the folder by name, as they were read: what the version is the
// hash of, and all that [Load] needs to have the routine again.
func (r *Routine) Files() map[string][]byte {
	all := make(map[string][]byte, len(r.files))
	for name, data := range r.files {
		all[name] = bytes.Clone(data)
	}
	return all
}

// Steps are in the order of the file, phase by phase.
func (r *Routine) Steps() []StepSpec { return slices.Clone(r.steps) }

// Step is one of them.
func (r *Routine) Step(id string) (StepSpec, bool) {
	return find(r.steps, func(s StepSpec) bool { return s.ID == id })
}

// Phases are in the order in which a case goes through them.
func (r *Routine) Phases() []Phase { return slices.Clone(r.phases) }

// AnswerPhase is the phase that a case is in at least once words have left for the
// reporter: it begins when a step is over that every case has from the start, and that any
// words end. Empty is a routine without one.
func (r *Routine) AnswerPhase() string {
	for _, p := range r.phases {
		for _, s := range r.steps {
			if s.Reply && len(s.When) == 0 && len(s.Needs) == 0 && len(p.When) == 1 && p.When[0] == "done:"+s.ID {
				return p.Name
			}
		}
	}
	return ""
}

// Duties are in the order of the file.
func (r *Routine) Duties() []string { return slices.Clone(r.duties) }

// Levels go from the lowest to the highest.
func (r *Routine) Levels() []string { return slices.Clone(r.levels) }

// Outcomes are what a decision may come to.
func (r *Routine) Outcomes() []string { return slices.Clone(r.outcomes) }

// Apart are pairs of duties that one person may not hold in one case.
func (r *Routine) Apart() [][2]string { return slices.Clone(r.apart) }

// Letters are in the order of the file.
func (r *Routine) Letters() []Letter { return slices.Clone(r.letters) }

// LetterText is a letter in a language, with its holes.
func (r *Routine) LetterText(name, lang string) (string, bool) {
	text, ok := r.letterText[name+"."+lang]
	return text, ok
}

// Text is what the routine calls something, or says of it, in a language: by the keys
// of its words, "step.tell_b".
func (r *Routine) Text(key, lang string) (string, bool) {
	text, ok := r.text[lang][key]
	return text, ok
}

// Acts are those that the routine uses, in the order of the file, as it narrows them.
func (r *Routine) Acts() []Act { return slices.Clone(r.acts) }

// Act is one of them.
func (r *Routine) Act(name string) (Act, bool) {
	return find(r.acts, func(a Act) bool { return a.Name == name })
}

// Elsewhere are the sentences and rules that no step serves.
func (r *Routine) Elsewhere() []string { return slices.Clone(r.elsewhere) }

// Ladders are in the order of the file.
func (r *Routine) Ladders() []Ladder { return slices.Clone(r.ladders) }

// Keep is how long closed cases are kept, in the order of the file.
func (r *Routine) Keep() []Keep { return slices.Clone(r.keep) }

// NeverSay are words that nobody is ever told.
func (r *Routine) NeverSay() []string { return slices.Clone(r.neverSay) }

// Numbers are what the overview counts.
func (r *Routine) Numbers() Numbers {
	return Numbers{slices.Clone(r.numbers.Count), r.numbers.Least}
}

func find[T any](all []T, is func(T) bool) (T, bool) {
	if i := slices.IndexFunc(all, is); i >= 0 {
		return all[i], true
	}
	var none T
	return none, false
}

// sorted are the keys of a map, in order.
func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
