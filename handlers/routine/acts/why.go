package acts

import (
	"errors"
	"slices"
	"strings"

	"tillit/handlers/routine"
	"tillit/handlers/routine/plan"
	"tillit/intake/words"
)

// Names are what a refusal names besides acts.
type Names struct {
	Routine *plan.Routine          // of the case; nil is none
	Words   *words.Lang            // what it calls its things; nil leaves them their ids
	Person  func(id string) string // what somebody is called
}

// Why says in a language why an act cannot be done. It says nothing of an error that is
// no refusal.
func Why(say *words.Lang, names Names, err error) (string, bool) {
	var of *plan.Refusal
	var mark *routine.Refusal
	switch {
	case errors.As(err, &of):
		return why(say, names, of), true
	case errors.As(err, &mark):
		return why(say, names, &plan.Refusal{Key: mark.Key, Person: mark.Person}), true
	}
	return "", false
}

func why(say *words.Lang, names Names, r *plan.Refusal) string {
	who := names.Call("duty", r.Duty)
	if r.Person != "" {
		who = names.Person(r.Person)
	}
	return say.Say(keyOf(say, names, r), "person", who, "who", who, "duty", names.Call("duty", r.Duty), "other", names.Call("duty", r.Other),
		"level", names.Call("level", r.Level), "steps", names.steps(r.Steps), "waits", names.steps(r.Waits),
		"field", say.Label("act."+r.Act+".field", r.Field))
}

// keyOf is the key of the words of a refusal.
func keyOf(say *words.Lang, names Names, r *plan.Refusal) string {
	key := r.Key
	switch {
	case key == plan.RefusedWaits && names.waivable(r.Waits):
		key = "waits_waive"
	case key == plan.RefusedOpen && len(r.Steps) > 0:
		key = "open_steps"
	case key == plan.RefusedWhich && len(r.Steps) == 0:
		key = plan.RefusedStep
	}
	if key = "refused." + key; !say.Has(key) { // of a newer server
		return "refused." + routine.RefusedMark
	}
	return key
}

// waivable says whether each of these steps can be left out.
func (n Names) waivable(steps []string) bool {
	return n.Routine != nil && !slices.ContainsFunc(steps, func(key string) bool {
		id, _, _ := strings.Cut(key, "/")
		spec, _ := n.Routine.Step(id)
		return spec.Waive == 0
	})
}

// Call is what the routine calls something, by its group and id: "duty", "lead".
func (n Names) Call(group, id string) string {
	if n.Words == nil {
		return id
	}
	return n.Words.Label(group, id)
}

// Step is what the routine calls a step, with its object: "minutes/tr".
func (n Names) Step(key string) string {
	id, object, _ := strings.Cut(key, "/")
	name := n.Call("step", id)
	if object != "" {
		name += " (" + object + ")"
	}
	return name
}

func (n Names) steps(keys []string) string {
	var all []string
	for _, key := range keys {
		all = append(all, n.Step(key))
	}
	return strings.Join(all, ", ")
}
