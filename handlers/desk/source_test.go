package desk

import (
	"strings"
	"testing"

	"tillit/handlers/casework"
	"tillit/intake"
	"tillit/store/cases"
)

// TestWhereWordsComeFromIsShown holds that a forwarded message does not look like
// the reporter's own words, nor a changed one like a new one.
func TestWhereWordsComeFromIsShown(t *testing.T) {
	for lang, says := range map[string][3]string{
		"nb": {"noen andres ord", "«Møt meg»", "Endret av"}, "nn": {"nokon andre", "«Møt meg»", "Endra av"},
		"en": {"somebody else’s words", "“Møt meg”", "Changed by"},
	} {
		v := view{Lang: loadWords().In(lang)}
		from := casework.Source{Forwarded: true, Quotes: intake.NewPrivate("Møt meg")}
		words := intake.NewPrivate("Nei")
		_, told := v.lines(casework.Answer{Text: words, Source: from})
		answer := strings.Join(told, "|")
		changed := v.entry(casework.Entry{Kind: cases.TypeMessage, Event: "edited", Text: words, Source: from})
		for _, shown := range []string{answer, changed.Words} {
			if !strings.Contains(shown, says[0]) || !strings.Contains(shown, says[1]) || !strings.HasSuffix(shown, "\nNei") {
				t.Errorf("%s shows %q", lang, shown)
			}
		}
		if !strings.Contains(changed.What, says[2]) {
			t.Errorf("%s calls a changed message %q", lang, changed.What)
		}
		if own := v.entry(casework.Entry{Kind: cases.TypeMessage, Text: words}); own.Words != "Nei" || own.What == changed.What {
			t.Errorf("%s shows own words as %q, %q", lang, own.What, own.Words)
		}
	}
}
