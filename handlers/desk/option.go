package desk

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"tillit/handlers/casework"
	"tillit/handlers/routine"
	"tillit/intake/words"
	"tillit/store/cases"
)

// This file says which names of the routine and of a case's state a field may have.

// routine is what the routine of a case calls something; its id where nothing says it.
func (v view) routine(w casework.Where, group, id string) string {
	if w.Words != nil {
		return w.Words.In(v.ID()).Label(group, id)
	}
	return v.Label(group, id)
}

// task is what a step is called in a few words, with the object that it is about.
func (v view) step(w casework.Where, key string) string {
	id, object, _ := strings.Cut(key, "/")
	name := v.routine(w, "step", id)
	if object == "" {
		return name
	}
	return v.T("step.of", "step", name, "object", v.object(w, object))
}

// objects are named after the talk that they are about, or numbered.
var (
	talks    = regexp.MustCompile(`^t(r|a|b|s[ab]|w[0-9]*)(?:-([0-9]+))?$`)
	numbered = regexp.MustCompile(`^[a-z]([0-9]+)$`)
)

// object is what one of several of the same step is called.
func (v view) object(w casework.Where, object string) string {
	if talk := talks.FindStringSubmatch(object); talk != nil {
		seat := v.seat(w, talk[1])
		if talk[2] == "" {
			return seat
		}
		return seat + " " + talk[2]
	}
	if n := numbered.FindStringSubmatch(object); n != nil {
		return n[1]
	}
	return plain(object)
}

// seat is what somebody concerned is called.
func (v view) seat(w casework.Where, seat string) string {
	switch {
	case seat == "sa" || seat == "sb":
		return v.routine(w, "duty", "support_"+seat[1:])
	case len(seat) > 1 && seat[0] == 'w':
		return v.routine(w, "seat", "w") + " " + seat[1:]
	}
	return v.routine(w, "seat", seat)
}

// takesSupporters are the acts that are also about the persons who support a party.
var takesSupporters = []string{"invite", "seated"}

// seats are those who are concerned, as the case stands.
func (v view) seats(t turn) []choice {
	ids := []string{"r", "a", "b"}
	for _, task := range slices.Concat(t.where.Open, t.where.Waiting, t.where.Over) {
		if n := numbered.FindString(task.Object); strings.HasPrefix(n, "w") && !slices.Contains(ids, n) {
			ids = append(ids, n)
		}
	}
	if slices.Contains(takesSupporters, t.a.Name) {
		ids = append(ids, "sa", "sb")
	}
	var all []choice
	for _, id := range ids {
		all = append(all, choice{ID: id, Name: words.Capital(v.seat(t.where, id))})
	}
	return all
}

// named are the names that a field may have, by where they come from.
func (v view) named(t turn, f routine.Field) []choice {
	w := t.where
	if w.Routine == nil {
		return nil
	}
	list := func(group string, ids []string) (all []choice) {
		for _, id := range ids {
			all = append(all, choice{ID: id, Name: v.routine(w, group, id)})
		}
		return all
	}
	switch f.From {
	case "levels":
		return list("level", w.Routine.Levels())
	case "outcomes":
		return list("outcome", w.Routine.Outcomes())
	case "letters":
		return list("letter", sentBy(w, t.a))
	case "steps":
		return v.stepsFor(t)
	case "asked":
		return v.askedOf(t)
	case "talks":
		return v.objects(t, true)
	}
	return v.objects(t, false)
}

// sentBy are the letters that an act sends: those that a step says, and those that close.
func sentBy(w casework.Where, a *routine.Act) []string {
	var all []string
	for _, l := range w.Routine.Letters() {
		closing := strings.HasPrefix(l.Name, "closing_")
		if closing || a.Kind == routine.KindSent && endsWith(w, a, l.Name) {
			all = append(all, l.Name)
		}
	}
	return all
}

// endsWith says whether a step ends when an act is done with some value first.
func endsWith(w casework.Where, a *routine.Act, value string) bool {
	for _, s := range w.Routine.Steps() {
		if slices.Contains(s.By, a.Name+"/"+value) {
			return true
		}
	}
	return false
}

// stepsFor are the steps that can be left out, or whose day can be moved, whichever an
// act does.
func (v view) stepsFor(t turn) []choice {
	var all []choice
	for _, task := range slices.Concat(t.where.Open, t.where.Waiting) {
		moves := slices.Contains(t.a.Effects, "due")
		if moves && task.Extend <= task.Moves || !moves && task.Waive == 0 || !task.HasDue || !task.Mine && !v.leads(t.where) {
			continue
		}
		all = append(all, choice{ID: task.Key(), Name: v.step(t.where, task.Key())})
	}
	return all
}

// leads says whether the handler has the case.
func (v view) leads(w casework.Where) bool {
	return slices.ContainsFunc(w.Duties, func(h casework.Held) bool { return h.Duty == string(routine.Lead) && h.Who.ID == v.Me.ID })
}

// askedOf is what colleagues ask of a second person.
func (v view) askedOf(t turn) []choice {
	var all []choice
	for _, q := range t.where.Asked {
		if !q.Mine {
			all = append(all, choice{ID: strconv.FormatInt(q.Seq, 10), Name: v.question(t.where, q)})
		}
	}
	return all
}

// question is what a colleague asks, in a line.
func (v view) question(w casework.Where, q casework.Question) string {
	return v.T("second.asks", "name", v.nameOf(q.By), "what", v.asked(w, q))
}

// asked is what waits for a second person, in a few words.
func (v view) asked(w casework.Where, q casework.Question) string {
	title := ""
	if q.Act != nil {
		title = v.act(q.Act, "title")
	}
	if q.Step != "" {
		title = v.T("step.of", "step", title, "object", v.step(w, q.Step))
	}
	return title
}

// objects are those of the steps that an act ends; with over, also of steps that are
// done: minutes can be sent again.
func (v view) objects(t turn, over bool) []choice {
	var all []choice
	tasks := slices.Concat(t.where.Open, t.where.Waiting)
	if over {
		tasks = append(tasks, t.where.Over...)
	}
	for _, task := range tasks {
		spec, _ := t.where.Routine.Step(task.ID)
		ends := slices.ContainsFunc(spec.By, func(by string) bool { name, _, _ := strings.Cut(by, "/"); return name == t.a.Name })
		if task.Object != "" && ends && !slices.ContainsFunc(all, func(c choice) bool { return c.ID == task.Object }) {
			all = append(all, choice{ID: task.Object, Name: v.step(t.where, task.Key())})
		}
	}
	return all
}

// holds says whether somebody can open a case.
func holds(cs *casework.Case, id string) bool {
	return slices.ContainsFunc(cs.CanOpen, func(h casework.Handler) bool { return h.ID == id })
}

// recipient finds somebody whom a key could be given to; nobody is the zero value.
func (d *Desk) recipient(id string) casework.Handler {
	for _, h := range d.cfg.Work.Recipients() {
		if h.ID == id && id != "" {
			return h
		}
	}
	return casework.Handler{}
}

// mayBe says whether an act may name somebody, as the case stands.
func (d *Desk) mayBe(cs *casework.Case, a *routine.Act, id string) bool {
	filled, err := a.Read(func(string) []string { return []string{id} })
	return err == nil && d.fits(cs, a, id) && d.cfg.Work.Allows(cs, filled) == nil
}

// fits says whether somebody is one whom an act is about: a case is given to who can
// open it, a key to anybody who may have one, and neither to oneself.
func (d *Desk) fits(cs *casework.Case, a *routine.Act, id string) bool {
	return id != d.cfg.Work.Me().ID && d.recipient(id).ID != "" &&
		(a.Kind != routine.KindDuty || id != cases.Recovery && holds(cs, id))
}

// choices are the people whom an act may name, as the case stands; without a case, the
// one who was chosen.
func (d *Desk) choices(v view, cs *casework.Case, a *routine.Act, chosen string) []choice {
	var all []choice
	for _, h := range d.cfg.Work.Recipients() {
		if cs == nil && h.ID != chosen || cs != nil && !d.mayBe(cs, a, h.ID) {
			continue
		}
		c := choice{ID: h.ID, Name: v.nameOf(h), Chosen: h.ID == chosen}
		if a.Kind == routine.KindKeys && cs != nil && holds(cs, h.ID) { // who lost a key and has a new one needs it again
			c.Name = v.T("grant.again", "name", c.Name)
		}
		all = append(all, c)
	}
	return all
}
