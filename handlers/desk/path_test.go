package desk_test

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"tillit/handlers/desk"
	"tillit/handlers/handlerstest"
	"tillit/handlers/routine/acts"
)

// told is the report of the path: it happened to her, it goes on, and she wants help.
var told = answers{"S3": {"me"}, "A1": {"Det var på middagen etter fylkesmøtet. Han satte seg ved siden av meg og ville ikke flytte seg."},
	"B3": {"ongoing"}, "C1": {"messages"}, "E2": {"Kassereren i fylket."}, "E3": {"county"}, "G6": {"help"}, "H3": {"evening"}}

// deed is an act on the way of a case: who does it, when, and what is filled in.
type deed struct {
	at, who, act string
	fill         url.Values
	next         string // what the page of the case then says comes next, for who did it; empty: not looked at
	due          string // the earliest day of all open steps then
	phase        string // and the phase, where it is another one
	refused      string // what is said instead of doing it
}

func fills(pairs ...string) url.Values {
	v := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		v.Add(pairs[i], pairs[i+1])
	}
	return v
}

// path is a whole case, from the first look to the closing: the affected person reports,
// and what is refused on the way is tried. Its days are those that the same case has by the
// command line.
var path = []deed{
	{at: "2026-11-20 08:52", who: "maren", act: "take", next: "Assess whether anyone is in danger", due: "Fri 20 Nov", phase: "Received, 1 of 8"},
	{at: "2026-11-20 09:00", who: "maren", act: "assess_safety", fill: fills("risk", "some", "text", "They may meet again."), next: "Consider whether a serious act must be averted", due: "Today at 15:40"},
	{at: "2026-11-20 09:05", who: "maren", act: "consider_avert", fill: fills("considered", "not_needed", "text", "Nothing points to it."), next: "Say whom in the case you know", due: "Mon 23 Nov"},
	{at: "2026-11-20 18:00", who: "maren", act: "reply", fill: fills("text", "Takk. Jeg har lest det, og er kontakten din."), next: "Say whom in the case you know", due: "Mon 23 Nov", phase: "Acknowledged, 2 of 8"},
	{at: "2026-11-23 09:00", who: "maren", act: "declare", fill: fills("tie", "none"), next: "Set a measure before it can happen again", due: "Tue 24 Nov", phase: "Triage, 3 of 8"},
	{at: "2026-11-23 09:10", who: "maren", act: "decide_level", fill: fills("level", "county", "relation", "member", "reason", "Both are of the same county."), due: "Tue 24 Nov"},
	{at: "2026-11-23 09:15", who: "maren", act: "staff", fill: fills("part", "contact_a=maren", "part", "contact_b=maren"), refused: "These must be two people"},
	{at: "2026-11-23 09:20", who: "maren", act: "staff", fill: fills("part", "contact_a=maren", "part", "contact_b=jonas", "part", "investigator=maren", "part", "decider=siv"), due: "Tue 24 Nov", phase: "Facts, 4 of 8"},
	{at: "2026-11-24 10:00", who: "maren", act: "measure", fill: fills("owner", "jonas", "until", "2026-11-26", "what", "They do not meet.", "proof", "The list."), due: "Thu 26 Nov"},
	{at: "2026-11-24 10:05", who: "maren", act: "no_mask", fill: fills("reason", "All of it belongs."), due: "Thu 26 Nov"},
	{at: "2026-11-24 10:10", who: "maren", act: "inform", fill: fills("what", "police", "text", "Du kan snakke med politiet."), due: "Thu 26 Nov"},
	{at: "2026-11-24 10:15", who: "maren", act: "support", fill: fills("side", "a", "answer", "declined", "text", "She has somebody."), due: "Thu 26 Nov"},
	{at: "2026-11-26 15:00", who: "jonas", act: "measure_done", fill: fills("which", "m1", "proof", "The list", "text", "Dere møtes ikke der."), due: "Thu 3 Dec"},
	{at: "2026-11-27 10:00", who: "jonas", act: "disclose", refused: "First comes: Advice of the police"},
	{at: "2026-11-30 12:00", who: "maren", act: "heard", fill: fills("seat", "r", "how", "meeting", "where", "At the office.", "began", "2026-11-30T12:00"), next: "Ask the police before the other party is told", due: "Thu 3 Dec"},
	{at: "2026-12-02 10:00", who: "maren", act: "minutes", fill: fills("which", "tr", "text", "Det du sa."), due: "Thu 3 Dec"},
	{at: "2026-12-03 09:00", who: "maren", act: "police_answer", fill: fills("asked", "2026-12-02", "answer", "go_on", "text", "They see nothing against it."), due: "Thu 3 Dec"},
	{at: "2026-12-04 12:00", who: "jonas", act: "disclose", fill: fills("how", "meeting", "agreed", "yes", "text", "What it concerns."), next: "Talk with the other party", due: "Wed 9 Dec"},
	{at: "2026-12-04 20:00", who: "maren", act: "told", fill: fills("what", "minutes", "which", "tr", "how", "phone", "came", "2026-12-04", "text", "It is right."), due: "Thu 10 Dec"},
	{at: "2026-12-09 14:00", who: "jonas", act: "heard", fill: fills("seat", "b", "how", "meeting", "where", "At the office.", "began", "2026-12-09T14:00"), due: "Fri 11 Dec"},
	{at: "2026-12-10 10:00", who: "jonas", act: "support", fill: fills("side", "b", "answer", "declined", "text", "He has somebody."), due: "Fri 11 Dec"},
	{at: "2026-12-10 10:30", who: "maren", act: "check_in", fill: fills("when", "hearing", "asked", "2026-12-10", "answer", "It goes well.", "worse", "no"), due: "Wed 16 Dec"},
	{at: "2026-12-10 10:40", who: "maren", act: "check_in", fill: fills("when", "1m", "asked", "2026-12-10", "answer", "It goes well.", "worse", "no"), refused: "it is not time for this yet"},
	{at: "2026-12-11 11:00", who: "jonas", act: "minutes", fill: fills("which", "tb", "text", "What was said."), due: "Fri 18 Dec"},
	{at: "2026-12-14 11:00", who: "siv", act: "decide", refused: "First comes"},
	{at: "2026-12-15 11:00", who: "jonas", act: "told", fill: fills("what", "minutes", "which", "tb", "how", "phone", "came", "2026-12-15", "text", "It is right."), due: "Sun 3 Jan"},
	{at: "2026-12-16 11:00", who: "maren", act: "state_informed", fill: fills("reason", "All were heard."), due: "Mon 18 Jan", phase: "Informed, 5 of 8"},
	{at: "2027-01-11 10:00", who: "maren", act: "decide", refused: "decider"},
	{at: "2027-01-11 11:00", who: "siv", act: "decide", fill: fills("outcome", "measure", "guideline", "Number 4", "reason", "Both were heard."), next: "Decide the case", due: "Mon 18 Jan"},
	{at: "2027-01-11 11:05", who: "siv", act: "second", refused: "This is not for you."},
	{at: "2027-01-12 09:00", who: "jonas", act: "second", fill: fills("agree", "yes", "reason", "I have read all of it."), next: "Give the other party their result", due: "Tue 19 Jan", phase: "Decided, 6 of 8"},
	{at: "2027-01-14 09:00", who: "maren", act: "feedback", fill: fills("letter", "result_r", "text", "Dette gjør vi."), due: "Tue 19 Jan", phase: "Measures, 7 of 8"},
	{at: "2027-01-15 08:50", who: "maren", act: "feedback", fill: fills("letter", "result_b", "text", "What was decided."), refused: "contact for the other party"},
	{at: "2027-01-15 09:00", who: "jonas", act: "feedback", fill: fills("letter", "result_b", "text", "What was decided."), due: "Fri 12 Feb"},
	{at: "2027-02-11 09:00", who: "maren", act: "close", refused: "First comes"},
	{at: "2027-02-12 09:00", who: "maren", act: "check_in", fill: fills("when", "1m", "asked", "2027-02-12", "answer", "It goes well.", "worse", "no"), due: "Fri 12 Mar"},
	{at: "2027-02-15 09:00", who: "maren", act: "close", fill: fills("action", "A measure, carried out.", "findings", "As in the decision.", "protection", "The contact stays the same."), due: "Fri 12 Mar"},
	{at: "2027-02-16 09:00", who: "siv", act: "second", fill: fills("agree", "yes", "reason", "I have read all of it."), due: "Mon 12 Apr", phase: "Closed, 8 of 8"},
}

// worked is the office of the path, with its clock, and the desks of those who work in it.
type worked struct {
	*handlerstest.Office
	clock *handlerstest.Clock
	zone  *time.Location
	ref   string
	desks map[string]*visitor
}

// walking is the office of the path with everybody signed in.
func walking(t *testing.T, change ...func(*desk.Config)) *worked {
	t.Helper()
	w := officeOfPath(t)
	for _, id := range []string{"maren", "jonas", "siv"} {
		at := func(c *desk.Config) { c.Now, c.Zone, c.Idle = w.clock.Now, w.zone, 10000*time.Hour }
		w.desks[id] = visit(t, w.Dial(id), append([]func(*desk.Config){at}, change...)...)
	}
	return w
}

// officeOfPath is the office in which the report of the path has come.
func officeOfPath(t *testing.T) *worked {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Oslo")
	if err != nil {
		t.Fatal(err)
	}
	w := &worked{zone: zone, clock: handlerstest.At(time.Date(2026, 11, 19, 21, 40, 0, 0, zone)), desks: map[string]*visitor{}}
	w.Office = handlerstest.New(t, handlerstest.Options{Clock: w.clock, Hasty: true})
	w.ref = w.File("lin", told)
	return w
}

// to lets it be another moment.
func (w *worked) to(at string) {
	w.T.Helper()
	zone, _ := time.LoadLocation("Europe/Oslo")
	moment, err := time.ParseInLocation("2006-01-02 15:04", at, zone)
	if err != nil {
		w.T.Fatal(err)
	}
	w.clock.Set(moment)
}

// do does a deed on its page, and returns the page that follows.
func (w *worked) do(t *testing.T, d deed) (int, string) {
	t.Helper()
	w.to(d.at)
	if d.refused != "" && d.fill == nil { // there is nothing to fill in
		code, page := w.desks[d.who].get("/case/" + w.ref + "/act/" + d.act)
		return code, html.UnescapeString(page)
	}
	code, page := w.desks[d.who].act(w.ref, d.act, d.fill)
	return code, html.UnescapeString(page)
}

var noWords = regexp.MustCompile(`\[[a-z_]+\.[a-z_.0-9]+\]|\{[a-z_]+\}|\[private\]`)

// next is what the page of a case says comes next.
func next(page string) string {
	m := regexp.MustCompile(`(?s)<h2 id="next-h">(.*?)</h2>`).FindStringSubmatch(page)
	if m == nil {
		return ""
	}
	return html.UnescapeString(m[1])
}

var (
	firstStep = regexp.MustCompile(`(?s)id="steps".*?<span class="clock[^>]*>.*?</svg>(.*?)</span>`)
	inPhase   = regexp.MustCompile(`<dt>Phase</dt><dd><b>([^<]*)</b>(, \d of \d)`)
)

// stands holds the page of the case, as it is after a deed, to what the path says. Phase
// is the one before, and the one that it stands in is returned.
func (d deed) stands(t *testing.T, page, phase string) string {
	t.Helper()
	if got := next(page); d.next != "" && !strings.HasPrefix(got, d.next) {
		t.Errorf("%s, after %s: next is %q, want %q", d.at, d.act, got, d.next)
	}
	if m := firstStep.FindStringSubmatch(page); d.due != "" && (m == nil || !strings.Contains(m[1], d.due)) {
		t.Errorf("%s, after %s: the earliest day is %q, want %q", d.at, d.act, m, d.due)
	}
	if d.phase != "" {
		phase = d.phase
	}
	if m := inPhase.FindStringSubmatch(page); m == nil || m[1]+m[2] != phase {
		t.Errorf("%s, after %s: the phase is %q, want %q", d.at, d.act, m, phase)
	}
	if box, _, _ := strings.Cut(page, "</section>"); d.act == "decide" && (strings.Contains(box, "/act/decide") || !strings.Contains(box, "It waits for a second person.")) {
		t.Error("what was asked is offered again as the next thing")
	}
	if strings.Contains(page, `id="doubts"`) {
		t.Fatalf("%s, after %s: something is in doubt", d.at, d.act)
	}
	return phase
}

// TestAWholeCaseAtTheDesk works a case on the pages, from the report to its closing: each
// act on its own page, with what is refused on the way, and how the case stands after it.
func TestAWholeCaseAtTheDesk(t *testing.T) {
	w, phase := walking(t), ""
	for _, d := range path {
		code, page := w.do(t, d)
		if d.refused != "" {
			if !strings.Contains(page, d.refused) {
				t.Fatalf("%s, %s: %d, and it is not said that %q, but: %s", d.at, d.act, code, d.refused, regexp.MustCompile(`(?s)<div class="alert".*?</div>`).FindString(page))
			}
			continue
		}
		if code != http.StatusOK || !strings.Contains(page, `id="done"`) {
			alert := regexp.MustCompile(`(?s)<div class="alert".*?</div>`).FindString(page)
			t.Fatalf("%s, %s: %d %s", d.at, d.act, code, alert)
		}
		_, page = w.desks[d.who].get("/case/" + w.ref)
		phase = d.stands(t, page, phase)
	}
}

// TestEveryPageOfARoutine looks, in every language and half-way through a case, at the
// page of all acts and at the page of each: nothing lacks words, and what is refused says
// why.
func TestEveryPageOfARoutine(t *testing.T) {
	w := walking(t)
	for _, d := range path[:15] {
		w.do(t, d)
	}
	for _, lang := range langs {
		for who, v := range w.desks {
			for _, path := range []string{"", "/acts", "/log"} {
				code, page := v.get("/case/" + w.ref + path + "?lang=" + lang)
				if m := noWords.FindString(page); m != "" || code != http.StatusOK {
					t.Errorf("%s, %s, %q: %d, no words for %s", lang, who, path, code, m)
				}
			}
			for _, a := range acts.All {
				code, page := v.get("/case/" + w.ref + "/act/" + a.Name)
				if m := noWords.FindString(page); m != "" || code != http.StatusOK {
					t.Errorf("%s, %s, %s: %d, no words for %s", lang, who, a.Name, code, m)
				}
				said := acts.Words().In(lang).Say("act." + a.Name + ".title")
				if !strings.Contains(html.UnescapeString(page), said) {
					t.Errorf("%s, %s: the page does not say what it is", lang, a.Name)
				}
			}
		}
	}
	_, page := w.desks["siv"].get("/case/" + w.ref + "/acts?lang=en")
	for _, want := range []string{"Decide</b>", "First comes: Case sufficiently informed.", "This is for"} {
		if !strings.Contains(html.UnescapeString(page), want) {
			t.Logf("the page of all acts has no %q", want)
		}
	}
}

// TestNothingTypedIsLost hands forms in with one thing missing, for each kind of field,
// and finds the rest on the page that says so, and on the page of the act later.
func TestNothingTypedIsLost(t *testing.T) {
	w := walking(t)
	for _, d := range path[:8] {
		w.do(t, d)
	}
	for name, c := range map[string]struct {
		fill url.Values
		want []string
		lack string
	}{
		"heard": {fills("seat", "r", "where", "At the <office>.", "present", "Lin\nIda", "began", "2026-11-30T12:00"),
			[]string{`value="r" checked`, "At the &lt;office&gt;.", "Lin\nIda", `value="2026-11-30T12:00"`}, "how"},
		"decide_level": {fills("relation", "member", "consulted", "Siv\nJonas", "reason", "Because."), []string{`value="member" checked`, "Siv\nJonas", "Because."}, "level"},
		"minor":        {fills("told", "guardians", "told", "police", "not_told", "An uncle."), []string{`value="guardians" checked`, `value="police" checked`, "An uncle."}, "reason"},
		"measure":      {fills("owner", "jonas", "until", "2026-12-01", "what", "Something."), []string{`value="jonas" selected`, `value="2026-12-01"`, "Something."}, "proof"},
	} {
		v, at := w.desks["maren"], "/case/"+w.ref+"/act/"+name
		_, form := v.get(at)
		code, page := v.submit(form, at, c.fill)
		v.want(page, c.want...)
		v.want(page, `href="#f-`+c.lack+`"`, `id="f-`+c.lack+`-fault"`)
		if code != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d", name, code)
		}
		_, page = v.get(at)
		v.want(page, c.want...)
	}
}

// TestALetterIsPutIn fills letters into forms: what is known is filled in, in the
// reporter's language, every other hole stays in sight, and words that were typed stay.
func TestALetterIsPutIn(t *testing.T) {
	w := walking(t)
	for _, d := range path[:8] {
		w.do(t, d)
	}
	v, at := w.desks["maren"], "/case/"+w.ref+"/act/"
	_, form := v.get(at + "reply")
	_, page := v.submit(form, at+"reply", url.Values{"do": {"fill"}, "letter_from": {"ack"}, "text": {"Hei, og mine ord."}})
	page = html.UnescapeString(page)
	v.want(page, "Hei, og mine ord.\n\nTakk for at du skrev. Jeg heter Maren V.", "[the day you write again]")
	_, page = v.submit(page, at+"reply", url.Values{"do": {"look"}, "text": {"Takk. [the day you write again]"}})
	v.want(page, "This is not filled in yet", "[the day you write again]")
	_, told := v.get(at + "disclose")
	if told = html.UnescapeString(told); strings.Contains(told, "..") {
		t.Error("a sentence ends twice, as a name does")
	}
	_, page = v.get(at + "inform?what=police")
	v.want(html.UnescapeString(page), "[telephone of the police]", "noen timer gratis")
	_, page = v.get(at + "feedback?letter=status_r")
	v.want(html.UnescapeString(page), "[what was done so far]")
}

// TestASecondPersonIsAsked asks for a day to be moved: before and after it is said that
// another must agree, the other sees the reason and what comes of it, and the reporter
// gets the words when they agree.
func TestASecondPersonIsAsked(t *testing.T) {
	w := walking(t)
	for _, d := range path[:8] {
		w.do(t, d)
	}
	maren, jonas, at := w.desks["maren"], w.desks["jonas"], "/case/"+w.ref+"/act/"
	_, page := maren.get(at + "extend")
	maren.want(page, "A second person must agree.", "You cannot say yes yourself.", "Siv A.", "Jonas T.")
	code, page := maren.act(w.ref, "extend", fills("step", "facts", "until", "2026-12-08", "reason", "Vi må finne et rom."))
	page = html.UnescapeString(page)
	maren.want(page, "Nothing has changed yet", "You asked: Move the day: Talk with the reporter.")
	if code != http.StatusOK {
		t.Fatalf("asking: %d", code)
	}
	_, page = jonas.get("/case/" + w.ref)
	page = html.UnescapeString(page)
	jonas.want(page, "Maren V. asks: Move the day: Talk with the reporter")
	link := regexp.MustCompile(`href="([^"]+/act/second\?of=\d+)"`).FindStringSubmatch(page)
	if link == nil {
		t.Fatal("there is no way to answer")
	}
	_, page = jonas.get(link[1])
	jonas.want(html.UnescapeString(page), "Vi må finne et rom.", "Tue 8 Dec", "I agree", "I do not agree", "Grunnen er: Vi må finne et rom.")
	path := strings.Split(link[1], "?")[0]
	text := regexp.MustCompile(`(?s)<textarea id="f-text"[^>]*>\n(.*?)</textarea>`).FindStringSubmatch(page)
	if text == nil {
		t.Fatal("there are no words to the reporter")
	}
	_, page = jonas.submit(page, path, fills("agree", "yes", "reason", "Fine.", "text", html.UnescapeString(text[1])))
	jonas.want(page, "Not sent yet")
	if code, page = jonas.submit(page, path, nil); code != http.StatusOK || !strings.Contains(page, `id="done"`) {
		t.Fatalf("agreeing: %d", code)
	}
	if lin := w.Reporter("lin"); !strings.Contains(lin.Opens()+lin.Sees(), "Vi må finne et rom.") {
		t.Error("the reporter does not get the reason")
	}
	_, page = maren.get("/case/" + w.ref)
	maren.never(page, "You asked:")
	maren.want(page, "Tue 8 Dec")
}
