package handlers

import (
	"tillit/handlers/routine"
	"tillit/handlers/routine/plan"
)

// Routines are the routines by which cases are worked: the one that holds for new
// cases, and those of cases that were opened under an earlier one. They do not change.
type Routines struct {
	Current *plan.Routine
	Earlier map[string]*plan.Routine // by version
}

// Of is a routine by its version; nil for one that is not known here, and for none.
func (r *Routines) Of(version string) *plan.Routine {
	switch {
	case r == nil || version == "":
		return nil
	case r.Current != nil && r.Current.Version() == version:
		return r.Current
	}
	return r.Earlier[version]
}

// Rules are what the server holds acts in a case of a version to.
func (r *Routines) Rules(version string) routine.Rules {
	of := r.Of(version)
	if of == nil {
		return routine.Rules{}
	}
	return routine.Rules{Levels: of.Levels(), Apart: of.Apart()}
}
