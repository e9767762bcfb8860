package words_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
	"time"
	"unicode/utf8"

	"tillit/intake/words"
)

func folder(files map[string]string) fstest.MapFS {
	out := fstest.MapFS{}
	for name, text := range files {
		out["w/"+name+".toml"] = &fstest.MapFile{Data: []byte(text)}
	}
	return out
}

func book(t testing.TB, files map[string]string) *words.Book {
	t.Helper()
	b, err := words.Read(folder(files), "w")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func three(text string) map[string]string {
	return map[string]string{"nb": text, "nn": text, "en": text}
}

func TestTablesAreKeysWithDots(t *testing.T) {
	b := book(t, map[string]string{
		"en": "hello = \"Hello {name}\"\n[a]\nb.c = \"deep\"\n[typed]\nhelp = \"help\"", "nb": "hello = \"Hei {name}\"\n[a.b]\nc = \"dypt\"\n[typed]\n\"hjelp\" = \"help\"",
	})
	for _, tt := range []struct{ got, want string }{
		{b.In("nb").Say("hello", "name", "Lin"), "Hei Lin"}, {b.In("en").Say("hello", "name", 7), "Hello 7"}, {b.In("nb").Say("a.b.c"), "dypt"},
		{b.In("tlh").Say("a.b.c"), "dypt"}, {b.Command("HJELP"), "help"}, {b.Command("help"), "help"}, {b.Command("nei"), ""}, {b.Langs()[0].ID(), "nb"},
	} {
		if tt.got != tt.want {
			t.Errorf("%q, want %q", tt.got, tt.want)
		}
	}
}

// TestBesidesAreNotRead: a folder may hold more than words.
func TestBesidesAreNotRead(t *testing.T) {
	files := three("a = \"x\"")
	files["other"] = "n = 7"
	if _, err := words.Read(folder(files), "w"); err == nil {
		t.Error("what is no language is read as one")
	}
	if b, err := words.Read(folder(files), "w", "other.toml"); err != nil || b.Has("other") || !b.Has("en") {
		t.Errorf("what stands beside the words is read: %v", err)
	}
}

// TestEveryFaultIsNamedAtOnce: who writes words mends a folder in one go.
func TestEveryFaultIsNamedAtOnce(t *testing.T) {
	files := map[string]string{
		"nb":  "both = \"{a} og {b}\"\nonly = \"bare her\"\nnone = \"\"\nbad = \"{0}\"\nopen = \"en { til\"\nn = 7\n[typed]\nvis = \"show\"\nUT = \"out\"",
		"nn":  "both = \"{a} og {c}\"\nnone = \"x\"\nbad = \"x\"\nopen = \"x\"\n\"a.b\" = \"x\"\n[a]\nb = \"x\"\n[typed]\nvis = \"code\"",
		"en":  "both =",
		"tlh": "both = \"{a} {b}\"",
	}
	_, err := words.Read(folder(files), "w")
	if err == nil {
		t.Fatal("all of it is accepted")
	}
	for _, want := range []string{
		"nn.toml: both has the placeholders [a c], in nb [a b]", "nn.toml: only is missing", "nb.toml: none is empty", "nb.toml: bad has a brace",
		"nb.toml: open has a brace", "nb.toml: n is no text", `nb.toml: nobody can give the command "UT"`, `the command "vis" means show and code`,
		"nn.toml: a.b is there twice", "en.toml: ", "tlh.toml: there is no calendar", "tlh.toml: none is missing",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("nothing says %q in:\n%v", want, err)
		}
	}
	if _, err := words.Read(folder(three("[[typed]]\na = \"b\"")), "w"); err == nil || !strings.Contains(err.Error(), "typed is no text") {
		t.Errorf("typed words that are no table: %v", err)
	}
	if _, err := words.Read(fstest.MapFS{}, "w"); err == nil {
		t.Error("a folder without words is accepted")
	}
}

// TestWhatIsLackingShows: a fault of the program is seen, and stops nobody.
func TestWhatIsLackingShows(t *testing.T) {
	l := book(t, three(`hello = "Hi {name}."`)).In("nb")
	for _, tt := range []struct{ got, want string }{
		{l.Say("hi"), "[hi]"}, {l.Number("hello", 1), "[hello.one]"}, {l.Say("hello"), "Hi {name}."}, {l.Say("hello", "name"), "Hi {name}."},
		{l.Say("hello", "who", "Lin", "name", "Kim"), "Hi Kim."}, {l.Say("hello", []string{}, "Lin"), "Hi {name}."},
	} {
		if tt.got != tt.want {
			t.Errorf("%q, want %q", tt.got, tt.want)
		}
	}
}

func TestAFullStopStandsOnce(t *testing.T) {
	l := book(t, three(`s = "{name} said: {what}. {name}, then."`)).In("en")
	if got := l.Say("s", "name", "Kim V.", "what", "no."); got != "Kim V. said: no. Kim V., then." {
		t.Error(got)
	}
	if got := l.Say("s", "name", "Kim", "what", ""); got != "Kim said: . Kim, then." {
		t.Error(got)
	}
}

// FuzzFill holds the law of filling: the words around stand, and what is filled in
// stands as it came, whatever it looks like.
func FuzzFill(f *testing.F) {
	for _, s := range []string{"Lin", "{b}", "{a}", "{", "}{", "\u202e{b}\x00", "\xff{a}", "a.", ".", "{{b}}", "%s", "%!d(string", "𝒽{b}"} {
		f.Add(s, s)
		f.Add(s, "{a}{b}")
	}
	l := book(f, three(`s = "<{a}|{b}|{a}>"`)).In("nn")
	f.Fuzz(func(t *testing.T, a, b string) {
		if got, want := l.Say("s", "a", a, "b", b), "<"+a+"|"+b+"|"+a+">"; got != want {
			t.Errorf("%q, want %q", got, want)
		}
	})
}

// FuzzRead: no file makes a book that then cannot speak.
func FuzzRead(f *testing.F) {
	f.Add(`a = "{b}"`)
	f.Add("[typed]\na = 1\n[a]\nb = [\"x\"]")
	f.Add("typed = \"x\"")
	f.Fuzz(func(t *testing.T, text string) {
		b, err := words.Read(folder(three(text)), "w")
		if err != nil {
			return
		}
		if got := b.In("en").Say("a"); got != b.In("nb").Say("a") || utf8.ValidString(text) && !utf8.ValidString(got) {
			t.Errorf("it says %q", got)
		}
	})
}

func TestNumbers(t *testing.T) {
	b := book(t, three("c.one = \"{n} case of {org}\"\nc.other = \"{n} cases of {org}\""))
	for n := -2; n < 300; n++ {
		want := fmt.Sprintf("%d cases of X", n)
		if n == 1 {
			want = "1 case of X"
		}
		if got := b.In("en").Number("c", n, "org", "X"); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestLabels(t *testing.T) {
	l := book(t, three("[status]\nopen = \"Open\"")).In("en")
	for id, want := range map[string]string{"open": "Open", "newer": "newer", "": ""} {
		if got := l.Label("status", id); got != want {
			t.Errorf("%q is %q", id, got)
		}
	}
}

func TestLists(t *testing.T) {
	b := book(t, three(`a = "b"`))
	for lang, and := range map[string]string{"nb": "og", "nn": "og", "en": "and"} {
		for n, want := range []string{"", "a", "a " + and + " b", "a, b " + and + " c"} {
			if got := b.In(lang).List([]string{"a", "b", "c"}[:n]); got != want {
				t.Errorf("%s: %q, want %q", lang, got, want)
			}
		}
	}
}

// TestDays says every way that a day and an amount are spoken in.
func TestDays(t *testing.T) {
	b := book(t, three(`a = "b"`))
	now := time.Date(2026, 11, 24, 9, 5, 0, 0, time.UTC)
	next := time.Date(2027, 1, 2, 23, 59, 0, 0, time.UTC)
	for lang, want := range map[string][]string{
		"nb": {"Bokmål", "tirsdag 24. november", "tir. 24. nov.", "lør. 2. jan. 2027", "Tirsdag 24. november 2026", "i dag kl. 09.05", "lør. 2. jan. 2027 kl. 23.59", "999 byte", "1 kB", "1,3 MB", "24. november 2026 kl. 09.05"},
		"nn": {"Nynorsk", "tysdag 24. november", "tys. 24. nov.", "lau. 2. jan. 2027", "Tysdag 24. november 2026", "i dag kl. 09.05", "lau. 2. jan. 2027 kl. 23.59", "999 byte", "1 kB", "1,3 MB", "24. november 2026 kl. 09.05"},
		"en": {"English", "Tuesday 24 November", "Tue 24 Nov", "Sat 2 Jan 2027", "Tuesday 24 November 2026", "today, 09:05", "Sat 2 Jan 2027, 23:59", "999 bytes", "1 kB", "1.3 MB", "24 November 2026, 09:05"},
	} {
		l := b.In(lang)
		got := []string{l.Name(), l.Day(now), l.ShortDay(now, now), l.ShortDay(next, now), l.LongDay(now), l.Moment(now, now), l.Moment(next, now), l.Size(999), l.Size(1000), l.Size(1_250_001), l.At(l.Date(now), now)}
		for i := range want {
			if got[i] != want[i] {
				t.Errorf("%s: %q, want %q", lang, got[i], want[i])
			}
		}
	}
}

// TestEveryDayHasItsName goes through days of a year: each weekday and each month
// has one name of its own in each language and form.
func TestEveryDayHasItsName(t *testing.T) {
	for _, l := range book(t, three(`a = "b"`)).Langs() {
		for form, day := range map[string]func(time.Time) string{
			"long": l.Day, "short": func(d time.Time) string { return l.ShortDay(d, d) },
		} {
			weekdays, months, said := map[string]time.Weekday{}, map[string]time.Month{}, map[string]bool{}
			for d := range 364 {
				at := time.Date(2026, 1, 1+d, 12, 0, 0, 0, time.UTC)
				f := strings.Fields(day(at))
				if len(f) != 3 || said[day(at)] {
					t.Fatalf("%s, %s: %q", l.ID(), form, day(at))
				}
				said[day(at)], weekdays[f[0]], months[f[2]] = true, at.Weekday(), at.Month()
			}
			if len(weekdays) != 7 || len(months) != 12 {
				t.Errorf("%s, %s: %d weekdays and %d months", l.ID(), form, len(weekdays), len(months))
			}
		}
	}
}

func TestMatch(t *testing.T) {
	b := book(t, three(`a = "b"`))
	for _, tt := range []struct{ fallback, hints, want string }{
		{"en", "nb", "nb"}, {"en", "no", "nb"}, {"en", "nb-NO", "nb"}, {"en", "no-NO", "nb"}, {"en", "NB_no", "nb"}, {"nb", "nn", "nn"}, {"nb", "nn-NO", "nn"},
		{"en", "da", "nb"}, {"nb", "en", "en"}, {"nb", "en-GB", "en"}, {"nb", "en_US", "en"}, {"nn", "de", "nn"}, {"nn", "", "nn"}, {"nn", "sv", "nn"},
		{"nn", "*", "nn"}, {"nn", "und", "nn"}, {"nn", "xx", "nn"}, {"", "de", "nb"}, {"tlh", "", "nb"},
		{"nb", "en-GB,en;q=0.9,nb;q=0.8", "en"}, {"nb", "nb;q=0.1, nn;q=0.8, en;q=0.5", "nn"}, {"nb", "de, en;q=0.5", "en"}, {"en", "da, en;q=0.9", "nb"},
		{"nb", "nn;q=0", "nb"}, {"nb", "xx, en;q=0.5", "en"}, {"nb", "nn;q=x", "nb"}, {"nn", strings.Repeat("-", 5000), "nn"}, {"nb", "de|nn", "nn"}, {"nb", "|en|nn", "en"},
	} {
		if got := b.Match(tt.fallback, strings.Split(tt.hints, "|")...); got != tt.want {
			t.Errorf("%.40q, else %q: %s, want %s", tt.hints, tt.fallback, got, tt.want)
		}
	}
}
