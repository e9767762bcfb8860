package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"tillit/handlers"
	"tillit/handlers/office"
	"tillit/intake"
	"tillit/store"
	"tillit/store/cases"
	"tillit/store/seal"
)

func TestMain(m *testing.M) {
	testscript.Main(programs{m}, map[string]func(){"tillit": main, "imposter": imposter})
}

// TestCommands runs what handlers type, as scripts, against an office on loopback
// with the demo's people. The scripts are also documentation.
func TestCommands(t *testing.T) {
	testscript.Run(t, testscript.Params{Dir: "testdata", Setup: begin, Cmds: map[string]func(*testscript.TestScript, bool, []string){
		"exits": exits, "file": fileCase, "say": say, "cut": cut, "fields": fields,
	}})
}

// rig is the office that one script works with.
type rig struct {
	dir    string
	roster *handlers.Roster
	keys   *seal.ServerKeys
	store  *store.Store
	api    atomic.Pointer[http.Handler] // another one when the store was changed and opened anew
}

type rigKey struct{}

// begin starts an office for one script; TILLIT_SERVER and TILLIT_KEY lead to it.
func begin(env *testscript.Env) error {
	d := &rig{dir: filepath.Join(env.WorkDir, "office")}
	keys, err := demoFiles(d.dir, 0)
	if err != nil {
		return err
	}
	raw, err := os.ReadFile(filepath.Join(d.dir, "server.key"))
	if err != nil {
		return err
	}
	if d.keys, err = seal.ParseServerKeys(raw); err != nil {
		return err
	}
	if d.roster, _ = handlers.LoadRoster(filepath.Join(d.dir, "organisation.toml")); d.roster == nil {
		return errors.New("the demo's organisation file has faults")
	}
	// Håkon has no rights, and reads all the same.
	d.roster.Handlers[3].Rights = nil
	if err := d.open(); err != nil {
		return err
	}
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { (*d.api.Load()).ServeHTTP(w, r) }))
	env.Defer(func() {
		web.Close()
		if err := d.store.Close(); err != nil {
			env.T().Log(err)
		}
	})
	env.Values[rigKey{}] = d
	env.Setenv("TILLIT_SERVER", web.URL)
	env.Setenv("TILLIT_KEY", keys[0])
	env.Setenv("KEYS", filepath.Dir(keys[0]))
	env.Setenv("TZ", "UTC")
	return nil
}

func (d *rig) open() (err error) {
	d.store, err = store.Open(context.Background(), store.Options{Dir: filepath.Join(d.dir, "data"), Keys: d.keys})
	api := office.New(office.Config{Store: d.store, Roster: d.roster, Signing: d.keys.Public(), Log: slog.New(slog.DiscardHandler),
		Render: func(_ context.Context, _ string, text intake.Private, _ string) (line, notice store.Line, err error) {
			return store.Line{Body: []byte(text.Reveal()), AwaitsPickup: true}, store.Line{Body: []byte("notice")}, nil
		}})
	d.api.Store(&api)
	return err
}

func of(ts *testscript.TestScript) *rig { return ts.Value(rigKey{}).(*rig) }

func (d *rig) apply(ts *testscript.TestScript, person string, c store.Change) string {
	c.Channel, c.Conversation, c.Address, c.State = "web", intake.NewConversationID(person), intake.NewAddress(person), []byte("{}")
	known, err := d.store.Conversation(context.Background(), c.Channel, c.Conversation)
	ts.Check(err)
	c.Expect = known.Version
	a, err := d.store.Apply(context.Background(), c)
	ts.Check(err)
	return a.Ref
}

// fileCase is: file PERSON WORDS [KEPT-OUT]. It sets the variable PERSON to the
// reference.
func fileCase(ts *testscript.TestScript, _ bool, args []string) {
	d, person := of(ts), args[0]
	out := args[2:]
	d.apply(ts, person, store.Change{Open: &store.OpenRoom{Recipients: d.roster.Recipients(), Excluded: out}, Entries: []store.Entry{
		{Body: cases.Answer{Question: "A1", Asked: "What happened?", Text: intake.NewPrivate(args[1])}},
		{Body: cases.Answer{Question: "B1", Asked: "When?", Way: "rather_not"}},
	}})
	ts.Setenv(person, d.apply(ts, person, store.Change{Submit: &store.Submit{Keep: d.roster.Keep("", out), Status: "waiting", Level: "ordinary",
		Due: []cases.Due{{Rule: "R-ACK1", Day: "2026-11-27"}}}}))
}

// say is: say PERSON WORDS, a message of a reporter's.
func say(ts *testscript.TestScript, _ bool, args []string) {
	of(ts).apply(ts, args[0], store.Change{Entries: []store.Entry{{Body: cases.Message{Text: intake.NewPrivate(args[1])}}}})
}

// cut is: cut REF, and removes the last entry behind the office's back.
func cut(ts *testscript.TestScript, _ bool, args []string) {
	d := of(ts)
	ts.Check(d.store.Close())
	db, err := sql.Open("sqlite", "file:"+filepath.Join(d.dir, "data", "tillit.db"))
	ts.Check(err)
	_, err = db.Exec("DELETE FROM entries WHERE id = (SELECT max(e.id) FROM entries e JOIN cases c ON c.id = e.case_id WHERE c.ref = ?)", args[0])
	ts.Check(errors.Join(err, db.Close()))
	ts.Check(d.open())
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
