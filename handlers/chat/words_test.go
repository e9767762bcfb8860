package chat

import (
	"testing"

	"tillit/intake"
	"tillit/intake/words"
)

func loaded(t testing.TB) *words.Book {
	t.Helper()
	w, err := readWords()
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// TestEveryCommandCanBeTyped holds every language to a word for every command.
func TestEveryCommandCanBeTyped(t *testing.T) {
	for _, l := range loaded(t).Langs() {
		for _, name := range []string{"queue", "take", "release", "reply", "answer", "note", "remind", "help", "send", "cancel"} {
			if c := read(loaded(t), l.Typed(name)); l.Typed(name) == "" || c.name != name && name != "send" {
				t.Errorf("%s: %q is typed for %s", l.ID(), l.Typed(name), name)
			}
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
		c := read(w, typed)
		if got := [4]string{c.name, c.ref, c.arg, c.text.Reveal()}; got != want {
			t.Errorf("%q is read as %q, want %q", typed, got, want)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add("svar T-4K7Q2X hei")
	f.Add("minn  meg\u00a01")
	w := loaded(f)
	f.Fuzz(func(t *testing.T, typed string) {
		switch c := read(w, typed); {
		case c.name == "" && c.text != intake.NewPrivate(typed):
			t.Error("words changed on the way")
		case c.ref != "" && !reference.MatchString(c.ref):
			t.Error("a reference of another form")
		}
	})
}
