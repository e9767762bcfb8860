package plan

import "time"

// Step is a step of a case, as it stands.
type Step struct {
	ID, Object string
	Phase      string
	Status     string
	Owner      string // a duty, "holder" or "daemon"
	Holder     string // the person whose step it is, where the owner is "holder"
	Due        Due
	HasDue     bool // it has begun, and has a day
	Late       bool
	Ladder     string
	Waits      []string // the steps that it waits for; sorted
	By         int64    // the act that ended it; 0 for none
	Ended      time.Time
	Words      bool
	// Outside says that it waits for somebody outside the office, who ends it by an answer.
	// Seat is who of those concerned; empty is somebody else, whom the act that began it names.
	Outside bool
	Seat    string
	// Waive is how many people it takes to leave it out, Extend how often its day may be
	// moved, Moves how often it was.
	Waive, Moves, Extend int
}

// How a step stands.
const (
	StatusWaiting = "waiting" // for other steps, or for its beginning
	StatusOpen    = "open"
	StatusDone    = "done"
	StatusWaived  = "waived"
)

// Key is the step with its object: "minutes/tr".
func (s Step) Key() string { return stepKey(s.ID, s.Object) }

func stepKey(id, object string) string {
	if object == "" {
		return id
	}
	return id + "/" + object
}

// Over says that nothing has to be done any more.
func (s Step) Over() bool { return s.Status == StatusDone || s.Status == StatusWaived }

// Asked is an act that waits for a second person.
type Asked struct {
	Done
	Step string // that it would leave out or move, if it is about one
}
