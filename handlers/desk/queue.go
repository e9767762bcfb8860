package desk

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"tillit/store/cases"

	"tillit/handlers/casework"
)

// queuePage is what the queue shows.
type queuePage struct {
	View, Ref string
	Views     []string
	Groups    []group
	Count     int
	Late      int
	Older     string // link to the next page
	Paged     bool   // not the first page
}

// group is a part of the queue: late, soon, week, later or all.
type group struct {
	ID   string
	Rows []row
}

// row is one case in the queue.
type row struct {
	cases.Case
	Status, Level, Channel, Who, Came string
	Flags                             []string
	Clock                             clock
}

// clock is a promise with its day in words.
type clock struct {
	What, When, Class string // class: late, soon or empty
}

func (d *Desk) queue(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	ask := casework.Query{View: q.Get("view"), Ref: strings.ToUpper(strings.TrimSpace(q.Get("ref"))), Page: q.Get("page")}
	if !slices.Contains(cases.Views, ask.View) {
		ask.View = "open"
	}
	page, err := d.cfg.Work.Queue(r.Context(), ask)
	if err != nil {
		d.fail(w, r, err, nil)
		return
	}
	v := d.view(r, "queue")
	p := queuePage{View: ask.View, Ref: plain(ask.Ref), Views: cases.Views, Count: len(page.Cases), Paged: ask.Page != ""}
	if page.Next != "" {
		p.Older = "/?" + url.Values{"view": {ask.View}, "ref": {ask.Ref}, "page": {page.Next}}.Encode()
	}
	p.Groups = d.groups(v, ask.View, page.Cases)
	for _, g := range p.Groups {
		if g.ID == "late" {
			p.Late = len(g.Rows)
		}
	}
	v.D = p
	d.hide(w, *r.URL)
	d.show(w, http.StatusOK, "queue", v)
}

// find shows the first view that has the reference: the one that is open, else
// all open cases, else the closed ones.
func (d *Desk) find(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	view, ref := q.Get("view"), strings.ToUpper(strings.TrimSpace(q.Get("ref")))
	for _, in := range []string{view, "open", "closed"} {
		page, err := d.cfg.Work.Queue(r.Context(), casework.Query{View: in, Ref: ref, Size: 1})
		if err != nil {
			d.fail(w, r, err, nil)
			return
		}
		if len(page.Cases) > 0 {
			view = in
			break
		}
	}
	http.Redirect(w, r, "/?"+url.Values{"view": {view}, "ref": {ref}}.Encode(), http.StatusSeeOther)
}

func (d *Desk) groups(v view, which string, cases []cases.Case) []group {
	ids := []string{"late", "soon", "week", "later"}
	if which == "closed" {
		ids = []string{"all"}
	}
	rows := map[string][]row{}
	for _, c := range cases {
		id, r := d.row(v, c)
		if which == "closed" {
			id, r.Clock = "all", clock{}
		}
		rows[id] = append(rows[id], r)
	}
	var groups []group
	for _, id := range ids {
		if len(rows[id]) > 0 {
			groups = append(groups, group{id, rows[id]})
		}
	}
	return groups
}

func (d *Desk) row(v view, c cases.Case) (string, row) {
	r := row{Case: c, Status: v.Label("status", c.Status), Level: v.Label("level", c.Level), Channel: v.Label("channel", c.Channel),
		Who: d.name(c.Assignee), Came: v.ShortDay(v.local(c.Received), v.Now)}
	for _, f := range c.Flags {
		r.Flags = append(r.Flags, v.Label("flag", f))
	}
	due := sorted(c.Due)
	if len(due) == 0 {
		return "later", r
	}
	var id string
	id, r.Clock = v.clockOf(due[0])
	return id, r
}

func sorted(due []cases.Due) []cases.Due {
	return slices.SortedStableFunc(slices.Values(due), func(a, b cases.Due) int { return strings.Compare(a.Day, b.Day) })
}

// clockOf says when something is due, and in which group of the queue.
func (v view) clockOf(due cases.Due) (group string, c clock) {
	c.What = v.Label("rule", due.Rule)
	day, err := time.ParseInLocation(time.DateOnly, due.Day, v.Now.Location())
	if err != nil {
		c.When = plain(due.Day)
		return "later", c
	}
	y, m, n := v.Now.Date()
	today := time.Date(y, m, n, 0, 0, 0, 0, v.Now.Location())
	said := v.ShortDay(day, v.Now)
	switch tomorrow := today.AddDate(0, 0, 1); {
	case day.Before(today):
		c.When, c.Class = v.T("clock.late", "day", said), "late"
		return "late", c
	case day.Equal(today):
		c.When, c.Class = v.T("clock.today", "day", said), "soon"
		return "soon", c
	case day.Equal(tomorrow):
		c.When, c.Class = v.T("clock.tomorrow", "day", said), "soon"
		return "soon", c
	}
	c.When = said
	sunday := today.AddDate(0, 0, (7-int(today.Weekday()))%7)
	if !day.After(sunday) {
		return "week", c
	}
	return "later", c
}

// name is a colleague's name, or the id of one who has left.
func (d *Desk) name(id string) string {
	for _, h := range d.cfg.Work.Handlers() {
		if h.ID == id {
			return h.Name
		}
	}
	return plain(id)
}
