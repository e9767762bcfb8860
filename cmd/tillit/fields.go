package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"tillit/handlers/casework"
	"tillit/handlers/routine"
)

// given is what was given for a field, by as many flags as there were. It is never
// refused while flags are read: what is said then would show it.
type given struct {
	all  []string
	hint string // what a value looks like, in the help
}

// String implements [pflag.Value]; what was given is not shown.
func (g *given) String() string { return "" }

// Set implements [pflag.Value].
func (g *given) Set(text string) error {
	g.all = append(g.all, text)
	return nil
}

// Type implements [pflag.Value].
func (g *given) Type() string { return g.hint }

var _ pflag.Value = (*given)(nil)

// forms are what the values of a kind of field look like, in every language; of other
// kinds there are words.
var forms = map[routine.FieldKind]string{routine.FieldDay: "2026-11-27", routine.FieldMoment: "2026-11-27T14:30"}

// hints are the keys of these words.
var hints = map[routine.FieldKind]string{
	routine.FieldWords: "looks.words", routine.FieldPerson: "looks.person", routine.FieldPersons: "looks.person", routine.FieldSeat: "looks.seat",
	routine.FieldEntry: "looks.entry", routine.FieldRef: "looks.ref", routine.FieldNumber: "looks.number", routine.FieldName: "looks.name", routine.FieldParts: "looks.parts",
}

func (s speech) looks(f routine.Field) string {
	if len(f.Options) > 0 {
		return strings.Join(f.Options, "|")
	}
	if form := forms[f.Kind]; form != "" {
		return form
	}
	return s.Say(hints[f.Kind])
}

// mainField is the field of words that an act is about: of those that must be there, what
// is called text, or else a reason, or else the first; and if none must, in the same way
// of all.
func mainField(a *routine.Act) string {
	best, of := "", 0
	for _, f := range a.Fields {
		if f.Kind != routine.FieldWords {
			continue
		}
		rank := map[string]int{"text": 3, "reason": 2}[f.Name]
		if rank = max(rank, 1); f.Required {
			rank += 3
		}
		if rank > of {
			best, of = f.Name, rank
		}
	}
	return best
}

// flags makes a flag of each field.
func (f *filling) flags(c *cobra.Command) {
	set := c.Flags()
	f.main = mainField(f.act)
	for _, field := range f.act.Fields {
		usage := f.word("field." + field.Name)
		if field.Several {
			usage = f.Say("flag.several", "what", usage)
		}
		if !field.Required {
			usage = f.Say("flag.optional", "what", usage)
		}
		g := &given{hint: f.looks(field)}
		f.values[field.Name] = g
		set.Var(g, field.Name, usage)
	}
	if f.main != "" {
		set.VarP(f.values[f.main], "message", "m", f.Say("flag.message", "field", f.main))
		set.BoolVar(&f.stdin, "stdin", false, f.Say("flag.stdin"))
	}
	if len(f.act.Fields) > 0 {
		set.StringVar(&f.file, "fields", "", f.Say("flag.fields"))
	}
	if f.gives() {
		set.StringVar(&f.compared, "compared", "", f.Say("flag.compared"))
	}
	if f.act.To != routine.Inside || slices.Contains(f.act.Effects, "recuse") {
		set.BoolVar(&f.yes, "yes", false, f.Say("flag.sure"))
	}
	set.BoolVar(&f.json, "json", false, f.Say("flag.json"))
	set.StringVar(&f.id, "id", "", f.Say("flag.id"))
}

// get is what was given for a field. Words of which there may be several are a line each.
func (f *filling) get(name string) []string {
	all := f.values[name].all
	if len(all) > 1 && f.field(name).Kind == routine.FieldWords {
		return []string{strings.Join(all, "\n")}
	}
	return all
}

func (f *filling) field(name string) routine.Field {
	return f.act.Fields[slices.IndexFunc(f.act.Fields, func(x routine.Field) bool { return x.Name == name })]
}

// listens says whether the words come on standard input.
func (f *filling) listens() bool {
	return f.main != "" && len(f.values[f.main].all) == 0 && (f.stdin || f.field(f.main).Required && f.file != "-")
}

// listened says whether standard input was read to its end.
func (f *filling) listened() bool { return f.file == "-" || f.stdin || f.heard }

// read reads the act from what was given.
func (f *filling) read(cmd *cobra.Command) error {
	if err := f.readFile(cmd.InOrStdin()); err != nil {
		return err
	}
	if f.heard = f.listens(); f.heard {
		if err := f.others(); err != nil { // before somebody writes much
			return err
		}
		if err := f.listen(cmd); err != nil {
			return err
		}
	}
	var err error
	f.filled, err = f.act.Read(f.get)
	return f.faulty(err)
}

// others names what is wrong with all but the words that are still to come.
func (f *filling) others() error {
	_, err := f.act.Read(func(name string) []string {
		if name == f.main {
			return []string{"x"}
		}
		return f.get(name)
	})
	return f.faulty(err)
}

// listen reads the words from standard input.
func (f *filling) listen(cmd *cobra.Command) error {
	in := cmd.InOrStdin()
	if terminal(in) {
		fmt.Fprintln(cmd.ErrOrStderr(), f.Say("field.end", "what", f.word("field."+f.main)))
	}
	raw, err := io.ReadAll(io.LimitReader(in, routine.MaxBytes+1))
	if err != nil {
		return f.fails("error.stdin")
	}
	if len(raw) > routine.MaxBytes { // never a part of them
		return f.faulty(routine.Faults{f.main: routine.FaultLong})
	}
	f.values[f.main].all = []string{string(raw)}
	return nil
}

// mostFields is how much a file of fields holds at most.
const mostFields = 1 << 20

// readFile reads the fields that a file gives. What stands in it is never said.
func (f *filling) readFile(in io.Reader) error {
	if f.file == "" {
		return nil
	}
	if f.file != "-" {
		file, err := os.Open(f.file)
		if err != nil {
			return f.wrong("call.fields_file")
		}
		defer file.Close()
		in = file
	}
	var all map[string]any
	raw, err := io.ReadAll(io.LimitReader(in, mostFields))
	if err != nil || json.Unmarshal(raw, &all) != nil {
		return f.wrong("call.fields_json")
	}
	for name, value := range all {
		g := f.values[name]
		if g == nil {
			return f.wrong("call.fields_name", "act", f.act.Name)
		}
		texts, ok := textsOf(value)
		if !ok {
			return f.wrong("call.fields_text", "field", name)
		}
		g.all = append(g.all, texts...)
	}
	return nil
}

// textsOf are the texts of a value of JSON.
func textsOf(value any) (all []string, ok bool) {
	switch v := value.(type) {
	case string:
		return []string{v}, true
	case []any:
		for _, one := range v {
			text, is := one.(string)
			if !is {
				return nil, false
			}
			all = append(all, text)
		}
		return all, true
	}
	return nil, false
}

// faulty says what is wrong with what was filled in, all of it, and where it is given.
// What was given is not repeated.
func (f *filling) faulty(err error) error {
	var faults routine.Faults
	if err != nil && !errors.As(err, &faults) {
		return err
	}
	var all []string
	for _, field := range f.act.Fields {
		if why := f.fault(field, faults[field.Name]); why != "" {
			how := "--" + field.Name
			if field.Name == f.main {
				how = f.Say("field.main")
			}
			all = append(all, f.Say("field.wrong", "what", f.word("field."+field.Name), "how", how, "why", why))
		}
	}
	if len(all) == 0 {
		return nil
	}
	return usageError{told{strings.Join(all, " "), errFields}}
}

func (f *filling) fault(field routine.Field, why string) string {
	switch {
	case len(f.values[field.Name].all) > 1 && !field.Several:
		return f.Say("field.once")
	case why == routine.FaultShape:
		return f.Say("field.looks", "why", f.acts.Say("fault."+why), "how", f.looks(field))
	case why != "":
		return f.acts.Say("fault." + why)
	}
	return ""
}

// people finds who is named among those who can be, and returns the one whom the act is
// about; nobody if it is about none.
func (f *filling) people() (who casework.Handler, err error) {
	var missing []string
	for _, field := range f.act.Fields {
		known := f.client.People()
		if field.Kind == routine.FieldPersons { // who is told of it, and does nothing in it
			known = append(known, f.client.Chain()...)
		}
		for _, id := range named(field, f.filled) {
			i := slices.IndexFunc(known, func(h casework.Handler) bool { return h.ID == id })
			if i < 0 {
				missing = append(missing, id)
			} else if field.Kind == routine.FieldPerson {
				who = known[i]
			}
		}
	}
	if len(missing) > 0 {
		return who, f.nobody(missing...)
	}
	return who, nil
}

// errFields says that fields were filled in wrongly; what is wrong is said with it.
var errFields = errors.New("fields")

// nobody says that people are not of the organisation file.
func (s speech) nobody(ids ...string) error {
	var all []string
	for _, id := range ids {
		all = append(all, strconv.Quote(screen(id)))
	}
	return usageError{told{s.Number("call.handler", len(ids), "who", strings.Join(all, ", ")), errFields}}
}

// named are the people whom a field names.
func named(field routine.Field, filled routine.Filled) (ids []string) {
	for _, value := range filled.Plain()[field.Name] {
		switch field.Kind {
		case routine.FieldPerson, routine.FieldPersons:
			ids = append(ids, value)
		case routine.FieldParts:
			if _, id, _ := strings.Cut(value, "="); id != "" {
				ids = append(ids, id)
			}
		}
	}
	return ids
}

// fits says which values are not among those that the case has for them, as far as they
// are the same however it stands.
func (f *filling) fits() error {
	var all []string
	where := f.client.Where(f.was, f.client.Now())
	for _, field := range f.act.Fields {
		options, fixed := where.Options(field)
		for _, value := range f.filled.Plain()[field.Name] {
			if fixed && !slices.Contains(options, value) {
				all = append(all, f.Say("field.wrong", "what", f.word("field."+field.Name), "how", "--"+field.Name,
					"why", f.Say("field.looks", "why", f.acts.Say("fault."+routine.FaultShape), "how", strings.Join(options, "|"))))
			}
		}
	}
	if len(all) > 0 {
		return usageError{told{strings.Join(all, " "), errFields}}
	}
	return nil
}
