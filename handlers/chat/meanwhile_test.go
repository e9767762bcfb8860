package chat_test

import (
	"strings"
	"testing"

	"tillit/intake"
)

// TestNothingLeavesOverWhatCameMeanwhile: the reporter or a colleague says something
// between the preview and its button. The words are shown once more, and leave when that is
// pressed, once.
func TestNothingLeavesOverWhatCameMeanwhile(t *testing.T) {
	for name, comes := range map[string]func(p *place, ref string){
		"her words": func(p *place, _ string) { p.Reporter("900").Says("Det er mer.") },
		"a colleague's answer": func(p *place, ref string) {
			if err := p.Dial("jonas").Reply(t.Context(), ref, intake.NewPrivate("Hei fra Jonas.")); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t)
			ref := p.file("900")
			p.write("101", "svar "+ref+" Takk for at du forteller.")
			comes(p, ref)
			before := p.onTheWay("900")
			p.press("101", "Send til den som meldte fra")
			if got := p.onTheWay("900"); got != before {
				t.Errorf("%d more are on their way, over what came", got-before)
			}
			if got := p.last("101"); !strings.Contains(got.text, "Takk for at du forteller.") || !strings.Contains(got.text, "Ingenting sendes før") {
				t.Errorf("it shows %q", got.text)
			}
			p.press("101", "Send til den som meldte fra")
			if got := p.onTheWay("900"); got != before+1 {
				t.Errorf("pressed again, %d more are on their way", got-before)
			}
		})
	}
}
