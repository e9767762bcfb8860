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
			for _, option := range f.Options {
				used["act."+a.Name+".option."+f.Name+"."+option] = true
			}
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
func drawn(t *rapid.T, a *routine.Act) map[string][]string {
	form := map[string][]string{}
	for _, f := range a.Fields {
		value := one(f)
		switch {
		case f.Kind == routine.FieldWords && f.Required:
			form[f.Name] = []string{canary + value.Draw(t, f.Name)}
		case f.Kind == routine.FieldWords:
			form[f.Name] = []string{rapid.SampledFrom([]string{"", canary}).Draw(t, f.Name) + value.Draw(t, f.Name)}
		case f.Several:
			form[f.Name] = rapid.SliceOfNDistinct(value, 1, min(3, max(1, len(f.Options))), rapid.ID).Draw(t, f.Name)
		case f.Required || rapid.Bool().Draw(t, "with "+f.Name):
			form[f.Name] = []string{value.Draw(t, f.Name)}
		}
	}
	return form
}

// one is one value of a field.
func one(f routine.Field) *rapid.Generator[string] {
	person := rapid.SampledFrom([]string{"maren", "siv", "#external", "#recovery", "håkon"})
	switch f.Kind {
	case routine.FieldWords:
		return rapid.OneOf(rapid.String(), rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }),
			rapid.Just("\u202eetter\u2066\x00\x1b[2J"), rapid.Just("a\r\nb\rc\u2028d"), rapid.Just(`","mark":"AA==","x":"`))
	case routine.FieldPerson, routine.FieldPersons:
		return person
	case routine.FieldChoice, routine.FieldChoices:
		return rapid.SampledFrom(f.Options)
	case routine.FieldDay:
		return rapid.SampledFrom([]string{"2026-11-27", "2028-02-29", "1999-12-31"})
	case routine.FieldMoment:
		return rapid.SampledFrom([]string{"2026-11-27T14:30", "2026-10-25T02:30"})
	case routine.FieldSeat:
		return rapid.SampledFrom([]string{"r", "a", "b", "w1", "sa", "sb"})
	case routine.FieldEntry, routine.FieldNumber:
		return rapid.SampledFrom([]string{"1", "7", "2147483647"})
	case routine.FieldRef:
		return rapid.SampledFrom([]string{"T-4K7Q2X", "T-AAAA"})
	case routine.FieldParts:
		return rapid.Map(person, func(id string) string { return "contact_a=" + id })
	}
	names := map[string][]string{"levels": {"local", "central"}, "outcomes": {"measure", "no_measure"}, "letters": {"result_r", "result_b_none"},
		"steps": {"tell_b", "minutes/tr-2"}, "asked": {"1", "92"}, "talks": {"tr", "tr-2", "tb"}, "measures": {"m1"}, "objects": {"tr", "a1"}}
	return rapid.SampledFrom(names[f.From])
}

const canary = "ORDENE-INNI"

func get(form map[string][]string) func(string) []string {
	return func(name string) []string { return form[name] }
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
				if words := filled.Leaves(); !words.IsZero() {
					nonce = rapid.SliceOfN(rapid.Byte(), routine.NonceSize, routine.NonceSize).Draw(t, "nonce")
					mark.Words = routine.WordsHash(nonce, words)
				}
				mark.Waits = slices.Contains(always, a.Kind)
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
				if len(again.Values()) != len(filled.Values()) {
					t.Fatalf("%d fields have a value, and had %d", len(again.Values()), len(filled.Values()))
				}
				for name, values := range again.Values() {
					was := filled.Values()[name]
					for i, value := range values {
						if len(was) != len(values) || value.Reveal() != was[i].Reveal() || !utf8.ValidString(value.Reveal()) || strings.Contains(value.Reveal(), "\r\n") {
							t.Fatalf("the field %s comes back as something else", name)
						}
					}
				}
				if again.Leaves().Reveal() != filled.Leaves().Reveal() || a.To == routine.Inside && !filled.Leaves().IsZero() || a.To == routine.Reporter && a.Kind == routine.KindSent && filled.Leaves().IsZero() {
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

// always are the kinds that always wait for a second person.
var always = []routine.Kind{routine.KindPhase, routine.KindClose, routine.KindShred}

// TestWhatIsForOthersDoesNotLeave: what goes to somebody else than the reporter is
// kept, and leaves for nobody.
func TestWhatIsForOthersDoesNotLeave(t *testing.T) {
	for _, tt := range []struct {
		act    *routine.Act
		field  string
		value  string
		leaves bool
	}{
		{acts.Minutes, "which", "tr", true}, {acts.Minutes, "which", "tr-2", true},
		{acts.Minutes, "which", "ta", false}, {acts.Minutes, "which", "tb-2", false}, {acts.Minutes, "which", "tw1", false},
		{acts.Feedback, "letter", "status_r", true}, {acts.Feedback, "letter", "result_r", true}, {acts.Feedback, "letter", "result_r_unclear", true},
		{acts.Feedback, "letter", "result_a", false}, {acts.Feedback, "letter", "result_b_none", false}, {acts.Feedback, "letter", "r", false}, {acts.Feedback, "letter", "told_b", false},
		{acts.ExtendAccess, "seat", "r", true}, {acts.ExtendAccess, "seat", "b", false}, {acts.ExtendAccess, "seat", "a", false},
		{acts.Disclose, "how", "phone", false}, {acts.Second, "agree", "yes", true}, {acts.Second, "agree", "no", false},
	} {
		form := map[string][]string{"text": {canary}, tt.field: {tt.value}, "how": {"phone"}, "agreed": {"yes"}, "of": {"7"}, "reason": {"x"}}
		filled, err := tt.act.Read(get(form))
		if err != nil {
			t.Fatalf("%s: %v", tt.act.Name, err)
		}
		if got := filled.Leaves().Reveal() == canary; got != tt.leaves || tt.act.Kind == routine.KindSent && filled.Mark("jonas").Outside == tt.leaves {
			t.Errorf("%s with %s: leaves %v, want %v", tt.act.Name, tt.value, got, tt.leaves)
		}
	}
}

// TestTellingWithoutAYesHasAReason, as the reporter is to be told it.
func TestTellingWithoutAYesHasAReason(t *testing.T) {
	for _, tt := range []struct {
		agreed, reason string
		refused        bool
	}{{"yes", "", false}, {"no", "", true}, {"no", "somebody may be in danger", false}} {
		filled, err := acts.Disclose.Read(get(map[string][]string{"text": {canary}, "how": {"letter"}, "agreed": {tt.agreed}, "reason": {tt.reason}}))
		if err != nil {
			t.Fatal(err)
		}
		if err := filled.Needs(routine.Blind{}, routine.Actor{}); (err != nil) != tt.refused {
			t.Errorf("%s with %q: %v", tt.agreed, tt.reason, err)
		}
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
			wrong := []string{`1`, `{"x":1}`, `[1]`}
			switch list := f.Several && f.Kind != routine.FieldWords; {
			case list:
				wrong = append(wrong, `"x"`, `["`+canary+` !"]`, `[""]`)
			case f.Kind == routine.FieldWords:
				wrong = append(wrong, `null`, `["x"]`)
			default: // null is nothing, as an empty one
				wrong = append(wrong, `["x"]`, `"`+canary+` !"`)
			}
			for _, value := range wrong {
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
