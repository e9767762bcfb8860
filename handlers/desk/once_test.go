package desk_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"tillit/handlers/handlerstest"
)

// TestALostAnswerIsAskedForAgain loses the answer to each act after the server did it,
// and presses again: it is said that it may have arrived, and it happens once.
func TestALostAnswerIsAskedForAgain(t *testing.T) {
	const words = "You are not alone with this."
	for name, c := range map[string]struct {
		fill url.Values
		said string // in the timeline, once; empty: it cannot be opened any more
	}{
		"reply": {url.Values{"text": {words}}, words}, "note": {url.Values{"text": {words}}, words}, "take": {nil, "Maren V. took the case"},
		"give": {url.Values{"to": {"siv"}}, "Maren V. gave the case to Siv A."}, "grant": {url.Values{"to": {"jonas"}}, "Maren V. gave access to Jonas T."},
		"recuse": {url.Values{"text": {words}}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			o, line := handlerstest.New(t), &handlerstest.Line{}
			ref := o.File("lin", short)
			v := visit(t, o.DialOver("maren", line))
			path := "/case/" + ref + "/act/" + name
			_, page := v.get(path)
			if strings.Contains(page, `value="look"`) {
				_, page = v.submit(page, path, c.fill)
			}
			line.LoseAnswer("POST", "/acts")
			code, after := v.submit(page, path, c.fill)
			if code != http.StatusServiceUnavailable || !strings.Contains(after, "done only once") || line.Did("/acts") == 0 {
				t.Fatalf("without an answer: %d", code)
			}
			line.Mend()
			if c.said == "" { // the way to the page is gone with the key
				code, body := v.submit(page, path, c.fill)
				v.want(body, "You can no longer open this case.")
				if code != http.StatusOK {
					t.Errorf("pressing again: %d", code)
				}
				return
			}
			for i, from := range []string{after, page, after} { // also from the page before, and again
				code, body := v.submit(from, path, c.fill)
				entries := strings.Count(body, ">"+c.said+"<") // where the log is folded, its last line stands once more
				if code != http.StatusOK || entries != 1 {
					t.Errorf("press %d: %d, and it is there %d times", i, code, entries)
				}
			}
			if lin := o.Reporter("lin"); name == "reply" && strings.Count(lin.Opens()+lin.Sees(), words) != 2 || name == "reply" && lin.Waits() {
				t.Error("the reporter does not have it once")
			}
		})
	}
}

// TestOtherWordsAreAnotherAct holds that nobody's words are lost to those that they
// wrote before on the same page.
func TestOtherWordsAreAnotherAct(t *testing.T) {
	o := handlerstest.New(t)
	ref := o.File("lin", short)
	v := visit(t, o.Dial("maren"))
	path := "/case/" + ref + "/act/note"
	_, page := v.get(path)
	for _, words := range []string{"one", "two", "one"} {
		v.submit(page, path, url.Values{"text": {"note " + words}})
	}
	_, body := v.get("/case/" + ref)
	if strings.Count(body, "note one") != 1 || strings.Count(body, "note two") != 1 {
		t.Errorf("one stands there %d times, two %d times", strings.Count(body, "note one"), strings.Count(body, "note two"))
	}
}
