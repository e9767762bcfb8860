package handlers

import (
	"archive/zip"
	"bytes"
	"io/fs"
	"maps"
	"slices"
	"strings"

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
	return routine.RulesOf(r.Of(version))
}

// LoadRoutine reads a routine, and holds it to what a server needs of one: a step for each
// promise that the receipt names, counted from when a report came.
func LoadRoutine(folder fs.FS, v plan.Vocabulary) (*plan.Routine, []plan.Problem) {
	r, faults := plan.Load(folder, v)
	if r == nil {
		return nil, faults
	}
	for _, rule := range promises {
		if !slices.ContainsFunc(r.Steps(), func(s plan.StepSpec) bool {
			return promiseOf(s) == rule && len(s.When)+len(s.Needs) == 0 && counted(s.Due)
		}) {
			faults = append(faults, plan.Problem{File: "routine.toml", Line: 1,
				Text: "the receipt names the day of " + rule + ": a step for it is missing that every case has, counts from received, and ends only with words to the reporter"})
		}
	}
	if len(faults) > 0 {
		return nil, faults
	}
	return r, nil
}

// counted says whether a day counts from when a report came.
func counted(due []string) bool {
	return slices.ContainsFunc(due, func(text string) bool { return strings.HasPrefix(text, "received") })
}

// Pack is a routine's folder as a zip file, for a desk; nil for one that is not known here.
func (r *Routines) Pack(version string) []byte {
	of := r.Of(version)
	if of == nil {
		return nil
	}
	var packed bytes.Buffer
	w, files := zip.NewWriter(&packed), of.Files()
	for _, name := range slices.Sorted(maps.Keys(files)) {
		f, err := w.Create(name)
		if err != nil {
			return nil
		}
		_, _ = f.Write(files[name]) // into memory
	}
	_ = w.Close()
	return packed.Bytes()
}
