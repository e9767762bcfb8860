package desk

import (
	"errors"
	"net/http"
	"slices"

	"tillit/handlers/casework"
	"tillit/handlers/routine"
	"tillit/handlers/routine/acts"
	"tillit/intake/words"
)

// casePage is what the page of a case shows.
type casePage struct {
	Row      row
	Head     headView
	Take     *offer // nobody has it: to take it is one press
	Write    []offer
	Hands    []offer // to give the case on, and access to it
	Story    []topic
	Told     []pair // of a case that the office made: what was written down
	OwnIn    int    // the topic whose first words are the title
	Gaps     []gap
	Reply    string // the page that asks about gaps
	Log      timeline
	Unread   bool
	Last     int64 // the newest entry
	Open     []stepLine
	Waiting  []stepLine
	Over     []stepLine
	Duties   []dutyLine
	Files    []file
	CanOpen  []opener
	Kept     []string
	Doubts   []string
	Faults   []string
	Checked  int
	Unproven bool
	Closed   int // entries from before this handler had a key
	Routine  string
}

// opener is somebody who can open the case.
type opener struct{ Name, Role, Opened string }

// stepLine is a step in the list beside the case.
type stepLine struct {
	Name, Who, Link, More string
	Clock                 *clock
}

// dutyLine is a duty and who has it.
type dutyLine struct{ Duty, Who string }

func (d *Desk) casePage(w http.ResponseWriter, r *http.Request) {
	cs, err := d.cfg.Work.Case(r.Context(), r.PathValue("ref"))
	if err != nil && (cs == nil || !errors.Is(err, casework.ErrTampered)) {
		d.fail(w, r, err, cs)
		return
	}
	v := d.view(r, "case")
	v.Title = cs.Ref
	if a := acts.Find(r.URL.Query().Get("done")); a != nil && a.To == routine.Reporter && !cs.Chat() {
		v.Done = v.T("outside.done")
	}
	v.D = d.caseOf(v, cs)
	d.hide(w, *r.URL)
	d.show(w, http.StatusOK, "case", v)
}

func (d *Desk) caseOf(v view, cs *casework.Case) casePage {
	where := d.cfg.Work.Where(cs, v.Now)
	_, rw := d.row(v, cs.Case, map[string]casework.Where{cs.Routine: where})
	p := casePage{Row: rw, Head: d.head(v, cs, where), Story: v.story(cs), Gaps: v.gaps(cs), Log: d.timeline(v, cs, where),
		Unread: cs.Unread > 0, Checked: cs.Checked, Unproven: cs.Unproven, Closed: cs.Closed, CanOpen: v.openers(cs), Kept: keptOut(cs), Reply: actPath(cs.Ref, acts.Reply)}
	for _, e := range cs.Entries {
		if p.Last = max(p.Last, e.Seq); e.Made() {
			p.Told = d.allSaid(v, cs, where, e)
		}
	}
	p.Open, p.Waiting, p.Over = v.stepLines(cs.Ref, where, where.Open), v.stepLines(cs.Ref, where, where.Waiting), v.stepLines(cs.Ref, where, where.Over)
	for _, h := range where.Duties {
		who := v.T("queue.nobody_yet")
		if h.Who.ID != "" {
			who = v.nameOf(h.Who)
		}
		p.Duties = append(p.Duties, dutyLine{words.Capital(v.routine(where, "duty", h.Duty)), who})
	}
	for _, f := range cs.Files {
		p.Files = append(p.Files, v.file(f))
	}
	for _, f := range cs.Faults {
		p.Faults = append(p.Faults, v.fault(f))
	}
	for _, doubt := range cs.Doubts {
		p.Doubts = append(p.Doubts, v.doubt(doubt))
	}
	if where.Routine != nil {
		p.Routine = where.Routine.Version()[:8]
	}
	d.offer(v, cs, where, &p)
	return p
}

// stepLines are steps as the list beside the case has them.
func (v view) stepLines(ref string, w casework.Where, tasks []casework.Task) []stepLine {
	var all []stepLine
	for _, t := range tasks {
		line := stepLine{Name: v.step(w, t.Key())}
		if !t.Over() && t.Owner != "daemon" {
			line.Who = v.who(t)
		}
		switch {
		case t.Over():
			line.More = v.Label("step_is", t.Status)
			if !t.Ended.IsZero() {
				line.More = v.T("step_is.on", "what", line.More, "day", v.ShortDay(v.local(t.Ended), v.Now))
			}
		case len(t.Waits) > 0:
			line.More = v.T("step_is.after", "steps", v.stepNames(w, t.Waits))
		case t.HasDue:
			c := v.day(t.Due)
			line.Clock = &c
		}
		if t.Mine && t.Status == "open" {
			line.Link = link(ref, t)
		}
		all = append(all, line)
	}
	return all
}

// offer is a button of an act on the page of a case.
type offer struct {
	Ref, Name, Title, Class string
	ID                      string // of a form that is done with one press; empty for a page
}

// offer fills in the buttons that stand on the page itself: to take a case that nobody
// has, and to write. All acts stand on a page of their own.
func (d *Desk) offer(v view, cs *casework.Case, w casework.Where, p *casePage) {
	if len(cs.Faults) > 0 {
		return
	}
	for _, o := range d.offers(v, cs) {
		button := offer{Ref: cs.Ref, Name: o.Act.Name, Title: v.act(o.Act, "title"), Class: class(o.Act, cs)}
		switch {
		case o.Why != nil:
		case o.Act == acts.Take && d.nobodyHas(cs, w):
			button.ID = newForm().id
			p.Take = &button
		case o.Act == acts.Reply || o.Act == acts.Note:
			p.Write = append(p.Write, button)
		case o.Act == acts.Release:
			button.ID = newForm().id
			p.Hands = append(p.Hands, button)
		case o.Act == acts.Give || o.Act == acts.Grant:
			p.Hands = append(p.Hands, button)
		}
	}
}

// nobodyHas says whether nobody has taken a case.
func (d *Desk) nobodyHas(cs *casework.Case, w casework.Where) bool {
	if w.Routine != nil {
		return holderOf(w, string(routine.Lead)).ID == ""
	}
	return !slices.ContainsFunc(d.cfg.Work.Handlers(), func(h casework.Handler) bool { return h.ID == cs.Assignee })
}

// fault is what verification found, in words.
func (v view) fault(f casework.Fault) string {
	form := ".one"
	if f.Several() {
		form = ".other"
	}
	return v.T("fault."+f.What+form, "n", f.From, "to", f.To, "name", plain(f.By), "why", v.Label("doubt", f.Why))
}

// doubt is what is wrong with one entry, in words: who signed it, and why it counts in
// nothing.
func (v view) doubt(d casework.Doubt) string {
	why := v.Label("doubt", d.Why)
	switch {
	case d.Seq == 0:
		return why
	case d.By == "":
		return v.T("doubts.entry", "n", d.Seq, "why", why)
	}
	return v.T("doubts.signed", "n", d.Seq, "name", plain(d.By), "why", why)
}
