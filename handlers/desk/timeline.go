package desk

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"tillit/handlers/casework"
	"tillit/handlers/routine"
	"tillit/handlers/routine/acts"
	"tillit/intake/words"
	"tillit/store/cases"
)

// entry is one line of the timeline, ready to show.
type entry struct {
	Seq        int64
	Class      string // from, out, seat, inside or log
	What       string // heading, or the sentence of a log line
	By         string
	When, ISO  string
	Words      string
	Said       []pair // what else was filled in of an act
	Mark       string // how it was signed, where that is not at a desk
	Unread     bool
	First      bool // the first unread one
	File       *file
	Numbers    int // answers folded into one line
	answerRuns bool
	at         time.Time
}

// How much of a log stands on the page of a case; the rest is one press away.
const (
	mostWords = 25  // words of both sides
	mostLines = 60  // lines of the log
	onALog    = 100 // entries on a page of the whole log
)

// timeline is what the page of a case shows of its log: the newest words, and the lines
// of what people did, each the oldest first. Its size does not grow with the log's.
type timeline struct {
	Words, Lines []entry
	AllWords     int
	All          int
	New          string // where the first unread one stands
	LastLine     string
	Days         []logDay
}

// logDay are the lines of one day.
type logDay struct {
	Day   string
	Lines []entry
}

// timeline picks what stands on the page of a case.
func (d *Desk) timeline(v view, cs *casework.Case, w casework.Where) timeline {
	out := timeline{All: len(cs.Entries)}
	unread := slices.IndexFunc(cs.Entries, func(e casework.Entry) bool { return e.Unread && spoken(e) })
	for i, e := range slices.Backward(cs.Entries) {
		switch {
		case spoken(e):
			if out.AllWords++; len(out.Words) < mostWords || unread >= 0 && i >= unread && len(out.Words) < onALog {
				out.Words = append(out.Words, d.entryIn(v, cs, w, e))
			}
		case len(out.Lines) < mostLines || e.Kind == cases.TypeAnswer && out.Lines[len(out.Lines)-1].answerRuns:
			out.Lines = v.addLine(out.Lines, d.entryIn(v, cs, w, e))
		}
	}
	slices.Reverse(out.Words)
	if i := slices.IndexFunc(out.Words, func(e entry) bool { return e.Unread }); i >= 0 {
		out.Words[i].First, out.New = true, "new"
	} else if cs.Unread > 0 {
		out.New = "answers"
	}
	for _, e := range out.Lines {
		day := v.ShortDay(e.at, v.Now)
		if n := len(out.Days); n == 0 || out.Days[n-1].Day != day {
			out.Days = append(out.Days, logDay{Day: day})
		}
		last := &out.Days[len(out.Days)-1]
		last.Lines = append(last.Lines, e)
	}
	if len(out.Lines) > 0 {
		out.LastLine = out.Lines[0].What
	}
	return out
}

// spoken says whether an entry is somebody's words, and no line of the log.
func spoken(e casework.Entry) bool {
	if e.Act != "" {
		return classOf(e) != "log"
	}
	switch e.Kind {
	case cases.TypeMessage, cases.TypeReply, cases.TypeNote, cases.TypeMinutes:
		return true
	}
	return false
}

// addLine adds a line of the log. A run of answers is one: they stand in full elsewhere.
func (v view) addLine(all []entry, e entry) []entry {
	if n := len(all); e.answerRuns && n > 0 && all[n-1].answerRuns && words.SameDay(all[n-1].at, e.at) && all[n-1].Unread == e.Unread {
		all[n-1].Numbers++
		all[n-1].What = v.N("log.answers", all[n-1].Numbers)
		return all
	}
	return append(all, e)
}

// logPage shows the whole log of a case, a page at a time, the newest one first.
func (d *Desk) logPage(w http.ResponseWriter, r *http.Request) {
	cs, err := d.cfg.Work.Case(r.Context(), r.PathValue("ref"))
	if cs == nil || err != nil && len(cs.Faults) == 0 {
		d.fail(w, r, err, cs)
		return
	}
	v := d.view(r, "log")
	where := d.cfg.Work.Where(cs, v.Now)
	end := len(cs.Entries)
	if n, err := strconv.Atoi(r.URL.Query().Get("before")); err == nil && n > 0 && n < end {
		end = n
	}
	from := max(0, end-onALog)
	p := logView{Ref: cs.Ref, Of: plain(cs.Title().Reveal()), First: from + 1, Last: end, All: len(cs.Entries)}
	for _, e := range cs.Entries[from:end] {
		p.Entries = v.addLine(p.Entries, d.entryIn(v, cs, where, e))
	}
	if from > 0 {
		p.Older = strconv.Itoa(from)
	}
	if end < len(cs.Entries) {
		p.Newer = strconv.Itoa(min(len(cs.Entries), end+onALog))
	}
	v.Title = v.T("log.title", "ref", cs.Ref)
	v.D = p
	d.hide(w, *r.URL)
	d.show(w, http.StatusOK, "log", v)
}

// logView is a page of the whole log.
type logView struct {
	Ref, Of          string
	Entries          []entry
	First, Last, All int
	Older, Newer     string // where the page before and the one after end
}

// entryIn is an entry with what was filled in, and with its file.
func (d *Desk) entryIn(v view, cs *casework.Case, w casework.Where, e casework.Entry) entry {
	out := v.entryOf(cs, e)
	if i := slices.IndexFunc(cs.Files, func(f casework.File) bool { return f.ID == e.File }); e.Kind == cases.TypeFile && i >= 0 {
		f := v.file(cs.Files[i])
		out.File = &f
	}
	if e.Act != "" {
		out.Said = d.saidIn(v, cs, w, e)
	}
	return out
}

// entryOf is an entry of a case: where there is no chat, nobody got a receipt in it.
func (v view) entryOf(cs *casework.Case, e casework.Entry) entry {
	out := v.entry(e)
	if e.Event == string(cases.EventReceipt) && !cs.Chat() {
		out.What = v.T("event.no_receipt")
	}
	return out
}

// saidIn is what was filled in of an act, but for its words, which stand by themselves.
func (d *Desk) saidIn(v view, cs *casework.Case, w casework.Where, e casework.Entry) []pair {
	return slices.DeleteFunc(d.allSaid(v, cs, w, e), func(p pair) bool { return p.field == letterField && !e.Text.IsZero() })
}

// allSaid is all that was filled in of an act.
func (d *Desk) allSaid(v view, cs *casework.Case, w casework.Where, e casework.Entry) []pair {
	a := acts.Find(e.Act)
	if a == nil || sole(a) {
		return nil
	}
	var all []pair
	for _, f := range a.Fields {
		values := e.Values[f.Name]
		if len(values) == 0 {
			continue
		}
		p := pair{field: f.Name, Name: v.act(a, "field."+f.Name), Words: f.Kind == routine.FieldWords}
		for _, value := range values {
			p.Lines = append(p.Lines, d.value(v, cs, w, a, f, value.Reveal()))
		}
		all = append(all, p)
	}
	return all
}

// value is what a value of a field is called.
func (d *Desk) value(v view, cs *casework.Case, w casework.Where, a *routine.Act, f routine.Field, text string) string {
	switch f.Kind {
	case routine.FieldPerson, routine.FieldPersons:
		return v.nameOf(d.person(text))
	case routine.FieldChoice, routine.FieldChoices:
		return v.option(a, f.Name, text)
	case routine.FieldSeat:
		return v.seat(w, text)
	case routine.FieldParts:
		duty, person, _ := strings.Cut(text, "=")
		name := v.T("act.nobody")
		if person != "" {
			name = v.nameOf(d.person(person))
		}
		return v.T("act.part", "duty", v.routine(w, "duty", duty), "name", name)
	case routine.FieldDay:
		if at, err := time.ParseInLocation(time.DateOnly, text, v.Now.Location()); err == nil {
			return v.ShortDay(at, v.Now)
		}
	case routine.FieldMoment:
		if at, err := time.ParseInLocation("2006-01-02T15:04", text, v.Now.Location()); err == nil {
			return v.Moment(at, v.Now)
		}
	case routine.FieldEntry:
		return v.entryNo(cs, text)
	case routine.FieldName:
		if f.From == "asked" {
			return v.entryNo(cs, text)
		}
		return v.nameFrom(w, f, text)
	}
	return plain(text)
}

// entryNo is an entry of the case by its number, in words.
func (v view) entryNo(cs *casework.Case, text string) string {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return plain(text)
	}
	e, found := entryOf(cs, n)
	if !found {
		return plain(text)
	}
	shown := v.entry(e)
	return v.T("act.entry", "n", text, "what", shown.What, "day", shown.When)
}

// nameFrom is what a name of the routine or of the state is called.
func (v view) nameFrom(w casework.Where, f routine.Field, text string) string {
	switch f.From {
	case "levels":
		return v.routine(w, "level", text)
	case "outcomes":
		return v.routine(w, "outcome", text)
	case "letters":
		return v.routine(w, "letter", text)
	case "steps":
		return v.step(w, text)
	}
	return v.object(w, text)
}

// classOf says where the words of an entry went.
func classOf(e casework.Entry) string {
	a := acts.Find(e.Act)
	switch {
	case e.Kind == cases.TypeMessage, e.Kind == cases.TypeConfirm && !e.Text.IsZero():
		return "from"
	case e.Leaves || e.Act == "" && e.Kind == cases.TypeReply:
		return "out"
	case e.Outside:
		return "seat"
	case e.Kind == cases.TypeNote && e.Act == "", e.Kind == cases.TypeMinutes:
		return "inside"
	case a == nil:
		return "log"
	}
	for _, f := range a.Fields {
		if f.Kind == routine.FieldWords && len(e.Values[f.Name]) > 0 {
			return "inside" // why somebody did it, in their own words
		}
	}
	return "log"
}

func (v view) entry(e casework.Entry) entry {
	at := v.local(e.At)
	out := entry{Seq: e.Seq, Class: classOf(e), By: plain(e.By), When: v.Moment(at, v.Now), ISO: at.Format("2006-01-02T15:04:05-07:00"), Unread: e.Unread, Mark: v.mark(e), at: at}
	if e.By == "reporter" || e.By == "tillit" {
		out.By = v.T("by." + e.By)
	}
	switch {
	case e.Act != "":
		out.What = v.event(e, out.By)
	case e.Kind == cases.TypeConfirm:
		out.What = v.T("event."+e.Event, "number", strconv.FormatInt(e.Of, 10))
	case e.Kind == cases.TypeMessage:
		out.What = v.T("entry.from")
		if e.Event == "edited" {
			out.What = v.T("entry.edited")
		}
	case e.Kind == cases.TypeReply:
		out.What = v.act(acts.Reply, "log")
	case e.Kind == cases.TypeNote:
		out.What = v.act(acts.Note, "log")
	case e.Kind == cases.TypeMinutes:
		out.What = v.T("entry.minutes")
	case e.Kind == cases.TypeAnswer:
		out.What, out.answerRuns, out.Numbers = v.N("log.answers", 1), true, 1
		return out
	case e.Kind == cases.TypeFile:
		out.What = v.T("log.file", "name", out.By)
		return out
	default:
		out.What = v.event(e, out.By)
	}
	if out.Class != "log" {
		out.Words = v.told(e.Text, e.Source)
	}
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
	case a != nil && e.Outside && a.To == routine.Reporter:
		return v.T("outside.log", "name", by)
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
