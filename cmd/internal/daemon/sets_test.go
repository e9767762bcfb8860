package daemon

import (
	"bytes"
	"context"
	"fmt"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"tillit/handlers"
	"tillit/intake"
	"tillit/store"
	"tillit/store/seal"
	"tillit/store/unseal"
)

// installation is a configuration with keys of made-up people, and the private
// one of a handler.
type installation struct {
	t     testing.TB
	conf  Config
	maren *age.HybridIdentity
}

func install(t testing.TB) *installation {
	t.Helper()
	in := &installation{t: t, conf: Default()}
	in.conf.dir = t.TempDir()
	person := func() (*age.HybridIdentity, string) {
		id, err := age.GenerateHybridIdentity()
		if err != nil {
			t.Fatal(err)
		}
		sign := make([]byte, 32)
		copy(sign, id.Recipient().String()[100:])
		return id, fmt.Sprintf("key = %q\nsign = %q\n", id.Recipient().String(), handlers.SignKeyString(sign))
	}
	org := "name = \"Eksempelforbundet\"\ntime_zone = \"Europe/Oslo\"\nlanguage = \"nb\"\ncounties = []\n[promises]\nanswer_working_days = 3\nlatest_days = 7\nresult_months = 3\n"
	for _, id := range []string{"maren", "jonas"} {
		identity, lines := person()
		if id == "maren" {
			in.maren = identity
		}
		org += fmt.Sprintf("[[handlers]]\nid = %q\nname = %q\nrole = \"\"\ncounty = \"\"\nrights = []\n%s", id, strings.ToUpper(id), lines)
	}
	_, external := person()
	recovery, _ := person()
	org += "[external]\nname = \"E\"\n" + external + fmt.Sprintf("[recovery]\nkey = %q\nkept = \"2-of-3\"\n", recovery.Recipient().String())
	in.write("organisation.toml", []byte(org))
	in.write("server.key", seal.GenerateServerKey(time.Now()))
	return in
}

func (in *installation) write(name string, data []byte) {
	in.t.Helper()
	path := filepath.Join(in.conf.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		in.t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		in.t.Fatal(err)
	}
}

// questions installs a copy of a set's folder with a change made to its words.
func (in *installation) questions(from string, change func(string) string) {
	in.t.Helper()
	in.conf.Questions = "questions"
	for _, name := range []string{"set.toml", "nb.toml", "helplines.toml"} {
		data, err := os.ReadFile(filepath.Join(from, name))
		if err != nil {
			in.t.Fatal(err)
		}
		in.write("questions/"+name, []byte(change(string(data))))
	}
}

// running is a server and one browser.
type running struct {
	t      testing.TB
	d      *Daemon
	pages  http.Handler
	cookie *string
	stop   func()
}

// start opens the server as a new process would, on what is on disk.
func (in *installation) start(cookie *string) *running {
	in.t.Helper()
	var logs bytes.Buffer
	d, err := Open(in.t.Context(), in.conf, slog.New(slog.NewTextHandler(&logs, nil)))
	if err != nil {
		in.t.Fatal(err)
	}
	pages := d.web()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- d.bot.Run(ctx, pages) }()
	stopped := false
	r := &running{t: in.t, d: d, pages: pages, cookie: cookie}
	r.stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-done; err != nil {
			in.t.Error(err)
		}
		if err := d.Close(); err != nil {
			in.t.Error(err)
		}
	}
	in.t.Cleanup(r.stop)
	return r
}

var talk = regexp.MustCompile(`name="talk" value="([^"]+)"`)

func (r *running) page() string {
	req := httptest.NewRequest("GET", "http://127.0.0.1/", nil)
	req.Header.Set("Cookie", *r.cookie)
	w := httptest.NewRecorder()
	r.pages.ServeHTTP(w, req)
	return html.UnescapeString(w.Body.String())
}

// says posts a choice or words and returns the next page.
func (r *running) says(field, value string) string {
	r.t.Helper()
	form := url.Values{field: {value}, "talk": {talk.FindStringSubmatch(r.page())[1]}, "lang": {"nb"}}
	for end := time.Now().Add(5 * time.Second); ; time.Sleep(time.Millisecond) {
		req := httptest.NewRequest("POST", "http://127.0.0.1/say", strings.NewReader(form.Encode()))
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Cookie", *r.cookie)
		w := httptest.NewRecorder()
		r.pages.ServeHTTP(w, req)
		if w.Code == http.StatusServiceUnavailable && time.Now().Before(end) {
			continue // it does not listen yet
		}
		if w.Code != http.StatusSeeOther {
			r.t.Fatalf("%s=%s is answered %d", field, value, w.Code)
		}
		if c := w.Header().Get("Set-Cookie"); c != "" {
			*r.cookie, _, _ = strings.Cut(c, ";")
		}
		return r.page()
	}
}

// filed opens the only case with maren's key and returns its answers.
func (in *installation) filed(r *running) (answers map[string]string) {
	in.t.Helper()
	list, _, err := r.d.store.Queue(in.t.Context(), "maren", store.QueueQuery{})
	if err != nil || len(list) != 1 {
		in.t.Fatalf("the queue has %d cases, %v; want one", len(list), err)
	}
	room, err := r.d.store.Read(in.t.Context(), "maren", list[0].Ref, 0, nil)
	if err != nil {
		in.t.Fatal(err)
	}
	key, err := unseal.Wrap(room.Wrap, in.maren, list[0].Ref, room.Case.Room, room.Epoch)
	if err != nil {
		in.t.Fatal(err)
	}
	answers = map[string]string{}
	for _, e := range room.Entries {
		at := seal.Context{V: e.V, Case: list[0].Ref, Room: room.Case.Room, Epoch: e.Epoch, Seq: e.Seq, Kind: string(e.Kind), At: e.Hour, Prev: e.Prev}
		raw, _, err := unseal.Entry(key, e.Data, at)
		if err != nil {
			in.t.Fatal(err)
		}
		for _, q := range []string{"Q1", "Q2", "Q3", "Q4"} {
			if bytes.Contains(raw, []byte(`"question":"`+q+`"`)) {
				answers[q] += string(raw)
			}
		}
	}
	return answers
}

const second = "../../../intake/testdata/second"

func same(s string) string { return s }

// TestASecondSetNeedsNoGo leads a person through a set from a folder, from the
// page into a sealed case.
func TestASecondSetNeedsNoGo(t *testing.T) {
	in := install(t)
	in.questions(second, same)
	r := in.start(new(string))
	for _, s := range [][2]string{
		{"choice", "start"}, {"choice", "Q1.nobody"}, {"choice", "Q1.~done"}, {"text", "Jeg så det kanari-1"}, {"choice", "Q2.~done"},
		{"choice", "Q3.yes"}, {"text", "Bilag 7"}, {"choice", "Q5.ok"}, {"choice", "Q6.send"},
	} {
		page := r.says(s[0], s[1])
		if s[1] == "Q6.send" && !regexp.MustCompile(`T-[0-9A-Z]{6}`).MatchString(page) {
			t.Errorf("no receipt on the page")
		}
	}
	got := in.filed(r)
	if !strings.Contains(got["Q2"], "Jeg så det kanari-1") || !strings.Contains(got["Q4"], "Bilag 7") {
		t.Errorf("the case holds answers to %d questions, want both texts", len(got))
	}
	list, _, err := r.d.store.Queue(t.Context(), "maren", store.QueueQuery{})
	if err != nil || list[0].Level != "near" || strings.Join(list[0].Flags, "") != "SEEN" {
		t.Errorf("the set's rules gave level %q and flags %v, %v", list[0].Level, list[0].Flags, err)
	}
}

// TestAnInterviewEndsInTheSetItBeganIn changes the questions under a person who is
// in the middle of them.
func TestAnInterviewEndsInTheSetItBeganIn(t *testing.T) {
	in := install(t)
	in.questions(second, same)
	words, err := os.ReadFile(filepath.Join(second, "nb.toml"))
	if err != nil {
		t.Fatal(err)
	}
	ask := regexp.MustCompile(`(?m)^\[question.Q3\]\n(?:.*\n)*?ask = "([^"]*)"`).FindStringSubmatch(string(words))[1]
	for name, keep := range map[string]bool{"the older set is kept": true, "the data folder has lost it": false} {
		t.Run(name, func(t *testing.T) {
			in := install(t)
			in.questions(second, same)
			cookie := new(string)
			r := in.start(cookie)
			r.says("choice", "start")
			r.says("choice", "Q1.nobody")
			r.says("choice", "Q1.~done")
			r.says("text", "Det første kanari-2")
			r.stop()

			in.questions(second, func(s string) string { return strings.ReplaceAll(s, ask, "Et helt nytt spørsmål?") })
			if !keep {
				if err := os.RemoveAll(filepath.Join(in.conf.dir, "data", setsFolder)); err != nil {
					t.Fatal(err)
				}
			}
			r = in.start(cookie)
			page := r.says("choice", "Q2.~done")
			if keep {
				if !strings.Contains(page, ask) {
					t.Error("after the change she is not asked what she began with")
				}
				r.says("choice", "Q3.no")
			} else {
				if !strings.Contains(page, "følger med når du sender") {
					t.Error("she is not told that the questions have changed")
				}
				for _, s := range [][2]string{{"choice", "Q1.nobody"}, {"choice", "Q1.~done"}, {"text", "Det andre"}, {"choice", "Q2.~done"}, {"choice", "Q3.no"}} {
					r.says(s[0], s[1])
				}
			}
			r.says("choice", "Q5.ok")
			r.says("choice", "Q6.send")
			if got := in.filed(r); !strings.Contains(got["Q2"], "Det første kanari-2") {
				t.Error("what she told before the change is not in the case")
			}
			// A new browser gets the new questions.
			other := &running{t: t, d: r.d, pages: r.pages, cookie: new(string)}
			for _, s := range [][2]string{{"choice", "start"}, {"choice", "Q1.nobody"}, {"choice", "Q1.~done"}, {"text", "x"}} {
				other.says(s[0], s[1])
			}
			if page := other.says("choice", "Q2.~done"); !strings.Contains(page, "Et helt nytt spørsmål?") {
				t.Error("who begins now does not get the new questions")
			}
		})
	}
}

func TestADamagedSetIsSaidAndWrittenAnew(t *testing.T) {
	dir := t.TempDir()
	var logs bytes.Buffer
	log := slog.New(slog.NewTextHandler(&logs, nil))
	set := intake.Default()
	if _, err := sets.all(dir, set, log); err != nil {
		t.Fatal(err)
	}
	old, err := intake.Load(os.DirFS(second))
	if err != nil {
		t.Fatal(err)
	}
	if err := sets.keep(dir, old); err != nil {
		t.Fatal(err)
	}
	words := old.Files()["nb.toml"]
	for path, data := range map[string][]byte{
		filepath.Join(set.Version(), "nb.toml"): []byte("title = 1"),
		filepath.Join(old.Version(), "nb.toml"): append(words, "# a comma, and it is another set\n"...), // still loads
	} {
		if err := os.WriteFile(filepath.Join(dir, path), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	kept, err := sets.all(dir, set, log)
	if err != nil || kept[set.Version()] == nil {
		t.Errorf("the current set is not written anew: %v", err)
	}
	if kept[old.Version()] != nil || !strings.Contains(logs.String(), old.Version()) {
		t.Errorf("a damaged older set is used, or not said: %q", logs.String())
	}
}

func TestCheckFindsFaultsOfTheQuestions(t *testing.T) {
	in := install(t)
	in.questions(second, func(s string) string { return strings.ReplaceAll(s, "Q3=yes", "Q9=yes") })
	var out strings.Builder
	if err := Check(t.Context(), in.conf, &out); err == nil || !strings.Contains(out.String(), "set.toml:") {
		t.Errorf("check says %v:\n%s", err, out.String())
	}
	in.questions(second, same)
	out.Reset()
	if err := Check(t.Context(), in.conf, io.Writer(&out)); err != nil {
		t.Errorf("check refuses a good set: %v\n%s", err, out.String())
	}
}
