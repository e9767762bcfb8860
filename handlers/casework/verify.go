package casework

import (
	"bytes"
	"crypto/ed25519"
	"fmt"
	"slices"

	"tillit/store/cases"

	"tillit/store/seal"
)

// verify walks a room's chain and names what is wrong: changed, removed,
// reordered, or cut against the head that this machine remembers. It needs no
// key. Unproven says that there was no head to compare with.
func verify(room cases.Room, signing ed25519.PublicKey, seen head, known bool) (faults []string, unproven bool) {
	prev, last := seal.Genesis(room.Case.Ref, room.Case.Room, room.Epoch, room.Public), int64(0)
	order := slices.IsSortedFunc(room.Entries, func(a, b cases.Sealed) int { return int(a.Seq - b.Seq) })
	if !order {
		faults = append(faults, "reordered: the entries do not stand in their order")
	}
	for _, e := range room.Entries {
		if order {
			faults = append(faults, gap(last, e.Seq)...)
		}
		switch {
		case e.Data == nil:
			faults = append(faults, fmt.Sprintf("removed: the content of entry %d is gone", e.Seq))
		case !bytes.Equal(seal.Step(contextOf(room.Case, e), e.Data), e.Hash):
			faults = append(faults, fmt.Sprintf("changed: entry %d is not what was stored", e.Seq))
		}
		if !ed25519.Verify(signing, seal.Signed(e.Hash), e.Sig) {
			faults = append(faults, fmt.Sprintf("changed: entry %d is not signed by the server", e.Seq))
		}
		// After a gap the link cannot hold, and the gap has been named.
		if order && e.Seq == last+1 && !bytes.Equal(e.Prev, prev) {
			faults = append(faults, fmt.Sprintf("changed: entry %d does not follow the one before", e.Seq))
		}
		prev, last = e.Hash, e.Seq
		if known && e.Seq == seen.Seq && !bytes.Equal(e.Hash, seen.Hash) {
			faults = append(faults, fmt.Sprintf("changed: entry %d is not the one that this machine has seen", e.Seq))
		}
	}
	if known && order && last < seen.Seq {
		faults = append(faults, fmt.Sprintf("cut: this machine has seen %d entries, the log ends at %d", seen.Seq, last))
	}
	return faults, !known
}

func gap(last, seq int64) (faults []string) {
	switch {
	case seq == last:
		return []string{fmt.Sprintf("reordered: entry %d stands twice", seq)}
	case seq == last+2:
		return []string{fmt.Sprintf("removed: entry %d is missing", last+1)}
	case seq > last+2:
		return []string{fmt.Sprintf("removed: entries %d to %d are missing", last+1, seq-1)}
	}
	return nil
}
