package desk

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"tillit/handlers/casework"
	"tillit/intake"
	"tillit/store/cases"
)

// searchView is what a search found. What was looked for comes by post: an address would
// stay in the browser's history.
type searchView struct {
	Words, Title string
	Rows         []row
	Of           int
}

// mostFound is how many cases a search shows.
const mostFound = 50

// reference is what a part of a reference may look like.
var reference = regexp.MustCompile(`^[A-Za-z0-9-]{3,12}$`)

// search looks for words in what this desk has opened, and for a reference in all that
// the handler can open.
func (d *Desk) search(w http.ResponseWriter, r *http.Request) {
	words := strings.TrimSpace(r.PostFormValue("find"))
	if words == "" {
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return
	}
	v := d.view(r, "search")
	found := d.cfg.Work.Search(intake.NewPrivate(words), mostFound)
	p := searchView{Words: plain(words), Of: found.Of, Title: v.Number("search.title", found.In, "words", plain(words))}
	rows, err := d.byReference(r, words)
	if err != nil {
		d.fail(w, r, err, nil)
		return
	}
	seen := map[string]bool{}
	for _, c := range rows {
		_, shown := d.row(v, c, d.manuals(r, []cases.Case{c}))
		p.Rows, seen[c.Ref] = append(p.Rows, shown), true
	}
	for _, f := range found.Found {
		if seen[f.Ref] {
			continue
		}
		page, err := d.cfg.Work.Queue(r.Context(), casework.Query{View: "open", Ref: f.Ref, Size: 1})
		if err == nil && len(page.Cases) == 0 {
			page, err = d.cfg.Work.Queue(r.Context(), casework.Query{View: "closed", Ref: f.Ref, Size: 1})
		}
		if err != nil {
			d.fail(w, r, err, nil)
			return
		}
		if len(page.Cases) == 0 {
			continue // it is not theirs any more
		}
		_, shown := d.row(v, page.Cases[0], d.manuals(r, page.Cases))
		shown.Found = v.foundIn(f)
		p.Rows = append(p.Rows, shown)
	}
	v.D = p
	d.hide(w, url.URL{Path: "/"})
	d.show(w, http.StatusOK, "search", v)
}

// byReference are the cases whose reference has a part, open ones first.
func (d *Desk) byReference(r *http.Request, part string) (all []cases.Case, err error) {
	if !reference.MatchString(part) {
		return nil, nil
	}
	for _, view := range []string{"open", "closed"} {
		page, err := d.cfg.Work.Queue(r.Context(), casework.Query{View: view, Ref: strings.ToUpper(part), Size: mostFound})
		if err != nil {
			return nil, err
		}
		all = append(all, page.Cases...)
	}
	return all, nil
}

// foundIn says where words were found.
func (v view) foundIn(f casework.Found) *foundLine {
	line := &foundLine{Before: plain(f.Before.Reveal()), Hit: plain(f.Hit.Reveal()), After: plain(f.After.Reveal())}
	e := v.entry(casework.Entry{Kind: f.Kind, By: f.By, At: f.At})
	line.What = v.T("search.where", "what", e.What, "day", e.When)
	if f.Kind == cases.TypeAnswer {
		line.What = v.T("search.where", "what", v.T("case.told"), "day", e.When)
	}
	if f.More > 0 {
		line.More = v.N("search.more", f.More)
	}
	return line
}
