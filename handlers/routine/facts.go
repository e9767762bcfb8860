package routine

import (
	"cmp"
	"slices"

	"tillit/store/cases"
)

// BlindOf is the blind state in the facts that the server keeps of a case.
func BlindOf(f cases.Facts) Blind {
	b := Blind{
		Level: f.Level, Lock: f.Lock, Answered: f.Answered || f.Status == StatusAnswered, Phase: f.Phase, Clocks: f.Clocks, Due: f.Due, Asked: f.Asked, Asks: f.Asks,
		Out: f.Out, Recused: f.Recused, Closed: f.Closed, Hold: f.Hold, End: f.End,
	}
	for duty, person := range f.Duties {
		b.duty(Duty(duty), person)
	}
	if f.Assignee != "" {
		b.duty(Lead, f.Assignee)
	}
	return b
}

// Into writes the blind state into the facts, and leaves what it does not know.
func (b Blind) Into(f *cases.Facts) {
	f.Status, f.Level, f.Assignee, f.Out, f.Recused = b.Status(), b.Level, b.Duties[Lead], b.Out, b.Recused
	f.Answered, f.Phase, f.Asked, f.Asks, f.Closed, f.Hold, f.End = b.Answered, b.Phase, b.Asked, b.Asks, b.Closed, b.Hold, b.End
	f.Duties = nil
	for duty, person := range b.Duties {
		if duty == Lead {
			continue
		}
		if f.Duties == nil {
			f.Duties = map[string]string{}
		}
		f.Duties[string(duty)] = person
	}
	f.Clocks, f.Due = slices.Clone(b.Clocks), slices.Clone(b.Due)
	slices.SortStableFunc(f.Due, func(a, b cases.Due) int { return cmp.Compare(a.Day, b.Day) })
}

// Do is what the server does with a deed: it is held to the facts as they are, and
// they are changed. It is the same for everybody's act, however it came in.
func Do(d Deed, f *cases.Facts) error {
	b := BlindOf(*f)
	if err := b.May(d); err != nil {
		return err
	}
	b.Apply(d)
	b.Into(f)
	return nil
}
