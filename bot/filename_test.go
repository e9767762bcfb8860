package bot

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"tillit/intake"
)

func TestNamesOfFilesAreKept(t *testing.T) {
	for given, want := range map[string]string{
		"bilde.jpg": "bilde.jpg", "": "", ".env": ".env", "fra møtet 👩🏽‍⚖️.heic": "fra møtet 👩🏽‍⚖️.heic", "bla\u030Abær.png": "bla\u030Abær.png",
		`"sitat" og 'annet'.txt`: `"sitat" og 'annet'.txt`, "صورة.jpg": "صورة.jpg",
		strings.Repeat("å", 200) + ".jpeg":   strings.Repeat("å", 125) + ".jpeg",
		strings.Repeat("👩🏽‍⚖️", 30) + ".png": strings.Repeat("👩🏽‍⚖️", 14) + ".png",
		strings.Repeat("a", 300):             strings.Repeat("a", 255),
		"a" + strings.Repeat("\u0301", 200):  "a" + strings.Repeat("\u0301", 127),
	} {
		if got := keptName(intake.NewPrivate(given)).Reveal(); got != want {
			t.Errorf("%q is kept as %q (%d bytes), want %q", given, got, len(got), want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		given := rapid.String().Draw(t, "name")
		got := keptName(intake.NewPrivate(given)).Reveal()
		if len(got) > 255 || !utf8.ValidString(got) || len(given) <= 255 && utf8.ValidString(given) && got != given {
			t.Fatalf("%q is kept as %q", given, got)
		}
	})
}
