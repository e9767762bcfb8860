package daemon

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"time"

	"tillit/handlers"
	"tillit/handlers/routine/acts"
	"tillit/handlers/routine/party"
	"tillit/handlers/routine/plan"
	"tillit/intake"
)

// routinesFolder holds, in the data folder, every routine by which cases were begun here.
const routinesFolder = "routines"

// errRoutine says that a routine cannot be worked by, beside its faults.
var errRoutine = errors.New("the routine has faults")

// readRoutine reads the routine that holds for new cases. Its faults are all that is
// wrong with it; of the one that we ship, what the questions here never lead to is none,
// only worth a thought.
func readRoutine(conf Config, set *intake.Set) (r *plan.Routine, faults, thoughts []plan.Problem) {
	if conf.Routine != "" {
		r, faults = handlers.LoadRoutine(os.DirFS(conf.path(conf.Routine)), vocabulary(set))
		return r, faults, nil
	}
	_, thoughts = handlers.LoadRoutine(party.Files, vocabulary(set))
	r, faults = handlers.LoadRoutine(party.Files, acts.Vocabulary())
	if len(faults) > 0 {
		thoughts = nil
	}
	return r, faults, thoughts
}

// vocabulary is what a routine may name: the acts of this program, and what a set asks
// and notes.
func vocabulary(set *intake.Set) plan.Vocabulary {
	v := acts.Vocabulary()
	v.Questions, v.Flags = set.Choices(), set.Flags()
	return v
}

// currentRoutine is readRoutine for the start of the server, held to what the organisation
// may promise.
func currentRoutine(conf Config, set *intake.Set, zone *time.Location) (*plan.Routine, error) {
	r, faults, _ := readRoutine(conf, set)
	if r == nil {
		return nil, fmt.Errorf("%w: %d, the first is %s; tillitd check lists all", errRoutine, len(faults), sayProblem(conf, faults[0]))
	}
	if late := promisesMore(r, zone); late != "" {
		return nil, fmt.Errorf("%w: %s", errRoutine, late)
	}
	return r, nil
}

// sayProblem names a fault with its file, as it lies on this machine.
func sayProblem(conf Config, p plan.Problem) string {
	if conf.Routine != "" {
		p.File = filepath.Join(conf.path(conf.Routine), p.File)
	}
	return p.String()
}

// promisesMore says what a routine promises a reporter later than the one that we ship;
// empty for nothing. The days of a whole year are compared.
func promisesMore(r *plan.Routine, zone *time.Location) string {
	shipped, _ := handlers.LoadRoutine(party.Files, acts.Vocabulary())
	if shipped == nil || r.Version() == shipped.Version() {
		return ""
	}
	days := func(of *plan.Routine, at time.Time) [3]time.Time {
		one, two, three := handlers.Opening{Routine: of, Calendar: of.Calendar(zone, nil)}.Promised(at)
		return [3]time.Time{one, two, three}
	}
	what := [3]string{"that a person answers", "the latest answer", "the result, or how far it has come"}
	for n := range 366 {
		at := time.Date(2027, 1, 1+n, 12, 0, 0, 0, zone)
		ours, most := days(r, at), days(shipped, at)
		for i := range what {
			if ours[i].After(most[i]) {
				return fmt.Sprintf("it promises %s by %s for what comes on %s; no later day than %s may be promised", what[i],
					ours[i].Format(time.DateOnly), at.Format(time.DateOnly), most[i].Format(time.DateOnly))
			}
		}
	}
	return ""
}

// routines keeps routines. One that is damaged, or that this program cannot work by any
// more, leaves its cases with their log, their promises and their clocks, and without steps.
var routines = keeper[*plan.Routine]{
	what: "a kept routine is damaged, or of another program; desks cannot say what is next in the cases that began by it",
	load: func(folder fs.FS) (*plan.Routine, error) {
		r, faults := plan.Load(folder, acts.Vocabulary())
		if r == nil {
			return nil, fmt.Errorf("%w: %d", errRoutine, len(faults))
		}
		return r, nil
	},
	version: (*plan.Routine).Version,
	files:   (*plan.Routine).Files,
}

// keptRoutines keeps the current routine and returns it with all before it.
func keptRoutines(dir string, current *plan.Routine, log *slog.Logger) (*handlers.Routines, error) {
	all, err := routines.all(dir, current, log)
	if err != nil {
		return nil, err
	}
	maps.DeleteFunc(all, func(version string, _ *plan.Routine) bool { return version == current.Version() })
	return &handlers.Routines{Current: current, Earlier: all}, nil
}
