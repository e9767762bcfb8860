package casework_test

import (
	"slices"
	"testing"
	"time"

	"tillit/handlers/casework"
	"tillit/handlers/handlerstest"
	"tillit/intake"
)

// TestADeskWithAWrongClockWrites holds that the server's clock decides the hour
// of a note, whatever the desk's says.
func TestADeskWithAWrongClockWrites(t *testing.T) {
	p := newOffice(t)
	ref := p.Report("lin", "en")
	for name, off := range map[string]time.Duration{"ahead": 26 * time.Hour, "behind": -400 * 24 * time.Hour} {
		c, err := handlerstest.SignIn(t.Context(), casework.Config{Server: p.API.URL, Key: p.Key("maren"),
			Now: func() time.Time { return time.Now().Add(off) }})
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Note(t.Context(), ref, intake.NewPrivate(name)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	c, err := p.Dial("jonas").Case(t.Context(), ref)
	if got := words(c); err != nil || !slices.Equal(got[len(got)-2:], []string{"ahead", "behind"}) && !slices.Equal(got[len(got)-2:], []string{"behind", "ahead"}) {
		t.Fatalf("%v, %q", err, got)
	}
	for _, e := range c.Entries {
		if d := time.Since(e.At); d < -time.Minute || d > time.Minute {
			t.Errorf("%q is written %v ago", e.Text.Reveal(), d)
		}
	}
}
