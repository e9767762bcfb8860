package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"tillit/handlers"
	"tillit/handlers/casework"
	"tillit/handlers/handlerstest"
	"tillit/handlers/routine"
	"tillit/handlers/routine/acts"
	"tillit/intake"
	"tillit/store"
)

func TestMain(m *testing.M) {
	testscript.Main(programs{m}, map[string]func(){"tillit": main, "imposter": imposter})
}

// TestCommands runs what handlers type, as scripts, against an office on loopback
// with the demo's people. The scripts are also documentation.
func TestCommands(t *testing.T) {
	testscript.Run(t, testscript.Params{Dir: "testdata", Setup: func(env *testscript.Env) error { return begin(t, env) },
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"exits": exits, "file": fileCase, "say": say, "cut": cut, "fields": fields, "receipt": receiptOf,
			"lose": lose, "away": away, "back": back, "fingerprint": fingerprintOf, "odd": odd, "chat": chat}})
}

type (
	officeKey struct{}
	loseKey   struct{} // what the office loses just now
	peopleKey struct{} // all who may work there
)

// begin starts an office for one script.
func begin(t *testing.T, env *testscript.Env) error {
	people := handlerstest.People()
	people[3].Rights = nil // Håkon has none, and reads all the same
	return beginWith(t, env, handlerstest.Options{People: people})
}

// beginWith starts an office; TILLIT_SERVER and TILLIT_KEY lead to it, and KEYS is where
// everybody's key lies.
func beginWith(t *testing.T, env *testscript.Env, options handlerstest.Options) error {
	options.Dir = filepath.Join(env.WorkDir, "office")
	o := handlerstest.New(t, options)
	keys := filepath.Join(env.WorkDir, "keys")
	if err := os.Mkdir(keys, 0o700); err != nil {
		return err
	}
	for _, p := range o.People {
		if err := casework.WriteKey(filepath.Join(keys, strings.TrimPrefix(p.ID, "#")+".key"), p.Key, intake.Private{}); err != nil {
			return err
		}
	}
	env.Values[officeKey{}] = o
	env.Values[loseKey{}] = new(atomic.Value)
	env.Values[peopleKey{}] = slices.Clone(o.People)
	env.Setenv("TILLIT_SERVER", o.API.URL)
	env.Setenv("TILLIT_KEY", filepath.Join(keys, "maren.key"))
	env.Setenv("KEYS", keys)
	env.Setenv("TZ", "UTC")
	env.Setenv(langEnv, "en")
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

// receiptOf is: receipt PERSON FILE, the signed receipt that they take from the page.
func receiptOf(ts *testscript.TestScript, _ bool, args []string) {
	text := of(ts).Reporter(args[0]).PressAt("/", "Download the signed receipt")
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(text), 0o600))
	ts.Setenv("SERVER", handlers.ServerFingerprint(of(ts).Server.Public()))
}

// cut is: cut REF, and removes the last entry behind the office's back.
func cut(ts *testscript.TestScript, _ bool, args []string) {
	of(ts).Alter("DELETE FROM entries WHERE id = (SELECT max(e.id) FROM entries e JOIN cases c ON c.id = e.case_id WHERE c.ref = '" + args[0] + "')")
}

// lose is: lose WHAT, and from then on acts meet it on their way: requests that do not
// arrive, answers that do not, tempers of a server that does and then fails, or nothing.
func lose(ts *testscript.TestScript, _ bool, args []string) {
	what := ts.Value(loseKey{}).(*atomic.Value)
	what.Store(args[0])
	of(ts).Between(func(office http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if what.Load() == "nothing" || !strings.HasSuffix(r.URL.Path, "/acts") {
				office.ServeHTTP(w, r)
				return
			}
			if what.Load() != "requests" {
				office.ServeHTTP(httptest.NewRecorder(), r)
			}
			if what.Load() == "tempers" {
				w.WriteHeader(http.StatusInternalServerError)
				return
			}
			panic(http.ErrAbortHandler)
		})
	})
}

// away is: away PERSON, who is not of the office from then on, as if they never were.
func away(ts *testscript.TestScript, _ bool, args []string) {
	o := of(ts)
	o.People = slices.DeleteFunc(slices.Clone(o.People), func(p handlerstest.Person) bool { return p.ID == args[0] })
	o.Restart()
}

// back is: back PERSON, and they are.
func back(ts *testscript.TestScript, _ bool, args []string) { of(ts).Join(person(ts, args[0])) }

func person(ts *testscript.TestScript, id string) handlerstest.Person {
	all := ts.Value(peopleKey{}).([]handlerstest.Person)
	return all[slices.IndexFunc(all, func(p handlerstest.Person) bool { return p.ID == id })]
}

// fingerprintOf is: fingerprint NAME PERSON, and sets a variable to what they read aloud.
func fingerprintOf(ts *testscript.TestScript, _ bool, args []string) {
	ts.Setenv(args[0], person(ts, args[1]).Key.Fingerprint())
}

// odd is: odd PERSON REF NAME, and somebody does what no program of today does: an act of
// some name that tells the server that they have taken the case.
func odd(ts *testscript.TestScript, _ bool, args []string) {
	act := routine.Declare(routine.Spec[struct{}]{Name: args[2], Kind: routine.KindDuty, To: routine.Inside,
		Who: []string{"any"}, Always: true, Mark: func(by string, _ struct{}) routine.Mark { return routine.Mark{Duty: routine.Lead, Person: by} }})
	filled, err := act.Read(func(string) []string { return nil })
	ts.Check(err)
	ts.Check(of(ts).Signs(args[0], args[1], filled.Body(filled.Mark(args[0]).Encode(), nil)))
}

// chat is: chat PERSON REF WORDS, a note that somebody writes in a chat.
func chat(ts *testscript.TestScript, _ bool, args []string) {
	filled, err := acts.Note.Read(func(string) []string { return args[2:] })
	ts.Check(err)
	ts.Check(of(ts).Store.Act(context.Background(), store.Act{Handler: args[0], Ref: args[1],
		Chat: &store.Said{Body: filled.Body(filled.Mark(args[0]).Encode(), nil), Via: "telegram"}}))
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
