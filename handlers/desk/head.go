package desk

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"tillit/handlers/casework"
	"tillit/handlers/routine"
	"tillit/handlers/routine/acts"
	"tillit/handlers/routine/plan"
	"tillit/intake"
	"tillit/intake/words"
	"tillit/store/cases"
)

// This file makes the first screen of a case, which is read in ten seconds: who, what, how
// far it is, what comes next and by when, what waits for whom, what to mind.

// headView is the first screen of a case.
type headView struct {
	Title string // as written; empty where nothing was told in words
	Ref   string
	Kinds []string
	Next  nextView
	Mind  []mindItem
	Who   []string
	Other []string
	Phase string
	Nth   int
	Of    int
	Path  []string // done, now or nothing, for each phase
	Level string
	Lead  string
	Waits []string
	More  int // others that it waits for
	Asked []askedLine
}

// nextView is what comes next.
type nextView struct {
	Title, Who, After, Say string
	Clock                  *clock
	Mine                   bool
	Link, Do, Class        string
}

// mindItem is something that changes what a handler does now.
type mindItem struct {
	Icon, Bold, Rest, Link string
	Hot                    bool
}

// askedLine is what waits for a second person.
type askedLine struct {
	Line, When, Link string
	Mine             bool
}

func (d *Desk) head(v view, cs *casework.Case, w casework.Where) headView {
	h := headView{Title: plain(cs.Title().Reveal()), Ref: cs.Ref, Kinds: v.kinds(cs.Kinds()), Who: v.chosen(cs.Answers, intake.TellsWho), Other: v.chosen(cs.Answers, intake.TellsOther)}
	h.Phase, h.Nth, h.Of = v.routine(w, "phase", w.Phase), w.Nth, w.Of
	for i := range w.Of {
		switch {
		case i+1 < w.Nth || w.Closed:
			h.Path = append(h.Path, "done")
		case i+1 == w.Nth:
			h.Path = append(h.Path, "now")
		default:
			h.Path = append(h.Path, "")
		}
	}
	h.Level = v.routine(w, "level", w.Level)
	if w.Level == "" {
		h.Level = v.Label("level", cs.Level)
	}
	h.Lead = v.T("queue.nobody")
	if lead := holderOf(w, string(routine.Lead)); lead.ID != "" {
		h.Lead = v.T("case.has", "name", v.nameOf(lead))
	} else if w.Routine == nil && cs.Assignee != "" {
		h.Lead = v.T("case.has", "name", d.name(cs.Assignee))
	}
	h.Next = d.nextOf(v, cs, w)
	h.Waits, h.More = v.waits(cs, w)
	for _, q := range w.Asked {
		line := askedLine{Line: v.question(w, q), When: v.Moment(v.local(q.At), v.Now), Mine: q.Mine}
		if q.Mine {
			line.Line = v.T("second.you_asked", "what", v.asked(w, q))
		} else {
			line.Link = answerTo(cs.Ref, q)
		}
		h.Asked = append(h.Asked, line)
	}
	h.Mind = v.mind(cs, w)
	return h
}

// nextOf is what comes next: the handler's own step, or else the case's.
func (d *Desk) nextOf(v view, cs *casework.Case, w casework.Where) nextView {
	switch {
	case len(cs.Faults) > 0:
		var others []string
		for _, o := range cs.CanOpen {
			if o.ID != v.Me.ID && o.Name != "" {
				others = append(others, plain(o.Name))
			}
		}
		return nextView{Title: v.T("next.stop", "names", v.List(others)), Say: v.T("next.stop_why")}
	case w.Routine == nil:
		return v.nextPromise(cs)
	case w.Next == nil:
		return v.nothingNow(w)
	}
	t := *w.Next
	n := nextView{Title: v.routine(w, "next", t.ID), Who: v.who(t), Mine: t.Mine, After: v.after(w, t)}
	if t.Object != "" {
		n.Title = v.T("step.of", "step", strings.TrimSuffix(n.Title, "."), "object", v.object(w, t.Object))
	}
	if t.HasDue {
		c := v.day(t.Due)
		n.Clock = &c
	}
	if t.Act != nil && t.Mine {
		n.Link, n.Do, n.Class = link(cs.Ref, t), v.act(t.Act, "title"), class(t.Act, cs)
	}
	for _, q := range w.Asked {
		if q.Act != nil && q.Act == t.Act && (q.Step == "" || q.Step == t.Key()) {
			n.Who, n.Say, n.After, n.Mine, n.Link = "", v.T("second.waits"), "", false, ""
			if !q.Mine {
				n.Link, n.Do, n.Class = answerTo(cs.Ref, q), v.T("second.answer"), "plain"
			}
		}
	}
	if what := v.measure(cs, t.Object); what != "" {
		n.Title, n.Say = v.routine(w, "next", t.ID), v.T("case.quote", "words", what)
	}
	return n
}

// answerTo is the page that answers what a colleague asks.
func answerTo(ref string, q casework.Question) string {
	if a := acts.Find("second"); a != nil {
		return actPath(ref, a) + "?of=" + strconv.FormatInt(q.Seq, 10)
	}
	return ""
}

// measure is what a measure is, of a step that is about one.
func (v view) measure(cs *casework.Case, object string) string {
	return opening(cs, "measure", "what", object)
}

// opening is what stands in a field of the act that began a step's object: the routine
// numbers them, as m1 or c2, in the order of their acts. Empty is an object of another act.
func opening(cs *casework.Case, act, field, object string) string {
	n, err := strconv.Atoi(strings.TrimPrefix(object, act[:1]))
	if err != nil || !strings.HasPrefix(object, act[:1]) {
		return ""
	}
	for _, e := range cs.Entries {
		doubted := slices.ContainsFunc(cs.Doubts, func(d casework.Doubt) bool { return d.Seq == e.Seq })
		if e.Act == act && !doubted {
			if n--; n == 0 {
				return plain(first(e.Values[field]))
			}
		}
	}
	return ""
}

// nextPromise is the nearest promised day of a case that no routine has taken over.
func (v view) nextPromise(cs *casework.Case) nextView {
	c := v.nearest(casework.Place(cs.Case, v.Me.ID, v.Now))
	if c.When == "" {
		return nextView{Title: v.T("case.no_clock")}
	}
	return nextView{Title: c.What, Clock: &c}
}

// nothingNow says that nothing can be done now, and what comes by itself.
func (v view) nothingNow(w casework.Where) nextView {
	n := nextView{Title: v.T("next.nothing")}
	for _, t := range w.Waiting {
		if t.HasDue {
			c := v.day(t.Due)
			n.Clock, n.Say = &c, v.T("next.later", "step", v.step(w, t.Key()), "who", v.who(t))
			break
		}
	}
	return n
}

// after is what has just made a step free: the last one that it waited for.
func (v view) after(w casework.Where, t casework.Task) string {
	spec, _ := w.Routine.Step(t.ID)
	var last *casework.Task
	for _, over := range w.Over {
		if slices.Contains(spec.Needs, over.ID) && !over.Ended.IsZero() && (last == nil || over.Ended.After(last.Ended)) {
			last = &over
		}
	}
	if last == nil {
		return ""
	}
	return v.T("next.after", "step", v.step(w, last.Key()), "day", v.ShortDay(v.local(last.Ended), v.Now))
}

// mostWaits is for how many others in the office it is said that a case waits for them.
const mostWaits = 3

// waits are those whom a case waits for: everybody outside the office, whoever of the office
// minds it, and the first steps of colleagues.
func (v view) waits(cs *casework.Case, w casework.Where) (lines []string, more int) {
	for _, t := range w.Open {
		if t.Outside {
			name := v.step(w, t.Key())
			if !strings.Contains(t.Object, "-") { // else it is not the first talk with them
				name = v.routine(w, "step", t.ID)
			}
			lines = append(lines, v.waitsFor(v.outside(cs, w, t), name, t))
		}
	}
	lines = append(lines, v.invited(cs, w)...)
	shown := 0
	for _, t := range w.Open {
		switch {
		case t.Outside || t.Mine || t.Act == nil || w.Next != nil && t.Key() == w.Next.Key():
		case shown == mostWaits:
			more++
		default:
			lines, shown = append(lines, v.waitsFor(v.who(t), v.step(w, t.Key()), t)), shown+1
		}
	}
	return lines, more
}

// waitsFor says who does a step, and by when.
func (v view) waitsFor(name, step string, t casework.Task) string {
	if t.HasDue {
		step = v.T("act.by_day", "step", step, "day", v.day(t.Due).When)
	}
	return v.T("case.waits_for", "name", name, "step", step)
}

// outside is who outside the office does a step.
func (v view) outside(cs *casework.Case, w casework.Where, t casework.Task) string {
	if t.Seat != "" {
		return words.Capital(v.seat(w, t.Seat))
	}
	if name := opening(cs, "consult", "adviser", t.Object); name != "" {
		return name
	}
	return v.T("case.outside")
}

// invited are those who were asked to take part, and of whom nothing has come yet: it is no
// step, and nobody else would say so.
func (v view) invited(cs *casework.Case, w casework.Where) (lines []string) {
	asked := map[string]time.Time{}
	var order []string
	for _, e := range cs.Entries {
		if slices.ContainsFunc(cs.Doubts, func(d casework.Doubt) bool { return d.Seq == e.Seq }) {
			continue
		}
		switch seat := first(e.Values["seat"]); e.Act {
		case "invite":
			if _, again := asked[seat]; !again {
				order = append(order, seat)
			}
			asked[seat] = e.At
		case "seated", "heard":
			delete(asked, seat)
		}
	}
	for _, seat := range order {
		if at, waits := asked[seat]; waits && !w.Closed {
			lines = append(lines, v.T("case.waits_for", "name", words.Capital(v.seat(w, seat)), "step", v.T("case.invited", "day", v.ShortDay(v.local(at), v.Now))))
			delete(asked, seat)
		}
	}
	return lines
}

// icons of what is to be minded; every other flag has a sign of its own.
var icons = map[string]string{"MINOR15": "minor", "MINOR18": "minor"}

// hot are flags that somebody may be in danger by.
var hot = []string{"URGENT"}

// mind is what changes what a handler does now, the gravest first.
func (v view) mind(cs *casework.Case, w casework.Where) []mindItem {
	var all []mindItem
	flags := slices.Clone(cs.Flags)
	slices.SortStableFunc(flags, func(a, b string) int { return grave(a) - grave(b) })
	for _, f := range flags {
		m := mindItem{Icon: "mind", Bold: v.Label("flag", f), Hot: slices.Contains(hot, f)}
		if icon := icons[f]; icon != "" {
			m.Icon = icon
		}
		if rest := v.Label("mind", f); rest != f {
			m.Rest = rest
		}
		all = append(all, m)
	}
	for _, a := range cs.Answers {
		if slices.Contains(a.Is, intake.TellsReach) && len(a.Labels) > 0 && !slices.Contains(a.Choices, "any") {
			all = append(all, mindItem{Icon: "moon", Bold: v.T("mind.reach", "when", strings.Join(v.shown(a).Labels, ". "))})
		}
	}
	for _, h := range cs.Kept {
		all = append(all, mindItem{Icon: "kept", Bold: v.T("case.kept", "name", plain(h.Name)), Rest: v.T("case.kept_do")})
	}
	if n := len(cs.Doubts); n > 0 {
		all = append(all, mindItem{Icon: "cross", Bold: v.N("mind.doubts", n), Link: "#doubts"})
	}
	if n := len(w.Adrift); n > 0 {
		all = append(all, mindItem{Icon: "mind", Bold: v.N("mind.adrift", n), Link: v.restate(cs.Ref)})
	}
	return all
}

// restate is the page that tells the server how the clocks should stand.
func (v view) restate(ref string) string {
	if a := acts.Find("restate"); a != nil {
		return actPath(ref, a)
	}
	return ""
}

// grave puts flags in order.
func grave(flag string) int {
	if i := slices.Index([]string{"URGENT", "MINOR15", "MINOR18", "FORENSIC", "UNREACHABLE", "TALK_FIRST", "ONGOING"}, flag); i >= 0 {
		return i
	}
	return 100
}

// day says when something is due, in words.
func (v view) day(due plan.Due) clock {
	due = due.InZone(v.Now.Location())
	said, today := v.ShortDay(due.Time, v.Now), midnight(v.Now)
	if !due.Day {
		said = v.At(said, due.Time)
	}
	switch day := midnight(due.Time); {
	case due.Late(v.Now):
		return clock{When: v.T("clock.late", "day", said), Class: "late"}
	case day.Equal(today) && !due.Day:
		return clock{When: v.T("clock.today_at", "time", v.Clock(due.Time)), Class: "soon"}
	case day.Equal(today):
		return clock{When: v.T("clock.today", "day", said), Class: "soon"}
	case day.Equal(today.AddDate(0, 0, 1)):
		return clock{When: v.T("clock.tomorrow", "day", said), Class: "soon"}
	}
	return clock{When: said}
}

func midnight(t time.Time) time.Time {
	y, m, d := t.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, t.Location())
}

// keptOut names those whom the reporter keeps out.
func keptOut(cs *casework.Case) (names []string) {
	for _, h := range cs.Kept {
		names = append(names, h.Name)
	}
	return names
}

// openers are those who can open the case, with the days on which they did.
func (v view) openers(cs *casework.Case) []opener {
	var all []opener
	for _, h := range cs.CanOpen {
		o := opener{Name: h.Name, Role: plain(h.RoleIn(v.ID())), Opened: v.T("access.never")}
		if o.Name == "" {
			o.Name = v.Label("recipient", h.ID)
		}
		if h.ID == cases.Recovery {
			o.Opened = v.T("access.recovery") // it is used without the office API
		}
		if first, last := days(cs.Access, h.ID); first != nil {
			o.Opened = v.T("access.first", "day", v.ShortDay(v.local(first.Hour), v.Now))
			if midnight(v.local(first.Hour)) != midnight(v.local(last.Hour)) {
				o.Opened = v.T("access.both", "first", v.ShortDay(v.local(first.Hour), v.Now), "last", v.ShortDay(v.local(last.Hour), v.Now))
			}
		}
		all = append(all, o)
	}
	return all
}

func days(access []cases.Access, id string) (first, last *cases.Access) {
	for i := range access {
		a := &access[i]
		if a.Handler != id {
			continue
		}
		if first == nil || a.Hour.Before(first.Hour) {
			first = a
		}
		if last == nil || a.Hour.After(last.Hour) {
			last = a
		}
	}
	return first, last
}
