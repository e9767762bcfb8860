package desk

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"tillit/handlers/casework"
	"tillit/handlers/routine"
	"tillit/handlers/routine/acts"
	"tillit/intake"
	"tillit/store/cases"
)

// This file makes a case of what reached the office by another way than a conversation:
// by phone, letter, talk or mail, or because somebody passed it on. The form is that of
// the act which writes it down, with what the routine must know of such a case.

// The fields of the form that no act has. Nothing of them is words.
const (
	newCame   = "came"   // the day it came, where the act does not say it
	newChoice = "choice" // QUESTION=ANSWER
	newFlag   = "flag"
	newKnown  = "known" // the other party, by name
	newOut    = "out"   // who is kept out
)

var newFields = []string{newCame, newChoice, newFlag, newKnown, newOut}

// makes are the acts that make a case, by their name, with its source.
var makes = map[string]string{acts.Register.Name: cases.SourceRegistered, acts.Relay.Name: cases.SourceRelay}

// newView is the page that makes a case.
type newView struct {
	Name, ID        string
	Title, Hint, Do string
	Fields, Faulty  []field
	Problem         string
	Others          []choice // the other ways to make one, with their page
}

// making is a form that makes a case, as far as it has come.
type making struct {
	a      *routine.Act
	form   form
	filled routine.Filled
	faults routine.Faults
	again  bool   // it came from no page of this desk
	ref    string // the case that was made of it, though something went wrong since
	err    error
}

func (d *Desk) newPage(w http.ResponseWriter, r *http.Request) {
	m := making{a: makesCase(r)}
	if m.a == nil {
		d.notFound(w, r)
		return
	}
	if m.form = d.draft("", m.a); m.form.first(newCame).IsZero() {
		m.form.set(newCame, d.view(r, "new").Now.Format(time.DateOnly))
	}
	d.showNew(w, r, http.StatusOK, m)
}

func makesCase(r *http.Request) *routine.Act {
	if name := r.PathValue("name"); makes[name] != "" {
		return acts.Find(name)
	}
	return nil
}

// postedNew reads a form that makes a case as it came.
func postedNew(r *http.Request, a *routine.Act) (f form, fresh bool) {
	f, fresh = posted(r, a)
	for _, name := range newFields {
		f.set(name, r.PostForm[name]...)
	}
	return f, fresh
}

// makeCase makes the case of a form, once: the same form again, also from a page that was
// left open, leads to the case that it made. Whatever goes wrong, all that was typed
// stands in the form again.
func (d *Desk) makeCase(w http.ResponseWriter, r *http.Request) {
	m := making{a: makesCase(r)}
	if m.a == nil {
		d.notFound(w, r)
		return
	}
	m.form, m.again = postedNew(r, m.a)
	d.keep("", m.a, m.form)
	m.filled, m.faults = d.readNew(m)
	if m.faults != nil || m.again {
		d.showNew(w, r, http.StatusUnprocessableEntity, m)
		return
	}
	if ref, made := d.done.Get(d.madeBy(m)); made {
		d.drop("", m.a)
		http.Redirect(w, r, casePath(ref)+"?done=already#done", http.StatusSeeOther)
		return
	}
	if m.ref, m.err = d.cfg.Work.Register(r.Context(), m.registration()); m.err != nil {
		d.cfg.Log.Warn("desk: no case was made", "act", m.a.Name)
		code, _ := kind(m.err)
		d.showNew(w, r, code, m)
		return
	}
	d.made(w, r, m)
}

// readNew reads what was filled in, with the day, which must have come already.
func (d *Desk) readNew(m making) (routine.Filled, routine.Faults) {
	filled, err := m.a.Read(m.form.get)
	var faults routine.Faults
	_ = errors.As(err, &faults)
	now := d.cfg.Now().In(d.cfg.Zone)
	switch day, err := time.ParseInLocation(time.DateOnly, m.form.first(newCame).Reveal(), d.cfg.Zone); {
	case faults[newCame] != "":
	case err != nil || day.After(now) || day.Before(now.AddDate(-3, 0, 0)):
		if faults == nil {
			faults = routine.Faults{}
		}
		faults[newCame] = routine.FaultShape
	}
	return filled, faults
}

// madeBy is what the case of a form is remembered by: all that stands in it. Two reports
// in the same words, at the same desk, are one form that was sent twice.
func (d *Desk) madeBy(m making) string {
	parts := []string{"new", m.a.Name}
	for _, f := range m.a.Fields {
		parts = append(parts, f.Name, strings.Join(m.form.get(f.Name), "\x00"))
	}
	for _, name := range newFields {
		parts = append(parts, name, strings.Join(m.form.get(name), "\x00"))
	}
	return digest(d.secret, parts...)
}

// registration is what the office is asked for.
func (m making) registration() casework.Registration {
	r := casework.Registration{ID: m.form.id, Source: makes[m.a.Name], Came: m.form.first(newCame).Reveal(),
		Flags: m.form.get(newFlag), Out: m.form.get(newOut), OtherKnown: !m.form.first(newKnown).IsZero(), Act: m.filled}
	for _, text := range m.form.get(newChoice) {
		if question, chosen, found := strings.Cut(text, "="); found {
			if r.Choices == nil {
				r.Choices = map[string][]string{}
			}
			r.Choices[question] = append(r.Choices[question], chosen)
		}
	}
	return r
}

// made leads to the case. When a page was sent again with other words, after an answer
// that did not come, the case has the first ones: then the later ones become a note there.
func (d *Desk) made(w http.ResponseWriter, r *http.Request, m making) {
	d.drop("", m.a)
	cs, err := d.fetch(r, m.ref)
	if err != nil || m.stands(cs) {
		d.done.Add(d.madeBy(m), m.ref)
		http.Redirect(w, r, casePath(m.ref)+"?done="+m.a.Name+"#done", http.StatusSeeOther)
		return
	}
	note := newForm()
	note.set(letterField, m.filled.Value(letterField).Reveal())
	d.keep(m.ref, acts.Note, note)
	http.Redirect(w, r, actPath(m.ref, acts.Note)+"?done=made", http.StatusSeeOther)
}

// stands says whether the words of a form stand in its case.
func (m making) stands(cs *casework.Case) bool {
	return slices.ContainsFunc(cs.Entries, func(e casework.Entry) bool {
		return e.Act == m.a.Name && first(e.Values[letterField]) == m.filled.Value(letterField).Reveal()
	})
}

func (d *Desk) showNew(w http.ResponseWriter, r *http.Request, code int, m making) {
	v := d.view(r, "new")
	v.Here = url.URL{Path: newPath(m.a)}
	p := newView{Name: m.a.Name, ID: m.form.id, Title: v.Label("make", m.a.Name), Hint: v.act(m.a, "hint"), Do: v.act(m.a, "do"), Problem: d.problemNew(v, m)}
	v.Title, p.Fields = p.Title, d.newFields(v, m)
	for _, f := range p.Fields {
		if f.Fault != "" {
			p.Faulty = append(p.Faulty, f)
		}
	}
	for _, a := range acts.All {
		if makes[a.Name] != "" && a != m.a {
			p.Others = append(p.Others, choice{ID: newPath(a), Name: v.Label("make", a.Name)})
		}
	}
	v.D = p
	d.show(w, code, "new", v)
}

func (d *Desk) problemNew(v view, m making) string {
	_, what := kind(m.err)
	switch {
	case m.err == nil && m.again:
		return v.T("form.again")
	case m.err == nil:
		return ""
	case m.ref != "":
		return v.T("new.half", "ref", m.ref)
	case what == "refused" || what == "offline":
		return d.problem(v, turn{a: m.a, err: m.err, handed: true})
	}
	return v.T("form.failed")
}

// newFields are the fields of the form: those of the act, the first and the day before
// its words, and behind them what the routine must know.
func (d *Desk) newFields(v view, m making) []field {
	all := d.fields(v, turn{a: m.a, form: m.form, faults: m.faults})
	if i := slices.IndexFunc(all, func(f field) bool { return f.Name == newCame }); i < 0 {
		came := field{Name: newCame, Kind: inDay, Label: v.act(acts.Register, "field."+newCame), Value: m.form.first(newCame).Reveal(), Required: true}
		all = append([]field{came}, all...)
		if m.faults[newCame] != "" {
			all[0].Fault = "-"
		}
	}
	for i := range all {
		if all[i].Name == newCame && all[i].Fault != "" {
			all[i].Fault = v.T("new.day")
		}
	}
	for _, q := range intake.Default().Deciding(v.ID()) {
		f := field{Name: newChoice, Kind: inSelect, Label: v.T("new.choice", "question", q.Title), Choose: v.T("new.not_said")}
		for _, c := range q.Choices {
			f.Choices = append(f.Choices, choice{ID: q.ID + "=" + c.ID, Name: c.Label})
		}
		all = append(all, m.ticked(f))
	}
	return append(all, d.newTicks(v, m)...)
}

// newTicks are the boxes of the form.
func (d *Desk) newTicks(v view, m making) []field {
	known := field{Name: newKnown, Kind: inChecks, Label: v.T("new.known"), Choices: []choice{{ID: "yes", Name: v.T("new.known_yes")}}}
	flags := field{Name: newFlag, Kind: inChecks, Label: v.T("new.flags")}
	for _, f := range intake.Default().Flags() {
		flags.Choices = append(flags.Choices, choice{ID: f, Name: v.Label("flag", f)})
	}
	out := field{Name: newOut, Kind: inChecks, Label: v.T("new.out")}
	for _, h := range slices.Concat(d.cfg.Work.Handlers(), d.cfg.Work.Chain()) {
		seen := slices.ContainsFunc(out.Choices, func(c choice) bool { return c.ID == h.ID })
		if h.ID != v.Me.ID && !seen {
			out.Choices = append(out.Choices, choice{ID: h.ID, Name: plain(h.Name)})
		}
	}
	return []field{m.ticked(known), m.ticked(flags), m.ticked(out)}
}

// ticked is a field with what was chosen in it.
func (m making) ticked(f field) field {
	given := m.form.get(f.Name)
	for i := range f.Choices {
		f.Choices[i].Chosen = slices.Contains(given, f.Choices[i].ID)
	}
	return f
}

func newPath(a *routine.Act) string { return "/new/" + a.Name }
