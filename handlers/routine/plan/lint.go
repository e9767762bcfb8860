package plan

import (
	"slices"
	"strings"
)

// lint looks for what a reader of the file alone cannot see: that all names exist and
// that the steps lead somewhere.
func (l *load) lint() {
	for i, s := range l.r.steps {
		l.lintStep("step."+s.Phase+"."+s.ID, s)
		l.lintGate("step."+s.Phase+"."+s.ID, s)
		if l.needsItself(i) {
			l.faultf("step."+s.Phase+"."+s.ID, "%s needs itself, by way of others", s.ID)
		}
	}
	for _, p := range l.r.phases {
		l.conds("phases", p.When)
		if p.Owner != "" && !slices.Contains(l.r.duties, p.Owner) {
			l.faultf("phases", "there is no duty %q", p.Owner)
		}
	}
	l.lintLadders()
	for _, k := range l.r.keep {
		l.conds("keep."+k.Class, k.When)
	}
	for _, a := range l.r.acts {
		l.lintEffects(a)
	}
	l.lintSentences()
	l.lintStaffing()
	l.says(mainFile, l.sources[mainFile].line("outcomes"), strings.Join(l.r.outcomes, " "))
	l.says(mainFile, l.sources[mainFile].line("duties"), strings.Join(l.r.duties, " "))
}

// lateLetter is what a reporter is told when a promise was not kept.
const lateLetter = "late"

// lintLadders holds that there is something to tell a reporter.
func (l *load) lintLadders() {
	if slices.ContainsFunc(l.r.letters, func(letter Letter) bool { return letter.Name == lateLetter }) {
		return
	}
	for _, ladder := range l.r.ladders {
		if slices.ContainsFunc(ladder.Rungs, func(rung Rung) bool { return slices.Contains(rung.Who, "reporter") }) {
			l.faultf("ladder."+ladder.Name, "the reporter is told, and there is no letter %q", lateLetter)
		}
	}
}

// conds parses conditions, and looks for what they name.
func (l *load) conds(key string, texts []string) (all []cond) {
	for _, text := range texts {
		c, ok := parseCond(text)
		if !ok {
			l.faultf(key, "%q is no condition", text)
			continue
		}
		for _, value := range c.values {
			if !l.condNames(c, value) {
				l.faultf(key, "%q can never hold: there is no %s", text, value)
			}
		}
		all = append(all, c)
	}
	return all
}

var (
	sources = []string{"self", "leader", "relay", "registered"}
	seats   = []string{"r", "a", "b"}
)

// condNames says whether a value of a condition is there.
func (l *load) condNames(c cond, value string) bool {
	step, isStep := l.r.Step(value)
	switch {
	case c.asks:
		choices, known := l.vocab.Questions[c.key]
		return l.vocab.Questions == nil || known && slices.Contains(choices, value)
	case c.key == "flag":
		return l.vocab.Flags == nil || slices.Contains(l.vocab.Flags, value)
	case c.key == "source":
		return slices.Contains(sources, value)
	case c.key == "outcome":
		return slices.Contains(l.r.outcomes, value)
	case c.key == "other":
		return value == "known"
	case c.key == "told", c.key == "joined":
		return slices.Contains(seats, value)
	case c.key == "none":
		return isStep && step.Each
	case c.key == "any":
		return slices.ContainsFunc(l.file.Phases, func(row []string) bool { return len(row) > 0 && row[0] == value })
	case c.key == "eligible":
		return value == "0"
	}
	return isStep
}

// anchors are what a due expression may count from; told_ and heard_ go with a seat.
var anchors = []string{"received", "opened", "named", "event", "decided", "closed", "postponed", "kept", own}

func isAnchor(name string) bool {
	for _, prefix := range []string{"told_", "heard_"} {
		if seat, ok := strings.CutPrefix(name, prefix); ok {
			return slices.Contains(seats, seat)
		}
	}
	return slices.Contains(anchors, name)
}

func (l *load) lintStep(key string, s StepSpec) {
	l.conds(key, s.When)
	for _, owner := range s.Owners {
		nobody := owner == OwnerDaemon && len(s.Owners) == 1 || owner == OwnerHolder && s.Each
		if !slices.Contains(l.r.duties, owner) && !nobody {
			l.faultf(key, "there is no duty %q", owner)
		}
	}
	for _, text := range s.Due {
		if e, ok := parseExpr(text); !ok || !isAnchor(e.anchor) || e.anchor == own && !s.Each {
			l.faultf(key, "%q is no day: an anchor, a sign, a number and a unit", text)
		}
	}
	if e, ok := parseExpr(s.Again); s.Again != "" && (!ok || !isAnchor(e.anchor) || e.anchor == own) {
		l.faultf(key, "%q is no later day", s.Again)
	}
	if len(s.Due) == 0 || len(s.By) == 0 {
		l.faultf(key, "%s has no day, or no act that ends it", s.ID)
	}
	for _, by := range s.By {
		l.lintBy(key, s, by)
	}
	for _, need := range s.Needs {
		if _, known := l.r.Step(need); !known {
			l.faultf(key, "it needs %q, which is no step", need)
		}
	}
	for _, effect := range s.Begins {
		if effect != "worse" && effect != "open" || s.Each {
			l.faultf(key, "nothing begins it again by %q", effect)
		}
	}
	if !slices.ContainsFunc(l.r.ladders, func(ladder Ladder) bool { return ladder.Name == s.Ladder }) {
		l.faultf(key, "there is no ladder %q", s.Ladder)
	}
	if s.Waive < 0 || s.Waive > 2 || s.Extend < 0 || s.Extend > 2 {
		l.faultf(key, "nobody, one or two can leave it out, and its day can be moved twice at most")
	}
	if opened := slices.ContainsFunc(l.r.acts, func(a Act) bool { return opens(a, s.ID) }); s.Each && !opened {
		l.faultf(key, "no act opens an object of %s", s.ID)
	}
}

// opens says whether an act may begin an object of a step.
func opens(a Act, step string) bool {
	return slices.ContainsFunc(a.Effects, func(effect string) bool {
		name, isOpen := strings.CutPrefix(effect, "open:")
		return isOpen && (name == step || hasField(a, name))
	})
}

func hasField(a Act, name string) bool {
	return slices.ContainsFunc(a.Fields, func(f Field) bool { return f.Name == name })
}

func (l *load) lintBy(key string, s StepSpec, by string) {
	name, value, named := strings.Cut(by, "/")
	act, known := l.r.Act(name)
	switch {
	case !known && !slices.Equal(s.Owners, []string{OwnerDaemon}):
		l.faultf(key, "there is no act %q", name)
	case known && named && (value == "" || len(act.Fields) == 0):
		l.faultf(key, "%q: the act has no field, or no value is given", by)
	}
}

// lintGate wants that an act which may be done by somebody who does not own a step
// cannot go past what that step needs: rule 3 would leave the step out of account.
func (l *load) lintGate(key string, s StepSpec) {
	for _, by := range s.By {
		act, known := l.r.Act(by)
		if len(s.Needs) == 0 || s.Words || !known || slices.Contains(act.Effects, "second") {
			continue // with a value, or a second person, an act is about its steps
		}
		for _, who := range act.Who {
			if !slices.Contains(s.Owners, who) && who != whoSeat && who != whoOwner {
				l.faultf(key, "%s does not own %s, and may do %s without what the step needs", who, s.ID, by)
			}
		}
	}
}

func (l *load) lintEffects(a Act) {
	for _, effect := range a.Effects {
		name, arg, _ := strings.Cut(effect, ":")
		step, known := l.r.Step(arg)
		switch {
		case name == "open" && arg != "" && !(known && step.Each) && !hasField(a, arg):
			l.faultf("act."+a.Name, "%s: there is no step with objects, and no field, called %s", effect, arg)
		case name == "again" && (!known || step.Again == ""):
			l.faultf("act."+a.Name, "%s: there is no step %s with a later day", effect, arg)
		}
	}
}

// needsItself says whether the needs of a step lead back to it.
func (l *load) needsItself(i int) bool {
	seen, todo := map[string]bool{}, slices.Clone(l.r.steps[i].Needs)
	for len(todo) > 0 {
		id := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if id == l.r.steps[i].ID {
			return true
		}
		if step, known := l.r.Step(id); known && !seen[id] {
			seen[id], todo = true, append(todo, step.Needs...)
		}
	}
	return false
}

// lintSentences wants every sentence and rule that the routine must meet in a step, or
// listed as met elsewhere.
func (l *load) lintSentences() {
	must := strings.Fields(l.file.Must)
	met := setOf(l.r.elsewhere)
	for _, s := range l.r.steps {
		for _, id := range s.For {
			met[id] = true
			if len(must) > 0 && !slices.Contains(must, id) {
				l.faultf("step."+s.Phase+"."+s.ID, "it is for %s, which is no sentence of must", id)
			}
		}
	}
	for _, id := range l.r.elsewhere {
		if len(must) > 0 && !slices.Contains(must, id) {
			l.faultf("elsewhere", "%s is no sentence of must", id)
		}
	}
	for _, id := range must {
		if !met[id] {
			l.faultf("must", "nothing serves %s", id)
		}
	}
}

// lintStaffing wants that two handlers can hold all duties that steps and acts need,
// with the pairs apart.
func (l *load) lintStaffing() {
	var need []string
	for _, duty := range l.r.duties {
		if slices.ContainsFunc(l.r.steps, func(s StepSpec) bool { return slices.Contains(s.Owners, duty) }) ||
			slices.ContainsFunc(l.r.acts, func(a Act) bool { return slices.Contains(a.Who, duty) }) {
			need = append(need, duty)
		}
	}
	for staffing := range 1 << min(len(need), 16) {
		bad := slices.ContainsFunc(l.r.apart, func(pair [2]string) bool {
			i, j := slices.Index(need, pair[0]), slices.Index(need, pair[1])
			return i >= 0 && j >= 0 && staffing>>i&1 == staffing>>j&1
		})
		if !bad {
			return
		}
	}
	l.faultf("apart", "two handlers cannot have all duties between them")
}
