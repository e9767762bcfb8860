package desk

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"tillit/handlers/casework"
	"tillit/handlers/routine/plan"
	"tillit/store/cases"
)

// queueView is what the queue shows.
type queueView struct {
	View     string
	Views    []string
	Groups   []group
	Floods   []flood
	Count    int
	Unsafe   int
	Late     int
	Older    string // link to the next page
	Paged    bool   // not the first page
	Filters  []filter
	Narrowed bool
	Until    string // the last day of this week's group
}

// group is a part of the queue. A case stands in the first one that fits.
type group struct {
	ID   string
	Rows []row
}

// row is one case in a list. Title, Kinds and Next are known of what was opened.
type row struct {
	cases.Case
	Title, Next                       string
	Kinds                             []string
	Opened                            bool
	Chips                             []chip
	Status, Level, Channel, Who, Came string
	Age                               string
	Phase                             string
	Flags                             []string
	Clock                             clock
	Found                             *foundLine
}

// chip is an alarm: somebody unsafe, somebody under age, a log that is not whole.
type chip struct{ Icon, Name string }

// foundLine is where words were found in a case.
type foundLine struct {
	What, Before, Hit, After, More string
}

// flood are many cases that came alike within an hour or two. Each keeps its own day.
type flood struct {
	Line, Days string
	Rows       []row
}

// filter is one way of narrowing the queue.
type filter struct {
	Name, Label string
	Choices     []choice
}

// clock is a day in words.
type clock struct {
	What, When, Class string // class: late, soon or empty
}

func (d *Desk) queue(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	ask := casework.Query{View: q.Get("view"), Page: q.Get("page"), Size: d.cfg.Rows, Holder: q.Get("holder"), Level: q.Get("level"),
		Phase: q.Get("phase"), Flag: q.Get("flag"), Channel: q.Get("channel")}
	if !slices.Contains(cases.Views, ask.View) {
		ask.View = "open"
	}
	page, err := d.cfg.Work.Queue(r.Context(), ask)
	if err != nil {
		d.fail(w, r, err, nil)
		return
	}
	v := d.view(r, "queue")
	manuals := d.manuals(r, page.Cases)
	p := queueView{View: ask.View, Views: cases.Views, Count: len(page.Cases), Paged: ask.Page != "",
		Narrowed: cmp.Or(ask.Holder, ask.Level, ask.Phase, ask.Flag, ask.Channel) != ""}
	if page.Next != "" {
		next := url.Values{"view": {ask.View}, "page": {page.Next}}
		for name, value := range map[string]string{"holder": ask.Holder, "level": ask.Level, "phase": ask.Phase, "flag": ask.Flag, "channel": ask.Channel} {
			if value != "" {
				next.Set(name, value)
			}
		}
		p.Older = "/?" + next.Encode()
	}
	p.Groups, p.Floods = d.groups(v, ask.View, page.Cases, manuals)
	for _, g := range p.Groups {
		switch g.ID {
		case casework.GroupUnsafe:
			p.Unsafe = len(g.Rows)
		case casework.GroupLate:
			p.Late = len(g.Rows)
		}
	}
	p.Filters = d.filters(v, ask, manuals)
	p.Until = v.ShortDay(v.Now.AddDate(0, 0, 7), v.Now)
	v.D = p
	d.hide(w, *r.URL)
	d.show(w, http.StatusOK, "queue", v)
}

// manuals are the routines of some cases, by version, as far as this desk knows them.
func (d *Desk) manuals(r *http.Request, of []cases.Case) map[string]casework.Where {
	all := map[string]casework.Where{}
	for _, c := range of {
		if _, known := all[c.Routine]; known || c.Routine == "" {
			continue
		}
		all[c.Routine] = d.cfg.Work.Manual(r.Context(), c.Routine)
	}
	return all
}

func (d *Desk) groups(v view, which string, of []cases.Case, manuals map[string]casework.Where) ([]group, []flood) {
	rows := map[string][]row{}
	alike := map[string][]row{}
	for _, c := range of {
		id, r := d.row(v, c, manuals)
		if which == "closed" {
			id, r.Clock = casework.GroupClosed, clock{}
		}
		if key := alikeKey(id, r); key != "" {
			alike[key] = append(alike[key], r)
			continue
		}
		rows[id] = append(rows[id], r)
	}
	var floods []flood
	for _, c := range of { // in the order of the queue
		for key, all := range alike {
			if all[0].Ref != c.Ref {
				continue
			}
			if len(all) >= leastFlood {
				floods = append(floods, v.flood(all))
			} else {
				for _, r := range all {
					id, _ := d.row(v, r.Case, manuals)
					rows[id] = append(rows[id], r)
				}
			}
			delete(alike, key)
		}
	}
	var groups []group
	for _, id := range casework.Groups {
		if len(rows[id]) > 0 {
			groups = append(groups, group{id, rows[id]})
		}
	}
	return groups, floods
}

// leastFlood is how many cases that came alike are folded into one line.
const leastFlood = 12

// alikeKey is what cases of a flood have in common: they came on one channel within the
// same hours, nobody has taken or read one, and nothing in them is an alarm. It is empty
// for a case that stands for itself.
func alikeKey(group string, r row) string {
	if group == casework.GroupUnsafe || group == casework.GroupClosed || r.Opened || r.Assignee != "" || len(r.Flags) > 0 || r.Status == "" {
		return ""
	}
	return strings.Join([]string{r.Case.Channel, r.Case.Level, r.Case.Status, r.Received.Truncate(2 * time.Hour).String()}, "|")
}

func (v view) flood(all []row) flood {
	first := v.local(all[0].Received)
	f := flood{Line: v.Number("flood.line", len(all), "day", v.Moment(first, v.Now), "channel", all[0].Channel), Rows: all}
	if all[0].Clock.When != "" {
		f.Days = v.T("flood.days", "day", all[0].Clock.When)
	}
	return f
}

// row is a case as a list shows it, and the group in which it stands.
func (d *Desk) row(v view, c cases.Case, manuals map[string]casework.Where) (string, row) {
	r := row{Case: c, Status: v.Label("status", c.Status), Level: v.Label("level", c.Level), Channel: v.Label("channel", c.Channel),
		Who: d.who(v, c), Came: v.ShortDay(v.local(c.Received), v.Now), Age: v.age(c.Received)}
	for _, f := range c.Flags {
		r.Flags = append(r.Flags, v.Label("flag", f))
	}
	r.Chips = v.chips(c)
	w := manuals[c.Routine]
	if g, opened := d.cfg.Work.Glance(c.Ref, v.Now); opened {
		r.Opened, r.Title, r.Kinds = true, plain(g.Title.Reveal()), v.kinds(g.Kinds)
		r.Came, r.Age = v.ShortDay(v.local(g.Came), v.Now), v.age(g.Came)
		switch {
		case g.Routine == nil:
		case g.Next == nil:
			r.Next = v.T("next.nothing")
		default:
			r.Next = strings.TrimSuffix(v.routine(g.Where, "next", g.Next.ID), ".")
		}
	}
	if w.Routine != nil {
		r.Level = v.routine(w, "level", c.Level)
		phases := w.Routine.Phases()
		nth := slices.IndexFunc(phases, func(p plan.Phase) bool { return p.Name == c.Phase })
		r.Phase = v.T("queue.phase", "phase", v.routine(w, "phase", c.Phase), "n", nth+1, "of", len(phases))
	}
	at := casework.Place(c, v.Me.ID, v.Now)
	if r.Clock = v.nearest(at); r.Next == "" {
		r.Next = r.Clock.What
	}
	if c.Asked > 0 && at.Group == casework.GroupWaits {
		r.Next = v.T("queue.asked")
	}
	return at.Group, r
}

// who has a case: its lead, in words.
func (d *Desk) who(v view, c cases.Case) string {
	switch c.Assignee {
	case "":
		return ""
	case v.Me.ID:
		return v.T("next.you")
	}
	return d.name(c.Assignee)
}

// chips are the alarms of a case.
func (v view) chips(c cases.Case) []chip {
	var all []chip
	if c.Unsafe() {
		all = append(all, chip{"mind", v.Label("flag", cases.FlagUnsafe)})
	}
	for _, f := range []string{"MINOR15", "MINOR18"} {
		if slices.Contains(c.Flags, f) {
			all = append(all, chip{"minor", v.Label("flag", f)})
		}
	}
	return all
}

// age is how long ago a case came, in days.
func (v view) age(received time.Time) string {
	days := int(midnight(v.Now).Sub(midnight(v.local(received))).Hours()+12) / 24
	if days <= 0 {
		return v.T("queue.today")
	}
	return v.N("queue.age", days)
}

// nearest is the nearest day of a case, in words.
func (v view) nearest(at casework.Placed) clock {
	if at.Due.IsZero() {
		return clock{}
	}
	c := v.day(at.Due)
	if c.What = v.T("queue.a_step"); at.Rule != "" {
		c.What = v.Label("rule", at.Rule)
	}
	return c
}

// filters are the ways of narrowing the queue, with what is chosen.
func (d *Desk) filters(v view, ask casework.Query, manuals map[string]casework.Where) []filter {
	list := func(name, label, chosen string, all []choice) filter {
		for i := range all {
			all[i].Chosen = all[i].ID == chosen
		}
		return filter{name, label, all}
	}
	people := []choice{{ID: cases.Nobody, Name: v.T("queue.nobody_yet")}}
	for _, h := range d.cfg.Work.Handlers() {
		people = append(people, choice{ID: h.ID, Name: plain(h.Name)})
	}
	var phases []choice
	for _, w := range manuals {
		if w.Routine == nil {
			continue
		}
		for _, p := range w.Routine.Phases() {
			if !slices.ContainsFunc(phases, func(c choice) bool { return c.ID == p.Name }) {
				phases = append(phases, choice{ID: p.Name, Name: v.routine(w, "phase", p.Name)})
			}
		}
	}
	return []filter{
		list("holder", v.T("queue.holder"), ask.Holder, people),
		list("level", v.T("case.level"), ask.Level, v.known("level")),
		list("phase", v.T("case.phase"), ask.Phase, phases),
		list("flag", v.T("case.mind"), ask.Flag, v.known("flag")),
		list("channel", v.T("queue.channel"), ask.Channel, v.known("channel")),
	}
}

// known are all values of a group that this desk has words for.
func (v view) known(group string) []choice {
	var all []choice
	for _, key := range v.Keys() {
		if id, of := strings.CutPrefix(key, group+"."); of {
			all = append(all, choice{ID: id, Name: v.T(key)})
		}
	}
	return all
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
