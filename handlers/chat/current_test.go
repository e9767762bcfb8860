package chat_test

import (
	"strings"
	"testing"
)

// TestWhoLeavesIsAStrangerAtOnce: the bot that runs asks the organisation anew for each
// word, and who comes is known as soon as it is put in.
func TestWhoLeavesIsAStrangerAtOnce(t *testing.T) {
	p := newPlace(t)
	p.file("900")
	p.tick()
	if got := p.write("103", "kø"); !strings.Contains(got, "T-") {
		t.Fatalf("before, she gets %q", got)
	}
	takesIn := func(left string) {
		t.Helper()
		p.Person("solveig").Left = left
		p.Reload()
		p.conf.Roster.Put(p.Roster)
		if err := p.office.Forget(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	takesIn("2020-01-02")
	if got := p.write("103", "kø"); strings.Contains(got, "T-") || !strings.Contains(got, "ikke tatt vare på") {
		t.Errorf("who left gets %q", got)
	}
	before := len(p.net.calls["103"])
	p.more("900")
	p.tick()
	if got := p.net.calls["103"][before:]; len(got) > 0 {
		t.Errorf("who left is told %q", got)
	}
	takesIn("")
	if got := p.write("103", "kø"); strings.Contains(got, "ikke tatt vare på") || strings.Contains(got, "T-") {
		t.Errorf("who came back gets %q, want an empty queue", got)
	}
}
