package casework_test

import (
	"testing"
	"time"

	"tillit/handlers/casework"
	"tillit/intake"
)

// TestADeskWithAWrongClockWrites holds that the server's clock decides the hour
// of a note, whatever the desk's says.
func TestADeskWithAWrongClockWrites(t *testing.T) {
	p := newPlace(t)
	ref := p.file("lin", "en")
	for name, off := range map[string]time.Duration{"ahead": 26 * time.Hour, "behind": -400 * 24 * time.Hour} {
		c, err := casework.Dial(t.Context(), casework.Config{Server: p.web.URL, Key: p.keys["maren"],
			Now: func() time.Time { return time.Now().Add(off) }})
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Note(t.Context(), ref, intake.NewPrivate(name)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	c, err := p.dial("jonas").Case(t.Context(), ref, "read")
	if err != nil || len(c.Entries) != 3 {
		t.Fatalf("%v, %d entries", err, len(c.Entries))
	}
	for _, e := range c.Entries {
		if d := time.Since(e.At); d < -time.Minute || d > time.Minute {
			t.Errorf("%q is written %v ago", e.Text.Reveal(), d)
		}
	}
}
