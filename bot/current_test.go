package bot

import (
	"slices"
	"strings"
	"testing"

	"tillit/intake"
)

// grown is an office with one more.
type grown struct{ office }

func (g grown) People() []intake.Person {
	return append(g.office.People(), intake.Person{ID: "siv", Name: "Siv A."})
}

// TestAnEventIsOfOneOffice: the office is asked for once for each event, so that what is
// said and what is done are of one, and the next event is of the next.
func TestAnEventIsOfOneOffice(t *testing.T) {
	r := &reader{town: newTown(t)}
	var now Office = r.bot.Office
	asked := 0
	r.bot.Current = func() (Office, Routine) { asked++; return now, r.bot.Routine }
	steps := func() []string {
		var names []string
		r.types("/ny")
		for range 8 {
			before := asked
			if q := r.question("lin"); q.Accepts == intake.AcceptsFree {
				r.presses(q.ID + ".~skip")
			} else {
				r.presses(q.Choices[0].ID)
			}
			if asked != before+1 {
				t.Fatalf("one event asked %d times for the office", asked-before)
			}
			if q := r.question("lin"); q.ID == "C0" {
				for _, c := range q.Choices {
					names = append(names, c.Label)
				}
				break
			}
		}
		return names
	}
	r.press("lin", r.id(), "start")
	if names := steps(); !slices.Contains(names, "Jonas T.") || strings.Contains(strings.Join(names, ""), "Siv") {
		t.Errorf("offered are %v", names)
	}
	now = grown{now.(office)}
	if names := steps(); !slices.Contains(names, "Siv A.") {
		t.Errorf("after somebody came, offered are %v", names)
	}
}
