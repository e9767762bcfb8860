package bot

import (
	"strings"
	"testing"
)

// TestWhoPassesSomethingOnIsAContact: the receipt and each word of the office say so, of
// that case and of no other.
func TestWhoPassesSomethingOnIsAContact(t *testing.T) {
	tw := newTown(t)
	tw.prefers["S3"] = "S3.leader"
	relayed := tw.report("siv", "Hei")
	var card, receipt string
	for _, m := range tw.screen.sent["siv"] {
		switch m.ID {
		case "leader":
			card = m.Text
		case "R":
			receipt = m.Text
		}
	}
	if want := "ta kontakt med Eksempelforbundet sentralt selv, hvis det går: skriv hit, slik du gjør nå."; !strings.Contains(card, want) {
		t.Errorf("the card says %q, want %q", card, want)
	}
	if want := "Du ga dette videre, og er en kontakt for oss."; !strings.Contains(receipt, want) {
		t.Errorf("the receipt says %q, want %q", receipt, want)
	}
	reads := func(id string) string {
		tw.forget("siv")
		tw.press("siv", id, "show")
		return tw.said("siv")
	}
	tw.replies(relayed, "Takk.")
	if got := reads("one"); got != "Fra Maren V., om det du ga videre:Takk." {
		t.Errorf("who passed it on reads %q", got)
	}
	tw.prefers["S3"] = "S3.me"
	tw.writes("siv", "new", "/ny")
	own := tw.walkTo("siv")
	tw.replies(own, "Hei.")
	if got := reads("two"); got != "Fra Maren V.:Hei." {
		t.Errorf("of what happened to her she reads %q", got)
	}
	tw.replies(relayed, "Enda en ting.")
	if got := reads("three"); got != "Fra Maren V., om det du ga videre:Enda en ting." {
		t.Errorf("of what she passed on she reads %q", got)
	}
}
