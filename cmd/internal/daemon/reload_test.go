package daemon

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tillit/handlers/casework"
	"tillit/handlers/handlerstest"
	answer "tillit/handlers/wire"
	"tillit/intake"
)

// houseThatRuns is a server with its pages and two handlers, whose organisation file is
// changed while it runs.
func houseThatRuns(t *testing.T) *stage {
	s := newStage(t)
	s.member = onThePage(t, "http://"+s.page)
	s.maren, s.jonas = &phone{t: t, name: "Maren"}, &phone{t: t, name: "Jonas"}
	s.opens()
	s.listens()
	return s
}

// listens waits until the server does, also for the command.
func (s *stage) listens() {
	s.desk("maren")
	s.maren.until("the control file", func() bool { _, err := os.Stat(filepath.Join(s.dir, "data", controlFile)); return err == nil })
}

// organisation puts another organisation file there.
func (s *stage) organisation(text string) {
	s.t.Helper()
	if err := os.WriteFile(filepath.Join(s.dir, "organisation.toml"), []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// reload is the command, with what is typed.
func (s *stage) reload(typed string) (string, error) {
	s.t.Helper()
	var out bytes.Buffer
	err := AskReload(s.t.Context(), s.writes(), strings.NewReader(typed), &out, typed == "--yes")
	return out.String(), err
}

func (s *stage) control() (c control) {
	s.t.Helper()
	raw, err := os.ReadFile(filepath.Join(s.dir, "data", controlFile))
	if err == nil {
		err = json.Unmarshal(raw, &c)
	}
	if err != nil {
		s.t.Fatal(err)
	}
	return c
}

// session is a desk, and what its requests carry.
func (s *stage) session(id string) (*handlerstest.Desk, string) {
	s.t.Helper()
	var token string
	sniff := sniffer(func(r *http.Request) {
		if r.URL.Path == "/v1/roster" {
			token = r.Header.Get("Authorization")
		}
	})
	c, err := handlerstest.SignIn(s.t.Context(), casework.Config{Server: "http://" + s.server, Key: s.keys[id], HTTP: &http.Client{Transport: sniff}})
	if err != nil {
		s.t.Fatal(err)
	}
	return c, token
}

type sniffer func(*http.Request)

func (f sniffer) RoundTrip(r *http.Request) (*http.Response, error) {
	f(r)
	return http.DefaultTransport.RoundTrip(r)
}

// roster asks the office with a session, and says what it answers.
func (s *stage) roster(token string) (code int, is answer.RosterAnswer) {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, "http://"+s.server+"/v1/roster", nil)
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Authorization", token)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Error(err)
		return 0, is
	}
	defer res.Body.Close()
	_ = json.NewDecoder(res.Body).Decode(&is)
	return res.StatusCode, is
}

// changed is the organisation when Jonas has left and Siv has come.
func (s *stage) changed() string {
	s.t.Helper()
	if s.keys["siv"] == nil {
		s.keys["siv"] = handlerstest.NewKey(s.t)
	}
	return "closed = [\"12-24\"]\n" + strings.Replace(s.files["organisation.toml"], "id = \"jonas\"\n", "id = \"jonas\"\nleft = \"2020-01-02\"\n", 1) +
		"[[handlers]]\nid = \"siv\"\nname = \"Siv\"\nrole = \"c\"\n" + s.keys["siv"].Public() +
		"[[chain]]\npost = \"party_secretary\"\nid = \"ole\"\nname = \"Ole Prøve\"\n"
}

// changedBack is the organisation when Jonas has come back and Siv has left.
func (s *stage) changedBack() string {
	text := strings.Replace(s.changed(), "left = \"2020-01-02\"\n", "", 1)
	text = strings.Replace(text, "id = \"siv\"\n", "id = \"siv\"\nleft = \"2020-01-02\"\n", 1)
	return strings.Replace(text[:strings.Index(text, "[[chain]]")], "closed = [\"12-24\"]\n", "", 1)
}

// TestWhoLeavesIsOutWhileTheServerRuns: what changes is shown first, and refused with
// faults; then it counts, for sessions, keys and reports, without a restart.
func TestWhoLeavesIsOutWhileTheServerRuns(t *testing.T) {
	t.Parallel()
	s := houseThatRuns(t)
	ref := s.member.reports("Nei, alle her kan se det")
	other := onThePage(t, "http://"+s.page)
	other.log = s.member.log
	alone := other.reports("Maren (a)", "Ferdig")
	jonas, token := s.session("jonas")
	for _, r := range []string{ref, alone} {
		if _, err := jonas.Case(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}

	same, err := s.reload("--yes")
	if err != nil || !strings.Contains(same, "nothing is other") {
		t.Errorf("a file that did not change: %q, %v", same, err)
	}
	for name, c := range map[string]struct{ file, says string }{
		"a fault":              {strings.Replace(s.changed(), "role = \"c\"", "deputy = \"nobody\"", 1), "the deputy of handler siv must be a handler who works here"},
		"nothing readable":     {"name = ", "organisation.toml:1:"},
		"a block that is gone": {strings.Replace(s.changed(), "id = \"jonas\"", "id = \"jonas2\"", 1), "jonas (Jonas) was here and is not in the file any more"},
	} {
		s.organisation(c.file)
		got, err := s.reload("--yes")
		if !errors.Is(err, errProblems) || !strings.Contains(got, "wrong: ") || !strings.Contains(got, c.says) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	if code, _ := s.roster(token); code != http.StatusOK {
		t.Errorf("after faults the session of Jonas gets %d", code)
	}

	s.organisation(s.changed())
	shown, err := s.reload("no\n")
	if err == nil || err.Error() != "nothing was changed" {
		t.Errorf("no: %v", err)
	}
	for _, want := range []string{
		"comes: siv (Siv); gets a key of what is begun from now on",
		"leaves: jonas (Jonas); is signed out at once, and the key ends in 2 open cases",
		"nobody else of the office can open 1 of these: the external receiver gets the next key",
		"name: reporters can keep out Siv (c)", "name: reporters can keep out Ole Prøve", "name: reporters find no more Jonas (b)",
		"changed: closed, chain", ": handler siv has no deputy",
	} {
		if !strings.Contains(shown, want) {
			t.Errorf("shown is %q, want %q", shown, want)
		}
	}
	if _, err := jonas.Case(t.Context(), ref); err != nil {
		t.Errorf("after a no, Jonas gets %v", err)
	}

	if got, err := s.reload("yes\n"); err != nil || !strings.HasSuffix(got, "taken in\n") {
		t.Fatalf("yes: %q, %v", got, err)
	}
	if code, _ := s.roster(token); code != http.StatusUnauthorized {
		t.Errorf("the session of who left gets %d, want 401", code)
	}
	if _, err := jonas.Case(t.Context(), ref); !errors.Is(err, casework.ErrDenied) {
		t.Errorf("who left gets %v", err)
	}
	if _, err := handlerstest.SignIn(t.Context(), casework.Config{Server: "http://" + s.server, Key: s.keys["jonas"]}); !errors.Is(err, casework.ErrDenied) {
		t.Errorf("who left signs in: %v", err)
	}
	cs, err := s.desk("maren").Case(t.Context(), ref)
	if err != nil || len(cs.Faults) > 0 || slices.ContainsFunc(cs.CanOpen, func(h casework.Handler) bool { return h.ID == "jonas" }) {
		t.Errorf("maren: %v; %v can open it", err, cs.CanOpen)
	}
	if last := cs.Entries[len(cs.Entries)-1]; last.Event != "epoch" || last.Text.Reveal() != "Jonas" {
		t.Errorf("the log ends with %q of %q", last.Event, last.Text.Reveal())
	}
	siv := s.desk("siv")
	if _, err := siv.Case(t.Context(), ref); !errors.Is(err, casework.ErrUnknown) {
		t.Errorf("who came reads what was sent before: %v", err)
	}
	third := onThePage(t, "http://"+s.page)
	third.log = s.member.log
	if got := s.reads(siv, third.reports("Nei, alle her kan se det")); !slices.Contains(got, memberWords) {
		t.Errorf("of what is sent now who came reads %q", got)
	}
	if got := s.log.String(); !strings.Contains(got, "the server keeps what it has") || !strings.Contains(got, "the organisation file is taken in") {
		t.Error("the log says nothing of it")
	}
	if same, err := s.reload("--yes"); err != nil || !strings.Contains(same, "nothing is other") {
		t.Errorf("once more: %q, %v", same, err)
	}
}

// TestOnlyWhoReadsTheDataFolderReloads: the secret is the server's alone, and what it
// answers to another is that there is nothing.
func TestOnlyWhoReadsTheDataFolderReloads(t *testing.T) {
	t.Parallel()
	s := houseThatRuns(t)
	path := filepath.Join(s.dir, "data", controlFile)
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	c := s.control()
	s.organisation(s.changed())
	shown, err := c.ask(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := (control{c.Address, "guess"}).ask(t.Context(), shown.Sum); !errors.Is(err, ErrNotRunning) {
		t.Errorf("with a guess: %v", err)
	}
	if _, err := c.ask(t.Context(), []byte("another")); err == nil || err.Error() != errMoved.Error() {
		t.Errorf("another file than was shown: %v", err)
	}
	_, token := s.session("jonas")
	if code, _ := s.roster(token); code != http.StatusOK {
		t.Errorf("Jonas is out: %d", code)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if _, err := s.reload("--yes"); !errors.Is(err, ErrNotRunning) {
		t.Errorf("where no server runs: %v", err)
	}
	if err := (control{"127.0.0.1:1", "x"}).write(path); err != nil {
		t.Fatal(err)
	}
	if _, err := s.reload("--yes"); !errors.Is(err, ErrNotRunning) {
		t.Errorf("of a server that died: %v", err)
	}
}

// TestTheControlFileGoesWithTheServer so that the next command does not ask a stranger.
func TestTheControlFileGoesWithTheServer(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	t.Run("serving", func(t *testing.T) {
		on := *s
		on.t = t
		on.member = onThePage(t, "http://"+s.page)
		on.maren, on.jonas = &phone{t: t, name: "Maren"}, &phone{t: t, name: "Jonas"}
		on.opens()
		on.listens()
	})
	if _, err := os.Stat(filepath.Join(s.dir, "data", controlFile)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("it is left: %v", err)
	}
}

// TestWorkGoesOnWhileTheOrganisationChanges asks, writes and reports while people come
// and go. Each answer is of one organisation as a whole, nobody who is out gets one, and
// every case is whole in the end.
func TestWorkGoesOnWhileTheOrganisationChanges(t *testing.T) {
	t.Parallel()
	s := houseThatRuns(t)
	ref := s.member.reports("Nei, alle her kan se det")
	with, back := s.changed(), s.changedBack()
	maren, token := s.session("maren")
	var busy sync.WaitGroup
	done := make(chan struct{})
	goOn := func(what func(n int)) {
		busy.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-done:
					return
				default:
					what(n)
				}
			}
		})
	}
	for range 2 {
		goOn(func(int) {
			code, r := s.roster(token)
			siv := slices.ContainsFunc(r.Handlers, func(p answer.Person) bool { return p.ID == "siv" })
			jonas := slices.ContainsFunc(r.Handlers, func(p answer.Person) bool { return p.ID == "jonas" })
			if code == http.StatusOK && (siv == jonas && len(r.Left) > 0 || siv != (len(r.Closed) > 0) || siv != (len(r.Chain) > 0)) {
				t.Errorf("two organisations in one answer: %+v", r)
			}
		})
	}
	goOn(func(n int) {
		if err := maren.Note(t.Context(), ref, intake.NewPrivate(fmt.Sprint("note ", n))); err != nil {
			t.Errorf("a note: %v", err)
			cs, err2 := maren.Case(t.Context(), ref)
			t.Logf("%v %v", cs.Faults, err2)
		}
		time.Sleep(20 * time.Millisecond)
	})
	var sent []string
	goOn(func(int) {
		p := onThePage(t, "http://"+s.page)
		p.log = s.member.log
		sent = append(sent, p.reports("Nei, alle her kan se det"))
	})
	for n := range 6 {
		s.organisation([]string{with, back}[n%2])
		if got, err := s.reload("--yes"); err != nil {
			t.Errorf("%q, %v", got, err)
		}
		id, out := []string{"siv", "jonas"}[n%2], []string{"jonas", "siv"}[n%2]
		s.desk(id)
		if _, err := handlerstest.SignIn(t.Context(), casework.Config{Server: "http://" + s.server, Key: s.keys[out]}); !errors.Is(err, casework.ErrDenied) {
			t.Errorf("%s is out, and signs in: %v", out, err)
		}
	}
	close(done)
	busy.Wait()
	s.organisation(with)
	if _, err := s.reload("--yes"); err != nil {
		t.Fatal(err)
	}
	desk := s.desk("maren")
	for _, r := range append(sent, ref) {
		cs, err := desk.Case(t.Context(), r)
		if err != nil || len(cs.Faults)+len(cs.Doubts) > 0 || slices.ContainsFunc(cs.CanOpen, func(h casework.Handler) bool { return h.ID == "jonas" }) {
			t.Errorf("%s: %v; %v, %v; %v can open it", r, err, cs.Faults, cs.Doubts, cs.CanOpen)
		}
	}
	if len(sent) < 2 {
		t.Errorf("%d reports were sent meanwhile: this proves little", len(sent))
	}
}
