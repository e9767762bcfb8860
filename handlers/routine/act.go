package routine

import (
	"bytes"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"

	"tillit/intake"
	"tillit/store/cases"
)

// Audience is who gets to know what stands in an act.
type Audience string

// The audiences.
const (
	Inside   Audience = "inside"   // who can open the case
	Reporter Audience = "reporter" // the reporter too: it is shown once more before it leaves
)

// Spec declares an act. B is what stands in it, a struct whose fields have a tag
// `act:"name,kind"`; the form, the flags and the documentation are made of it.
type Spec[B any] struct {
	Name string
	Kind Kind
	// Right of the organisation file that offering the act needs. What the act does
	// is held to the rights by its mark, at both ends.
	Right string
	To    Audience
	Chat  bool // it can be done in a handlers' chat, where words may be written there
	// Needs names a fault of what was filled in, beyond what its fields say.
	Needs func(b Blind, by Actor, body B) error
	// Mark is what the server learns of it.
	Mark func(by string, body B) Mark
	// Words are what leaves for the reporter; only of acts to the reporter.
	Words func(body B) intake.Private
}

// Field is a field of an act.
type Field struct {
	Name     string
	Kind     FieldKind
	Required bool
}

// FieldKind says how a field is filled in.
type FieldKind string

// The kinds of fields.
const (
	FieldWords  FieldKind = "words"  // a person's own words, in several lines
	FieldPerson FieldKind = "person" // somebody of the organisation file, by id
)

// The longest words: what a reporter can read in one go, and what the server takes.
const (
	MaxRunes = 10_000
	MaxBytes = cases.LongestText
)

// Act is a declared act. It does not change, and is safe for concurrent use.
type Act struct {
	Name   string
	Kind   Kind
	Right  string
	To     Audience
	Chat   bool
	Fields []Field

	read  func(get func(string) []string) (any, error)
	parse func(fields cases.Fields) (any, error)
	needs func(b Blind, by Actor, body any) error
	mark  func(by string, body any) Mark
	words func(body any) intake.Private
}

// Declare makes an act. It panics on a declaration that cannot work: the table test
// of the acts loads them all.
func Declare[B any](s Spec[B]) *Act {
	a := &Act{Name: s.Name, Kind: s.Kind, Right: s.Right, To: s.To, Chat: s.Chat}
	for f := range reflect.TypeFor[B]().Fields() {
		a.Fields = append(a.Fields, fieldOf(f))
	}
	if a.Name == "" || s.Mark == nil || a.To == "" || (a.To == Reporter) != (s.Words != nil) || kinds[a.Kind].words != (s.Words != nil) {
		panic("an act that is not whole: " + s.Name)
	}
	a.read = func(get func(string) []string) (any, error) { return read[B](a, get) }
	a.parse = func(fields cases.Fields) (any, error) {
		var body B
		err := fields.Into(&body)
		return body, err
	}
	a.needs = func(b Blind, by Actor, body any) error {
		if s.Needs == nil {
			return nil
		}
		return s.Needs(b, by, body.(B))
	}
	a.mark = func(by string, body any) Mark {
		m := s.Mark(by, body.(B))
		m.Kind = s.Kind
		return m
	}
	a.words = func(body any) intake.Private { return s.Words(body.(B)) }
	return a
}

func fieldOf(f reflect.StructField) Field {
	tag := strings.Split(f.Tag.Get("act"), ",")
	field := Field{Name: tag[0]}
	if len(tag) > 1 {
		field.Kind = FieldKind(tag[1])
	}
	field.Required = len(tag) > 2 && tag[2] == "required"
	words := f.Type == reflect.TypeFor[intake.Private]()
	if field.Name == "" || field.Name != strings.Split(f.Tag.Get("json"), ",")[0] ||
		words != (field.Kind == FieldWords) || !words && (field.Kind != FieldPerson || f.Type.Kind() != reflect.String) {
		panic("a field that cannot be filled in: " + f.Name)
	}
	return field
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
)

func read[B any](a *Act, get func(string) []string) (any, error) {
	var body B
	faults, v := Faults{}, reflect.ValueOf(&body).Elem()
	for i, f := range a.Fields {
		text := ""
		if all := get(f.Name); len(all) > 0 {
			text = tidy(all[0])
		}
		switch {
		case f.Required && text == "":
			faults[f.Name] = FaultEmpty
		case len(text) > MaxBytes || utf8.RuneCountInString(text) > MaxRunes:
			faults[f.Name] = FaultLong
		case f.Kind == FieldWords:
			v.Field(i).Set(reflect.ValueOf(intake.NewPrivate(text)))
		default:
			v.Field(i).SetString(text)
		}
	}
	if len(faults) > 0 {
		return nil, faults
	}
	return body, nil
}

// tidy gives words the line ends that people mean; bytes that are no text are shown
// as such.
func tidy(text string) string {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	return strings.TrimSpace(strings.ToValidUTF8(text, "\uFFFD"))
}

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

// May says whether somebody may do it now; nil is yes, and anything else a
// [*Refusal].
func (f Filled) May(b Blind, by Actor) error {
	if err := f.needs(b, by, f.body); err != nil {
		return err
	}
	return b.May(by, f.Mark(by.ID))
}

// Mark is what the server learns of it; the words that leave are not bound in it yet.
func (f Filled) Mark(by string) Mark { return f.mark(by, f.body) }

// Fits says whether a mark is the one of this act, done by somebody, and the words
// that left with it are the ones that stand in it.
func (f Filled) Fits(m Mark, by string, nonce []byte) bool {
	want := f.Mark(by)
	if f.To == Reporter {
		want.Words = WordsHash(nonce, f.Leaves())
	}
	return bytes.Equal(want.Encode(), m.Encode())
}

// Leaves are the words that leave for the reporter; none for an act that stays
// inside.
func (f Filled) Leaves() intake.Private {
	if f.To != Reporter {
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
func (f Filled) Values() map[string]intake.Private {
	values, v := map[string]intake.Private{}, reflect.ValueOf(f.body)
	for i, field := range f.Fields {
		if field.Kind == FieldWords {
			values[field.Name] = v.Field(i).Interface().(intake.Private)
			continue
		}
		values[field.Name] = intake.NewPrivate(v.Field(i).String())
	}
	return values
}
