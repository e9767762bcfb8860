package cases

import "tillit/intake"

// Outgoing is words of the office on their way to the reporter of a case.
type Outgoing struct {
	hidden
	Ref  string // the case
	Seq  int64  // of the entry that they stand in
	By   string // the name of who wrote them
	Text intake.Private
	Asks string // what they ask for: [AsksMinutes], or nothing
	// Instead is the entry whose words they take the place of; 0 for none.
	Instead int64
}

// AsksMinutes are the minutes of a talk, to be confirmed or corrected.
const AsksMinutes = "minutes"
