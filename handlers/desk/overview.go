package desk

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"time"

	"tillit/handlers/casework"
)

// overviewView is the overview of a handler's own cases. No number is held back in it:
// each of these cases stands in their queue.
type overviewView struct {
	Open, Closed, Unsafe, Late, Unanswered int
	Phases                                 chart
	LateBy, Received, Days                 chart
	Leads                                  []leadLine
}

// chart is a table with a drawing in it, so that the two cannot differ.
type chart struct{ Rows []bar }

// bar is one line of a chart. Size is how long it is drawn, of a hundred.
type bar struct {
	Name, Size string
	N          int
}

// leadLine is somebody with the cases that they have.
type leadLine struct {
	Name       string
	Open, Late int
}

func (d *Desk) overview(w http.ResponseWriter, r *http.Request) {
	v := d.view(r, "overview")
	all, err := d.cfg.Work.Overview(r.Context(), v.Now)
	if err != nil {
		d.fail(w, r, err, nil)
		return
	}
	p := overviewView{Open: all.Open, Closed: all.Closed, Unsafe: all.Unsafe, Late: all.Late, Unanswered: all.Unanswered}
	p.Phases = charted(d.phases(v, r, all))
	p.Received, p.Days = charted(v.months(all)), charted(v.byDays(all.Answered))
	p.LateBy = charted(v.byDays(all.LateBy))
	slices.SortFunc(all.Leads, func(a, b casework.Lead) int { return cmp.Or(b.Open-a.Open, cmp.Compare(a.ID, b.ID)) })
	for _, l := range all.Leads {
		name := v.T("queue.nobody_yet")
		if l.ID != "" {
			name = d.name(l.ID)
		}
		p.Leads = append(p.Leads, leadLine{name, l.Open, l.Late})
	}
	v.D = p
	d.hide(w, *r.URL)
	d.show(w, http.StatusOK, "overview", v)
}

// Bars puts a chart together with what it is called, for its template.
func (v view) Bars(title, of string, c chart) any {
	return struct {
		Title, Of string
		Rows      []bar
	}{v.Say(title), v.Say(of), c.Rows}
}

// charted draws lines in proportion to the longest.
func charted(rows []bar) chart {
	most := 0
	for _, b := range rows {
		most = max(most, b.N)
	}
	for i, b := range rows {
		size := 0.0
		if most > 0 {
			size = 100 * float64(b.N) / float64(most)
		}
		rows[i].Size = strconv.FormatFloat(size, 'f', 1, 64)
	}
	return chart{rows}
}

// phases are the open cases by phase, in the order of the routine; what no routine has
// taken over stands under its status.
func (d *Desk) phases(v view, r *http.Request, all casework.Overview) []bar {
	left := map[string]int{}
	for _, c := range all.Phases {
		left[c.Of] = c.N
	}
	var rows []bar
	for _, version := range all.Routines {
		w := d.cfg.Work.Manual(r.Context(), version)
		if w.Routine == nil {
			continue
		}
		for _, p := range w.Routine.Phases() {
			name := v.routine(w, "phase", p.Name)
			if !slices.ContainsFunc(rows, func(b bar) bool { return b.Name == name }) {
				rows = append(rows, bar{Name: name, N: left[p.Name]})
			}
			delete(left, p.Name)
		}
		if n := len(rows); n > 0 && rows[n-1].N == 0 { // the last one is that of closed cases
			rows = rows[:n-1]
		}
	}
	for _, c := range all.Phases {
		if n, there := left[c.Of]; there {
			rows = append(rows, bar{Name: v.Label("status", c.Of), N: n})
		}
	}
	return rows
}

// mostMonths is how many months the overview shows.
const mostMonths = 12

// months are the reports by the month in which they came, those without one too.
func (v view) months(all casework.Overview) []bar {
	var rows []bar
	y, m, _ := v.Now.Date()
	for i := mostMonths - 1; i >= 0; i-- {
		at := time.Date(y, m-time.Month(i), 1, 0, 0, 0, 0, v.Now.Location())
		b := bar{Name: v.Month(at)}
		for _, c := range all.Received {
			if c.Of == at.Format("2006-01") {
				b.N = c.N
			}
		}
		rows = append(rows, b)
	}
	first := slices.IndexFunc(rows, func(b bar) bool { return b.N > 0 })
	return rows[max(0, min(first, mostMonths-6)):]
}

// byDays are cases by a number of days.
func (v view) byDays(all []int) []bar {
	rows := []bar{{Name: "0"}, {Name: "1"}, {Name: "2"}, {Name: "3"}, {Name: "4–7"}, {Name: v.T("overview.more")}}
	for _, days := range all {
		switch {
		case days <= 3:
			rows[days].N++
		case days <= 7:
			rows[4].N++
		default:
			rows[5].N++
		}
	}
	return rows
}
