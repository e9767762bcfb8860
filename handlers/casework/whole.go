package casework

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"filippo.io/age"

	"tillit/store/cases"
)

// Checked is what verification found of one log; no faults is whole.
type Checked struct {
	Ref    string
	Faults []Fault
}

// Verify checks a case from its first entry and returns what it found; nothing is
// whole. It is no reading: hashes and signatures are checked, and what stands in an
// entry as far as this machine has it open.
func (c *Client) Verify(ctx context.Context, ref string) (faults []Fault, err error) {
	heads, err := c.mem.heads()
	if err != nil {
		return nil, err
	}
	room, err := c.pages(ctx, ref, "/log", 0)
	if err != nil {
		return nil, err
	}
	before := c.known(ref)
	var keys map[int]*age.HybridIdentity
	if before != nil {
		keys = before.keys
	}
	o := c.make(room, before, keys, false)
	seen, known := heads[room.Case.Room]
	o.judge(seen, known, true)
	whole := len(o.faults) == 0
	if n := len(o.entries); n > 0 && whole {
		if err := c.see(ref, room.Case.Room, o.entries[n-1].Sealed, seen.Whole); err != nil {
			return nil, err
		}
	}
	return append(o.faults, c.doubtful(o, before != nil)...), nil
}

// doubtful says which entries count in nothing, and who signed them: the log is whole
// with them. Who has not opened the case sees of it what is not signed.
func (c *Client) doubtful(o *opened, open bool) (all []Fault) {
	for _, s := range o.fold().steps {
		switch {
		case !s.signed:
			continue // that it is not whole is said
		case s.doubt == DoubtUnsigned:
			all = append(all, Fault{What: FaultUnsigned, From: s.Seq})
		case s.doubt != "" && open:
			all = append(all, Fault{What: FaultInDoubt, From: s.Seq, By: c.nameOr(s.by), Why: s.doubt})
		}
	}
	return all
}

// VerifyAll checks every case that this handler can open, closed ones too, and
// names those that this machine has seen and the office no longer has. When
// several logs are behind, it says what that looks like: an older copy of the
// whole database.
func (c *Client) VerifyAll(ctx context.Context) ([]Checked, error) {
	heads, err := c.mem.heads()
	if err != nil {
		return nil, err
	}
	var all []Checked
	for _, view := range []string{"open", "closed"} {
		for q := (Query{View: view, Size: cases.MostRows}); ; {
			page, err := c.Queue(ctx, q)
			if err != nil {
				return nil, err
			}
			for _, row := range page.Cases {
				faults, err := c.Verify(ctx, row.Ref)
				if err != nil {
					return nil, err
				}
				all = append(all, Checked{row.Ref, faults})
				delete(heads, row.Room)
			}
			if q.Page = page.Next; q.Page == "" {
				break
			}
		}
	}
	gone := len(all)
	for room, h := range heads {
		all = append(all, Checked{cmp.Or(h.Ref, room), []Fault{{What: FaultGone, From: h.Seq}}})
	}
	slices.SortFunc(all[gone:], func(a, b Checked) int { return strings.Compare(a.Ref, b.Ref) })
	return withRollback(all), nil
}

// withRollback adds, where more than one log is behind, what they have in common.
func withRollback(all []Checked) []Checked {
	behind := func(x Checked) bool {
		return slices.ContainsFunc(x.Faults, func(f Fault) bool { return f.What == FaultCut || f.What == FaultGone })
	}
	n := 0
	for _, x := range all {
		if behind(x) {
			n++
		}
	}
	for i := range all {
		if n > 1 && behind(all[i]) {
			all[i].Faults = append(all[i].Faults, Fault{What: FaultRollback, From: int64(n), To: int64(len(all))})
		}
	}
	return all
}
