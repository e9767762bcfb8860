package casework

import "fmt"

// Fault is one thing that verification found, of an entry or of several in a row.
type Fault struct {
	What     string // one of those below
	From, To int64
	By, Why  string // of what is in doubt: who signed it, and a doubt
}

// What verification finds.
const (
	FaultChanged   = "changed"   // an entry is not what was stored
	FaultRemoved   = "removed"   // it is missing
	FaultEmptied   = "emptied"   // its content is gone
	FaultSwapped   = "swapped"   // it was written for another case
	FaultForeign   = "foreign"   // it is sealed to another case's key
	FaultMoved     = "moved"     // it was written for another place
	FaultTwice     = "twice"     // it stands twice
	FaultForged    = "forged"    // the server did not sign it
	FaultUnlinked  = "unlinked"  // it does not follow the one before
	FaultRewritten = "rewritten" // it is signed by the server, and not the one that was seen
	FaultUnnamed   = "unnamed"   // the case is sealed to a key that the log does not name
	FaultOlder     = "older"     // it is sealed to a key that had ended
	FaultDated     = "dated"     // it is of an older version than the one before
	FaultCut       = "cut"       // the log ends at From, and To was seen
	FaultGone      = "gone"      // From was seen, and there is no such case now
	FaultRollback  = "rollback"  // From of To logs are behind what was seen
	FaultOtherKey  = "other_key" // another key opens it than before
	FaultOrder     = "order"     // the entries did not come in their order
	// These two are no fault of the log, and entries that count in nothing.
	FaultUnsigned = "unsigned"
	FaultInDoubt  = "doubt"
)

// Faults are all of them.
var Faults = []string{FaultChanged, FaultRemoved, FaultEmptied, FaultSwapped, FaultForeign, FaultMoved, FaultTwice, FaultForged, FaultUnlinked, FaultRewritten,
	FaultUnnamed, FaultOlder, FaultDated, FaultCut, FaultGone, FaultRollback, FaultOtherKey, FaultOrder, FaultUnsigned, FaultInDoubt}

// sentences are what scripts read of a fault: for one entry, and for several in a row
// where neighbours are said as one.
var sentences = map[string]struct{ one, several string }{
	FaultChanged:   {"changed: entry %d is not what was stored", "changed: entries %d to %d are not what was stored"},
	FaultRemoved:   {"removed: entry %d is missing", "removed: entries %d to %d are missing"},
	FaultEmptied:   {"removed: the content of entry %d is gone", "removed: the content of entries %d to %d is gone"},
	FaultSwapped:   {"swapped: entry %d was written for another case", "swapped: entries %d to %d were written for another case"},
	FaultForeign:   {"swapped: entry %d is sealed to another case's key", "swapped: entries %d to %d are sealed to another case's key"},
	FaultMoved:     {"reordered: entry %d was written for another place", "reordered: entries %d to %d were written for other places"},
	FaultTwice:     {"reordered: entry %d stands twice", "reordered: entries %d to %d stand twice"},
	FaultForged:    {"forged: entry %d is not signed by the server", "forged: entries %d to %d are not signed by the server"},
	FaultUnlinked:  {"changed: entry %d does not follow the one before", "changed: entries %d to %d do not follow the ones before"},
	FaultRewritten: {one: "rewritten: entry %d is signed by the server, but is not the one that this machine has seen"},
	FaultUnnamed:   {one: "swapped: from entry %d on the case is sealed to a key that its log does not name"},
	FaultOlder:     {"swapped: entry %d is sealed to a key that had ended", "swapped: entries %d to %d are sealed to a key that had ended"},
	FaultDated:     {"changed: entry %d is of an older version than the one before", "changed: entries %d to %d are of an older version than the ones before"},
	FaultCut:       {one: "cut: this machine has seen entry %[2]d, the log ends at %[1]d; its end was removed, or an older copy was put back"},
	FaultGone:      {one: "gone: this machine has seen entry %d, and the office has no such case now"},
	FaultRollback:  {one: "rolled back: %d of %d logs are behind what this machine has seen; an older copy of the whole database may have been put back"},
	FaultOtherKey:  {one: "swapped: the key to this case, which opened it on this machine before, is another one"},
	FaultOrder:     {one: "reordered: the entries did not come in their order"},
	FaultUnsigned:  {one: "unsigned: entry %d is not signed by the handler whom it names"},
}

// inDoubt says why an entry counts in nothing.
var inDoubt = map[string]string{
	DoubtKind:    "holds what no handler can write",
	DoubtClosed:  "does not open",
	DoubtUnknown: "is an act that this program does not know",
	DoubtMark:    "is not what the server was told",
	DoubtRefused: "could not be done as the case stood",
}

// Several says whether it is of more than one entry in a row.
func (f Fault) Several() bool { return sentences[f.What].several != "" && f.To > f.From }

// String is the fault in English, for scripts.
func (f Fault) String() string {
	s := sentences[f.What]
	switch {
	case f.What == FaultInDoubt:
		return fmt.Sprintf("in doubt: entry %d, signed by %s, %s", f.From, f.By, inDoubt[f.Why])
	case f.What == FaultCut, f.What == FaultRollback:
		return fmt.Sprintf(s.one, f.From, f.To)
	case f.What == FaultOtherKey, f.What == FaultOrder:
		return s.one
	case f.Several():
		return fmt.Sprintf(s.several, f.From, f.To)
	}
	return fmt.Sprintf(s.one, f.From)
}
