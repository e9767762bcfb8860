package walk

import (
	"fmt"
	"slices"
	"strings"

	"tillit/store/cases"
)

// Message is where words stand that answer no question.
const Message = "(message)"

// Oracle knows what somebody wrote where. Each thing they write has a key of its own, which
// nobody wrote before; it must stand in their case as often as it was kept, at the places
// where it was.
type Oracle struct {
	person string
	n      int
	keys   []string
	where  map[string][]place
}

// place is one of several questions at which words may stand; none is anywhere.
type place []string

// NewOracle is for one person.
func NewOracle(person string) *Oracle { return &Oracle{person: person, where: map[string][]place{}} }

// Key makes a key. It is followed by a comma wherever it is written.
func (o *Oracle) Key() string {
	o.n++
	key := fmt.Sprintf("kanari%s%dx", o.person, o.n)
	o.keys = append(o.keys, key)
	return key
}

// Kept says that words were kept, once more, at one of these questions.
func (o *Oracle) Kept(key string, at ...string) { o.where[key] = append(o.where[key], at) }

// KeptAnywhere says that they were kept, and that nobody can say where.
func (o *Oracle) KeptAnywhere(key string) { o.where[key] = append(o.where[key], nil) }

// Gone says that words were taken back, and stand nowhere.
func (o *Oracle) Gone(key string) { delete(o.where, key) }

// Stands is how often words with a key are to be there, and where.
func (o *Oracle) Stands(key string) string { return fmt.Sprint(o.where[key]) }

// Told is something that stands in a case.
type Told struct{ Place, Text string }

// ToldIn is what of a case's bodies a person said.
func ToldIn(bodies []cases.Body) (all []Told) {
	for _, body := range bodies {
		switch b := body.(type) {
		case cases.Answer:
			all = append(all, Told{b.Question, b.Text.Reveal()})
		case cases.Message:
			all = append(all, Told{Message, b.Text.Reveal()})
		case cases.Confirm:
			all = append(all, Told{Message, b.Text.Reveal()})
		}
	}
	return all
}

// Faults are what is missing, doubled or elsewhere in what stands in the case.
func (o *Oracle) Faults(all []Told) (faults []string) {
	for _, key := range o.keys {
		var at []string
		for _, t := range all {
			at = append(at, slices.Repeat([]string{t.Place}, strings.Count(t.Text, key+","))...)
		}
		if !fits(o.where[key], at) {
			faults = append(faults, fmt.Sprintf("%s is to be at %v, and stands at %v", key, o.where[key], at))
		}
	}
	return faults
}

// fits reports whether each place is one of those that are wanted, and none is left over.
// What is wanted of one thing is nearly always the same place, so the first that fits is taken.
func fits(want []place, at []string) bool {
	left := slices.Clone(want)
	for _, got := range at {
		i := slices.IndexFunc(left, func(p place) bool { return p == nil || slices.Contains(p, got) })
		if i < 0 {
			return false
		}
		left = slices.Delete(left, i, i+1)
	}
	return len(left) == 0
}
