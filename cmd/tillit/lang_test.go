package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"tillit/handlers/casework"
	"tillit/handlers/handlerstest"
	"tillit/handlers/routine/acts"
	"tillit/intake"
)

func TestWhichLanguageItSpeaks(t *testing.T) {
	for _, tt := range []struct{ args, env, want, named string }{
		{"queue", "", "", ""},
		{"queue --lang nn", "TILLIT_LANG=nb LC_ALL=en_GB", "nn", ""},
		{"--lang=en queue", "", "en", ""},
		{"act T-222222 note --lang nn --json", "", "nn", ""},
		{"--lang nb queue --lang nn", "", "nn", ""},
		{"queue --lang xx", "LANG=nn_NO.UTF-8", "nn", ""}, // refused by who reads the flags
		{"note T-2 -- --lang nn", "", "", ""},
		{"queue --lang", "LANG=nb", "nb", ""},
		{"queue", "TILLIT_LANG=nn LC_ALL=nb_NO", "nn", ""},
		{"queue", "TILLIT_LANG=de", "", "de"},
		{"queue", "TILLIT_LANG=no LANG=nn_NO", "nn", "no"},
		{"queue --lang nb", "TILLIT_LANG=de", "nb", ""},
		{"queue", "LC_ALL=nb_NO.UTF-8 LC_MESSAGES=nn_NO LANG=en_US", "nb", ""},
		{"queue", "LC_MESSAGES=nn_NO LANG=en_US", "nn", ""},
		{"queue", "LANG=no_NO", "nb", ""},
		{"queue", "LANG=en_US.UTF-8", "en", ""},
		{"queue", "LANG=nn_NO@euro", "nn", ""},
		{"queue", "LANG=NB-no", "nb", ""},
		{"queue", "LANG=C.UTF-8", "", ""},
		{"queue", "LC_ALL=POSIX LANG=nb_NO", "", ""}, // the first that is set counts
		{"queue", "LANG=de_DE", "", ""},
		{"queue", "LANG=nbx", "", ""},
	} {
		env := map[string]string{}
		for _, pair := range strings.Fields(tt.env) {
			name, value, _ := strings.Cut(pair, "=")
			env[name] = value
		}
		got, err := languageOf(strings.Fields(tt.args), func(name string) string { return env[name] })
		if got != tt.want || (err != nil) != (tt.named != "") {
			t.Errorf("%s with %s: %q, %v", tt.args, tt.env, got, err)
		}
		if err != nil && (code(err) != 2 || !strings.Contains(err.Error(), "TILLIT_LANG") || !strings.Contains(err.Error(), tt.named) || !strings.Contains(err.Error(), "nb, nn ")) {
			t.Errorf("%s: it says %v, and ends with %d", tt.env, err, code(err))
		}
	}
}

// run runs a command in a language, as main does.
func run(lang string, args ...string) (out string, ended int) {
	var all bytes.Buffer
	c := root(lang)
	c.SetArgs(args)
	c.SetOut(&all)
	c.SetErr(&all)
	c.SetIn(strings.NewReader(""))
	if err := c.Execute(); err != nil {
		say := speaking(lang)
		fmt.Fprintf(&all, "tillit: %s\n%s\n", say.why(err), say.hint(err))
		ended = code(err)
	}
	return all.String(), ended
}

// What somebody told, and what an odd server or colleague may put into it.
const (
	hostile = "Jo\x1b[2Jnas\u202e\u0007\u061c T."
	own     = "It was \x1b]0;x\u2066at the dinner."
)

// tongues is an office with a case that was told in English, worked a little, whose server
// says names and states that steer a terminal.
func tongues(t *testing.T) (ref string) {
	o := handlerstest.New(t, handlerstest.Options{Hasty: true})
	reporter := o.Reporter("lin")
	reporter.Lang = "en"
	ref = reporter.Tell(handlerstest.Answers{"A1": {own}, "A2": {"~rather_not"}, "C0": {"p:siv"}}).Send()
	reporter.Says("I forgot \x1b[2J something.")
	desk := o.Dial("maren")
	rnd := rand.New(rand.NewPCG(1, 2))
	for _, act := range []struct {
		name  string
		given map[string][]string
	}{{"take", nil}, {"assess_safety", map[string][]string{"risk": {"no"}}}, {"reply", map[string][]string{"text": {"Thank\x1b[2J you."}}}, {"declare", map[string][]string{"tie": {"none"}}}} {
		filled, err := o.Anything(acts.Find(act.name), "maren", rnd, act.given)
		if err != nil {
			t.Fatalf("%s: %v", act.name, err)
		}
		if err := desk.Do(t.Context(), ref, casework.Doing{Act: filled}); err != nil {
			t.Fatalf("%s: %v", act.name, err)
		}
	}
	key := filepath.Join(t.TempDir(), "maren.key")
	if err := casework.WriteKey(key, o.Key("maren"), intake.Private{}); err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(hostile)
	if err != nil {
		t.Fatal(err)
	}
	quoted := string(raw)
	o.Between(func(office http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			kept := httptest.NewRecorder()
			office.ServeHTTP(kept, r)
			body := strings.ReplaceAll(kept.Body.String(), `"Jonas T."`, quoted)
			body = strings.ReplaceAll(body, `"channel":"web"`, `"channel":"w\u001b[2Jeb"`)
			w.WriteHeader(kept.Code)
			_, _ = w.Write([]byte(body))
		})
	})
	t.Setenv("TILLIT_SERVER", o.API.URL)
	t.Setenv("TILLIT_KEY", key)
	return ref
}

// alike are lines that may be the same in two languages: what people wrote and are called,
// references, commands and what is typed.
var alike = regexp.MustCompile(`^[^\p{L}]*$|^(tillit act |tillit reply |key = |sign = |# fingerprint)|It was|Maren V\.$|I forgot|Thank.* you|^T-[0-9A-Z]{6}$|^(Hello|noen ord|Siv A\. \(.*\))$|^minor +Under 18$|^(bash|fish|powershell|zsh) +For |^tillit( (act|[a-z]+) REF.*)?$`)

// TestEveryCommandInEveryLanguage runs all commands in each language: nothing is left to be
// filled in, nothing has no words, no line is in another language, nothing steers the
// terminal, and how it ends does not depend on the language. JSON is the same in all.
func TestEveryCommandInEveryLanguage(t *testing.T) {
	ref := tongues(t)
	calls := [][]string{{}, {"frobnicate"}, {"queue"}, {"queue", "--view", "closed"}, {"queue", "--view", "lost"}, {"queue", "--group", "lost"}, {"queue", "--lost"}, {"queue", "-x"}, {"queue", "--view"}, {"queue", "now"},
		{"next"}, {"next", ref}, {"show", ref}, {"show"}, {"show", "T-222222"}, {"log", ref}, {"overview"}, {"certificates"}, {"certificates", "--limit", "-1"}, {"certificates", "--limit", "x"},
		{"verify"}, {"verify", ref}, {"act", ref}, {"act"}, {"act", ref, "frobnicate"}, {"act", ref, "decide", "--outcome", "none", "-m", "x", "--guideline", "x"}, {"act", ref, "close", "-m", "x"}, {"act", ref, "second", "--of", "999", "--agree", "yes", "-m", "x"},
		{"note", ref, "-m", ""}, {"note", ref, "-m", "x", "--id", "?"}, {"note", ref, "-m", "x", "--stdin"}, {"give", ref, "--to", "nobody"}, {"give", ref}, {"grant", ref, "--to", "hakon"}, {"reply", ref, "--stdin"},
		{"note", ref, "--fields", "nowhere.json"}, {"recuse", ref, "-m", "x"}, {"reply", ref, "-m", "Hello"}, {"register", "--channel", "phone"}, {"register", "--choice", "x", "--channel", "phone", "--came", "2026-11-20", "-m", "x"},
		{"export", ref}, {"keygen"}, {"drill"}, {"queue", "--key", "nowhere.key"}, {"queue", "--server", "office"}, {"queue", "--server", "http://192.0.2.1"}, {"queue", "--server", "http://127.0.0.1:1"},
		{"desk", "--listen", "nowhere"}, {"desk", "--listen", "0.0.0.0:0"}, {"queue", "--pin", "0000"}, {"queue", "--lang", "xx"}, {"demo", "now"}, {"help", "frobnicate"}, {"completion"}, {"completion", "fish", "--help"}}
	for _, c := range root("en").Commands() {
		calls = append(calls, []string{c.Name(), "--help"})
	}
	for _, a := range acts.All {
		calls = append(calls, []string{"act", ref, a.Name, "--help"})
	}
	for _, call := range calls {
		said, ends := map[string]string{}, map[string]int{}
		for _, lang := range languages() {
			out, ended := run(lang, call...)
			said[lang], ends[lang] = out, ended
			if m := regexp.MustCompile(`\{[a-z_]+\}|\[[a-z_]+\.[a-z_.]+\]`).FindString(out); m != "" {
				t.Errorf("%q in %s leaves %s", call, lang, m)
			}
			if i := strings.IndexFunc(out, func(r rune) bool {
				return r != '\n' && r != '\t' && (unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r))
			}); i >= 0 {
				t.Errorf("%q in %s lets %q through", call, lang, out[max(0, i-20):min(len(out), i+10)])
			}
		}
		if ends["nb"] != ends["en"] || ends["nn"] != ends["en"] {
			t.Errorf("%q ends with %v", call, ends)
		}
		for _, lang := range []string{"nb", "nn"} {
			for line := range strings.Lines(said[lang]) {
				line = strings.TrimSpace(line)
				if !alike.MatchString(line) && slices.ContainsFunc(strings.Split(said["en"], "\n"), func(other string) bool { return strings.TrimSpace(other) == line }) {
					t.Errorf("%q says in %s and in English: %s", call, lang, line)
				}
			}
		}
	}
}

// TestScriptsReadOneLanguage: what is for scripts does not depend on who calls.
func TestScriptsReadOneLanguage(t *testing.T) {
	ref := tongues(t)
	for _, call := range [][]string{{"queue"}, {"next", ref}, {"show", ref}, {"log", ref}, {"overview"}, {"certificates"}, {"verify"}, {"act", ref}, {"act", ref, "second", "--of", "999", "--agree", "yes", "-m", "x"}} {
		said := map[string]string{}
		for _, lang := range languages() {
			out, _ := run(lang, append(call, "--json")...)
			said[lang], _, _ = strings.Cut(out, "\ntillit: ")
		}
		if said["nb"] != said["en"] || said["nn"] != said["en"] || len(said["en"]) < 3 {
			t.Errorf("%q says\n%s\n%s\n%s", call, said["nb"], said["nn"], said["en"])
		}
	}
}

// TestEveryErrorHasItsWords: in each language its own, and a hint belongs to an error.
func TestEveryErrorHasItsWords(t *testing.T) {
	all := []error{casework.StatusError(500), &fs.PathError{Op: "open", Path: "x", Err: fs.ErrNotExist}, &fs.PathError{Op: "open", Path: "x", Err: fs.ErrExist},
		&fs.PathError{Op: "open", Path: "x", Err: fs.ErrPermission}, &fs.PathError{Op: "open", Path: "x", Err: errors.New("no")}, errors.New("no"), unsure{casework.ErrOffline, "7"}}
	for _, o := range outcomes {
		all = append(all, fmt.Errorf("on the way: %w", o.err))
	}
	for _, err := range all {
		said := map[string]bool{}
		for _, lang := range languages() {
			say := speaking(lang)
			said[say.why(err)] = true
			if text := say.why(err) + say.hint(err); strings.ContainsAny(text, "{}[]") || strings.Contains(text, "on the way") {
				t.Errorf("%v in %s: %s", err, lang, text)
			}
		}
		if len(said) != len(languages()) {
			t.Errorf("%v: %v", err, said)
		}
	}
	for _, key := range book().In("en").Keys() {
		name, hint := strings.CutPrefix(key, "hint.")
		if known := name == "unsure" || outcomeNamed("error."+name); hint && !known {
			t.Errorf("no error has the hint %s", name)
		}
	}
}

func outcomeNamed(key string) bool {
	for _, o := range outcomes {
		if o.key == key {
			return true
		}
	}
	return false
}
