package handlers_test

import (
	"strings"
	"testing"

	"tillit/handlers"
)

// TestARoleInEachLanguage: one text is read by all, a table by each in their own language;
// what is missing there is said, and who misses it reads the file's own.
func TestARoleInEachLanguage(t *testing.T) {
	for role, want := range map[string]string{ // a part of what the check says, empty for nothing
		`"rådgiver"`: "",
		`""`:         "",
		`{nb = "rådgiver", nn = "rådgjevar", en = "adviser"}`: "",
		`{nb = "rådgiver", en = "adviser"}`:                   `role of handler kari is missing in nn; who reads that sees "rådgiver"`,
		`{en = "adviser", nn = ""}`:                           `role of handler kari is missing in nb and nn; who reads that sees "adviser"`,
		`{}`:                                                  "",
		`{nb = "", nn = ""}`:                                  "",
		`{nb = "rådgiver", nn = "rådgjevar", en = "adviser", de = "Berater"}`: `role of handler kari is in "de", which is not spoken here; there are nb, nn, en`,
		`{nb = 7, nn = "rådgjevar", en = "adviser"}`:                          "role of handler kari in nb must be a text",
		`7`: "role of handler kari must be a text, or one in each of nb, nn, en",
	} {
		_, problems := handlers.ParseRoster("o", []byte("language = \"nb\"\n[[handlers]]\nid = \"kari\"\nname = \"Kari\"\nrole = "+role+"\n"))
		var said []string
		for _, p := range problems {
			if strings.Contains(p.Text, "role of") {
				said = append(said, p.Text)
				if p.Line != 5 || p.Warning != strings.Contains(p.Text, "missing") {
					t.Errorf("%s: %s, warning %v", role, p, p.Warning)
				}
			}
		}
		if len(said) == 0 && want != "" || len(said) > 0 && (want == "" || !strings.Contains(said[0], want)) {
			t.Errorf("%s: the check says %q, want %q", role, said, want)
		}
	}
}

// TestPeopleAreCalledByTheirRole in the language of whoever reads.
func TestPeopleAreCalledByTheirRole(t *testing.T) {
	r := handlers.Roster{Handlers: []handlers.Handler{
		{ID: "kari", Name: "Kari V.", Role: handlers.Role{"": "rådgiver", "nb": "rådgiver", "en": "adviser"}}, {ID: "ola", Name: "Ola", Role: handlers.Role{"": "leder"}}, {ID: "siv", Name: "Siv"}}}
	for lang, want := range map[string]string{"nb": "Kari V. (rådgiver) Ola (leder) Siv", "nn": "Kari V. (rådgiver) Ola (leder) Siv", "en": "Kari V. (adviser) Ola (leder) Siv"} {
		var got []string
		for _, p := range r.People() {
			got = append(got, p.Called(lang))
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %q, want %q", lang, got, want)
		}
	}
}
