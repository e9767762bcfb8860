package desk

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"tillit/handlers/casework"
	"tillit/handlers/routine"
	"tillit/handlers/routine/acts"
	"tillit/intake/words"
	"tillit/store/cases"
)

// field is a field of an act, ready to be filled in.
type field struct {
	Name, Label, Value string
	Kind               string // how it is filled in: one of the in… constants
	Rows               int    // of a box for words
	Required           bool
	Fault, Choose      string
	Choices            []choice
	Parts              []part // of a field that gives parts of a case
	Letter             bool   // a letter can be put into it
}

// The ways of filling a field in; pages/fields.html has a template for each.
const (
	inWords  = "words"
	inLine   = "line"
	inNumber = "number"
	inDay    = "date"
	inMoment = "datetime-local"
	inSelect = "select"
	inRadio  = "radio"
	inChecks = "checks"
	inParts  = "parts"
)

// choice is a value that may be chosen.
type choice struct {
	ID, Name string
	Chosen   bool
}

// part is a duty, and who may get it.
type part struct {
	Duty    string
	Choices []choice
}

// fields are those of the form, with what was typed and what is wrong with it.
func (d *Desk) fields(v view, t turn) []field {
	var all []field
	for _, f := range t.a.Fields {
		out := field{Name: f.Name, Label: v.act(t.a, "field."+f.Name), Value: t.form.first(f.Name).Reveal(), Required: f.Required, Kind: inLine, Choose: v.T("act.choose")}
		if key := t.faults[f.Name]; key != "" {
			out.Fault = acts.Words().In(v.ID()).Say("fault." + key)
		}
		switch f.Kind {
		case routine.FieldWords:
			out.Kind, out.Rows = inWords, rows(t.a, f)
			out.Letter = f.Name == letterField && t.a.Kind != routine.KindWork && len(v.lettersFor(t)) > 0
		case routine.FieldDay:
			out.Kind = inDay
		case routine.FieldMoment:
			out.Kind = inMoment
		case routine.FieldNumber:
			out.Kind = inNumber
		case routine.FieldRef:
		case routine.FieldParts:
			out.Kind, out.Parts = inParts, d.parts(v, t, f)
		default:
			out.Choices = d.options(v, t, f)
			out.Kind = listed(f, len(out.Choices))
		}
		all = append(all, out)
	}
	return all
}

// rows is how high a box for words is: most for the only one, less beside others.
func rows(a *routine.Act, f routine.Field) int {
	boxes := 0
	for _, other := range a.Fields {
		if other.Kind == routine.FieldWords {
			boxes++
		}
	}
	switch {
	case f.Required && (boxes == 1 || f.Name == letterField && a.To != routine.Inside):
		return 12
	case f.Required:
		return 5
	}
	return 3
}

// mostRadios is how many values stand beside each other; more are folded into a list.
const mostRadios = 8

// listed is how the values of a field stand there.
func listed(f routine.Field, n int) string {
	switch {
	case f.Kind == routine.FieldPersons || f.Kind == routine.FieldChoices || f.Several:
		return inChecks
	case f.Kind == routine.FieldPerson || f.Kind == routine.FieldEntry || n > mostRadios:
		return inSelect
	}
	return inRadio
}

// options are the values that a field may have, as the case stands.
func (d *Desk) options(v view, t turn, f routine.Field) []choice {
	var all []choice
	switch f.Kind {
	case routine.FieldPerson, routine.FieldPersons:
		if sole(t.a) {
			return d.choices(v, t.cs, t.a, t.form.first(f.Name).Reveal())
		}
		all = d.people(v, t, f)
	case routine.FieldSeat:
		all = v.seats(t)
	case routine.FieldEntry:
		all = v.entries(t.cs)
	case routine.FieldName:
		all = v.named(t, f)
	default:
		for _, id := range f.Options {
			all = append(all, choice{ID: id, Name: v.option(t.a, f.Name, id)})
		}
	}
	given := t.form.get(f.Name)
	for i := range all {
		all[i].Chosen = slices.Contains(given, all[i].ID) || f.Required && len(all) == 1 && len(given) == 0
	}
	return all
}

// option is what a value of a field is called: by the words of the act, else of the
// routine, else as it is.
func (v view) option(a *routine.Act, field, id string) string {
	said, key := acts.Words().In(v.ID()), "act."+a.Name+".option."+field+"."+id
	if said.Has(key) {
		return said.Say(key)
	}
	return plain(id)
}

// sole says whether somebody to choose is all that an act asks: what it does to them is
// tried for each before they are offered.
func sole(a *routine.Act) bool {
	return len(a.Fields) == 1 && a.Fields[0].Kind == routine.FieldPerson
}

// people are those whom a field may name. A key or a piece of work is for who can open
// the case; a duty, and being told of it, for anybody who is not kept out.
func (d *Desk) people(v view, t turn, f routine.Field) []choice {
	var all []choice
	for _, h := range d.cfg.Work.Recipients() {
		out := h.ID == cases.Recovery || t.cs != nil && slices.ContainsFunc(t.cs.Kept, func(k casework.Handler) bool { return k.ID == h.ID })
		anybody := f.Kind == routine.FieldPersons || t.a.Kind == routine.KindDuty
		if out || !anybody && t.cs != nil && !holds(t.cs, h.ID) || t.a.Kind == routine.KindKeys && h.ID == v.Me.ID {
			continue
		}
		all = append(all, choice{ID: h.ID, Name: v.nameOf(h)})
	}
	return all
}

// parts are the duties of a case, and who may get each of them.
func (d *Desk) parts(v view, t turn, f routine.Field) []part {
	var all []part
	given := t.form.get(f.Name)
	for _, held := range t.where.Duties {
		p := part{Duty: words.Capital(v.routine(t.where, "duty", held.Duty))}
		stays := v.T("act.stays_free")
		if held.Who.ID != "" {
			stays = v.T("act.stays_with", "name", v.nameOf(held.Who))
			p.Choices = append(p.Choices, choice{ID: held.Duty + "=", Name: v.T("act.nobody")})
		}
		for _, h := range d.cfg.Work.Recipients() {
			support := strings.HasPrefix(held.Duty, "support")
			if h.ID == cases.Recovery || h.ID == held.Who.ID || t.cs == nil || !support && !holds(t.cs, h.ID) ||
				slices.ContainsFunc(t.cs.Kept, func(k casework.Handler) bool { return k.ID == h.ID }) {
				continue
			}
			p.Choices = append(p.Choices, choice{ID: held.Duty + "=" + h.ID, Name: v.nameOf(h)})
		}
		for i := range p.Choices {
			p.Choices[i].Chosen = slices.Contains(given, p.Choices[i].ID)
		}
		p.Choices = append([]choice{{Name: stays}}, p.Choices...)
		all = append(all, p)
	}
	return all
}

// mostEntries is how many entries of a log are offered to choose from.
const mostEntries = 200

// entries are what stands in the case in words, the newest first.
func (v view) entries(cs *casework.Case) []choice {
	var all []choice
	if cs == nil {
		return nil
	}
	for _, e := range slices.Backward(cs.Entries) {
		if e.Text.IsZero() || len(all) == mostEntries {
			continue
		}
		shown := v.entry(e)
		all = append(all, choice{ID: strconv.FormatInt(e.Seq, 10), Name: v.T("act.entry", "n", e.Seq, "what", shown.What, "day", shown.When)})
	}
	return all
}

// nameOf is how somebody is called; recovery has no name of its own.
func (v view) nameOf(h casework.Handler) string {
	return plain(cmp.Or(h.Name, v.Label("recipient", h.ID)))
}
