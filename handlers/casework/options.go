package casework

import (
	"slices"
	"strconv"

	"tillit/handlers/routine"
)

// Options are the values that a field of a name may have in this case. Fixed says that
// there are no others, whatever happens in the case; of the rest the fold says why not.
func (w Where) Options(f routine.Field) (all []string, fixed bool) {
	if w.Routine == nil {
		return nil, false
	}
	switch f.From {
	case "levels":
		return w.Routine.Levels(), true
	case "outcomes":
		return w.Routine.Outcomes(), true
	case "letters":
		for _, l := range w.Routine.Letters() {
			all = append(all, l.Name)
		}
		return all, true
	case "steps":
		for _, t := range slices.Concat(w.Open, w.Waiting) {
			all = append(all, t.Key())
		}
	case "asked":
		for _, q := range w.Asked {
			if !q.Mine {
				all = append(all, strconv.FormatInt(q.Seq, 10))
			}
		}
	case "objects":
		all = objects(w.Open, "")
	case "measures":
		all = objects(w.Open, "measure")
	case "talks": // minutes can be sent again
		all = objects(slices.Concat(w.Open, w.Over), "minutes")
	}
	return all, false
}

// objects are the objects of steps; of all of them if no step is named.
func objects(of []Task, step string) (all []string) {
	for _, t := range of {
		if t.Object != "" && (step == "" || t.ID == step) && !slices.Contains(all, t.Object) {
			all = append(all, t.Object)
		}
	}
	return all
}
