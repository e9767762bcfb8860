package plan

import (
	"slices"
	"strings"
)

// compiled is a routine made ready for the fold, once: nothing of it is parsed or looked
// for by name again. It is made of what was found whole.
type compiled struct {
	specs    []spec
	index    map[string]int // step → its place in specs
	deeds    map[string]*deed
	phaseIf  [][]cond
	keepIf   [][]cond
	anchored map[string][]int // anchor → the steps whose day hangs on it
	begins   map[string][]int // effect → the steps that it begins again
	tells    []int            // the steps that words to the other party end
	clash    map[string][]string
	inPhase  map[string][]int
}

// lockRule locks a case to a level where its conditions hold at the beginning.
type lockRule struct {
	when  []cond
	level string
}

// spec is a step, ready.
type spec struct {
	StepSpec
	due     []expr
	again   expr
	when    []cond
	flagged bool // it begins with a flag, and counts from when that was raised
	needs   []int
	rings   bool // its clock runs also while it waits
	work    bool // the office's closed days move it
	about   string
	outside bool // somebody outside the office ends it
}

// deed is an act, ready.
type deed struct {
	Act
	effects []effect
	refs    []ref // the steps that it may end
	first   string
	second  bool // another person must agree
	which   bool // it names an object
	objects bool // all that it ends are objects
	begins  bool // it begins an object too
}

type effect struct{ name, arg string }

// ref is a step that an act ends: any time, or only with a value in its first field.
type ref struct {
	spec  int
	value string
}

func (r *Routine) compile() {
	r.compiled = compiled{index: map[string]int{}, deeds: map[string]*deed{}, anchored: map[string][]int{}, begins: map[string][]int{}, clash: map[string][]string{}, inPhase: map[string][]int{}}
	for i, s := range r.steps {
		r.index[s.ID] = i
		r.inPhase[s.Phase] = append(r.inPhase[s.Phase], i)
	}
	for _, a := range r.acts {
		r.deeds[a.Name] = newDeed(a)
	}
	for i, s := range r.steps {
		r.specs = append(r.specs, r.spec(i, s))
	}
	for _, p := range r.phases {
		r.phaseIf = append(r.phaseIf, mustConds(p.When))
	}
	for _, k := range r.keep {
		r.keepIf = append(r.keepIf, mustConds(k.When))
	}
	for _, pair := range r.apart {
		r.clash[pair[0]] = append(r.clash[pair[0]], pair[1])
		r.clash[pair[1]] = append(r.clash[pair[1]], pair[0])
	}
	for _, a := range r.acts {
		d := r.deeds[a.Name]
		d.objects = len(d.refs) > 0 && !slices.ContainsFunc(d.refs, func(ref ref) bool { return ref.value != "" || !r.specs[ref.spec].Each })
		if slices.Contains(a.Effects, "out:"+otherParty) {
			for _, ref := range r.deeds[a.Name].refs {
				r.tells = append(r.tells, ref.spec)
			}
		}
	}
}

// The seats of the reporter and of the other party.
const (
	reporter   = "r"
	otherParty = "b"
)

func newDeed(a Act) *deed {
	d := &deed{Act: a}
	for _, text := range a.Effects {
		name, arg, _ := strings.Cut(text, ":")
		d.effects = append(d.effects, effect{name, arg})
		d.second = d.second || name == "second" && a.Name != actSecond
		d.begins = d.begins || name == "open"
	}
	for i, f := range a.Fields {
		if i == 0 {
			d.first = f.Name
		}
		d.which = d.which || f.Name == fieldWhich
	}
	return d
}

func (r *Routine) spec(i int, s StepSpec) spec {
	c := spec{StepSpec: s, when: mustConds(s.When), rings: slices.Contains(r.ringWaiting, s.Ladder), work: s.Ladder == LadderWork}
	for _, text := range s.Due {
		e, _ := parseExpr(text)
		c.due = append(c.due, e)
		r.anchored[e.anchor] = append(r.anchored[e.anchor], i)
	}
	c.again, _ = parseExpr(s.Again)
	for _, when := range c.when {
		c.flagged = c.flagged || when.key == "flag"
	}
	for _, id := range s.Needs {
		c.needs = append(c.needs, r.index[id])
	}
	for _, e := range s.Begins {
		r.begins[e] = append(r.begins[e], i)
	}
	for _, by := range s.By {
		name, value, _ := strings.Cut(by, "/")
		if r.deeds[name] == nil { // of the daemon, which is in no table
			r.deeds[name] = newDeed(Act{Name: name, Who: []string{OwnerDaemon}, Kind: "work"})
		}
		d := r.deeds[name]
		d.refs = append(d.refs, ref{i, value})
		c.outside = c.outside || d.Kind == "seat" || name == actTold
		switch name {
		case actMinutesOK:
			c.about = AboutMinutes
		case actRequest:
			c.about = value
		}
	}
	return c
}

// mustConds parses what the lint has seen to be conditions.
func mustConds(texts []string) (all []cond) {
	for _, text := range texts {
		c, _ := parseCond(text)
		all = append(all, c)
	}
	return all
}
