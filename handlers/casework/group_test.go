package casework_test

import (
	"testing"
	"time"

	"tillit/handlers/casework"
	"tillit/store/cases"
)

// TestWhereACaseStandsInTheQueue goes through the groups: whose the nearest day is, and
// when it is over.
func TestWhereACaseStandsInTheQueue(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Oslo")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 23, 16, 0, 0, 0, zone)
	clock := func(due, duty string) cases.Clock { return cases.Clock{Due: due, Duty: duty, Ladder: "work"} }
	urgent := cases.Clock{Due: "2026-11-30", Ladder: "urgent"}
	duties := map[string]string{"contact_b": "jonas"}
	for name, tt := range map[string]struct {
		of               cases.Case
		group, day, mine string
	}{
		"yesterday":                      {cases.Case{Clocks: []cases.Clock{clock("2026-11-22", "lead")}}, "late", "2026-11-22", "2026-11-22"},
		"a moment of today, over":        {cases.Case{Clocks: []cases.Clock{clock("2026-11-23", "lead"), clock("2026-11-23T14:30Z", "lead")}}, "late", "2026-11-23", "2026-11-23"},
		"a moment of today, to come":     {cases.Case{Clocks: []cases.Clock{clock("2026-11-23T15:30Z", "lead")}}, "today", "2026-11-23T15:30Z", "2026-11-23T15:30Z"},
		"today":                          {cases.Case{Clocks: []cases.Clock{clock("2026-11-23", "lead")}}, "today", "2026-11-23", "2026-11-23"},
		"in seven days":                  {cases.Case{Clocks: []cases.Clock{clock("2026-11-30", "lead")}}, "week", "2026-11-30", "2026-11-30"},
		"in eight":                       {cases.Case{Clocks: []cases.Clock{clock("2026-12-01", "lead")}}, "later", "2026-12-01", "2026-12-01"},
		"in eight, a colleague's":        {cases.Case{Duties: duties, Clocks: []cases.Clock{clock("2026-12-01", "contact_b")}}, "waits", "2026-12-01", ""},
		"asked of a colleague":           {cases.Case{Asked: 1}, "waits", "", ""},
		"a colleague's is nearer":        {cases.Case{Assignee: "maren", Duties: duties, Clocks: []cases.Clock{clock("2026-12-03", "lead"), clock("2026-11-24", "contact_b")}}, "week", "2026-11-24", "2026-12-03"},
		"somebody is not safe":           {cases.Case{Routine: "x", Flags: []string{cases.FlagUnsafe}, Clocks: []cases.Clock{urgent}}, "unsafe", "2026-11-30", "2026-11-30"},
		"and that is seen to":            {cases.Case{Routine: "x", Flags: []string{cases.FlagUnsafe}, Clocks: []cases.Clock{clock("2026-11-30", "")}}, "week", "2026-11-30", "2026-11-30"},
		"closed":                         {cases.Case{Closed: true, Clocks: []cases.Clock{clock("2026-11-22", "lead")}}, "closed", "2026-11-22", "2026-11-22"},
		"from before, promised":          {cases.Case{Due: []cases.Due{{Rule: "R-ACK1", Day: "2026-11-20"}}}, "late", "2026-11-20", "2026-11-20"},
		"a measure is a colleague's":     {cases.Case{Clocks: []cases.Clock{{Due: "2026-12-10", Person: "siv"}}}, "waits", "2026-12-10", ""},
		"what the server sent is no day": {cases.Case{Clocks: []cases.Clock{clock("soon", "lead")}}, "later", "", ""},
	} {
		at := casework.Place(tt.of, "maren", now)
		if got := casework.Mine(tt.of, "maren", now).String(); at.Group != tt.group || at.Due.String() != tt.day || got != tt.mine {
			t.Errorf("%s: in %s by %q, and mine by %q; want %s, %q and %q", name, at.Group, at.Due, got, tt.group, tt.day, tt.mine)
		}
	}
}
