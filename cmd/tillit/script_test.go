package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"tillit/handlers/casework"
	"tillit/handlers/handlerstest"
	"tillit/intake"
)

func TestMain(m *testing.M) {
	testscript.Main(programs{m}, map[string]func(){"tillit": main, "imposter": imposter})
}

// TestCommands runs what handlers type, as scripts, against an office on loopback
// with the demo's people. The scripts are also documentation.
func TestCommands(t *testing.T) {
	testscript.Run(t, testscript.Params{Dir: "testdata", Setup: func(env *testscript.Env) error { return begin(t, env) },
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"exits": exits, "file": fileCase, "say": say, "cut": cut, "fields": fields}})
}

type officeKey struct{}

// begin starts an office for one script; TILLIT_SERVER and TILLIT_KEY lead to it.
func begin(t *testing.T, env *testscript.Env) error {
	people := handlerstest.People()
	people[3].Rights = nil // Håkon has none, and reads all the same
	o := handlerstest.New(t, handlerstest.Options{Dir: filepath.Join(env.WorkDir, "office"), People: people})
	keys := filepath.Join(env.WorkDir, "keys")
	if err := os.Mkdir(keys, 0o700); err != nil {
		return err
	}
	for _, p := range people {
		if err := casework.WriteKey(filepath.Join(keys, p.ID+".key"), o.Key(p.ID), intake.Private{}); err != nil {
			return err
		}
	}
	env.Values[officeKey{}] = o
	env.Setenv("TILLIT_SERVER", o.API.URL)
	env.Setenv("TILLIT_KEY", filepath.Join(keys, "maren.key"))
	env.Setenv("KEYS", keys)
	env.Setenv("TZ", "UTC")
	return nil
}

func of(ts *testscript.TestScript) *handlerstest.Office {
	return ts.Value(officeKey{}).(*handlerstest.Office)
}

// fileCase is: file PERSON WORDS [KEPT-OUT]. It sets the variable PERSON to the
// reference.
func fileCase(ts *testscript.TestScript, _ bool, args []string) {
	told := handlerstest.Answers{"A1": {args[1]}, "A2": {"~rather_not"}}
	for _, id := range args[2:] {
		told["C0"] = append(told["C0"], "p:"+id)
	}
	reporter := of(ts).Reporter(args[0])
	reporter.Lang = "en"
	ts.Setenv(args[0], reporter.Tell(told).Send())
}

// say is: say PERSON WORDS, a message of a reporter's.
func say(ts *testscript.TestScript, _ bool, args []string) { of(ts).Reporter(args[0]).Says(args[1]) }

// cut is: cut REF, and removes the last entry behind the office's back.
func cut(ts *testscript.TestScript, _ bool, args []string) {
	of(ts).Alter("DELETE FROM entries WHERE id = (SELECT max(e.id) FROM entries e JOIN cases c ON c.id = e.case_id WHERE c.ref = '" + args[0] + "')")
}

// exits is: exits CODE COMMAND…, and compares how the command ends. A command
// that fails says so in one line on stderr and at most one more of what to try,
// and leaves no trace of where in the program that was.
func exits(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	if exit := new(exec.ExitError); errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
	lines := strings.Split(strings.TrimSpace(ts.ReadFile("stderr")), "\n")
	if got != 0 && (len(lines) > 2 || !strings.HasPrefix(lines[0], "tillit: ") || strings.Contains(lines[0], ".go:")) {
		ts.Fatalf("what it says is not a sentence and a hint: %q", lines)
	}
}

// fields is: fields PATH NAME…, and says that the JSON on stdout has at PATH, such
// as .0.due, an object with at least these fields, or a list of such.
func fields(ts *testscript.TestScript, _ bool, args []string) {
	var at any
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &at))
	for _, step := range strings.FieldsFunc(args[0], func(r rune) bool { return r == '.' }) {
		if i, err := strconv.Atoi(step); err == nil {
			at = at.([]any)[i]
		} else {
			at = at.(map[string]any)[step]
		}
	}
	all, list := at.([]any)
	if !list {
		all = []any{at}
	}
	if len(all) == 0 {
		ts.Fatalf("nothing at %s", args[0])
	}
	for i, one := range all {
		object, ok := one.(map[string]any)
		for _, want := range args[1:] {
			name, value, given := strings.Cut(want, "=")
			got, has := object[name]
			if !ok || !has || given && fmt.Sprint(got) != value {
				ts.Fatalf("%s, %d: %s is missing or is %v", args[0], i, want, got)
			}
		}
	}
}
