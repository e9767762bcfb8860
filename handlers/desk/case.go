package desk

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"tillit/handlers/casework"
	"tillit/handlers/routine"
	"tillit/handlers/routine/acts"
	"tillit/intake"
	"tillit/intake/words"
	"tillit/store/cases"
)

// casePage is what the page of a case shows.
type casePage struct {
	Row      row
	Who      []string
	What     []string
	Clocks   []clock
	Kept     []string
	Parts    []part
	Asked    int
	Gaps     int
	Entries  []entry
	Unread   bool
	Last     int64 // the newest entry on the page
	Files    []file
	CanOpen  []opener
	Offers   []offer
	Doubts   []string
	Faults   []string
	Checked  int
	Unproven bool
	Closed   int // entries from before this handler had a key
}

// part is a part of the questions with its answers.
type part struct {
	No      int
	Title   string
	Answers []answer
}

// answer is a question with its latest answer, ready to show.
type answer struct {
	ID, Asked string
	Lines     []string
	Way       string // words for skip, unknown, rather not
	Gap       bool
	Changed   string // when it was changed
	Earlier   []string
}

// opener is somebody who can open the case.
type opener struct{ Name, Role, Opened string }

func (d *Desk) casePage(w http.ResponseWriter, r *http.Request) {
	cs, err := d.cfg.Work.Case(r.Context(), r.PathValue("ref"))
	if err != nil && (cs == nil || !errors.Is(err, casework.ErrTampered)) {
		d.fail(w, r, err, cs)
		return
	}
	v := d.view(r, "case")
	v.Title = cs.Ref
	v.D = d.caseOf(v, cs)
	d.hide(w, *r.URL)
	d.show(w, http.StatusOK, "case", v)
}

func (d *Desk) caseOf(v view, cs *casework.Case) casePage {
	_, rw := d.row(v, cs.Case)
	p := casePage{Row: rw, Parts: v.parts(cs.Answers), Gaps: len(cs.Gaps), Entries: v.timeline(cs),
		Unread: cs.Unread > 0, Checked: cs.Checked, Unproven: cs.Unproven, Closed: cs.Closed, CanOpen: v.openers(cs), Kept: keptOut(cs)}
	for _, part := range p.Parts {
		p.Asked += len(part.Answers)
	}
	for _, e := range cs.Entries {
		p.Last = max(p.Last, e.Seq)
	}
	p.Who, p.What = chosen(cs.Answers, "who"), chosen(cs.Answers, "what")
	for _, due := range sorted(cs.Due) {
		_, c := v.clockOf(due)
		p.Clocks = append(p.Clocks, c)
	}
	for _, f := range cs.Files {
		p.Files = append(p.Files, v.file(f))
	}
	for _, f := range cs.Faults {
		p.Faults = append(p.Faults, plain(f))
	}
	for _, doubt := range cs.Doubts {
		p.Doubts = append(p.Doubts, v.doubt(doubt))
	}
	p.Offers = d.offers(v, cs)
	return p
}

// doubt is what is wrong with one entry, in words: who signed it, and why it counts in
// nothing.
func (v view) doubt(d casework.Doubt) string {
	why := v.Label("doubt", d.Why)
	switch {
	case d.Seq == 0:
		return why
	case d.By == "":
		return v.T("doubts.entry", "n", d.Seq, "why", why)
	}
	return v.T("doubts.signed", "n", d.Seq, "name", plain(d.By), "why", why)
}

// chosen returns what the reporter chose at the questions that are about something,
// for the head of the case.
func chosen(answers []casework.Answer, about string) []string {
	var lines []string
	for _, a := range answers {
		if slices.Contains(a.Is, about) && len(a.Labels) > 0 {
			lines = append(lines, plain(strings.Join(a.Labels, ". ")))
		}
	}
	return lines
}

// keptOut names those whom the reporter keeps out.
func keptOut(cs *casework.Case) (names []string) {
	for _, h := range cs.Kept {
		names = append(names, h.Name)
	}
	return names
}

// partOf says which part of the questions an answer belongs to, and its title. An
// answer of version 1 says neither: there was one set, whose parts have a letter.
func (v view) partOf(a casework.Answer) (no int, title string) {
	if a.PartTitle != "" {
		return a.Part, plain(a.PartTitle)
	}
	no = 9
	if i := strings.IndexByte("SABCDEFGH", (a.Question + "S")[0]); a.Question == "C0" {
		no = 0
	} else if i >= 0 {
		no = i
	}
	return no, v.T("part." + strconv.Itoa(no))
}

func (v view) parts(answers []casework.Answer) []part {
	var parts []part
	at := map[int]int{}
	for _, a := range answers {
		no, title := v.partOf(a)
		if _, ok := at[no]; !ok {
			at[no] = len(parts)
			parts = append(parts, part{No: no, Title: title})
		}
		p := &parts[at[no]]
		out := v.answer(a)
		// Several messages may answer one question; it is asked once.
		if n := len(p.Answers); n > 0 && p.Answers[n-1].ID == out.ID && out.Way == "" && p.Answers[n-1].Way == "" && out.Changed == "" {
			p.Answers[n-1].Lines = append(p.Answers[n-1].Lines, out.Lines...)
			continue
		}
		p.Answers = append(p.Answers, out)
	}
	slices.SortStableFunc(parts, func(a, b part) int { return a.No - b.No })
	return parts
}

func (v view) answer(a casework.Answer) answer {
	out := answer{ID: a.Question, Asked: plain(a.Asked), Lines: v.lines(a), Gap: a.Way == "skip" || a.Way == "unknown"}
	if a.Way != "" {
		out.Way = v.Label("way", a.Way)
	}
	if len(a.Earlier) > 0 {
		out.Changed = v.ShortDay(v.local(a.At), v.Now)
	}
	for _, e := range a.Earlier {
		told := strings.Join(v.lines(e), "\n")
		if e.Way != "" {
			told = v.Label("way", e.Way)
		}
		out.Earlier = append(out.Earlier, v.T("answer.earlier", "when", v.Moment(v.local(e.At), v.Now), "words", told))
	}
	return out
}

// lines are the chosen labels and the person's own words.
func (v view) lines(a casework.Answer) []string {
	var all []string
	if len(a.Labels) > 0 {
		all = append(all, plain(strings.Join(a.Labels, ". ")))
	}
	if !a.Text.IsZero() {
		all = append(all, v.told(a.Text, a.Source))
	}
	return all
}

// told are a person's own words, after what the network says of where they come from.
func (v view) told(text intake.Private, from casework.Source) string {
	out := plain(text.Reveal())
	if !from.Quotes.IsZero() {
		out = v.T("answer.quotes", "words", plain(from.Quotes.Reveal())) + "\n" + out
	}
	if from.Forwarded {
		out = v.T("answer.forwarded") + "\n" + out
	}
	return out
}

// openers are those who can open the case, with the days on which they did.
func (v view) openers(cs *casework.Case) []opener {
	var all []opener
	for _, h := range cs.CanOpen {
		o := opener{Name: h.Name, Role: h.Role, Opened: v.T("access.never")}
		if o.Name == "" {
			o.Name = v.Label("recipient", h.ID)
		}
		if h.ID == cases.Recovery {
			o.Opened = v.T("access.recovery") // it is used without the office API
		}
		if first, last := days(cs.Access, h.ID); first != nil {
			o.Opened = v.T("access.first", "day", v.ShortDay(v.local(first.Hour), v.Now))
			if !words.SameDay(v.local(first.Hour), v.local(last.Hour)) {
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

// entry is one line of the timeline, ready to show.
type entry struct {
	Class      string // from, out, inside or log
	What       string // heading, or the sentence of a log line
	By         string
	When, ISO  string
	Words      string
	Mark       string // how it was signed, where that is not at a desk
	Unread     bool
	First      bool // the first unread one
	File       *file
	Numbers    int // answers folded into one line
	answerRuns bool
}

// timeline folds runs of answers into one line: they stand in full above.
func (v view) timeline(cs *casework.Case) []entry {
	var all []entry
	first, entries := true, cs.Entries
	for _, e := range entries {
		out := v.entry(e)
		if i := slices.IndexFunc(cs.Files, func(f casework.File) bool { return f.ID == e.File }); e.Kind == cases.TypeFile && i >= 0 {
			f := v.file(cs.Files[i])
			out.File = &f
		}
		if n := len(all); out.answerRuns && n > 0 && all[n-1].answerRuns && words.SameDay(v.local(e.At), v.local(entries[0].At)) && all[n-1].Unread == out.Unread {
			all[n-1].Numbers++
			all[n-1].What = v.N("log.answers", all[n-1].Numbers)
			continue
		}
		if out.Unread && first {
			out.First, first = true, false
		}
		all = append(all, out)
	}
	return all
}

func (v view) entry(e casework.Entry) entry {
	at := v.local(e.At)
	out := entry{Class: "log", By: plain(e.By), When: v.Moment(at, v.Now), ISO: at.Format("2006-01-02T15:04:05-07:00"), Unread: e.Unread, Mark: v.mark(e)}
	if e.By == "reporter" || e.By == "tillit" {
		out.By = v.T("by." + e.By)
	}
	switch e.Kind {
	case cases.TypeMessage:
		out.Class, out.What = "from", v.T("entry.from")
		if e.Event == "edited" {
			out.What = v.T("entry.edited")
		}
	case cases.TypeReply:
		out.Class, out.What = "out", v.act(acts.Reply, "log")
	case cases.TypeNote:
		out.Class, out.What = "inside", v.act(acts.Note, "log")
	case cases.TypeMinutes:
		out.Class, out.What = "inside", v.T("entry.minutes")
	case cases.TypeAnswer:
		out.What, out.answerRuns, out.Numbers = v.N("log.answers", 1), true, 1
		return out
	case cases.TypeFile:
		out.What = v.T("log.file", "name", out.By)
		return out
	default:
		out.What = v.event(e, out.By)
		if e.Act == "" || e.Text.IsZero() {
			return out
		}
		out.Class = "inside" // why somebody did it, in their own words
	}
	out.Words = v.told(e.Text, e.Source)
	return out
}

// mark says of what a handler did how it was signed, where that is not at a desk.
func (v view) mark(e casework.Entry) string {
	switch {
	case e.Unsigned:
		return v.T("entry.unsigned")
	case e.Via != "":
		return v.T("entry.via", "channel", v.Label("channel", e.Via))
	}
	return ""
}

// before are the acts whose lines in cases of version 1 have another name.
var before = map[string]*routine.Act{"taken": acts.Take, "assigned": acts.Give, "released": acts.Release, "granted": acts.Grant}

// dayOf speaks a day that stands as text; anything else stays as it is.
func (v view) dayOf(text string) string {
	if day, err := time.Parse(time.DateOnly, text); err == nil {
		return v.Day(day)
	}
	return text
}

// event is a log line in words; an event that is newer than this desk shows its id.
func (v view) event(e casework.Entry, by string) string {
	a, person := acts.Find(e.Act), v.Label("recipient", e.Person)
	if e.Act == "" {
		a, person = before[e.Event], e.Text.Reveal()
	}
	switch key := "event." + e.Event; {
	case a != nil:
		return v.act(a, "log", "name", by, "person", plain(person))
	case e.Event == string(cases.EventEpoch) && e.Text.IsZero():
		return v.T("event.epoch_only")
	case e.Event == string(cases.EventLate):
		return v.T("event.late", "what", v.dayOf(e.Text.Reveal()))
	case v.Has(key):
		return v.T(key, "name", by, "what", plain(e.Text.Reveal()))
	}
	return v.T("event.other", "name", by, "what", plain(e.Event+e.Kind))
}
