package desk

import (
	"encoding/hex"
	"net/http"
)

// mostCertificates is how many the page shows; the command lists all.
const mostCertificates = 200

// certificateLine is what is left of a shredded case.
type certificateLine struct {
	Ref, Came, Shredded, By string
	Entries                 int
	Head                    string // of the log, as it ended
	Whole                   bool   // signed as it is by the server
}

// certificates shows what is left of the shredded cases that the handler could open.
func (d *Desk) certificates(w http.ResponseWriter, r *http.Request) {
	v := d.view(r, "certificates")
	all, err := d.cfg.Work.Certificates(r.Context(), mostCertificates)
	if err != nil {
		d.fail(w, r, err, nil)
		return
	}
	var lines []certificateLine
	for _, c := range all {
		var by []string
		for _, id := range c.By {
			by = append(by, v.nameOf(d.person(id)))
		}
		lines = append(lines, certificateLine{Ref: plain(c.Ref), Came: v.Day(v.local(c.Received)), Shredded: v.Day(v.local(c.Shredded)), By: v.List(by),
			Entries: int(c.Entries), Head: hex.EncodeToString(c.Head), Whole: c.Whole})
	}
	v.D = lines
	d.hide(w, *r.URL)
	d.show(w, http.StatusOK, "certificates", v)
}
