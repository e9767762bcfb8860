package routine

import (
	"bytes"
	"reflect"

	"tillit/intake"
	"tillit/store/cases"
)

// Filled is an act with what stands in it, ready to be done.
type Filled struct {
	*Act
	body any
}

// Read reads an act from a form, flags or a chat: get returns what was given for a
// field. The error is [Faults].
func (a *Act) Read(get func(string) []string) (Filled, error) {
	body, err := a.read(get)
	return Filled{a, body}, err
}

// Parse reads an act as it was sealed.
func (a *Act) Parse(fields cases.Fields) (Filled, error) {
	body, err := a.parse(fields)
	return Filled{a, body}, err
}

// Needs says what stands against it, beyond what its fields and the routine say; nil is
// nothing, and anything else a [*Refusal].
func (f Filled) Needs(b Blind, by Actor) error { return f.needs(b, by, f.body) }

// Mark is what the server learns of it by itself. The words that leave are not bound
// in it yet, and what it does to the clocks is not in it: that follows from the case.
func (f Filled) Mark(by string) Mark {
	m := f.mark(by, f.body)
	if f.To == Seat && f.Kind == KindSent && f.Leaves().IsZero() {
		m.Outside = true
	}
	return m
}

// Fits says whether a mark is the one of this act, done by somebody, and the words
// that left with it are the ones that stand in it. What it says of clocks and phase,
// and of earlier versions, is for the fold of the case to compare.
func (f Filled) Fits(m Mark, by string, nonce []byte) bool {
	want := f.Mark(by)
	if words := f.Leaves(); !words.IsZero() {
		want.Words = WordsHash(nonce, words)
	}
	m.Clocks, m.Phase, m.Waits, m.Instead = nil, "", false, 0
	return bytes.Equal(want.Encode(), m.Encode())
}

// Leaves are the words that leave for the reporter; none for an act that stays
// inside.
func (f Filled) Leaves() intake.Private {
	if f.To == Inside {
		return intake.Private{}
	}
	return f.words(f.body)
}

// Body is what is sealed: the act with its mark, byte for byte as it is signed, and
// what binds the words to it, if some leave.
func (f Filled) Body(mark, nonce []byte) cases.Act {
	return cases.Act{Name: f.Name, Mark: mark, Nonce: nonce, Fields: cases.NewFields(cases.Marshal(f.body))}
}

// Values are the fields of an act as it stands in the log: names and words.
func (f Filled) Values() map[string][]intake.Private {
	values, v := map[string][]intake.Private{}, reflect.ValueOf(f.body)
	for i, field := range f.Fields {
		switch value := v.Field(i).Interface().(type) {
		case intake.Private:
			if !value.IsZero() {
				values[field.Name] = []intake.Private{value}
			}
		case string:
			if value != "" {
				values[field.Name] = []intake.Private{intake.NewPrivate(value)}
			}
		case []string:
			for _, s := range value {
				values[field.Name] = append(values[field.Name], intake.NewPrivate(s))
			}
		}
	}
	return values
}

// Value is the first value of a field; nothing for a field that is empty.
func (f Filled) Value(field string) intake.Private {
	if all := f.Values()[field]; len(all) > 0 {
		return all[0]
	}
	return intake.Private{}
}

// written stands for words where the engine of the routine looks at an act: that there
// are some, and not which.
const written = "*"

// Plain are the fields without words, as the engine of the routine sees them.
func (f Filled) Plain() map[string][]string {
	plain, v := map[string][]string{}, reflect.ValueOf(f.body)
	for i, field := range f.Fields {
		switch value := v.Field(i).Interface().(type) {
		case intake.Private:
			if !value.IsZero() {
				plain[field.Name] = []string{written}
			}
		case string:
			if value != "" {
				plain[field.Name] = []string{value}
			}
		case []string:
			if len(value) > 0 {
				plain[field.Name] = value
			}
		}
	}
	return plain
}
