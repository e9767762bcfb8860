package desk

import (
	"net/http"
	"strconv"

	"tillit/handlers/casework"
)

// act carries out something that has no words of its own, and goes back to the case.
func (d *Desk) act(w http.ResponseWriter, r *http.Request, done string, do func(ref string) error) {
	ref := r.PathValue("ref")
	if !d.once(r.PostFormValue("id")) {
		http.Redirect(w, r, casePath(ref)+"?done=already#done", http.StatusSeeOther)
		return
	}
	if err := do(ref); err != nil {
		d.cfg.Log.Warn("desk: not done", "what", done)
		d.fail(w, r, err, nil)
		return
	}
	http.Redirect(w, r, casePath(ref)+"?done="+done+"#done", http.StatusSeeOther)
}

func (d *Desk) markRead(w http.ResponseWriter, r *http.Request) {
	upTo, err := strconv.ParseInt(r.PostFormValue("upto"), 10, 64)
	if err != nil || upTo < 1 {
		d.refuse(w, r, http.StatusBadRequest, "other")
		return
	}
	d.act(w, r, "read", func(ref string) error { return d.cfg.Work.MarkRead(r.Context(), ref, upTo) })
}

func (d *Desk) assign(w http.ResponseWriter, r *http.Request) {
	d.act(w, r, "assigned", func(ref string) error { return d.cfg.Work.Assign(r.Context(), ref, r.PostFormValue("to")) })
}

// grantPage asks the handler to compare the colleague's key aloud: the server
// names the keys, and could name one of its own.
func (d *Desk) grantPage(w http.ResponseWriter, r *http.Request) {
	to, ok := d.colleague(r.URL.Query().Get("to"))
	if !ok {
		http.Redirect(w, r, casePath(r.PathValue("ref"))+"#access", http.StatusSeeOther)
		return
	}
	cs, err := d.cfg.Work.Case(r.Context(), r.PathValue("ref"))
	if err != nil {
		d.fail(w, r, err, cs)
		return
	}
	v := d.view(r, "grant")
	v.D = struct {
		Ref string
		To  casework.Handler
	}{cs.Ref, to}
	d.hide(w, *r.URL)
	d.show(w, http.StatusOK, "grant", v)
}

// grant gives the key that was compared, and no other.
func (d *Desk) grant(w http.ResponseWriter, r *http.Request) {
	to, ok := d.colleague(r.PostFormValue("to"))
	if !ok || r.PostFormValue("key") != to.Fingerprint {
		d.refuse(w, r, http.StatusBadRequest, "other")
		return
	}
	d.act(w, r, "granted", func(ref string) error { return d.cfg.Work.Grant(r.Context(), ref, to.ID, to.Fingerprint) })
}

// colleague finds somebody else of the office.
func (d *Desk) colleague(id string) (casework.Handler, bool) {
	for _, h := range d.cfg.Work.Handlers() {
		if h.ID == id && id != d.cfg.Work.Me().ID {
			return h, true
		}
	}
	return casework.Handler{}, false
}

// verify checks the log anew. What it finds shows on the page of the case, which
// checks too; here the handler is told that it was done.
func (d *Desk) verify(w http.ResponseWriter, r *http.Request) {
	faults, err := d.cfg.Work.Verify(r.Context(), r.PathValue("ref"))
	if err != nil && len(faults) == 0 {
		d.fail(w, r, err, nil)
		return
	}
	done := "whole"
	if len(faults) > 0 {
		done = "broken"
	}
	http.Redirect(w, r, casePath(r.PathValue("ref"))+"?done="+done+"#done", http.StatusSeeOther)
}
