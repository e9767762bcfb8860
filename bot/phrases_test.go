package bot

import (
	"strings"
	"testing"
	"time"
)

func TestCommandsWorkInEveryLanguage(t *testing.T) {
	p := phrases(t)
	for typed, want := range map[string]string{
		"/status": "status", "/SLETT": "delete", "/delete": "delete", " /språk ": "language",
		"/help@tillit_bot": "help", "/nynorsk": "lang:nn", "/start abc": "start",
	} {
		if got, ok := p.Command(typed); !ok || got != want {
			t.Errorf("Command(%q) = %q, %v; want %q", typed, got, ok, want)
		}
	}
	for _, typed := range []string{"slett", "hjelp meg /status", "", "status", "/hoppsan", "/ mellom oss", "/slett ikke det jeg skrev", "//", "/status\nog mer"} {
		if got, ok := p.Command(typed); ok {
			t.Errorf("Command(%q) = %q; it is an answer", typed, got)
		}
	}
}

func TestDayIsSpoken(t *testing.T) {
	day := time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
	for lang, want := range map[string]string{
		"nb": "tirsdag 24. november", "nn": "tysdag 24. november", "en": "Tuesday 24 November",
	} {
		if got := phrases(t).Day(lang, day, day); got != want {
			t.Errorf("Day(%s) = %q, want %q", lang, got, want)
		}
		if got := phrases(t).Day(lang, day, day.AddDate(-1, 0, 0)); got != want+" 2026" {
			t.Errorf("from another year, Day(%s) = %q", lang, got)
		}
	}
}

func phrases(t testing.TB) *Phrases {
	t.Helper()
	p, err := LoadPhrases()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestEveryStatusIsSaid: whoever asks how far it has come is told something, also of
// a status that is newer than the phrases.
func TestEveryStatusIsSaid(t *testing.T) {
	p := phrases(t)
	for _, lang := range p.Languages() {
		for _, status := range []string{"waiting", "taken", "answered", "closed", "working", "newer", ""} {
			if got := p.status(lang, status); len(strings.Fields(got)) < 3 || hole.MatchString(got) {
				t.Errorf("%s: of %q is said %q", lang, status, got)
			}
		}
	}
}
