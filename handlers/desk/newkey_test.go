package desk

import (
	"strings"
	"testing"

	"tillit/handlers/casework"
	"tillit/intake"
	"tillit/store/cases"
)

// TestANewKeyIsSaidInWords: for whom what follows does not open, or, where nobody of
// the case has left, that there is one.
func TestANewKeyIsSaidInWords(t *testing.T) {
	for lang, says := range map[string][2]string{
		"nb": {"Ny nøkkel: Det som skrives herfra, åpner seg ikke lenger for Siv A.", "Ny nøkkel herfra"},
		"nn": {"Ny nøkkel: Det som blir skrive herifrå, opnar seg ikkje lenger for Siv A.", "Ny nøkkel herifrå"},
		"en": {"New key: what is written from here no longer opens for Siv A.", "New key from here on"},
	} {
		v := view{Lang: loadWords().In(lang)}
		for i, who := range []string{"Siv A.", ""} {
			e := v.entry(casework.Entry{Kind: cases.TypeLog, By: "tillit", Event: string(cases.EventEpoch), Text: intake.NewPrivate(who)})
			if e.What != says[i] || e.Class != "log" {
				t.Errorf("%s: %q, want %q", lang, e.What, says[i])
			}
		}
		for _, n := range []int{1, 3} {
			if s := v.N("whole.before", n); strings.HasPrefix(s, "[") || strings.Contains(s, "{") {
				t.Errorf("%s says %q of what does not open", lang, s)
			}
		}
	}
}
