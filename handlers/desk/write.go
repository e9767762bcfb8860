package desk

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"tillit/handlers/casework"
	"tillit/intake"
	"tillit/intake/names"
	"tillit/store/cases"
)

// writePage is a page on which a handler writes or previews.
type writePage struct {
	Ref     string
	Text    string // shown in the form or the preview
	Problem string // key of words; empty for none
	Broken  bool   // the log of the case is not whole
	Form    string // id that sends the preview
	Last    *entry // the reporter's last words
	Readers string // who can read a note
	Channel string
	Kept    []string // names that the words must not reach
	Names   []string // colleagues whom the words name
}

// typed is the text of a form with the line ends that people mean.
func typed(r *http.Request) intake.Private {
	text := strings.ReplaceAll(r.PostFormValue("text"), "\r\n", "\n")
	return intake.NewPrivate(strings.TrimSpace(strings.ToValidUTF8(text, "�")))
}

// write gathers what a page to write on shows of the case. When the case cannot
// be fetched, the page is shown without, so that no words are lost.
func (d *Desk) write(r *http.Request, v view, text intake.Private) (writePage, *casework.Case, error) {
	p := writePage{Ref: r.PathValue("ref"), Text: text.Reveal()}
	cs, err := d.cfg.Work.Case(r.Context(), p.Ref)
	if cs == nil || err != nil && !errors.Is(err, casework.ErrTampered) {
		p.Ref = plain(p.Ref)
		return p, cs, err
	}
	p.Ref, p.Channel, p.Broken = cs.Ref, v.Label("channel", cs.Channel), err != nil
	var readers []string
	for _, h := range cs.CanOpen {
		if h.Name == "" {
			h.Name = v.Label("reader", h.ID)
		}
		readers = append(readers, h.Name)
	}
	p.Readers, p.Kept, p.Names = v.List(readers), keptOut(cs), d.named(v, text)
	for _, e := range cs.Entries {
		if e.Kind == cases.TypeMessage {
			last := v.entry(e)
			p.Last = &last
		}
	}
	return p, cs, nil
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

func (d *Desk) replyPage(w http.ResponseWriter, r *http.Request) {
	v := d.view(r, "reply")
	p, cs, err := d.write(r, v, d.draft("reply", r.PathValue("ref")))
	if err != nil {
		d.fail(w, r, err, cs)
		return
	}
	for _, a := range cs.Answers {
		ask := v.T("reply.ask", "question", a.Asked)
		if r.URL.Query().Get("ask") == a.Question && (a.Way == "skip" || a.Way == "unknown") && !strings.Contains(p.Text, ask) {
			p.Text = strings.TrimSpace(p.Text + "\n\n" + ask)
		}
	}
	v.D = p
	d.show(w, http.StatusOK, "reply", v)
}

// replyPreview takes the words and shows them as the reporter will see them, or
// carries them to the note page. Nothing is sent here.
func (d *Desk) replyPreview(w http.ResponseWriter, r *http.Request) {
	text := typed(r)
	if r.PostFormValue("do") == "note" {
		d.toNote(w, r, text)
		return
	}
	d.keepDraft("reply", r.PathValue("ref"), text)
	d.showPreview(w, r, text, "")
}

func (d *Desk) showPreview(w http.ResponseWriter, r *http.Request, text intake.Private, problem string) {
	page := "preview"
	code := http.StatusOK
	if problem == "" {
		problem = wrong(text)
	}
	if problem != "" {
		page, code = "reply", http.StatusUnprocessableEntity
	}
	v := d.view(r, page)
	p, cs, err := d.write(r, v, text)
	if err != nil && problem == "" {
		code, problem = http.StatusServiceUnavailable, "form.failed"
		if _, what := kind(err); what == "unknown" || what == "closed" {
			d.fail(w, r, err, cs)
			return
		}
		v = d.view(r, "reply")
	}
	p.Problem = problem
	if problem == "" {
		p.Form = d.prepare(preview{r.PathValue("ref"), text})
		d.hide(w, url.URL{Path: casePath(r.PathValue("ref")) + "/reply"}) // the words are a draft there
	}
	v.D = p
	d.show(w, code, v.Page, v)
}

// maxRunes is what a reply may hold and still be taken when each character is escaped.
const maxRunes = 10_000

// wrong says what keeps words from being sent.
func wrong(text intake.Private) string {
	switch {
	case text.IsZero():
		return "form.empty"
	case utf8.RuneCountInString(text.Reveal()) > maxRunes || len(text.Reveal()) > cases.LongestText:
		return "form.long"
	}
	return ""
}

// toNote carries words that were meant to go out to the note page.
func (d *Desk) toNote(w http.ResponseWriter, r *http.Request, text intake.Private) {
	ref := r.PathValue("ref")
	if old := d.draft("note", ref); !old.IsZero() && old != text {
		text = intake.NewPrivate(old.Reveal() + "\n\n" + text.Reveal())
	}
	d.keepDraft("note", ref, text)
	d.dropDraft("reply", ref)
	http.Redirect(w, r, casePath(ref)+"/note", http.StatusSeeOther)
}

// send sends a preview, once, exactly as it was shown.
func (d *Desk) send(w http.ResponseWriter, r *http.Request) {
	ref := r.PathValue("ref")
	p, ok := d.take(r.PostFormValue("id"), ref)
	if r.PostFormValue("do") == "note" && ok {
		d.toNote(w, r, p.text)
		return
	}
	if !ok {
		d.notAgain(w, r, "reply")
		return
	}
	if err := d.cfg.Work.Reply(r.Context(), ref, p.text); err != nil {
		d.cfg.Log.Warn("desk: a reply was not sent")
		d.keepDraft("reply", ref, p.text)
		d.showPreview(w, r, p.text, "form."+why(err))
		return
	}
	d.dropDraft("reply", ref)
	http.Redirect(w, r, casePath(ref)+"?done=sent#done", http.StatusSeeOther)
}

// why tells an answer that did not come from one that refuses: after the first
// the words may have arrived.
func why(err error) string {
	switch _, what := kind(err); what {
	case "offline":
		return "maybe"
	case "tampered":
		return "tampered"
	}
	return "failed"
}

// notAgain answers a form that was carried out before: to the case if its words
// are through, to the form if they are still here.
func (d *Desk) notAgain(w http.ResponseWriter, r *http.Request, kind string) {
	ref := r.PathValue("ref")
	if text := d.draft(kind, ref); !text.IsZero() && kind == "reply" {
		d.showPreview(w, r, text, "form.again")
		return
	}
	http.Redirect(w, r, casePath(ref)+"?done=already#done", http.StatusSeeOther)
}

func (d *Desk) notePage(w http.ResponseWriter, r *http.Request) {
	v := d.view(r, "note")
	p, cs, err := d.write(r, v, d.draft("note", r.PathValue("ref")))
	if err != nil {
		d.fail(w, r, err, cs)
		return
	}
	v.D = p
	d.show(w, http.StatusOK, "note", v)
}

func (d *Desk) keepNote(w http.ResponseWriter, r *http.Request) {
	ref, text := r.PathValue("ref"), typed(r)
	problem := wrong(text)
	if problem == "" {
		if !d.once(r.PostFormValue("id")) {
			d.notAgain(w, r, "note")
			return
		}
		err := d.cfg.Work.Note(r.Context(), ref, text)
		if err == nil {
			d.dropDraft("note", ref)
			http.Redirect(w, r, casePath(ref)+"?done=noted#done", http.StatusSeeOther)
			return
		}
		d.cfg.Log.Warn("desk: a note was not kept")
		problem = "form." + why(err)
	}
	d.keepDraft("note", ref, text)
	v := d.view(r, "note")
	p, _, _ := d.write(r, v, text)
	p.Problem = problem
	v.D = p
	d.show(w, http.StatusUnprocessableEntity, "note", v)
}

func casePath(ref string) string { return "/case/" + url.PathEscape(ref) }
