package chat_test

import (
	"strings"
	"testing"
)

func TestANoticeIsTakenAndTheOthersSeeIt(t *testing.T) {
	p := newPlace(t)
	ref := p.file("900")
	p.tick()
	for _, who := range []string{"101", "102", "103"} {
		if got, want := p.last(who).text, "Ny sak "+ref+". Innen fredag 27. november."; got != want {
			t.Errorf("%s sees %q, want %q", who, got, want)
		}
	}
	if got := p.press("101", "Ta"); !strings.Contains(got, ref+" er din nå") {
		t.Errorf("who took it is told %q", got)
	}
	if got := p.head("jonas", ref).Assignee; got != "maren" {
		t.Errorf("the case is with %q", got)
	}
	p.tick()
	got := p.net.shown["102"]
	if len(got) != 1 || !strings.HasSuffix(got[0].text, "Maren har den.") || len(got[0].choices) != 0 {
		t.Errorf("a colleague sees %+v", got)
	}
	if got := p.net.shown["101"][0]; !strings.HasSuffix(got.text, "Du har den.") || got.choices[0].Label != "Svar" {
		t.Errorf("who took it sees %+v", got)
	}
	if len(p.net.shown["109"]) != 0 {
		t.Errorf("the external receiver is told of a case that is not theirs")
	}
}
