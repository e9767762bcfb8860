package desk

import (
	"errors"
	"net/url"
	"slices"

	"tillit/handlers/casework"
	"tillit/handlers/routine/acts"
	"tillit/handlers/routine/plan"
)

// planAct is an act as a routine has it.
type planAct = plan.Act

// firstStep is a step that comes before what was refused, with who has it and the page of
// the act that does it.
type firstStep struct{ Name, Who, Link string }

// refusal is why an act cannot be done, in words, and what comes first.
type refusal struct {
	Said  string
	Has   string // who has the duty that it takes
	First []firstStep
}

// refused says why an act cannot be done. It is nil for an error that is no refusal.
func (d *Desk) refused(v view, ref string, w casework.Where, err error) *refusal {
	names := acts.Names{Routine: w.Routine, Person: func(id string) string { return v.nameOf(d.person(id)) }}
	if w.Words != nil {
		names.Words = w.Words.In(v.ID())
	}
	text, ok := acts.Why(acts.Words().In(v.ID()), names, err)
	if !ok {
		return nil
	}
	out := &refusal{Said: plain(text)}
	var engine *plan.Refusal
	if errors.As(err, &engine) {
		out.First = v.comesFirst(ref, w, engine)
		if has := holderOf(w, engine.Duty); has.ID != "" && engine.Person == "" {
			out.Has = v.T("case.has_it", "name", v.nameOf(has))
		}
	}
	return out
}

// person is somebody by id, also one who could be given no key.
func (d *Desk) person(id string) casework.Handler {
	if h := d.recipient(id); h.ID != "" {
		return h
	}
	return casework.Handler{ID: id, Name: d.name(id)}
}

func (v view) stepNames(w casework.Where, keys []string) string {
	var all []string
	for _, key := range keys {
		all = append(all, v.step(w, key))
	}
	return v.List(all)
}

// holderOf is who has a duty; nobody is the zero value.
func holderOf(w casework.Where, duty string) casework.Handler {
	for _, h := range w.Duties {
		if h.Duty == duty {
			return h.Who
		}
	}
	return casework.Handler{}
}

// taskOf is a step of a case, by its key, or the first of several objects.
func taskOf(w casework.Where, key string) (casework.Task, bool) {
	for _, t := range slices.Concat(w.Open, w.Waiting, w.Over) {
		if t.Key() == key || t.ID == key {
			return t, true
		}
	}
	return casework.Task{}, false
}

// comesFirst are the steps that a refusal names as coming first, or as what is open.
func (v view) comesFirst(ref string, w casework.Where, no *plan.Refusal) []firstStep {
	keys := no.Waits
	if no.Key == plan.RefusedOpen {
		keys = no.Steps
	}
	var all []firstStep
	for _, key := range keys {
		f := firstStep{Name: v.step(w, key)}
		if t, found := taskOf(w, key); found {
			f.Link, f.Who = link(ref, t), v.who(t)
		}
		all = append(all, f)
	}
	return all
}

// who has a task, in words.
func (v view) who(t casework.Task) string {
	switch {
	case t.Who.ID == "":
		return v.T("queue.nobody_yet")
	case t.Who.ID == v.Me.ID:
		return v.T("next.you")
	}
	return v.nameOf(t.Who)
}

// link is the page of the act that does a task, with what the step says of it.
func link(ref string, t casework.Task) string {
	if t.Act == nil {
		return ""
	}
	q := url.Values{}
	for field, value := range t.Fields {
		q.Set(field, value)
	}
	to := actPath(ref, t.Act)
	if len(q) > 0 {
		to += "?" + q.Encode()
	}
	return to
}
