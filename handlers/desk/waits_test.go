package desk_test

import (
	"html"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"tillit/handlers/handlerstest"
)

// waitsFor are the lines of whom the page of a case says that it waits for.
func waitsFor(page string) string {
	m := regexp.MustCompile(`(?s)<dt>Waits for</dt>(.*?)</div>`).FindStringSubmatch(page)
	if m == nil {
		return ""
	}
	return html.UnescapeString(m[1])
}

// TestWhoOutsideIsWaitedForIsSaid goes on with a case until somebody outside the office has
// to answer, for each way in which that comes about: who minds it and who does not are both
// told whom it waits for, and once the answer is there, nobody is.
func TestWhoOutsideIsWaitedForIsSaid(t *testing.T) {
	heard := func(who, seat, at string) deed {
		return deed{at: at, who: who, act: "heard", fill: fills("seat", seat, "how", "phone", "where", "x", "began", strings.Replace(at, " ", "T", 1))}
	}
	minutes := func(who, talk, at string) deed {
		return deed{at: at, who: who, act: "minutes", fill: fills("which", talk, "text", "What was said.")}
	}
	answer := func(what, which, at string) deed {
		return deed{at: at, who: "maren", act: "told", fill: fills("what", what, "which", which, "how", "phone", "came", "2026-12-10", "text", "It is right.")}
	}
	for name, c := range map[string]struct {
		do    []deed
		waits string // with what, and by when
		ends  deed   // without an act it is the reporter's press
		step  string // that it is about; empty is none
	}{
		"minutes with the reporter": {[]deed{heard("maren", "r", "2026-11-30 12:00"), minutes("maren", "tr", "2026-12-02 10:00")},
			"Reporter: Minutes confirmed, Wed 9 Dec", deed{}, "confirm"},
		"minutes that come back on paper": {[]deed{heard("maren", "r", "2026-11-30 12:00"), minutes("maren", "tr", "2026-12-02 10:00")},
			"Reporter: Minutes confirmed, Wed 9 Dec", answer("minutes", "tr", "2026-12-10 09:00"), "confirm"},
		"minutes of a second talk": {[]deed{heard("maren", "r", "2026-11-30 12:00"), heard("maren", "r", "2026-12-01 12:00"), minutes("maren", "tr-2", "2026-12-02 10:00")},
			"Reporter: Minutes confirmed: reporter 2, Wed 9 Dec", answer("minutes", "tr-2", "2026-12-10 09:00"), "confirm"},
		"a question to an adviser": {[]deed{{at: "2026-12-01 09:00", who: "maren", act: "consult", fill: fills("adviser", "Advokat Vik", "question", "Hva gjelder?", "until", "2026-12-08")}},
			"Advokat Vik: Advice, Tue 8 Dec", answer("advice", "c1", "2026-12-10 09:00"), "consult"},
		"an invitation": {[]deed{{at: "2026-12-01 09:00", who: "maren", act: "invite", fill: fills("seat", "a", "way", "letter")}},
			"Person affected: invited Tue 1 Dec", deed{at: "2026-12-10 09:00", who: "maren", act: "seated", fill: fills("seat", "a", "known_by", "Her voice.")}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := walking(t)
			for _, d := range append(upToFacts(t), c.do...) {
				if code, page := w.do(t, d); code != http.StatusOK || !strings.Contains(page, `id="done"`) {
					t.Fatalf("%s: %d", d.act, code)
				}
			}
			for _, id := range []string{"maren", "siv"} { // who minds it, and who does not
				_, page := w.desks[id].get("/case/" + w.ref)
				if got := waitsFor(page); !strings.Contains(got, c.waits) {
					t.Errorf("%s is told that the case waits for %q, want %q", id, got, c.waits)
				}
			}
			if c.ends.act == "" {
				w.to("2026-12-10 09:00")
				w.Reporter("lin").Opens()
				w.Reporter("lin").Press("Stemmer")
			} else if code, _ := w.do(t, c.ends); code != http.StatusOK {
				t.Fatalf("%s: %d", c.ends.act, code)
			}
			_, page := w.desks["siv"].get("/case/" + w.ref)
			if who, _, _ := strings.Cut(c.waits, ":"); strings.Contains(waitsFor(page), who) {
				t.Errorf("what has come is still waited for: %q", waitsFor(page))
			}
		})
		covered[c.step] = true
	}
}

// covered are the steps that the table of who is waited for is about.
var covered = map[string]bool{}

// upToFacts is the path until duties are given and before anybody is heard.
func upToFacts(t *testing.T) []deed {
	t.Helper()
	for i, d := range path {
		if d.act == "heard" {
			var all []deed
			for _, d := range path[:i] {
				if d.refused == "" {
					all = append(all, d)
				}
			}
			return all
		}
	}
	t.Fatal("nobody is heard on the path")
	return nil
}

// TestEveryStepOfOthersIsInTheTable holds the table to the routine: a step that somebody
// outside ends has a row.
func TestEveryStepOfOthersIsInTheTable(t *testing.T) {
	for _, s := range handlerstest.Party().Steps() {
		for _, by := range s.By {
			if name, _, _ := strings.Cut(by, "/"); (name == "minutes_ok" || name == "told") && !covered[s.ID] {
				t.Errorf("%s is ended by somebody outside, and no row waits for them", s.ID)
			}
		}
	}
}
