package store

import (
	"context"
	"errors"
	"slices"

	"tillit/store/cases"
)

// This file keeps people out of a case: those whom the reporter keeps out, and
// handlers who stepped aside themselves. Until a case is sent that is a set which
// grows and shrinks; what it leads to happens when the case is sent. From then on a
// set that grows gives the case its next key, without them.

// prepareExclude prepares what a changed set leads to: the sealed entry that says so,
// before all else that is said, and the next key of a case that is with the office.
// A set that is kept already changes nothing.
func (p *prepared) prepareExclude(ctx context.Context, r room) error {
	if p.c.Exclude == nil {
		return nil
	}
	if r.ref == "" {
		return errors.New("there is no room to keep somebody out of")
	}
	var was facts
	if p.fresh == nil {
		var err error
		if was, err = p.s.facts(r); err != nil {
			return err
		}
	}
	out := slices.Compact(slices.Sorted(slices.Values(p.c.Exclude.Out)))
	if was.Out != nil && slices.Equal(out, was.Out) {
		p.c.Exclude = nil
		return nil
	}
	p.keptOut = append([]string{}, out...) // never nil: nobody is a set too
	p.c.Entries = slices.Concat([]Entry{{cases.Exclusion{Out: p.keptOut}}}, p.c.Entries)
	gone := slices.DeleteFunc(slices.Clone(p.keptOut), func(id string) bool { return slices.Contains(was.Out, id) })
	if r.sent == 0 || len(gone) == 0 {
		return nil
	}
	var err error
	p.next, err = p.s.nextKey(ctx, r, gone, p.c.Exclude.Recipients, func(held []string) []Entry {
		return slices.Concat([]Entry{{cases.Log{Event: cases.EventEpoch, Left: held}}}, p.c.Entries)
	})
	return err
}

// writeExclude keeps the set in the case's box, and puts the case's next key in the
// place of the one before.
func (p *prepared) writeExclude(tx *transaction) error {
	if p.c.Exclude == nil || p.fresh != nil { // a new room is made with its set
		return nil
	}
	set := func(f *facts) { f.Out = p.keptOut }
	if p.next == nil {
		return p.s.setFacts(tx, &p.was.room, set)
	}
	var err error
	p.was.room, err = p.s.writeKeptOut(tx, p.next, set)
	return err
}

// writeKeptOut puts the next key of a case in the place of the one before, with its
// entries, for a person who is kept out from now on: set says so in the case's box.
// Nothing of the case is left for them. The case is returned as it stands then.
func (s *Store) writeKeptOut(tx *transaction, n *nextKey, set func(*facts)) (room, error) {
	r, err := s.writeNextKey(tx, n, set)
	if err != nil {
		return r, err
	}
	for _, id := range n.gone {
		for _, q := range []string{"DELETE FROM notices WHERE case_id = ? AND handler = ?", "DELETE FROM marks WHERE case_id = ? AND handler = ?"} {
			if _, err := tx.Exec(q, n.was.id, s.handlerID(id)); err != nil {
				return r, err
			}
		}
	}
	return r, nil
}
