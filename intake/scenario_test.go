package intake

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"reflect"
	"strconv"
	"strings"
	"testing"
)

// A scenario is a dialogue: documentation for those who write questions, and a test.
//
//	langs: nb en        in which languages it is played; all when not said
//	people: p1 = Name   a handler
//	> words             the person types
//	press: S1.yes       presses; several are a form
//	boxes: E5.~done     sends a page with boxes: these are all that is ticked
//	files: 2            sends files
//	lang: nn            goes on in another language
//	again:              comes back after a pause
//	< @S2               the question we are at
//	< +open_room        what is asked of the bot; < +nothing for nothing
//	< [nb] words        said now, in that language only
//	< words             said now
//	< ! words           not said now
//	seal: S1=yes A1="x" what is sealed now; * for superseding, nothing for none
//	is: S1=safety       what the sealed answers tell the office
//	flags: level: out: minor: source: what the interview knows
type scenario struct {
	t    *testing.T
	set  *Set
	lang string
	env  Env
	iv   Interview
	last Turn
	cold bool // encode and decode after every message, as a restart does
}

func TestWalks(t *testing.T) {
	playAll(t, Default(), os.DirFS("sets/harassment"))
}

func TestASecondSetNeedsNoGo(t *testing.T) {
	fsys := os.DirFS("testdata/second")
	if got := Lint(fsys); len(got) > 0 {
		t.Fatal(got)
	}
	s, err := Load(fsys)
	if err != nil {
		t.Fatal(err)
	}
	if s.Name() != "second" || s.Version() == Default().Version() {
		t.Errorf("loaded %s %s", s.Name(), s.Version())
	}
	playAll(t, s, fsys)
}

func playAll(t *testing.T, s *Set, fsys fs.FS) {
	files, err := fs.Glob(fsys, "scenarios/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("scenarios: %v, %v", files, err)
	}
	for _, file := range files {
		data, err := fs.ReadFile(fsys, file)
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(string(data), "\n")
		for _, lang := range langsOf(s, lines) {
			for _, cold := range []bool{false, true} {
				name := fmt.Sprintf("%s/%s/restarts=%v", strings.TrimSuffix(path.Base(file), ".txt"), lang, cold)
				t.Run(name, func(t *testing.T) {
					w := &scenario{t: t, set: s, lang: lang, cold: cold, env: testEnv()}
					for i, line := range lines {
						w.line(fmt.Sprintf("%s:%d", file, i+1), strings.TrimSpace(line))
					}
				})
			}
		}
	}
}

func testEnv() Env {
	return Env{Values: map[string]string{
		"org": "Partiet", "n": "3", "emergency": "112", "doctor": "116 117", "police": "02800", "max": "20 MB", "date": "8. desember",
		"direct": "https://tillit.example/",
	}}
}

func langsOf(s *Set, lines []string) []string {
	for _, l := range lines {
		if rest, ok := strings.CutPrefix(l, "langs:"); ok {
			return strings.Fields(rest)
		}
	}
	return s.Languages()
}

func (w *scenario) line(at, line string) {
	w.t.Helper()
	if line == "" || strings.HasPrefix(line, "#") || strings.HasPrefix(line, "langs:") {
		return
	}
	if rest, ok := strings.CutPrefix(line, "people:"); ok {
		id, name, _ := strings.Cut(rest, "=")
		w.env.People = append(w.env.People, Person{ID: strings.TrimSpace(id), Name: strings.TrimSpace(name)})
		return
	}
	if w.iv.SetVersion() == "" {
		w.took(at, w.set.Start(w.lang, w.env))
	}
	if rest, ok := strings.CutPrefix(line, "<"); ok {
		w.expect(at, strings.TrimSpace(rest))
		return
	}
	if rest, ok := strings.CutPrefix(line, ">"); ok {
		w.answer(at, Input{Text: NewPrivate(strings.TrimSpace(rest))})
		return
	}
	verb, rest, _ := strings.Cut(line, ":")
	rest = strings.TrimSpace(rest)
	switch verb {
	case "press":
		w.answer(at, Input{Choices: strings.Fields(rest)})
	case "boxes":
		w.answer(at, Input{Choices: strings.Fields(rest), Boxes: true})
	case "files":
		n, _ := strconv.Atoi(rest)
		w.answer(at, Input{Files: n})
	case "lang":
		w.lang, w.iv = rest, w.set.SetLang(w.iv, rest)
	case "again":
		w.last = Turn{Next: w.iv, Say: w.set.Ask(w.iv, w.env)}
	case "seal":
		w.same(at, sealed(w.last.Seal), rest)
	case "is":
		var is []string
		for _, a := range w.last.Seal {
			is = append(is, a.Question+"="+strings.Join(a.Is, "|"))
		}
		w.same(at, orNothing(strings.Join(is, " ")), rest)
	case "flags":
		w.same(at, strings.Join(w.iv.Flags(), " "), rest)
	case "level":
		w.same(at, w.iv.Level(), rest)
	case "out":
		w.same(at, strings.Join(w.iv.Excluded(), " "), rest)
	case "source":
		w.same(at, w.iv.Source(), rest)
	case "minor":
		w.same(at, fmt.Sprint(w.iv.Minor()), rest)
	default:
		w.t.Fatalf("%s: what is %q?", at, line)
	}
}

func (w *scenario) answer(at string, in Input) {
	w.t.Helper()
	w.took(at, w.set.Answer(w.iv, in, w.env))
}

// took checks what holds after every turn of every scenario.
func (w *scenario) took(at string, turn Turn) {
	w.t.Helper()
	was := w.iv
	w.last, w.iv = turn, turn.Next
	if w.cold {
		iv, err := DecodeInterview(w.iv.Encode())
		if err != nil {
			w.t.Fatalf("%s: %v", at, err)
		}
		if !reflect.DeepEqual(iv, w.iv) {
			w.t.Fatalf("%s: the round trip changed the interview:\n%s\n%s", at, w.iv.Encode(), iv.Encode())
		}
		w.iv = iv
	}
	if len(turn.Say) == 0 && len(turn.Acts) == 0 && !reflect.DeepEqual(was, w.iv) { // a press that changes nothing says nothing
		w.t.Errorf("%s: nothing is said and nothing is done", at)
	}
	for _, m := range turn.Say {
		if strings.ContainsAny(m.Text+m.Help, "{}") || strings.TrimSpace(m.Text) == "" {
			w.t.Errorf("%s: %s says %q", at, m.ID, m.Text)
		}
	}
	if len(turn.Seal) > 0 && !turn.Next.Opened() {
		w.t.Errorf("%s: sealed before there is a room", at)
	}
	for _, a := range turn.Seal {
		if a.Title == "" || a.Title == a.Question || a.PartTitle == "" || a.Part != number(w.set.question(a.Question).Part) {
			w.t.Errorf("%s: the answer to %s cannot be read without its set: %q, part %d %q", at, a.Question, a.Title, a.Part, a.PartTitle)
		}
	}
}

func (w *scenario) expect(at, want string) {
	w.t.Helper()
	if rest, ok := strings.CutPrefix(want, "["); ok {
		lang, text, _ := strings.Cut(rest, "]")
		if lang != w.lang {
			return
		}
		want = strings.TrimSpace(text)
	}
	if id, ok := strings.CutPrefix(want, "@"); ok {
		w.same(at, w.iv.At(), id)
		return
	}
	if act, ok := strings.CutPrefix(want, "+"); ok {
		var acts []string
		for _, a := range w.last.Acts {
			acts = append(acts, string(a))
		}
		w.same(at, orNothing(strings.Join(acts, " ")), act)
		return
	}
	absent := strings.HasPrefix(want, "!")
	want = strings.TrimSpace(strings.TrimPrefix(want, "!"))
	said := saidText(w.last.Say)
	if strings.Contains(said, want) == absent {
		w.t.Errorf("%s: said\n%s\nwant %q (absent: %v)", at, said, want, absent)
	}
}

func (w *scenario) same(at, got, want string) {
	w.t.Helper()
	if got != want {
		w.t.Errorf("%s: got %q, want %q", at, got, want)
	}
}

func orNothing(s string) string {
	if s == "" {
		return "nothing"
	}
	return s
}

func saidText(say []Message) string {
	var b strings.Builder
	for _, m := range say {
		fmt.Fprintf(&b, "(%s %s) %s\n  %s\n", m.Kind, m.ID, m.Text, m.Help)
		for _, c := range m.Choices {
			mark := ""
			if c.Picked {
				mark = " ✔"
			}
			fmt.Fprintf(&b, "  [%s] %s%s\n", c.ID, c.Label, mark)
		}
		for _, p := range m.Review {
			for _, q := range p.Questions {
				fmt.Fprintf(&b, "  %d %s: %s\n", p.Part, q.ID, q.State)
			}
		}
	}
	return b.String()
}

func sealed(answers []Answer) string {
	var out []string
	for _, a := range answers {
		s := a.Question + "=" + strings.Join(a.Choices, "|")
		if a.Way != "" {
			s += "~" + a.Way
		}
		if !a.Text.IsZero() {
			s += strconv.Quote(a.Text.Reveal())
		}
		if a.Supersedes {
			s += "*"
		}
		out = append(out, s)
	}
	return orNothing(strings.Join(out, " "))
}
