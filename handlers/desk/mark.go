package desk

import (
	"net/http"
	"strconv"
)

// markRead marks what was on the page as read. It is no act: it can be said again.
func (d *Desk) markRead(w http.ResponseWriter, r *http.Request) {
	ref := r.PathValue("ref")
	upTo, err := strconv.ParseInt(r.PostFormValue("upto"), 10, 64)
	if err != nil || upTo < 1 {
		d.refuse(w, r, http.StatusBadRequest, "other")
		return
	}
	if err := d.cfg.Work.MarkRead(r.Context(), ref, upTo); err != nil {
		d.fail(w, r, err, nil)
		return
	}
	http.Redirect(w, r, casePath(ref)+"?done=read#done", http.StatusSeeOther)
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
