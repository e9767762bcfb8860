package routine

import (
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"tillit/intake"
	"tillit/store/cases"
)

// Field is a field of an act.
type Field struct {
	Name     string
	Kind     FieldKind
	Required bool
	Several  bool
	Options  []string // of a choice that is the same in every routine
	// From says where the options come from, of a name: the routine of the case
	// ("levels", "outcomes", "letters", "steps") or its state ("objects", "asked").
	From string
}

// FieldKind says how a field is filled in.
type FieldKind string

// The kinds of fields. Words are a person's own; everything else is a name, a day or a
// number, and the engine of the routine may look at it.
const (
	FieldWords   FieldKind = "words"   // in several lines; several: one a line
	FieldPerson  FieldKind = "person"  // somebody of the organisation file, by id
	FieldPersons FieldKind = "persons" // several of them
	FieldChoice  FieldKind = "choice"  // one of the options
	FieldChoices FieldKind = "choices" // some of the options
	FieldDay     FieldKind = "day"     // 2026-11-27
	FieldMoment  FieldKind = "moment"  // 2026-11-27T14:30, in the organisation's time zone
	FieldSeat    FieldKind = "seat"    // r, a, b, w1, sa …
	FieldEntry   FieldKind = "entry"   // an entry of the log, by its number
	FieldRef     FieldKind = "ref"     // another case
	FieldNumber  FieldKind = "number"
	FieldName    FieldKind = "name"  // a name of the routine or of the state
	FieldParts   FieldKind = "parts" // duties and who gets them: contact_a=maren
)

// The longest words: what a reporter can read in one go, and what the server takes.
const (
	MaxRunes = 10_000
	MaxBytes = cases.LongestText
	// maxMany is how many values a field with several has at most.
	maxMany = 100
)

// shapes are what values look like that are no words.
var shapes = map[FieldKind]*regexp.Regexp{
	FieldPerson:  regexp.MustCompile(`^#?[\p{L}\p{N}][\p{L}\p{N}-]{0,63}$`),
	FieldPersons: regexp.MustCompile(`^#?[\p{L}\p{N}][\p{L}\p{N}-]{0,63}$`),
	FieldSeat:    regexp.MustCompile(`^(r|a|b|s[ab]|[wc][1-9]?[0-9]?)$`),
	FieldEntry:   regexp.MustCompile(`^[1-9][0-9]{0,9}$`),
	FieldNumber:  regexp.MustCompile(`^[0-9]{1,9}$`),
	FieldRef:     regexp.MustCompile(`^T-[A-Z0-9]{4,12}$`),
	FieldName:    regexp.MustCompile(`^[a-z0-9][a-z0-9_./-]{0,63}$`),
	FieldParts:   regexp.MustCompile(`^[a-z][a-z_]{0,31}=(#?[\p{L}\p{N}][\p{L}\p{N}-]{0,63})?$`),
}

// layouts are how days and moments are written.
var layouts = map[FieldKind]string{FieldDay: time.DateOnly, FieldMoment: "2006-01-02T15:04"}

func fieldOf(f reflect.StructField) Field {
	tag := strings.Split(f.Tag.Get("act"), ",")
	field := Field{Name: tag[0], Options: strings.Fields(f.Tag.Get("options")), From: f.Tag.Get("from")}
	if len(tag) > 1 {
		field.Kind = FieldKind(tag[1])
		field.Required = slices.Contains(tag[2:], "required")
		field.Several = slices.Contains(tag[2:], "several") || field.many()
	}
	words := f.Type == reflect.TypeFor[intake.Private]()
	list := f.Type == reflect.TypeFor[[]string]()
	choice := field.Kind == FieldChoice || field.Kind == FieldChoices
	switch {
	case field.Name == "" || field.Name != strings.Split(f.Tag.Get("json"), ",")[0],
		words != (field.Kind == FieldWords), list != (field.many() || field.Several && !words),
		!words && !list && f.Type.Kind() != reflect.String,
		choice != (len(field.Options) > 0), (field.Kind == FieldName) != (field.From != ""),
		!words && !choice && shapes[field.Kind] == nil && layouts[field.Kind] == "":
		panic("a field that cannot be filled in: " + f.Name)
	}
	return field
}

// many says whether a field holds a list.
func (f Field) many() bool {
	return f.Kind == FieldPersons || f.Kind == FieldChoices || f.Kind == FieldParts
}

// read returns the value of a field as it stands in the body, or the key of what is
// wrong with it.
func (f Field) read(given []string) (value any, fault string) {
	if !f.Several || f.Kind == FieldWords {
		text := ""
		if len(given) > 0 {
			text = tidy(given[0])
		}
		if fault := f.fault(text); fault != "" {
			return nil, fault
		}
		if f.Kind == FieldWords {
			return intake.NewPrivate(text), ""
		}
		return text, ""
	}
	var all []string
	for _, text := range given {
		if text = tidy(text); text == "" || slices.Contains(all, text) {
			continue
		}
		if fault := f.fault(text); fault != "" {
			return nil, fault
		}
		all = append(all, text)
	}
	switch {
	case f.Required && len(all) == 0:
		return nil, FaultEmpty
	case len(all) > maxMany:
		return nil, FaultLong
	}
	return all, ""
}

// fault is what is wrong with one value; empty for nothing.
func (f Field) fault(text string) string {
	if text == "" {
		if f.Required && !f.many() {
			return FaultEmpty
		}
		return ""
	}
	if len(text) > MaxBytes || utf8.RuneCountInString(text) > MaxRunes {
		return FaultLong
	}
	if !f.fits(text) {
		return FaultShape
	}
	return ""
}

// fits says whether a value can stand in a field; nothing can, where it may be empty.
func (f Field) fits(text string) bool {
	if text == "" || f.Kind == FieldWords {
		return true
	}
	if layout := layouts[f.Kind]; layout != "" {
		at, err := time.Parse(layout, text)
		return err == nil && at.Year() >= 1900 && at.Year() < 2200
	}
	if len(f.Options) > 0 {
		return slices.Contains(f.Options, text)
	}
	return shapes[f.Kind].MatchString(text)
}

// tidy gives words the line ends that people mean; bytes that are no text are shown
// as such.
func tidy(text string) string {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	return strings.TrimSpace(strings.ToValidUTF8(text, "\uFFFD"))
}
