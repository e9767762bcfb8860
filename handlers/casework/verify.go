package casework

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"tillit/store/cases"

	"tillit/store/seal"
	"tillit/store/unseal"
)

// fault is one thing that is wrong with a log, and the entries that it holds for.
type fault struct {
	what     what
	from, to int64
}

// what is a sentence for one entry, and the same for several in a row.
type what struct{ one, several string }

var (
	isChanged   = what{"changed: entry %d is not what was stored", "changed: entries %d to %d are not what was stored"}
	isRemoved   = what{"removed: entry %d is missing", "removed: entries %d to %d are missing"}
	isEmptied   = what{"removed: the content of entry %d is gone", "removed: the content of entries %d to %d is gone"}
	isSwapped   = what{"swapped: entry %d was written for another case", "swapped: entries %d to %d were written for another case"}
	isForeign   = what{"swapped: entry %d is sealed to another case's key", "swapped: entries %d to %d are sealed to another case's key"}
	isMoved     = what{"reordered: entry %d was written for another place", "reordered: entries %d to %d were written for other places"}
	isTwice     = what{"reordered: entry %d stands twice", "reordered: entries %d to %d stand twice"}
	isForged    = what{"forged: entry %d is not signed by the server", "forged: entries %d to %d are not signed by the server"}
	isUnlinked  = what{"changed: entry %d does not follow the one before", "changed: entries %d to %d do not follow the ones before"}
	isRewritten = what{"rewritten: entry %d is signed by the server, but is not the one that this machine has seen", ""}
	isUnnamed   = what{"swapped: from entry %d on the case is sealed to a key that its log does not name", ""}
	isOlder     = what{"swapped: entry %d is sealed to a key that had ended", "swapped: entries %d to %d are sealed to a key that had ended"}
	isDated     = what{"changed: entry %d is of an older version than the one before", "changed: entries %d to %d are of an older version than the ones before"}
	isCut       = what{"cut: this machine has seen entry %[2]d, the log ends at %[1]d; its end was removed, or an older copy was put back", ""}
)

// faults gathers what is wrong, neighbours in one sentence.
type faults []fault

func (f *faults) add(w what, seq int64) { f.span(w, seq, seq) }

func (f *faults) span(w what, from, to int64) {
	if n := len(*f) - 1; n >= 0 && w.several != "" && (*f)[n].what == w && (*f)[n].to+1 == from {
		(*f)[n].to = to
		return
	}
	*f = append(*f, fault{w, from, to})
}

func (f faults) sentences() []string {
	var out []string
	for _, x := range f {
		switch {
		case x.what == isCut:
			out = append(out, fmt.Sprintf(x.what.one, x.from, x.to))
		case x.from == x.to:
			out = append(out, fmt.Sprintf(x.what.one, x.from))
		default:
			out = append(out, fmt.Sprintf(x.what.several, x.from, x.to))
		}
	}
	return out
}

// verify goes along a room's chain and names what is wrong against the head that
// this machine remembers. Entries say which of its signatures hold. Opened says what opening each entry came to; without
// it, what only a key can tell stays unsaid. The entries stand in their order.
func verify(room cases.Room, entries []entry, seen head, known bool, opened []error) faults {
	var found faults
	l, last, sound, version := begin(room), int64(0), true, 1
	same, ours := chained(room, l)
	for i, e := range room.Entries {
		before := l.epoch
		prev := l.before(e)
		switch {
		case e.Seq == last:
			found.add(isTwice, e.Seq)
		case e.Seq > last+1:
			found.span(isRemoved, last+1, e.Seq-1)
		}
		var inside error
		if opened != nil {
			inside = opened[i]
		}
		w, wrong := judge(e, same[i], ours[string(e.Prev)], entries[i].signed, inside)
		switch {
		case wrong:
			found.add(w, e.Seq)
		case e.Epoch > before && (l.epoch != e.Epoch || e.Seq == last+1 && (e.Kind != cases.EntryLog || sound && !bytes.Equal(e.Prev, prev))):
			found.add(isUnnamed, e.Seq)
			l.epoch = e.Epoch // said once
		case e.Epoch < before:
			found.add(isOlder, e.Seq)
		case e.V < version:
			found.add(isDated, e.Seq)
		case sound && e.Seq == last+1 && !bytes.Equal(e.Prev, prev):
			// After a gap or a wrong entry the link cannot hold, and that has
			// been named.
			found.add(isUnlinked, e.Seq)
		}
		if known && e.Seq == seen.Seq && !wrong && !bytes.Equal(e.Hash, seen.Hash) {
			found.add(isRewritten, e.Seq)
		}
		l.hash, last, sound, version = e.Hash, e.Seq, !wrong, max(version, e.V)
	}
	// What was cut off at the end takes the key that it named along.
	if room.Epoch > l.epoch && (!known || last >= seen.Seq) {
		found.add(isUnnamed, last+1)
	}
	if known && last < seen.Seq {
		found.span(isCut, last, seen.Seq)
	}
	return found
}

// link walks from entry to entry of a chain: the hash of the last one, and the
// epoch that it stands in.
type link struct {
	room  cases.Room
	keys  []cases.Epoch
	hash  []byte
	epoch int
}

func begin(room cases.Room) link {
	keys := epochs(room)
	return link{room, keys, seal.Genesis(room.Case.Ref, room.Case.Room, 1, keys[0].Public), 1}
}

// before is the hash that an entry must name as the one before it. The first entry
// of the next epoch names that epoch's key with it, and the link stands there then.
func (l *link) before(e cases.Sealed) []byte {
	if e.Epoch != l.epoch+1 || l.epoch >= len(l.keys) || l.keys[l.epoch].Epoch != e.Epoch {
		return l.hash
	}
	l.epoch++
	return seal.Turn(l.room.Case.Ref, l.room.Case.Room, e.Epoch, l.keys[e.Epoch-1].Public, l.hash)
}

// chained says which entries are what their hash says, and which hashes belong
// to this room's chain: those of such entries, and all that is linked to them
// or to the beginning.
func chained(room cases.Room, l link) (same []bool, ours map[string]bool) {
	ours = map[string]bool{string(l.hash): true}
	var turns []turn
	for _, e := range room.Entries {
		if next := l.before(e); !bytes.Equal(next, l.hash) {
			turns = append(turns, turn{string(l.hash), string(next)})
			ours[string(next)] = ours[string(next)] || ours[string(l.hash)]
		}
		l.hash = e.Hash
		ok := bytes.Equal(seal.StepOf(contextOf(room.Case, e), sumOf(e), signedHash(e)), e.Hash)
		if same = append(same, ok); ok {
			ours[string(e.Prev)] = true
		}
		if ok || ours[string(e.Prev)] {
			ours[string(e.Hash)] = true
		}
	}
	for _, e := range slices.Backward(room.Entries) {
		for _, t := range turns {
			if ours[t.to] {
				ours[t.from] = true
			}
		}
		if ours[string(e.Hash)] {
			ours[string(e.Prev)] = true
		}
	}
	return same, ours
}

// turn is where a room got another key: the hash of the last entry before, and what
// the first one after names in its place.
type turn struct{ from, to string }

// errNotNamed is the fault of an entry that begins an epoch and does not say so, or
// not of the key that the room is said to have.
var errNotNamed = errors.New("this entry does not name the room's new key")

// judge says what is wrong with an entry by itself. Same says that it is what
// its hash says, linked that it follows something in this room, inside what
// opening it came to.
func judge(e cases.Sealed, same, linked, signed bool, inside error) (what, bool) {
	switch {
	case len(e.Data) == 0 && e.Sum == nil:
		return isEmptied, true
	case same && !signed:
		return isForged, true
	case !signed:
		return isChanged, true
	case errors.Is(inside, unseal.ErrMoved) && !errors.Is(inside, unseal.ErrDamaged):
		return isMoved, true
	case same && errors.Is(inside, errNotNamed):
		return isUnnamed, true
	case same && errors.Is(inside, unseal.ErrNotYours):
		return isForeign, true
	case same && inside == nil:
		return what{}, false
	case !same && !linked:
		return isSwapped, true
	}
	return isChanged, true
}
