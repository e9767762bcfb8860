package casework_test

import (
	"errors"
	"path/filepath"
	"slices"
	"testing"

	"tillit/handlers/casework"
	"tillit/handlers/handlerstest"
	"tillit/store/cases"
)

// names are who is said to hold a key.
func names(c *casework.Case) []string {
	var ids []string
	for _, h := range c.CanOpen {
		ids = append(ids, h.ID)
	}
	return ids
}

// TestWhoHoldsAKeyIsToldAndCanBeMore has a colleague give a key on: who holds one
// is told as it is, and whom the reporter keeps out gets none.
func TestWhoHoldsAKeyIsToldAndCanBeMore(t *testing.T) {
	p := newOffice(t)
	siv := p.People[2]
	p.People = slices.Delete(p.People, 2, 3)
	p.Restart()
	kept := p.File("lin", handlerstest.Answers{"C0": {"p:jonas"}, "A1": {"om jonas"}})
	p.Join(siv) // who came to the office after it
	const places = "SELECT count(*) FROM wraps"
	before := p.Count(places)
	state := filepath.Join(t.TempDir(), "maren.seen")
	maren := p.DialAt("maren", state)
	holds := func(want ...string) {
		t.Helper()
		c, err := maren.Case(t.Context(), kept)
		if err != nil || !slices.Equal(names(c), want) || len(c.Kept) != 1 || c.Kept[0].ID != "jonas" {
			t.Errorf("%v; %v hold a key, want %v; kept out are %v", err, names(c), want, c.Kept)
		}
	}
	holds("maren", cases.Recovery)
	if _, err := p.Dial("siv").Case(t.Context(), kept); !errors.Is(err, casework.ErrUnknown) {
		t.Errorf("siv, before: %v", err)
	}
	if err := maren.Grant(t.Context(), kept, "jonas", p.Key("jonas").Fingerprint()); !errors.Is(err, casework.ErrKeptOut) {
		t.Errorf("a key for whom the reporter keeps out: %v", err)
	}
	if err := maren.Grant(t.Context(), kept, "nobody", ""); !errors.Is(err, casework.ErrUnknown) {
		t.Errorf("a key for nobody: %v", err)
	}
	holds("maren", cases.Recovery)
	if err := maren.Grant(t.Context(), kept, "siv", p.Key("siv").Fingerprint()); err != nil {
		t.Fatal(err)
	}
	holds("maren", "siv", cases.Recovery)
	c, err := p.Dial("siv").Case(t.Context(), kept)
	if err != nil || len(c.Faults) > 0 || !slices.Contains(words(c), "om jonas") || !slices.Equal(names(c), []string{"maren", "siv", cases.Recovery}) {
		t.Errorf("siv, after: %v, %v", err, c)
	}
	if _, err := p.Dial("jonas").Case(t.Context(), kept); !errors.Is(err, casework.ErrUnknown) {
		t.Errorf("jonas: %v", err)
	}
	// Who lost the key gets the case again with a new one, once that one was
	// compared, and not with the comparison of the old one.
	old := p.Key("siv").Fingerprint()
	p.Person("siv").Key = newKey(t)
	p.Restart()
	maren = p.DialAt("maren", state)
	if err := maren.Grant(t.Context(), kept, "siv", old); !errors.Is(err, casework.ErrNewKey) {
		t.Errorf("a key is given on to another key than the one compared: %v", err)
	}
	if _, err := p.Dial("siv").Case(t.Context(), kept); !errors.Is(err, casework.ErrCannotOpen) {
		t.Errorf("siv, with a key that nobody compared: %v", err)
	}
	if err := maren.Grant(t.Context(), kept, "siv", p.Key("siv").Fingerprint()); err != nil {
		t.Fatal(err)
	}
	c, err = p.Dial("siv").Case(t.Context(), kept)
	if err != nil || len(c.Faults) > 0 {
		t.Errorf("siv, with the new key: %v", err)
	}
	granted := 0
	for _, e := range c.Entries {
		if e.Event == "grant" && e.By == "Maren V." && e.Person == "Siv A." {
			granted++
		}
	}
	if granted != 2 {
		t.Errorf("the log says %d times that access was given, want 2", granted)
	}
	if n := p.Count(places); n != before {
		t.Errorf("%d places for keys, before it was %d: their number tells that access was given", n, before)
	}
}
