package chat

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"tillit/intake"
)

func loaded(t *testing.T) words {
	t.Helper()
	w, err := readWords()
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// TestLanguagesSayTheSame holds every language to the same phrases, with the same
// places in them, and to a word for every command.
func TestLanguagesSayTheSame(t *testing.T) {
	w := loaded(t)
	if got := slices.Sorted(maps.Keys(w)); !slices.Equal(got, []string{"en", "nb", "nn"}) {
		t.Fatalf("there are %v", got)
	}
	hole := regexp.MustCompile(`\{[a-z_]+\}`)
	shape := func(l language) map[string][]string {
		out := map[string][]string{}
		for key, text := range l.Say {
			holes := hole.FindAllString(text, -1)
			slices.Sort(holes)
			out[key] = slices.Compact(holes)
		}
		for _, c := range l.Commands {
			out["command "+c] = nil
		}
		return out
	}
	want := shape(w["nb"])
	for _, lang := range []string{"nn", "en"} {
		got := shape(w[lang])
		for _, key := range slices.Sorted(maps.Keys(want)) {
			if !slices.Equal(got[key], want[key]) {
				t.Errorf("%s: %s has the places %v, want %v", lang, key, got[key], want[key])
			}
		}
		if !slices.Equal(slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want))) {
			t.Errorf("%s has other phrases than nb", lang)
		}
	}
}

// TestNoPhraseIsIdle: what nobody says any more would be mended and translated for
// nothing.
func TestNoPhraseIsIdle(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var code strings.Builder
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		code.Write(text)
	}
	made := regexp.MustCompile(`^(help|not_kept|item)_`) // of a first word and what follows from the case
	for key := range loaded(t)["nb"].Say {
		if said := strings.Contains(code.String(), strconv.Quote(strings.TrimSuffix(key, "_one"))); !said && !made.MatchString(key) {
			t.Errorf("nothing says %s", key)
		}
	}
}

// TestWhatIsTypedIsReadWithoutGuessing: words that merely begin like a command are
// words.
func TestWhatIsTypedIsReadWithoutGuessing(t *testing.T) {
	w := loaded(t)
	for typed, want := range map[string][4]string{
		"kø":                            {"queue"},
		"  /QUEUE@tillit_bot ":          {"queue"},
		"kø nå":                         {"", "", "", "kø nå"},
		"ta t-4k7q2x":                   {"take", "T-4K7Q2X"},
		"take T-4K7Q2X":                 {"take", "T-4K7Q2X"},
		"ta":                            {"take"},
		"Ta kontakt med meg":            {"", "", "", "Ta kontakt med meg"},
		"ta T-4K7Q2X nå":                {"", "", "", "ta T-4K7Q2X nå"},
		"svar T-4K7Q2X Hei,\n\nog takk": {"reply", "T-4K7Q2X", "", "Hei,\n\nog takk"},
		"svar\nT-4K7Q2X  Hei":           {"reply", "T-4K7Q2X", "", "Hei"},
		"svar på T-4K7Q2X":              {"answer", "T-4K7Q2X"},
		"Svar på spørsmålet ditt":       {"", "", "", "Svar på spørsmålet ditt"},
		"notat om møtet":                {"", "", "", "notat om møtet"},
		"minn meg":                      {"remind"},
		"minn meg 2":                    {"remind", "", "tomorrow"},
		"minn meg 7":                    {"", "", "", "minn meg 7"},
		"send abcd1234":                 {"send", "", "ABCD1234"},
		"send":                          {"", "", "", "send"},
		"send det nå":                   {"", "", "", "send det nå"},
		"":                              {},
	} {
		c := w.read(typed)
		if got := [4]string{c.name, c.ref, c.arg, c.text.Reveal()}; got != want {
			t.Errorf("%q is read as %q, want %q", typed, got, want)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add("svar T-4K7Q2X hei")
	f.Add("minn  meg\u00a01")
	w, err := readWords()
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		switch c := w.read(typed); {
		case c.name == "" && c.text != intake.NewPrivate(typed):
			t.Error("words changed on the way")
		case c.ref != "" && !reference.MatchString(c.ref):
			t.Error("a reference of another form")
		}
	})
}
