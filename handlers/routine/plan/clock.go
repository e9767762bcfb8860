package plan

import (
	"strings"
	"time"
)

// Clock is the day of one open step. ID is the server's, which knows no steps; the fold
// leaves it empty.
type Clock struct {
	ID   string
	Step string // with its object: "minutes/tr"
	// Begun is when it began to run; a clock that ended and began again is another one.
	Begun  time.Time
	Due    Due
	Ladder string
	Duty   string // whose holder is rung as the holder
	// Person is rung as the holder instead, for steps that belong to a person: who
	// opened the object, or whom the measure names. Empty once they have left.
	Person string
	Words  bool // a promise to the reporter: it ends only when words have left for her
	Reply  bool // and whichever words they are: a plain reply ends it
	Moves  int  // how often its day was moved, for a reason of one's own
	// About is what of the reporter's own it is about: a wish that began it or ends it, or
	// [AboutMinutes], which her answer ends.
	About string
}

// AboutMinutes are clocks that end when who was asked has confirmed or corrected minutes.
const AboutMinutes = "minutes"

// Change is what became of one clock. Of a clock that moved it is as it is now, of one
// that ended as it was.
type Change struct {
	Op    string
	Clock Clock
}

// What can become of a clock.
const (
	ClockBegins = "begin"
	ClockMoves  = "move"
	ClockEnds   = "end"
)

// Changes are the differences between two lists of [State.Clocks], by step, in their
// order. The ID of a clock that moved or ended is the one that it had before.
func Changes(before, after []Clock) []Change {
	var all []Change
	for len(before) > 0 || len(after) > 0 {
		switch {
		case len(after) == 0 || len(before) > 0 && stepOrder(before[0].Step, after[0].Step) < 0:
			all = append(all, Change{ClockEnds, before[0]})
			before = before[1:]
		case len(before) == 0 || stepOrder(before[0].Step, after[0].Step) > 0:
			all = append(all, Change{ClockBegins, after[0]})
			after = after[1:]
		default:
			all = append(all, changed(before[0], after[0])...)
			before, after = before[1:], after[1:]
		}
	}
	return all
}

func changed(was, is Clock) []Change {
	switch {
	case !was.Begun.Equal(is.Begun):
		return []Change{{ClockEnds, was}, {ClockBegins, is}}
	case was.Due.String() != is.Due.String() || was.Moves != is.Moves:
		is.ID = was.ID
		return []Change{{ClockMoves, is}}
	}
	return nil
}

// stepOrder puts steps in order: by their ids, then by their objects.
func stepOrder(a, b string) int {
	idA, objectA, _ := strings.Cut(a, "/")
	idB, objectB, _ := strings.Cut(b, "/")
	if idA != idB {
		return strings.Compare(idA, idB)
	}
	return strings.Compare(objectA, objectB)
}
