package desk

import (
	"errors"
	"net/http"
	"net/url"

	"tillit/handlers/casework"
	"tillit/handlers/routine"
	"tillit/handlers/routine/acts"
	"tillit/intake"
)

// look says what is shown once more before an act is done.
type look string

const (
	lookNone    look = ""
	lookLeaves  look = "leaves"  // the words as the reporter will see them
	lookCompare look = "compare" // the fingerprint of the key that is about to be used
	lookSure    look = "sure"    // that it cannot be undone
)

// lookOf follows from what an act is, so that a new act gets it by its declaration.
func lookOf(act routine.Filled, me string) look {
	switch {
	case act.To == routine.Reporter:
		return lookLeaves
	case act.Kind != routine.KindKeys:
		return lookNone
	case act.Mark(me).Out:
		return lookSure
	}
	return lookCompare
}

// actPage shows the form of an act, with the words that were kept of it.
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
	f := d.draft(ref, a)
	f.ask(d.view(r, "act"), a, cs, r.URL.Query())
	t := turn{a: a, ref: ref, form: f, cs: cs}
	if len(a.Fields) == 0 {
		if filled, err := a.Read(f.get); err == nil {
			t.err = d.cfg.Work.Allows(cs, filled)
		}
	}
	d.showAct(w, r, http.StatusOK, t)
}

// turn is one press of a button of an act's page, as far as it has come.
type turn struct {
	a      *routine.Act
	ref    string
	form   form
	filled routine.Filled
	look   look
	cs     *casework.Case // nil: not fetched
	faults routine.Faults
	handed bool  // it was handed in
	again  bool  // the page is shown anew, because its button was no proof of having seen it
	err    error // what it ended with
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
	if r.PostFormValue("do") == "note" && t.a.To == routine.Reporter {
		d.toNote(w, r, t)
		return
	}
	d.keep(t.ref, t.a, t.form)
	var err error
	t.filled, err = t.a.Read(t.form.get)
	if errors.As(err, &t.faults) || t.again {
		if t.cs, err = d.fetch(r, t.ref); t.cs == nil && !errors.Is(err, casework.ErrOffline) {
			d.fail(w, r, err, nil)
			return
		}
		d.showAct(w, r, http.StatusUnprocessableEntity, t)
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

// lookOnce shows what is about to be done. Nothing is done here.
func (d *Desk) lookOnce(w http.ResponseWriter, r *http.Request, t turn) {
	t.again = r.PostFormValue("do") == "do" // it was pressed, and something is another since
	if t.cs, t.err = d.fetch(r, t.ref); t.cs != nil && t.err == nil {
		t.err = d.refused(t)
	}
	if t.err != nil {
		t.look = lookNone
		d.failAct(w, r, t)
		return
	}
	d.hide(w, url.URL{Path: actPath(t.ref, t.a)}) // the words are a draft there
	d.showAct(w, r, http.StatusOK, t)
}

// perform hands the act in.
func (d *Desk) perform(w http.ResponseWriter, r *http.Request, t turn) {
	if person(t.a) != "" {
		if t.cs, t.err = d.fetch(r, t.ref); t.cs != nil && t.err == nil {
			t.err = d.refused(t)
		}
	}
	if t.err == nil {
		t.handed = true
		t.err = d.cfg.Work.Do(r.Context(), t.ref, casework.Doing{Act: t.filled, ID: t.id(), Compared: d.recipient(t.person()).Fingerprint})
	}
	if t.err != nil && !t.left() {
		d.cfg.Log.Warn("desk: not done", "act", t.a.Name)
		d.failAct(w, r, t)
		return
	}
	d.did(t)
	d.back(w, r, t, t.a.Name)
}

// left says that the handler has no key any more, and just asked for that: the answer
// to it was lost, and now there is no such case for them.
func (t turn) left() bool { return t.look == lookSure && errors.Is(t.err, casework.ErrUnknown) }

// back leads to where what was done can be seen.
func (d *Desk) back(w http.ResponseWriter, r *http.Request, t turn, done string) {
	to := casePath(t.ref)
	if t.look == lookSure {
		to = "/"
	}
	q := url.Values{"done": {done}}
	if p := t.person(); p != "" {
		q.Set("person", p)
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
		t.cs, _ = d.fetch(r, t.ref)
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

// refused says what stands against an act as the case is. What is so already is none:
// whoever did not get the answer presses again.
func (d *Desk) refused(t turn) error {
	var refusal *routine.Refusal
	err := d.cfg.Work.Allows(t.cs, t.filled)
	if errors.As(err, &refusal) && refusal.Key == routine.RefusedAlready {
		err = nil
	}
	if err == nil && person(t.a) != "" && !d.fits(t.cs, t.a, t.person()) {
		err = &routine.Refusal{Key: routine.RefusedMark}
	}
	return err
}

// toNote carries words that were meant to go out to the form of a note.
func (d *Desk) toNote(w http.ResponseWriter, r *http.Request, t turn) {
	note := d.draft(t.ref, acts.Note)
	old, text := note.values["text"], t.form.values["text"]
	if !old.IsZero() && old != text {
		text = intake.NewPrivate(old.Reveal() + "\n\n" + text.Reveal())
	}
	note.values["text"] = text
	d.keep(t.ref, acts.Note, note)
	d.drop(t.ref, t.a)
	http.Redirect(w, r, actPath(t.ref, acts.Note), http.StatusSeeOther)
}

func casePath(ref string) string { return "/case/" + url.PathEscape(ref) }

func actPath(ref string, a *routine.Act) string { return casePath(ref) + "/act/" + a.Name }
