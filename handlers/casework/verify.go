package casework

import (
	"bytes"
	"errors"
	"slices"

	"tillit/store/cases"

	"tillit/store/seal"
	"tillit/store/unseal"
)

// faults gathers what is wrong, neighbours as one.
type faults []Fault

func (f *faults) add(what string, seq int64) { f.span(what, seq, seq) }

func (f *faults) span(what string, from, to int64) {
	if n := len(*f) - 1; n >= 0 && sentences[what].several != "" && (*f)[n].What == what && (*f)[n].To+1 == from {
		(*f)[n].To = to
		return
	}
	*f = append(*f, Fault{What: what, From: from, To: to})
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
			found.add(FaultTwice, e.Seq)
		case e.Seq > last+1:
			found.span(FaultRemoved, last+1, e.Seq-1)
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
			found.add(FaultUnnamed, e.Seq)
			l.epoch = e.Epoch // said once
		case e.Epoch < before:
			found.add(FaultOlder, e.Seq)
		case e.V < version:
			found.add(FaultDated, e.Seq)
		case sound && e.Seq == last+1 && !bytes.Equal(e.Prev, prev):
			// After a gap or a wrong entry the link cannot hold, and that has
			// been named.
			found.add(FaultUnlinked, e.Seq)
		}
		if known && e.Seq == seen.Seq && !wrong && !bytes.Equal(e.Hash, seen.Hash) {
			found.add(FaultRewritten, e.Seq)
		}
		l.hash, last, sound, version = e.Hash, e.Seq, !wrong, max(version, e.V)
	}
	// What was cut off at the end takes the key that it named along.
	if room.Epoch > l.epoch && (!known || last >= seen.Seq) {
		found.add(FaultUnnamed, last+1)
	}
	if known && last < seen.Seq {
		found.span(FaultCut, last, seen.Seq)
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
func judge(e cases.Sealed, same, linked, signed bool, inside error) (what string, wrong bool) {
	switch {
	case len(e.Data) == 0 && e.Sum == nil:
		return FaultEmptied, true
	case same && !signed:
		return FaultForged, true
	case !signed:
		return FaultChanged, true
	case errors.Is(inside, unseal.ErrMoved) && !errors.Is(inside, unseal.ErrDamaged):
		return FaultMoved, true
	case same && errors.Is(inside, errNotNamed):
		return FaultUnnamed, true
	case same && errors.Is(inside, unseal.ErrNotYours):
		return FaultForeign, true
	case same && inside == nil:
		return "", false
	case !same && !linked:
		return FaultSwapped, true
	}
	return FaultChanged, true
}
