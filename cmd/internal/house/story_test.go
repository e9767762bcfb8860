package house

import (
	"strings"
	"testing"
	"time"
)

// TestTheStoryCanHappen holds what can be held without a server: each row is something
// that somebody can do, a case begins with what makes it, and refers to none after it.
func TestTheStoryCanHappen(t *testing.T) {
	s, err := Load()
	if err != nil || len(s.Cases) < 12 {
		t.Fatalf("%d cases, %v", len(s.Cases), err)
	}
	names := map[string]bool{}
	for _, c := range s.Cases {
		if names[c.Name] || c.Name == "" || c.Shows == "" {
			t.Errorf("case %q says nothing of itself, or is there twice", c.Name)
		}
		names[c.Name] = true
	}
	began := map[*Case]bool{}
	for _, d := range all(s, daysFrom(time.Date(2026, 11, 27, 14, 0, 0, 0, time.UTC))) {
		if begins := d.what == tells; begins == began[d.of] {
			t.Errorf("%s, line %d: %s comes at the wrong time", d.of.Name, d.n, d.what)
		}
		began[d.of] = true
	}
}

// TestARowThatNobodyCanDo is refused when the story is read, and not in the middle of it.
func TestARowThatNobodyCanDo(t *testing.T) {
	for row, says := range map[string]string{
		`["yesterday", "maren", "take"]`:             "no moment",
		`["3 25:00", "maren", "take"]`:               "no moment",
		`["3 09:00", "maren"]`:                       "when, who, what",
		`["3 09:00", "maren", "dance"]`:              `nobody can do "dance"`,
		`["3 09:00", "reporter", "take"]`:            `nobody can do "take"`,
		`["3 09:00", "maren", "note", "words=Hei."]`: `note has no field "words"`,
	} {
		_, err := read("[[case]]\nname = \"x\"\nhappens = [" + row + "]\n")
		if err == nil || !strings.Contains(err.Error(), "x, line 1: ") || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", row, err)
		}
	}
	if _, err := read("[[case]]\nwhen = 3\n"); err == nil {
		t.Error("a key that means nothing is read")
	}
}

// TestDaysOfTheStory are working days of Norway, counted from whatever day it is.
func TestDaysOfTheStory(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Oslo")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ now, text, want string }{
		{"2026-11-27 14:00", "1 09:30", "2026-11-26 09:30"},
		{"2026-11-30 00:10", "1 22:40", "2026-11-27 22:40"},
		{"2026-11-29 23:50", "1 08:00", "2026-11-27 08:00"},
		{"2027-03-30 08:30", "1 09:00", "2027-03-24 09:00"}, // over Easter
		{"2026-11-27 14:00", "-70m", "2026-11-27 12:50"},
		{"2026-10-26 10:00", "2 09:00", "2026-10-22 09:00"}, // over the end of summer time
	} {
		const form = "2006-01-02 15:04"
		now, err := time.ParseInLocation(form, tt.now, zone)
		if err != nil {
			t.Fatal(err)
		}
		if got := daysFrom(now).at(tt.text).Format(form); got != tt.want {
			t.Errorf("%q on %s is %s, want %s", tt.text, tt.now, got, tt.want)
		}
	}
	d := daysFrom(time.Date(2026, 11, 27, 14, 0, 0, 0, zone))
	if got := d.fill("from {5 16:05} to {+2}, {x}"); got != "from 2026-11-20T16:05 to 2026-12-01, {x}" {
		t.Errorf("filled in: %s", got)
	}
}
