package desk

import (
	"cmp"
	"errors"
	"net/http"
	"slices"

	"tillit/handlers/casework"
	"tillit/handlers/routine"
	"tillit/handlers/routine/acts"
	"tillit/intake"
	"tillit/intake/names"
	"tillit/store/cases"
)

// actView is what the page of an act shows: its form, or the act once more before it is
// done.
type actView struct {
	Ref, Name        string
	Class            string // out, inside or plain: where the words go
	Title, Hint, Do  string
	Next             string // the button that leads to looking at it once more, if it is about keys
	ID, Seen         string // of the form, and the proof that the act was looked at
	Fields           []field
	Hidden           []field // what was filled in, of an act that is looked at
	Problem          string
	Broken           bool // the log of the case is not whole
	Look             look
	Kept             []string // names that the words must not reach
	Readers, Channel string
	Last             *entry   // the reporter's last words
	Words            string   // what leaves
	Names            []string // colleagues whom the words name
	Person, Aloud    string   // who gets the key, and the fingerprint to compare
	Recovery         bool     // it is nobody who could read it aloud
	KeptUnsaid       bool     // the log may not say that they are kept out
}

// field is a field of an act, ready to be filled in.
type field struct {
	Name, Label, Value string
	Words, Required    bool
	Fault              string
	Choices            []choice
}

// choice is somebody who may be named.
type choice struct {
	ID, Name string
	Chosen   bool
}

// act is how the words of an act are said.
func (v view) act(a *routine.Act, what string, pairs ...any) string {
	return acts.Words().In(v.ID()).Say("act."+a.Name+"."+what, pairs...)
}

// class says where what stands in an act goes.
func class(a *routine.Act) string {
	switch {
	case a.To == routine.Reporter:
		return "out"
	case hasWords(a):
		return "inside"
	}
	return "plain"
}

// showAct shows the page of an act as far as it has come.
func (d *Desk) showAct(w http.ResponseWriter, r *http.Request, code int, t turn) {
	v := d.view(r, "act")
	v.Title = v.act(t.a, "title")
	p := actView{Ref: plain(t.ref), Name: t.a.Name, Class: class(t.a), Title: v.Title, Hint: v.act(t.a, "hint"), Do: v.act(t.a, "do"),
		ID: t.form.id, Look: t.look, Problem: d.problem(v, t)}
	switch {
	case t.a.Kind == routine.KindKeys && person(t.a) != "":
		p.Next = v.T("grant.next")
	case t.a.Kind == routine.KindKeys:
		p.Next = v.T("act.next")
	}
	if t.cs != nil {
		p.Broken, p.Kept = len(t.cs.Faults) > 0, keptOut(t.cs)
		p.Readers, p.Channel, p.Last = v.readers(t.cs), v.Label("channel", t.cs.Channel), v.lastWords(t.cs)
	}
	if t.look == lookNone {
		p.Fields = d.fields(v, t)
	} else {
		d.onceMore(v, t, &p)
	}
	v.D = p
	d.show(w, code, "act", v)
}

// onceMore fills in what is looked at before an act is done.
func (d *Desk) onceMore(v view, t turn, p *actView) {
	p.Seen = d.seen(t)
	for _, f := range t.a.Fields {
		p.Hidden = append(p.Hidden, field{Name: f.Name, Value: t.filled.Value(f.Name).Reveal()})
	}
	switch t.look {
	case lookLeaves:
		words := t.filled.Leaves()
		p.Words, p.Names = words.Reveal(), d.named(v, words)
	case lookCompare:
		to := d.recipient(t.person())
		p.Person, p.Aloud, p.Recovery = v.nameOf(to), to.Fingerprint, to.ID == cases.Recovery
		p.KeptUnsaid = t.cs != nil && t.cs.KeptUnsaid
	}
}

// problem is what went wrong, in the handler's words.
func (d *Desk) problem(v view, t turn) string {
	var refusal *routine.Refusal
	switch _, what := kind(t.err); {
	case t.err == nil && t.again:
		return v.T("form.again")
	case t.err == nil:
		return ""
	case errors.As(t.err, &refusal):
		said := acts.Words().In(v.ID())
		key := "refused." + refusal.Key
		if !said.Has(key) {
			key = "refused." + routine.RefusedMark
		}
		return said.Say(key, "person", v.nameOf(d.recipient(refusal.Person)))
	case what == "offline" && t.handed:
		return v.T("form.maybe")
	case errors.Is(t.err, casework.ErrPart):
		return v.T("form.part")
	case what == "tampered":
		return v.T("form.tampered")
	case what == "key":
		return v.T("form.key")
	}
	return v.T("form.failed")
}

// fields are those of the form, with what was typed and what is wrong with it.
func (d *Desk) fields(v view, t turn) []field {
	var all []field
	for _, f := range t.a.Fields {
		out := field{Name: f.Name, Label: v.act(t.a, "field."+f.Name), Value: t.form.values[f.Name].Reveal(),
			Words: f.Kind == routine.FieldWords, Required: f.Required}
		if key := t.faults[f.Name]; key != "" {
			out.Fault = acts.Words().In(v.ID()).Say("fault." + key)
		}
		if f.Kind == routine.FieldPerson {
			out.Choices = d.choices(v, t.cs, t.a, out.Value)
		}
		all = append(all, out)
	}
	return all
}

// choices are the people whom an act may name, as the case stands; without a case, the
// one who was chosen.
func (d *Desk) choices(v view, cs *casework.Case, a *routine.Act, chosen string) []choice {
	var all []choice
	for _, h := range d.cfg.Work.Recipients() {
		if cs == nil && h.ID != chosen || cs != nil && !d.mayBe(cs, a, h.ID) {
			continue
		}
		c := choice{ID: h.ID, Name: v.nameOf(h), Chosen: h.ID == chosen}
		if a.Kind == routine.KindKeys && cs != nil && holds(cs, h.ID) { // who lost a key and has a new one needs it again
			c.Name = v.T("grant.again", "name", c.Name)
		}
		all = append(all, c)
	}
	return all
}

// mayBe says whether an act may name somebody, as the case stands.
func (d *Desk) mayBe(cs *casework.Case, a *routine.Act, id string) bool {
	filled, err := a.Read(func(string) []string { return []string{id} })
	return err == nil && d.fits(cs, a, id) && d.cfg.Work.Allows(cs, filled) == nil
}

// fits says whether somebody is one whom an act is about: a case is given to who can
// open it, a key to anybody who may have one, and neither to oneself.
func (d *Desk) fits(cs *casework.Case, a *routine.Act, id string) bool {
	return id != d.cfg.Work.Me().ID && d.recipient(id).ID != "" &&
		(a.Kind != routine.KindDuty || id != cases.Recovery && holds(cs, id))
}

func holds(cs *casework.Case, id string) bool {
	return slices.ContainsFunc(cs.CanOpen, func(h casework.Handler) bool { return h.ID == id })
}

// recipient finds somebody whom a key could be given to; nobody is the zero value.
func (d *Desk) recipient(id string) casework.Handler {
	for _, h := range d.cfg.Work.Recipients() {
		if h.ID == id && id != "" {
			return h
		}
	}
	return casework.Handler{}
}

// nameOf is how somebody is called; recovery has no name of its own.
func (v view) nameOf(h casework.Handler) string {
	return plain(cmp.Or(h.Name, v.Label("recipient", h.ID)))
}

// readers are all who can read what stays inside.
func (v view) readers(cs *casework.Case) string {
	var all []string
	for _, h := range cs.CanOpen {
		all = append(all, cmp.Or(h.Name, v.Label("reader", h.ID)))
	}
	return v.List(all)
}

// lastWords are the reporter's newest.
func (v view) lastWords(cs *casework.Case) (last *entry) {
	for _, e := range cs.Entries {
		if e.Kind == cases.TypeMessage {
			shown := v.entry(e)
			last = &shown
		}
	}
	return last
}

// named returns the colleagues whom words may name.
func (d *Desk) named(v view, text intake.Private) []string {
	var people []names.Person
	called := map[string]string{}
	for _, h := range d.cfg.Work.Handlers() {
		if h.ID != v.Me.ID {
			people = append(people, names.Person{ID: h.ID, Name: h.Name})
			called[h.ID] = h.Name
		}
	}
	var out []string
	for _, f := range names.Find(text.Reveal(), people) {
		out = append(out, called[f.ID])
	}
	return out
}

// offer is a button of an act on the page of a case.
type offer struct {
	Name, Title, Class string
	ID                 string // of a form that is done with one press; empty for a page
	Writes             bool   // it adds to the timeline what somebody writes
}

// offers are the acts that can be done as the case stands, in their order.
func (d *Desk) offers(v view, cs *casework.Case) []offer {
	var all []offer
	for _, a := range acts.All {
		o := offer{Name: a.Name, Title: v.act(a, "title"), Class: class(a), Writes: a.Kind == routine.KindSent || a.Kind == routine.KindWork}
		if a.Kind == routine.KindKeys {
			o.Class = "plain" // what stands in it matters less than what it does
		}
		if person(a) != "" {
			if len(d.choices(v, cs, a, "")) == 0 {
				continue
			}
		} else if filled, err := a.Parse(cases.NewFields([]byte("{}"))); err != nil || d.cfg.Work.Allows(cs, filled) != nil {
			continue
		} else if len(a.Fields) == 0 && lookOf(filled, v.Me.ID) == lookNone {
			o.ID = newForm().id
		}
		all = append(all, o)
	}
	return all
}

// Offer puts a button together with the case that it is of.
func (view) Offer(ref string, o offer) any {
	return struct {
		Ref   string
		Offer offer
	}{ref, o}
}
