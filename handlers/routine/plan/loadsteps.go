package plan

import (
	"slices"
	"strings"
)

// steps reads the tables [step.PHASE], in the order of the phases.
func (l *load) steps() {
	for _, row := range l.file.Phases {
		if len(row) == 0 {
			continue
		}
		owner := lead
		if len(row) > 2 && row[2] != "" {
			owner = row[2]
		}
		phase := row[0]
		for _, id := range inOrder(l, "step."+phase, l.file.Step[phase]) {
			l.step(phase, id, owner, l.file.Step[phase][id])
		}
	}
	for _, phase := range sorted(l.file.Step) {
		if !slices.ContainsFunc(l.file.Phases, func(row []string) bool { return len(row) > 0 && row[0] == phase }) {
			l.faultf("step."+phase, "there is no phase %q", phase)
		}
	}
	if len(l.r.steps) == 0 {
		l.faultf("step", "there are no steps")
	}
}

func (l *load) step(phase, id, owner string, row stepRow) {
	key := "step." + phase + "." + id
	s := StepSpec{
		ID: id, Phase: phase, Owners: strings.Fields(row.Owner), When: strings.Fields(row.When), Each: row.Each,
		Due: strings.Fields(row.Due), Again: row.Again, By: strings.Fields(row.By), Needs: strings.Fields(row.Needs),
		Begins: strings.Fields(row.Begins), Waive: row.Waive, Ladder: row.Ring, For: strings.Fields(row.For),
	}
	if len(s.Owners) == 0 {
		s.Owners = []string{owner}
	}
	if s.Ladder == "" {
		s.Ladder = LadderWork
	}
	switch {
	case row.Extend != nil:
		s.Extend = *row.Extend
	case s.Ladder == LadderWork:
		s.Extend = 2
	}
	s.Words = l.endsWithWords(s)
	s.Reply = s.Words && slices.Contains(s.By, actReply)
	if _, twice := l.r.Step(id); twice || !isName(id) {
		l.faultf(key, "%q is no name of a step, or there twice", id)
		return
	}
	l.r.steps = append(l.r.steps, s)
}

// endsWithWords says whether a step is a promise to the reporter that only words end:
// she is told when it is late, and every act that ends it sends her words.
func (l *load) endsWithWords(s StepSpec) bool {
	promised := slices.ContainsFunc(l.r.ladders, func(ladder Ladder) bool {
		return ladder.Name == s.Ladder && slices.ContainsFunc(ladder.Rungs, func(rung Rung) bool { return slices.Contains(rung.Who, "reporter") })
	})
	return promised && len(s.By) > 0 && !slices.ContainsFunc(s.By, func(by string) bool {
		name, _, _ := strings.Cut(by, "/")
		act, _ := l.r.Act(name)
		return act.Kind != "sent" || !slices.Contains(act.Effects, "out:r") && !slices.Contains(act.Effects, "out:seat")
	})
}

// phases reads the list of phases, and the lock.
func (l *load) phases() {
	for i, row := range l.file.Phases {
		if len(row) != 2 && len(row) != 3 || !isName(row[0]) || slices.ContainsFunc(l.r.phases, func(p Phase) bool { return p.Name == row[0] }) {
			l.faultf("phases", "%q is no phase: a name, once, a condition, and who owns its steps", row)
			continue
		}
		p := Phase{Name: row[0], When: strings.Fields(row[1])}
		if len(row) == 3 {
			p.Owner = row[2]
		}
		if (len(p.When) == 0) != (i == 0) {
			l.faultf("phases", "the first phase, and no other, has no condition: %q", row)
		}
		l.r.phases = append(l.r.phases, p)
	}
	if len(l.file.Phases) == 0 {
		l.faultf("phases", "phases are missing")
	}
	for _, row := range l.file.Lock {
		if len(row) != 2 || !slices.Contains(l.file.Levels, row[1]) {
			l.faultf("lock", "%q is no condition with a level", row)
			continue
		}
		l.r.lock = append(l.r.lock, lockRule{l.conds("lock", strings.Fields(row[0])), row[1]})
	}
}

// rest reads letters, keeping and numbers.
func (l *load) rest() {
	for _, name := range inOrder(l, "letter", l.file.Letter) {
		row := l.file.Letter[name]
		if len(row) != 2 || !isName(name) {
			l.faultf("letter."+name, "a letter has a name and two columns: to whom, and what must stand in it")
			continue
		}
		l.r.letters = append(l.r.letters, Letter{name, strings.Fields(row[0]), strings.Fields(row[1])})
	}
	for _, class := range inOrder(l, "keep", l.file.Keep) {
		row := l.file.Keep[class]
		l.r.keep = append(l.r.keep, Keep{class, strings.Fields(row.When), row.Review, row.Max, row.Shred})
		for _, text := range []string{row.Review, row.Max, row.Shred} {
			if s, ok := parseSpan(text); text != "" && (!ok || !s.isDays() || s.n <= 0) {
				l.faultf("keep."+class, "%q is no number of days or months", text)
			}
		}
	}
	l.r.numbers = Numbers{l.file.Numbers.Count, l.file.Numbers.Least}
}
