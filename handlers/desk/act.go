package desk

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"tillit/handlers/casework"
	"tillit/handlers/routine"
	"tillit/handlers/routine/acts"
	"tillit/handlers/routine/plan"
)

// look says what is shown once more before an act is done.
type look string

const (
	lookNone    look = ""
	lookLeaves  look = "leaves"  // the words as the reporter will see them
	lookOutside look = "outside" // that nothing leaves from here: it was told outside
	lookCompare look = "compare" // the fingerprint of the key that is about to be used
	lookSure    look = "sure"    // that it cannot be undone
)

// lookOf follows from what an act is, so that a new act gets it by its declaration.
func lookOf(act routine.Filled, me string) look {
	switch {
	case !act.Leaves().IsZero():
		return lookLeaves
	case act.Kind == routine.KindSent:
		return lookOutside
	case act.Kind == routine.KindShred:
		return lookSure
	case act.Kind != routine.KindKeys:
		return lookNone
	case act.Mark(me).Out:
		return lookSure
	}
	return lookCompare
}

// actPage shows the form of an act, with the words that were kept of it, or why it cannot
// be done.
func (d *Desk) actPage(w http.ResponseWriter, r *http.Request) {
	a, ref := acts.Find(r.PathValue("name")), r.PathValue("ref")
	if a == nil {
		d.notFound(w, r)
		return
	}
	cs, err := d.cfg.Work.Case(r.Context(), ref)
	if cs == nil || err != nil && !errors.Is(err, casework.ErrTampered) {
		d.fail(w, r, err, cs)
		return
	}
	v := d.view(r, "act")
	t := turn{a: a, ref: ref, form: d.draft(ref, a), from: r.URL.Query().Get(fromLetter)}
	t = d.of(v, t, cs)
	t.form.ask(d.words.In(d.words.Match(v.ID(), cs.Lang)), a, cs, r.URL.Query())
	if t.form.first(letterField).IsZero() && a.To != routine.Inside || a.Kind == routine.KindAsk {
		t = d.fillIn(v, t)
	}
	t.err = d.whyNot(v, cs, a)
	d.showAct(w, r, http.StatusOK, t)
}

// of puts a turn together with the case that it is of.
func (d *Desk) of(v view, t turn, cs *casework.Case) turn {
	if t.cs = cs; cs != nil {
		t.where = d.cfg.Work.Where(cs, v.Now)
		if t.form.since == 0 {
			t.form.since = int64(cs.Checked)
		}
	}
	return t
}

// whyNot says why an act cannot be done whatever is filled in.
func (d *Desk) whyNot(v view, cs *casework.Case, a *routine.Act) error {
	for _, o := range d.offers(v, cs) {
		if o.Act == a {
			return o.Why
		}
	}
	return nil
}

// offers are all acts. One with nothing to fill in, or with somebody to choose alone, is
// tried: it can be done at once, or not.
func (d *Desk) offers(v view, cs *casework.Case) []casework.Offer {
	all := d.cfg.Work.Offers(cs)
	for i, o := range all {
		switch {
		case o.Why != nil:
		case len(o.Act.Fields) == 0:
			if filled, err := o.Act.Read(func(string) []string { return nil }); err == nil {
				all[i].Why = d.cfg.Work.Allows(cs, filled)
			}
		case sole(o.Act) && len(d.choices(v, cs, o.Act, "")) == 0:
			all[i].Why = &routine.Refusal{Key: routine.RefusedMark}
		}
	}
	return all
}

// turn is one press of a button of an act's page, as far as it has come.
type turn struct {
	a      *routine.Act
	ref    string
	form   form
	filled routine.Filled
	look   look
	from   string         // the letter that is chosen, where the act itself chooses none
	cs     *casework.Case // nil: not fetched
	where  casework.Where // of the case
	faults routine.Faults
	handed bool  // it was handed in
	waits  bool  // it waits for a second person
	again  bool  // the page is shown anew, because its button was no proof of having seen it
	err    error // what it ended with
}

// question is what a colleague asks that the form answers; it is about the only one
// where the form names none.
func (t turn) question() (casework.Question, bool) {
	var theirs []casework.Question
	for _, q := range t.where.Asked {
		if q.Mine {
			continue
		}
		if theirs = append(theirs, q); strconv.FormatInt(q.Seq, 10) == t.form.first("of").Reveal() {
			return q, true
		}
	}
	if t.a.Kind == routine.KindSecond && len(theirs) == 1 && t.form.first("of").IsZero() {
		return theirs[0], true
	}
	return casework.Question{}, false
}

// act does an act: at once, or after it was looked at once more. Whatever goes wrong,
// the page is shown again with all that was typed and the same id, so that pressing
// again does it once.
func (d *Desk) act(w http.ResponseWriter, r *http.Request) {
	t := turn{a: acts.Find(r.PathValue("name")), ref: r.PathValue("ref")}
	if t.a == nil {
		d.notFound(w, r)
		return
	}
	t.form, t.again = posted(r, t.a)
	t.from = r.PostFormValue(fromLetter)
	if t.a.Kind == routine.KindSecond && t.form.first("agree").Reveal() != "yes" {
		t.form.set(letterField) // what would leave if they agreed
	}
	switch does := r.PostFormValue("do"); {
	case does == "note" && t.a.To != routine.Inside:
		d.toNote(w, r, t)
		return
	case does == "fill":
		d.keep(t.ref, t.a, t.form)
		d.showFilled(w, r, t)
		return
	}
	d.keep(t.ref, t.a, t.form)
	var err error
	t.filled, err = t.a.Read(t.form.get)
	if errors.As(err, &t.faults) || t.again {
		cs, err := d.fetch(r, t.ref)
		if cs == nil && !errors.Is(err, casework.ErrOffline) {
			d.fail(w, r, err, nil)
			return
		}
		d.showAct(w, r, http.StatusUnprocessableEntity, d.of(d.view(r, "act"), t, cs))
		return
	}
	switch t.look = lookOf(t.filled, d.cfg.Work.Me().ID); {
	case t.look != lookNone && !d.hasSeen(r, t):
		d.lookOnce(w, r, t)
	case d.isDone(t.id()):
		d.back(w, r, t, "already")
	default:
		d.perform(w, r, t)
	}
}

// showFilled shows a form again with its letter put in.
func (d *Desk) showFilled(w http.ResponseWriter, r *http.Request, t turn) {
	cs, err := d.fetch(r, t.ref)
	if cs == nil {
		t.err = err
		d.failAct(w, r, t)
		return
	}
	v := d.view(r, "act")
	t = d.fillIn(v, d.of(v, t, cs))
	d.keep(t.ref, t.a, t.form)
	d.showAct(w, r, http.StatusOK, t)
}

// lookOnce shows what is about to be done. Nothing is done here.
func (d *Desk) lookOnce(w http.ResponseWriter, r *http.Request, t turn) {
	t.again = r.PostFormValue("do") == "do" && r.PostFormValue("seen") != "" // it was pressed, and something is another since
	t = d.standing(r, t)
	if t.err != nil {
		t.look = lookNone
		d.failAct(w, r, t)
		return
	}
	t.form.upto = int64(t.cs.Checked)
	d.keep(t.ref, t.a, t.form)
	d.hide(w, url.URL{Path: actPath(t.ref, t.a)}) // the words are a draft there
	d.showAct(w, r, http.StatusOK, t)
}

// standing is a turn with the case as it stands, and what stands against the act in it.
func (d *Desk) standing(r *http.Request, t turn) turn {
	cs, err := d.fetch(r, t.ref)
	t = d.of(d.view(r, "act"), t, cs)
	if t.err = err; cs != nil && err == nil {
		t.err = d.against(t)
	}
	return t
}

// mayWait says whether an act may have to wait for a second person.
func mayWait(a *routine.Act) bool {
	return slices.Contains(a.Effects, "second") && a.Kind != routine.KindSecond || slices.Contains(a.Effects, "waive")
}

// perform hands the act in.
func (d *Desk) perform(w http.ResponseWriter, r *http.Request, t turn) {
	waits := false
	if person(t.a) != "" || mayWait(t.a) {
		if t = d.standing(r, t); t.err == nil {
			waits = d.cfg.Work.Comes(t.cs, t.filled, d.cfg.Now()).Waits
		}
	}
	if t.err == nil {
		t.handed = true
		t.err = d.cfg.Work.Do(r.Context(), t.ref, t.doing(d.recipient(t.person()).Fingerprint))
	}
	if errors.Is(t.err, casework.ErrMeanwhile) {
		t.err = nil
		d.lookOnce(w, r, t)
		return
	}
	if t.err != nil && !t.left() {
		d.cfg.Log.Warn("desk: not done", "act", t.a.Name)
		d.failAct(w, r, t)
		return
	}
	d.did(t)
	if t.waits = waits; t.ties() {
		http.Redirect(w, r, actPath(t.ref, acts.Recuse)+"?done="+t.a.Name+"#done", http.StatusSeeOther)
		return
	}
	d.back(w, r, t, t.a.Name)
}

// doing is the act as it is handed in. What leaves for somebody is held to what its
// writer was shown.
func (t turn) doing(compared string) casework.Doing {
	doing := casework.Doing{Act: t.filled, ID: t.id(), Compared: compared}
	if t.look == lookLeaves || t.look == lookOutside {
		doing.Seen = t.form.upto
	}
	return doing
}

// ties says that the handler has just said how they know somebody in the case: then they
// are led on to step away from it.
func (t turn) ties() bool {
	return t.a.Name == "declare" && !t.filled.Value("tie").IsZero() && t.filled.Value("tie").Reveal() != "none"
}

// leaves says that the handler gives up their own key by it.
func (t turn) leaves() bool {
	return t.look == lookSure && t.a == acts.Recuse
}

// left says that the handler has no key any more, and just asked for that: the answer
// to it was lost, and now there is no such case for them.
func (t turn) left() bool { return t.leaves() && errors.Is(t.err, casework.ErrUnknown) }

// back leads to where what was done can be seen.
func (d *Desk) back(w http.ResponseWriter, r *http.Request, t turn, done string) {
	to := casePath(t.ref)
	if t.leaves() {
		to = "/"
	}
	q := url.Values{"done": {done}}
	if p := t.person(); p != "" {
		q.Set("person", p)
	}
	if t.waits {
		q.Set("waits", "1")
	}
	http.Redirect(w, r, to+"?"+q.Encode()+"#done", http.StatusSeeOther)
}

// failAct says on the act's page what went wrong, unless there is no case to show it
// of.
func (d *Desk) failAct(w http.ResponseWriter, r *http.Request, t turn) {
	code, what := kind(t.err)
	if what == "unknown" || what == "closed" && !errors.Is(t.err, casework.ErrPart) {
		d.fail(w, r, t.err, t.cs)
		return
	}
	if t.cs == nil {
		cs, _ := d.fetch(r, t.ref)
		t = d.of(d.view(r, "act"), t, cs)
	}
	d.showAct(w, r, code, t)
}

// fetch is a case also if its log is not whole; only then there are both.
func (d *Desk) fetch(r *http.Request, ref string) (*casework.Case, error) {
	cs, err := d.cfg.Work.Case(r.Context(), ref)
	if errors.Is(err, casework.ErrCannotOpen) || errors.Is(err, casework.ErrUnknown) {
		return nil, err
	}
	return cs, err
}

// against says what stands against an act as the case is. What is so already is none:
// whoever did not get the answer presses again.
func (d *Desk) against(t turn) error {
	var blind *routine.Refusal
	var engine *plan.Refusal
	err := d.cfg.Work.Allows(t.cs, t.filled)
	if errors.As(err, &blind) && blind.Key == routine.RefusedAlready || errors.As(err, &engine) && engine.Key == plan.RefusedAlready {
		err = nil
	}
	if err == nil && sole(t.a) && !d.fits(t.cs, t.a, t.person()) {
		err = &routine.Refusal{Key: routine.RefusedMark}
	}
	return err
}

// toNote carries words that were meant to go out to the form of a note.
func (d *Desk) toNote(w http.ResponseWriter, r *http.Request, t turn) {
	note := d.draft(t.ref, acts.Note)
	old, text := note.first(letterField).Reveal(), t.form.first(letterField).Reveal()
	if old != "" && old != text {
		text = old + "\n\n" + text
	}
	note.set(letterField, text)
	d.keep(t.ref, acts.Note, note)
	d.drop(t.ref, t.a)
	http.Redirect(w, r, actPath(t.ref, acts.Note), http.StatusSeeOther)
}

func casePath(ref string) string { return "/case/" + url.PathEscape(ref) }

func actPath(ref string, a *routine.Act) string { return casePath(ref) + "/act/" + a.Name }
