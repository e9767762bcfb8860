package routine

import (
	"errors"
	"reflect"
	"slices"
	"strconv"

	"tillit/handlers/routine/plan"
	"tillit/intake"
	"tillit/store/cases"
)

// Audience is who gets to know what stands in an act.
type Audience string

// The audiences.
const (
	Inside   Audience = "inside"   // who can open the case
	Reporter Audience = "reporter" // the reporter too: it is shown once more before it leaves
	Seat     Audience = "seat"     // whoever the act names: the reporter, or somebody outside the chat
)

// Spec declares an act. B is what stands in it, a struct whose fields have a tag
// `act:"name,kind"`; the form, the flags and the documentation are made of it.
type Spec[B any] struct {
	Name string
	Kind Kind
	// Who are the duties that may do it, as the routine's file has them: of several one
	// is enough; "any" is whoever can open the case. A routine may name fewer.
	Who []string
	// Effects are what it does to the steps of a case, in the routine's own words
	// ("open:minutes", "second").
	Effects []string
	// Right of the organisation file that offering the act needs. What the act does
	// is held to the rights by its mark, at both ends.
	Right string
	To    Audience
	Chat  bool // it can be done in a handlers' chat, where words may be written there
	// Always says that it can be done in a case that no routine has taken over.
	Always bool
	// Needs names a fault of what was filled in, beyond what its fields say.
	Needs func(b Blind, by Actor, body B) error
	// Mark is what the server learns of it, but for its kind; nil is nothing more.
	Mark func(by string, body B) Mark
	// Words are what leaves for the reporter; only of acts whose words may.
	Words func(body B) intake.Private
}

// Act is a declared act. It does not change, and is safe for concurrent use.
type Act struct {
	Name    string
	Kind    Kind
	Who     []string
	Effects []string
	Right   string
	To      Audience
	Chat    bool
	Always  bool
	Fields  []Field

	read  func(get func(string) []string) (any, error)
	parse func(fields cases.Fields) (any, error)
	needs func(b Blind, by Actor, body any) error
	mark  func(by string, body any) Mark
	words func(body any) intake.Private
}

// Declare makes an act. It panics on a declaration that cannot work: the table test
// of the acts loads them all.
func Declare[B any](s Spec[B]) *Act {
	a := &Act{Name: s.Name, Kind: s.Kind, Who: s.Who, Effects: s.Effects, Right: s.Right, To: s.To, Chat: s.Chat, Always: s.Always}
	for f := range reflect.TypeFor[B]().Fields() {
		a.Fields = append(a.Fields, fieldOf(f))
	}
	kind, known := kinds[a.Kind]
	if a.Name == "" || len(a.Who) == 0 || !known || a.To == "" || (a.To != Inside) != (s.Words != nil) || (kind.words != never) != (s.Words != nil) {
		panic("an act that is not whole: " + s.Name)
	}
	a.read = func(get func(string) []string) (any, error) { return read[B](a, get) }
	a.parse = func(fields cases.Fields) (any, error) { return parse[B](a, fields) }
	a.needs = func(b Blind, by Actor, body any) error {
		if s.Needs == nil {
			return nil
		}
		return s.Needs(b, by, body.(B))
	}
	a.mark = func(by string, body any) Mark {
		var m Mark
		if s.Mark != nil {
			m = s.Mark(by, body.(B))
		}
		m.Kind = s.Kind
		return m
	}
	a.words = func(body any) intake.Private { return s.Words(body.(B)) }
	return a
}

// Declared is the act as the routine's file repeats it.
func (a *Act) Declared() plan.Act {
	d := plan.Act{Name: a.Name, Who: a.Who, Effects: a.Effects, Kind: string(a.Kind)}
	for _, f := range a.Fields {
		d.Fields = append(d.Fields, plan.Field{Name: f.Name, Required: f.Required, Several: f.Several})
	}
	return d
}

// Faults are what is wrong with what was filled in: by field, a key of words. All of
// them come at once.
type Faults map[string]string

// Error implements error. It names fields and never what stood in them.
func (f Faults) Error() string {
	return "filled in wrongly: " + strconv.Itoa(len(f)) + " of the fields"
}

// The keys of faults.
const (
	FaultEmpty = "empty"
	FaultLong  = "long"
	FaultShape = "shape" // not a day, not one of the options, nobody's id
)

func read[B any](a *Act, get func(string) []string) (any, error) {
	var body B
	faults, v := Faults{}, reflect.ValueOf(&body).Elem()
	for i, f := range a.Fields {
		value, fault := f.read(get(f.Name))
		if fault != "" {
			faults[f.Name] = fault
			continue
		}
		v.Field(i).Set(reflect.ValueOf(value))
	}
	if len(faults) > 0 {
		return nil, faults
	}
	return body, nil
}

// errFields says that an act as it was sealed holds what no form of ours lets through.
var errFields = errors.New("this is not how the act is filled in")

// parse reads an act as it was sealed, and holds it to what a form would have taken:
// a colleague's own program can seal anything.
func parse[B any](a *Act, fields cases.Fields) (any, error) {
	var body B
	if err := fields.Into(&body); err != nil {
		return body, err
	}
	v := reflect.ValueOf(body)
	for i, f := range a.Fields {
		switch value := v.Field(i).Interface().(type) {
		case string:
			if !f.fits(value) {
				return body, errFields
			}
		case []string:
			if len(value) > maxMany || slices.ContainsFunc(value, func(s string) bool { return s == "" || !f.fits(s) }) {
				return body, errFields
			}
		}
	}
	return body, nil
}
