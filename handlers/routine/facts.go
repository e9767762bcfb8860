package routine

import (
	"cmp"
	"slices"

	"tillit/store/cases"
)

// BlindOf is the blind state in the facts that the server keeps of a case.
func BlindOf(f cases.Facts) Blind {
	b := Blind{Level: f.Level, Answered: f.Status == StatusAnswered, Out: f.Out, Recused: f.Recused}
	if f.Assignee != "" {
		b.Duties = map[Duty]string{Lead: f.Assignee}
	}
	for _, d := range f.Due {
		b.Clocks = append(b.Clocks, Clock{ID: d.Rule, Day: d.Day})
	}
	return b
}

// Into writes the blind state into the facts, and leaves what it does not know.
func (b Blind) Into(f *cases.Facts) {
	f.Status, f.Level, f.Assignee, f.Out, f.Recused, f.Due = b.Status(), b.Level, b.Duties[Lead], b.Out, b.Recused, nil
	for _, c := range b.Clocks {
		f.Due = append(f.Due, cases.Due{Rule: c.ID, Day: c.Day})
	}
	slices.SortStableFunc(f.Due, func(a, b cases.Due) int { return cmp.Compare(a.Day, b.Day) })
}

// Do is what the server does with a mark: it is held to the facts as they are, and
// they are changed. It is the same for everybody's act, however it came in.
func Do(by Actor, m Mark, f *cases.Facts) error {
	b := BlindOf(*f)
	if err := b.May(by, m); err != nil {
		return err
	}
	b.Apply(m)
	b.Into(f)
	return nil
}
