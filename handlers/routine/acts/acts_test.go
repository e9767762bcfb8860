package acts_test

import (
	"fmt"
	"log/slog"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"tillit/handlers/routine"
	"tillit/handlers/routine/acts"
	"tillit/store/cases"
)

// langs are the languages that a handler may have.
var langs = []string{"nb", "nn", "en"}

// TestEveryActHasItsWords, in every language, and no words are left over.
func TestEveryActHasItsWords(t *testing.T) {
	used := map[string]bool{}
	for _, a := range acts.All {
		if acts.Find(a.Name) != a {
			t.Errorf("there are two acts called %q", a.Name)
		}
		for _, what := range []string{"title", "hint", "do", "done", "log"} {
			used["act."+a.Name+"."+what] = true
		}
		for _, f := range a.Fields {
			used["act."+a.Name+".field."+f.Name] = true
		}
	}
	if acts.Find("") != nil || acts.Find("x") != nil {
		t.Error("an act is found that there is not")
	}
	for _, key := range refusals() {
		used["refused."+key] = true
	}
	used["fault."+routine.FaultEmpty], used["fault."+routine.FaultLong], used["fault."+routine.FaultShape] = true, true, true
	for _, lang := range langs {
		l := acts.Words().In(lang)
		if l.ID() != lang {
			t.Fatalf("there are no words in %s", lang)
		}
		for _, key := range slices.Sorted(maps.Keys(used)) {
			if text := l.Say(key, said...); !l.Has(key) || text == "" || strings.ContainsAny(text, "{}[]") {
				t.Errorf("%s: %s is %q", lang, key, text)
			}
		}
		for _, key := range l.Keys() {
			if top, _, _ := strings.Cut(key, "."); !used[key] && slices.Contains([]string{"act", "refused", "fault"}, top) {
				t.Errorf("%s: no act uses %s", lang, key)
			}
		}
	}
}

// TestTheDesignNamesEveryAct, in the order in which they are offered.
func TestTheDesignNamesEveryAct(t *testing.T) {
	design, err := os.ReadFile("../../../docs/DESIGN.md")
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, a := range acts.All {
		all = append(all, a.Name)
	}
	if want := "An act is what a handler does to a case: " + strings.Join(all, ", ") + "."; !strings.Contains(string(design), want) {
		t.Errorf("docs/DESIGN.md does not say: %s", want)
	}
}

// drawn is a form as somebody may fill it in: whatever a phone sends.
func drawn(t *rapid.T, a *routine.Act) map[string]string {
	form := map[string]string{}
	for _, f := range a.Fields {
		switch f.Kind {
		case routine.FieldPerson:
			form[f.Name] = rapid.SampledFrom([]string{"maren", "siv", "#external", "#recovery", "håkon"}).Draw(t, f.Name)
		default:
			words := rapid.OneOf(rapid.String(), rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }),
				rapid.Just("\u202eetter\u2066\x00\x1b[2J"), rapid.Just("a\r\nb\rc\u2028d"), rapid.Just(`","mark":"AA==","x":"`))
			form[f.Name] = canary + words.Draw(t, f.Name)
		}
	}
	return form
}

const canary = "ORDENE-INNI"

func get(form map[string]string) func(string) []string {
	return func(name string) []string { return []string{form[name]} }
}

// TestWhatIsFilledInComesBack goes from the form to what is sealed and back, and looks
// at all that leaves the seal on the way: it holds nothing of the words.
func TestWhatIsFilledInComesBack(t *testing.T) {
	for _, a := range acts.All {
		t.Run(a.Name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				form := drawn(t, a)
				filled, err := a.Read(get(form))
				if err != nil {
					t.Fatalf("it is not taken: %v", err)
				}
				mark, nonce := filled.Mark("jonas"), []byte(nil)
				if a.Kind == routine.KindSent {
					nonce = rapid.SliceOfN(rapid.Byte(), routine.NonceSize, routine.NonceSize).Draw(t, "nonce")
					mark.Words = routine.WordsHash(nonce, filled.Leaves())
				}
				raw := mark.Encode()
				back, err := routine.ParseMark(raw)
				if err != nil || !filled.Fits(back, "jonas", nonce) || back.Kind != a.Kind {
					t.Fatalf("its mark does not come back: %v", err)
				}
				body := filled.Body(raw, nonce)
				opened, err := cases.Decode(cases.Version, cases.EntryOffice, cases.Encode(body))
				if err != nil {
					t.Fatal("what is sealed does not come back")
				}
				said := opened.(cases.Act)
				again, err := a.Parse(said.Fields)
				if err != nil || said.Name != a.Name || string(said.Mark) != string(raw) || !again.Fits(back, "jonas", said.Nonce) {
					t.Fatal("what is sealed is another act")
				}
				if len(again.Values()) != len(a.Fields) {
					t.Fatalf("%d values of %d fields", len(again.Values()), len(a.Fields))
				}
				for name, values := range again.Values() {
					was := filled.Values()[name]
					for i, value := range values {
						if len(was) != len(values) || value.Reveal() != was[i].Reveal() || !utf8.ValidString(value.Reveal()) || strings.Contains(value.Reveal(), "\r\n") {
							t.Fatalf("the field %s comes back as something else", name)
						}
					}
				}
				if again.Leaves().Reveal() != filled.Leaves().Reveal() || (a.To == routine.Reporter) == filled.Leaves().IsZero() {
					t.Fatal("other words leave")
				}
				for how, shown := range map[string]string{
					"the mark": string(raw), "%v": fmt.Sprintf("%v %+v %#v %s", filled, filled, body, body),
					"the log": logged(filled, body),
				} {
					if strings.Contains(shown, canary) {
						t.Fatalf("%s shows the words", how)
					}
				}
			})
		})
	}
}

func logged(values ...any) string {
	var b strings.Builder
	slog.New(slog.NewTextHandler(&b, nil)).Info("x", "values", values)
	return b.String()
}

// TestWhatIsFilledInWronglyIsNamed by field, all of it at once, and never quoted.
func TestWhatIsFilledInWronglyIsNamed(t *testing.T) {
	for _, a := range acts.All {
		for name, text := range map[string]string{
			"nothing": "", "spaces": " \r\n\t\u2003", "too long": canary + strings.Repeat("å", routine.MaxRunes), "too many bytes": canary + strings.Repeat("\U0001F600", 9_000),
		} {
			want := map[string]string{}
			for _, f := range a.Fields {
				switch empty := strings.TrimSpace(text) == ""; {
				case empty && f.Required:
					want[f.Name] = routine.FaultEmpty
				case !empty:
					want[f.Name] = routine.FaultLong
				}
			}
			_, err := a.Read(func(string) []string { return []string{text} })
			got, _ := err.(routine.Faults)
			if len(want) == 0 && err != nil || !maps.Equal(got, want) {
				t.Errorf("%s, %s: %v, want %v", a.Name, name, got, want)
			}
			if err != nil && strings.Contains(fmt.Sprintf("%v %+v %#v", err, err, err), canary) {
				t.Errorf("%s, %s: the fault quotes the words", a.Name, name)
			}
		}
		if filled, err := a.Read(func(string) []string { return nil }); err == nil && slices.ContainsFunc(a.Fields, func(f routine.Field) bool { return f.Required }) {
			t.Errorf("%s is read of a form that is not there: %v", a.Name, filled.Name)
		}
	}
}

// TestWhatCannotBeParsed is what a colleague's own program may seal as an act.
func TestWhatCannotBeParsed(t *testing.T) {
	for _, a := range acts.All {
		for _, f := range a.Fields {
			for _, value := range []string{`1`, `null`, `["x"]`, `{"x":1}`} {
				if f.Kind == routine.FieldPerson && value == `null` {
					continue // it is nobody, as an empty id
				}
				if _, err := a.Parse(cases.NewFields([]byte(fmt.Sprintf(`{%q:%s}`, f.Name, value)))); err == nil {
					t.Errorf("%s: %s is %s", a.Name, f.Name, value)
				}
			}
		}
		if _, err := a.Parse(cases.NewFields([]byte(`{"` + canary))); err == nil || strings.Contains(err.Error(), canary) {
			t.Errorf("%s: what is no object gives %v", a.Name, err)
		}
	}
}
