package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"tillit/handlers/handlerstest"
	"tillit/handlers/routine/plan"
)

// TestPaths works whole cases from the report to the end, as scripts: each act by the
// command line of the person who does it, at its day and hour. After each stands what it
// came to and what follows. Server, desks and pages have one clock, and it stands still.
//
//	at 2026-11-23 09:15 maren    it is then, and the next commands are hers
//	tells P1 S3=me E2='…'        a reporter answers these questions on the pages, sends it,
//	                             and P1 is the reference; all other questions are passed
//	leads RESULT WHAT-FOLLOWS    what the last act came to: done, opens, waived, moved, or ✗
//	                             with why; then the phase if it changed, + what became free
//	                             with its day, and what is due next
//	stands FILE                  the phase, all that is free with its day, all that waits
func TestPaths(t *testing.T) { worked(t, "paths") }

// TestWork shows what the commands say of a case that is worked by a routine.
func TestWork(t *testing.T) { worked(t, "work") }

// worked runs the scripts of a folder, each in an office of its own.
func worked(t *testing.T, folder string) {
	testscript.Run(t, testscript.Params{Dir: filepath.Join("testdata", folder),
		Setup: func(env *testscript.Env) error {
			env.Values[pathKey{}] = &path{}
			return beginWith(t, env, handlerstest.Options{People: pathPeople(), Clock: handlerstest.At(oslo("2026-11-01 12:00")), Hasty: true})
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"exits": exits, "at": at, "tells": tells, "leads": leads, "stands": stands, "the": the,
			"does": does, "triaged": triaged, "closed": closed, "asked": asked, "step": step, "sees": sees,
			"say": say, "fields": fields, "fingerprint": fingerprintOf}})
}

// pathPeople are those of the paths: three handlers, and somebody from outside whom the
// external receiver can bring in.
func pathPeople() []handlerstest.Person {
	all := slices.DeleteFunc(handlerstest.People(), func(p handlerstest.Person) bool { return p.ID == "hakon" })
	return append(all, handlerstest.Person{ID: "ext2", Name: "Eva E.", Role: "advokat", Outside: true})
}

type pathKey struct{}

// path is how far a script is.
type path struct {
	ref string
	was whereJSON // after the last act
}

func pathOf(ts *testscript.TestScript) *path { return ts.Value(pathKey{}).(*path) }

// zone is where the office of the paths is.
var zone = func() *time.Location {
	z, err := time.LoadLocation("Europe/Oslo")
	if err != nil {
		panic(err)
	}
	return z
}()

func oslo(text string) time.Time {
	t, err := time.ParseInLocation("2006-01-02 15:04", text, zone)
	if err != nil {
		panic(err)
	}
	return t
}

func at(ts *testscript.TestScript, _ bool, args []string) {
	of(ts).Clock.Set(oslo(args[0] + " " + args[1]))
	if len(args) > 2 {
		ts.Setenv("TILLIT_KEY", ts.Getenv("KEYS")+"/"+args[2]+".key")
	}
}

func tells(ts *testscript.TestScript, _ bool, args []string) {
	told := handlerstest.Answers{}
	for _, arg := range args[1:] {
		question, answer, _ := strings.Cut(arg, "=")
		told[question] = append(told[question], answer)
	}
	reporter := of(ts).Reporter(args[0])
	reporter.Lang = "en"
	p := pathOf(ts)
	p.ref, p.was = reporter.Tell(told).Send(), whereJSON{}
	ts.Setenv(args[0], p.ref)
}

// the is: the VARIABLE, and the case is the one that was just made.
func the(ts *testscript.TestScript, _ bool, args []string) {
	var did didJSON
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &did))
	p := pathOf(ts)
	p.ref, p.was = did.Ref, whereJSON{}
	ts.Setenv(args[0], p.ref)
}

// stand is how the case stands, by the command line of whoever acts.
func (p *path) stand(ts *testscript.TestScript) (now whereJSON) {
	next := exec.Command("tillit", "next", p.ref, "--json") // not by the script, whose log is for reading
	for _, name := range []string{"TILLIT_SERVER", "TILLIT_KEY", "PATH"} {
		next.Env = append(next.Env, name+"="+ts.Getenv(name))
	}
	out, err := next.Output()
	if err != nil {
		ts.Fatalf("next: %v", err)
	}
	ts.Check(json.Unmarshal(out, &now))
	return now
}

func leads(ts *testscript.TestScript, _ bool, args []string) {
	p, did := pathOf(ts), didJSON{}
	_ = json.Unmarshal([]byte(ts.ReadFile("stdout")), &did) // of something else than an act there is none
	now := p.stand(ts)
	result, follows := "", follows(p.was, now)
	switch {
	case did.Refused != nil:
		result = "✗ " + refusal(*did.Refused)
	case did.Waits != 0:
		ts.Setenv("ASKED", fmt.Sprint(did.Waits))
		result = "waits for a second person"
	default:
		result = changes(p.was, now)
	}
	if result != args[0] || follows != args[1] {
		ts.Fatalf("\n got %s | %s\nwant %s | %s", result, follows, args[0], args[1])
	}
	p.was = now
}

func stands(ts *testscript.TestScript, _ bool, args []string) {
	p := pathOf(ts)
	p.was = p.stand(ts)
	var waiting []string
	for _, s := range p.was.Steps {
		if len(s.Waits) > 0 {
			waiting = append(waiting, s.Step)
		}
	}
	slices.Sort(waiting)
	got := fmt.Sprintf("phase %s\n%s\nwaiting: %s\n", p.was.Phase, strings.Join(free(p.was), "\n"), cmp.Or(strings.Join(waiting, ", "), "nothing"))
	if want := ts.ReadFile(args[0]); got != want {
		ts.Fatalf("it stands so:\n%s\nwant\n%s", got, want)
	}
}

// free are the steps that can be done, with their days.
func free(w whereJSON) (all []string) {
	for _, s := range w.Steps {
		if s.Status == plan.StatusOpen {
			all = append(all, s.Step+" "+shortDue(s.Due))
		}
	}
	return all
}

func shortDue(text string) string {
	var due plan.Due
	if due.UnmarshalText([]byte(text)) != nil {
		return "[" + text + "]"
	}
	due = due.InZone(zone)
	if due.Day {
		return due.Time.Format("Mon 2 Jan")
	}
	return due.Time.Format("Mon 2 Jan 15:04")
}

// changes are what became of the steps between two states.
func changes(was, now whereJSON) string {
	var done, waived, opens, moved []string
	for _, s := range now.Steps {
		i := slices.IndexFunc(was.Steps, func(old stepJSON) bool { return old.Step == s.Step })
		old := stepJSON{}
		if i >= 0 {
			old = was.Steps[i]
		}
		over := old.Status == plan.StatusDone || old.Status == plan.StatusWaived
		switch {
		case s.Status == plan.StatusDone && !over:
			done = append(done, s.Step+map[bool]string{true: " (late)"}[s.Late])
		case s.Status == plan.StatusWaived && !over:
			waived = append(waived, s.Step)
		case i < 0 && strings.Contains(s.Step, "/"):
			opens = append(opens, s.Step)
		case s.Moves > old.Moves:
			moved = append(moved, s.Step+" now "+shortDue(s.Due))
		}
	}
	var parts []string
	for _, part := range []struct {
		head string
		list []string
	}{{"done: ", done}, {"waived ", waived}, {"opens ", opens}, {"", moved}} {
		if slices.Sort(part.list); len(part.list) > 0 {
			parts = append(parts, part.head+strings.Join(part.list, ", "))
		}
	}
	return cmp.Or(strings.Join(parts, "; "), "accepted")
}

// follows says what an act leads to: another phase, what became free, what is next.
func follows(was, now whereJSON) string {
	var parts, fresh []string
	if now.Phase != was.Phase {
		parts = append(parts, now.Phase)
	}
	before, is := free(was), free(now)
	for _, line := range is {
		if !slices.Contains(before, line) {
			fresh = append(fresh, line)
		}
	}
	if len(fresh) > 0 {
		parts = append(parts, "+ "+strings.Join(fresh, ", "))
	}
	if len(is) == 0 {
		is = []string{"nothing"}
	}
	return strings.Join(append(parts, "next "+is[0]), " · ")
}

// refusal says shortly why an act was refused.
func refusal(w whyJSON) string {
	steps, verb := strings.Join(w.Steps, " and "), "waits"
	if len(w.Steps) > 1 {
		verb = "wait"
	}
	switch w.Key {
	case plan.RefusedWaits:
		return fmt.Sprintf("%s %s for %s", steps, verb, strings.Join(w.Waits, " and "))
	case plan.RefusedApart:
		return w.Duty + " and " + w.Other + " must be two people"
	case plan.RefusedNotBegun:
		return steps + " has not begun"
	case plan.RefusedOwner:
		return steps + " is " + w.Duty + "'s"
	case plan.RefusedDuty:
		return "not among your duties: " + w.Duty
	case plan.RefusedSelf:
		return "you asked for it yourself"
	case plan.RefusedLevel:
		return "locked: " + w.Level
	case plan.RefusedMove:
		return "cannot be moved"
	}
	return w.Key
}
