package desk

import (
	"cmp"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

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
	Ref, Name, Of    string
	Class            string // out, inside, seat or plain: where the words go
	Title, Hint, Do  string
	Next             string // the button that leads to looking at it once more
	ID, Seen         string // of the form, and the proof that the act was looked at
	Fields           []field
	Hidden           []field // what was filled in, of an act that is looked at
	Faulty           []field // those in which something is wrong
	Problem          string
	No               *refusal // it cannot be done now
	Written          []string // words that were kept of it all the same
	Broken           bool     // the log of the case is not whole
	Look             look
	NoChat           bool   // what would leave is told outside: whoever told it has no chat
	Second           string // who may agree, of what a second person must agree to
	Sure             bool   // that one must
	Asked            *askedView
	Letters          []choice // that can be put into the form
	Kept             []string // names that the words must not reach
	Readers, Channel string
	Last             *entry   // the reporter's last words
	Since, Upto      int64    // the last entry when it was begun, and when it is looked at
	News             []entry  // what came since it was begun
	Words            string   // what leaves, or was told outside
	Names            []string // colleagues whom the words name
	Holes            []string // of a letter, that are not filled in
	Ends, Begins     []string // steps, by it
	Person, Aloud    string   // who gets the key, and the fingerprint to compare
	Recovery         bool     // it is nobody who could read it aloud
	KeptUnsaid       bool     // the log may not say that they are kept out
}

// askedView is what a colleague asks of a second person.
type askedView struct {
	Of           string // its number
	Leaves       bool   // words leave for the reporter with a yes
	Line, When   string
	Said         []pair
	Ends, Begins []string
}

// fields are those of an answer to what is asked: which one it is, and whether they agree,
// is said otherwise, and words are only asked for where some leave.
func (a *askedView) fields(all []field) []field {
	return slices.DeleteFunc(all, func(f field) bool {
		return f.Name == "of" || f.Name == "agree" && f.Fault == "" || f.Name == letterField && !a.Leaves
	})
}

// pair is what stands in a field of an act that was done.
type pair struct {
	field string
	Name  string
	Lines []string
	Words bool // somebody's own
}

// act is how the words of an act are said.
func (v view) act(a *routine.Act, what string, pairs ...any) string {
	return acts.Words().In(v.ID()).Say("act."+a.Name+"."+what, pairs...)
}

// class says where what stands in an act goes. Where whoever told the case has no chat,
// nothing leaves: it is told outside.
func class(a *routine.Act, cs *casework.Case) string {
	switch {
	case a.Kind == routine.KindSecond:
		return "plain"
	case a.To == routine.Reporter && cs != nil && !cs.Chat():
		return "seat"
	case a.To == routine.Reporter:
		return "out"
	case a.To == routine.Seat:
		return "seat"
	case hasWords(a):
		return "inside"
	}
	return "plain"
}

// showAct shows the page of an act as far as it has come.
func (d *Desk) showAct(w http.ResponseWriter, r *http.Request, code int, t turn) {
	v := d.view(r, "act")
	v.Title = v.act(t.a, "title")
	p := actView{Ref: plain(t.ref), Name: t.a.Name, Class: class(t.a, t.cs), Title: v.Title, Hint: v.act(t.a, "hint"), Do: v.act(t.a, "do"),
		ID: t.form.id, Look: t.look, Problem: d.problem(v, t)}
	p.Next = v.next(t.a)
	if t.cs != nil && !t.cs.Chat() && (t.a.To == routine.Reporter || t.look == lookLeaves) {
		p.NoChat, p.Next, p.Do = true, v.T("act.look_over"), v.T("outside.do")
		if t.look == lookLeaves {
			p.Look = lookOutside
		}
	}
	if t.cs != nil {
		p.Broken, p.Kept, p.Of = len(t.cs.Faults) > 0, keptOut(t.cs), plain(t.cs.Title().Reveal())
		p.Readers, p.Channel, p.Last = v.readers(t.cs), v.Label("channel", t.cs.Channel), v.lastWords(t.cs)
		p.Since, p.Upto = t.form.since, t.form.upto
		if p.Class == "out" || p.Class == "seat" {
			p.News = d.news(v, t)
		}
		d.second(v, t, &p)
	}
	switch {
	case t.look != lookNone:
		d.onceMore(v, t, &p)
	case d.refusedNow(v, t, &p):
	default:
		p.Fields = d.fields(v, t)
		if p.Asked != nil {
			p.Fields = p.Asked.fields(p.Fields)
		}
		for _, f := range p.Fields {
			if f.Fault != "" {
				p.Faulty = append(p.Faulty, f)
			}
		}
		if _, own := lettersOf[t.a.Name]; !own {
			for _, id := range v.lettersFor(t) {
				p.Letters = append(p.Letters, choice{ID: id, Name: v.routine(t.where, "letter", id), Chosen: id == t.from})
			}
		}
	}
	v.D = p
	d.show(w, code, "act", v)
}

// next is the button that leads to looking at an act once more; empty for none.
func (v view) next(a *routine.Act) string {
	switch {
	case a.Kind == routine.KindKeys && sole(a):
		return v.T("grant.next")
	case a.Kind == routine.KindKeys || a.Kind == routine.KindShred:
		return v.T("act.next")
	case a.Kind == routine.KindSent && a.To == routine.Seat:
		return v.T("act.look_over")
	}
	return ""
}

// refusedNow fills in why an act cannot be done whatever is filled in, with the words
// that were kept of it.
func (d *Desk) refusedNow(v view, t turn, p *actView) bool {
	if t.handed || t.cs == nil || t.faults != nil {
		return false
	}
	if p.No = d.refused(v, t.ref, t.where, d.whyNot(v, t.cs, t.a)); p.No == nil {
		return false
	}
	p.Problem = ""
	for _, f := range t.a.Fields {
		if text := t.form.first(f.Name).Reveal(); f.Kind == routine.FieldWords && strings.TrimSpace(text) != "" {
			p.Written = append(p.Written, plain(text))
		}
	}
	return true
}

// second fills in what there is to say of a second person: that one must agree, or what
// one is asked.
func (d *Desk) second(v view, t turn, p *actView) {
	if mayWait(t.a) {
		var who []string
		for _, h := range t.cs.CanOpen {
			if h.ID != v.Me.ID && h.ID != cases.Recovery {
				who = append(who, v.nameOf(h))
			}
		}
		p.Second, p.Sure = v.List(who), slices.Contains(t.a.Effects, "second")
	}
	if q, asked := t.question(); asked && t.a.Kind == routine.KindSecond {
		p.Asked = d.askedOf(v, t, q)
	}
}

// askedOf is what a colleague asks, and what it comes to if the handler agrees.
func (d *Desk) askedOf(v view, t turn, q casework.Question) *askedView {
	out := &askedView{Of: strconv.FormatInt(q.Seq, 10), Line: v.question(t.where, q), When: v.Moment(v.local(q.At), v.Now)}
	if e, found := entryOf(t.cs, q.Seq); found {
		out.Said = d.allSaid(v, t.cs, t.where, e)
	}
	out.Leaves = q.Act != nil && (slices.Contains(q.Act.Effects, "out:r") || slices.Contains(q.Act.Effects, "out:seat"))
	yes := map[string]string{"of": out.Of, "agree": "yes", "reason": "-"}
	if filled, err := t.a.Read(func(field string) []string { return []string{yes[field]} }); err == nil {
		out.Ends, out.Begins = v.changes(t.where, d.cfg.Work.Comes(t.cs, filled, v.Now))
	}
	return out
}

// changes are the steps that an act ends and begins, in words.
func (v view) changes(w casework.Where, out casework.Outcome) (ends, begins []string) {
	for _, t := range out.Ends {
		ends = append(ends, v.step(w, t.Key()))
	}
	for _, t := range out.Begins {
		name := v.step(w, t.Key())
		if t.HasDue {
			name = v.T("act.by_day", "step", name, "day", v.day(t.Due).When)
		}
		begins = append(begins, name)
	}
	return ends, begins
}

// entryOf is an entry of a case, by its number.
func entryOf(cs *casework.Case, seq int64) (casework.Entry, bool) {
	i := slices.IndexFunc(cs.Entries, func(e casework.Entry) bool { return e.Seq == seq })
	if i < 0 {
		return casework.Entry{}, false
	}
	return cs.Entries[i], true
}

// onceMore fills in what is looked at before an act is done.
func (d *Desk) onceMore(v view, t turn, p *actView) {
	p.Seen = d.seen(t)
	for _, f := range t.a.Fields {
		for _, value := range t.filled.Values()[f.Name] {
			p.Hidden = append(p.Hidden, field{Name: f.Name, Value: value.Reveal()})
		}
	}
	if t.cs != nil {
		p.Ends, p.Begins = v.changes(t.where, d.cfg.Work.Comes(t.cs, t.filled, v.Now))
	}
	switch p.Look {
	case lookLeaves, lookOutside:
		words := t.filled.Leaves()
		if p.Class = "out"; p.Look == lookOutside {
			p.Class = "seat"
		}
		if words.IsZero() { // they are somebody else's
			words = t.filled.Value(letterField)
		}
		p.Words, p.Names = plain(words.Reveal()), d.named(v, words)
		p.Holes = openHole.FindAllString(p.Words, -1)
	case lookCompare:
		to := d.recipient(t.person())
		p.Person, p.Aloud, p.Recovery = v.nameOf(to), to.Fingerprint, to.ID == cases.Recovery
		p.KeptUnsaid = t.cs != nil && t.cs.KeptUnsaid
	}
}

// problem is what went wrong, in the handler's words.
func (d *Desk) problem(v view, t turn) string {
	switch _, what := kind(t.err); {
	case t.err == nil && t.again:
		return v.T("form.again")
	case t.err == nil:
		return ""
	case what == "refused" || what == "right":
		if no := d.refused(v, t.ref, t.where, t.err); no != nil {
			return no.Said
		}
		return acts.Words().In(v.ID()).Say("refused." + routine.RefusedRight)
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

// news is what the reporter and colleagues have said and done since a form was begun.
func (d *Desk) news(v view, t turn) (all []entry) {
	me := d.cfg.Work.Me()
	for _, e := range t.cs.Entries {
		if e.Seq > t.form.since && (e.By == "reporter" || e.Act != "" && e.By != me.Name || strings.HasPrefix(e.Event, string(cases.EventWish)+"_")) {
			all = append(all, v.entry(e))
		}
	}
	return all
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
