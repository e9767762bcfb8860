package plan

import "strings"

// Refusal says why an act cannot be done, as a key of words: whoever shows it says it in
// the handler's language. Only what the key is about is filled in.
type Refusal struct {
	Key    string
	Act    string
	Steps  []string // what it would end, or names; sorted
	Waits  []string // what those wait for; sorted
	Duty   string
	Other  string // the duty that must be another person's
	Person string
	Level  string
	Field  string
}

// The keys of refusals.
const (
	RefusedAct      = "act"       // the routine has no such act
	RefusedDuty     = "duty"      // it takes a duty that this person does not have
	RefusedOwner    = "owner"     // Steps are Duty's, or Person's
	RefusedWaits    = "waits"     // Steps wait for Waits
	RefusedNotBegun = "not_begun" // Steps have not begun
	RefusedAlready  = "already"   // it is so already
	RefusedApart    = "apart"     // Person would have Duty and Other
	RefusedLevel    = "level"     // the case is locked to Level
	RefusedSelf     = "self"      // somebody else must agree
	RefusedWaive    = "waive"     // nobody can leave Steps out
	RefusedMove     = "move"      // the day of Steps cannot be moved, or not again
	RefusedStep     = "step"      // there is no such open step
	RefusedWhich    = "which"     // several are meant: Steps; or none
	RefusedOf       = "of"        // nothing of that number waits for a second person
	RefusedField    = "field"     // Field cannot be that
	RefusedUnknown  = "unknown"   // the office does not know who the other party is
	RefusedClosed   = "closed"    // the case is closed
	RefusedOpen     = "open"      // the case, or Steps, are still open
	RefusedHold     = "hold"      // it is held until a day
	RefusedKept     = "kept"      // so long it may not be kept
)

// Error implements error. It is for logs and tests; people are told by the key.
func (r *Refusal) Error() string {
	var b strings.Builder
	b.WriteString("refused: " + r.Key)
	for _, word := range []string{r.Act, strings.Join(r.Steps, " "), strings.Join(r.Waits, " "), r.Duty, r.Other, r.Person, r.Level, r.Field} {
		if word != "" {
			b.WriteString(", " + word)
		}
	}
	return b.String()
}
