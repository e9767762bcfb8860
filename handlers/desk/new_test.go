package desk_test

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"tillit/handlers/casework"
	"tillit/handlers/desk"
	"tillit/handlers/handlerstest"
)

// called is what a handler writes down of a call.
func called() url.Values {
	return url.Values{"channel": {"phone"}, "came": {"2026-11-20"}, "text": {"Han sa: «Datteren min tør ikke gå på møtene»."},
		"contact": {"Faren, på telefon etter klokken 17."}, "choice": {"E3=local"}, "flag": {"ONGOING", "MINOR18"}, "known": {"yes"}, "out": {"siv"}}
}

// noted is an office on a day, and a desk there that writes cases down.
func noted(t *testing.T, line *handlerstest.Line) (*handlerstest.Office, *visitor) {
	t.Helper()
	clock := handlerstest.At(time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC))
	o := handlerstest.New(t, handlerstest.Options{Clock: clock})
	return o, visit(t, o.DialOver("maren", line), func(c *desk.Config) { c.Now, c.Zone = clock.Now, time.UTC })
}

// all are the references in somebody's queue.
func all(t *testing.T, o *handlerstest.Office, id string) (refs []string) {
	t.Helper()
	page, err := o.Dial(id).Queue(t.Context(), casework.Query{View: "open"})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range page.Cases {
		refs = append(refs, c.Ref)
	}
	return refs
}

// times is how often words stand in a case, for a colleague.
func times(t *testing.T, o *handlerstest.Office, ref, words string) (n int) {
	t.Helper()
	cs, err := o.Dial("jonas").Case(t.Context(), ref)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range cs.Entries {
		for _, text := range e.Values["text"] {
			if text.Reveal() == words {
				n++
			}
		}
	}
	return n
}

// TestACallBecomesACase writes a call down at the desk, from the queue: its page is the
// next one, and says what must be minded; who is kept out finds nothing.
func TestACallBecomesACase(t *testing.T) {
	for name, c := range map[string]struct {
		fill url.Values
		says []string
	}{
		"register": {called(), []string{"The case is registered.", "Datteren min tør ikke", "Faren, på telefon", "Fri 20 Nov", "Going on, or could happen again", "Under 18"}},
		"relay":    {url.Values{"forwarder": {"Leder i lokallaget"}, "came": {"2026-11-23"}, "text": {"Hun fortalte det på et møte."}}, []string{"The case is passed on.", "Leder i lokallaget", "Hun fortalte det"}},
	} {
		o, v := noted(t, &handlerstest.Line{})
		_, queue := v.get("/")
		v.want(queue, `href="/new/register"`)
		_, form := v.get("/new/" + name)
		v.want(form, `value="2026-11-23"`, "Stays inside")
		code, page := v.submit(form, "/new/"+name, c.fill)
		v.want(html.UnescapeString(page), c.says...)
		if code != http.StatusOK || len(all(t, o, "maren")) != 1 || len(all(t, o, "jonas")) != 1 {
			t.Errorf("%s: %d, %v", name, code, all(t, o, "maren"))
		}
		if siv := all(t, o, "siv"); len(siv) != 1-len(c.fill["out"]) {
			t.Errorf("%s: who is kept out finds %v", name, siv)
		}
		if _, form = v.get("/new/" + name); strings.Contains(form, "fortalte det på") || strings.Contains(form, "tør ikke") {
			t.Errorf("%s: the form still has the words", name)
		}
	}
}

// TestTheSameFormMakesOneCase sends a form twice at once, again later from the page that
// was left open and from a fresh one, and again after answers were lost, with the same
// words and with others: it is one case, and no words are lost.
func TestTheSameFormMakesOneCase(t *testing.T) {
	const path = "/new/register"
	words := called().Get("text")
	t.Run("twice at once, and again", func(t *testing.T) {
		o, v := noted(t, &handlerstest.Line{})
		_, form := v.get(path)
		var both sync.WaitGroup
		for range 2 {
			both.Go(func() { v.submit(form, path, called()) })
		}
		both.Wait()
		_, page := v.submit(form, path, called())
		v.want(page, "This was done before.")
		_, fresh := v.get(path)
		_, page = v.submit(fresh, path, called())
		v.want(page, "This was done before.")
		if refs := all(t, o, "maren"); len(refs) != 1 || times(t, o, refs[0], words) != 1 {
			t.Errorf("there are %d cases", len(refs))
		}
	})
	for name, lost := range map[string]string{"the case": "/v1/cases", "what was said": "/acts"} {
		for _, after := range []bool{false, true} { // the server did it, or it never arrived
			for _, other := range []bool{false, true} { // other words the second time
				t.Run(name, func(t *testing.T) {
					line := &handlerstest.Line{}
					o, v := noted(t, line)
					_, form := v.get(path)
					if after {
						line.LoseAnswer("POST", lost)
					} else {
						line.Lose("POST", lost)
					}
					code, page := v.submit(form, path, called())
					v.want(html.UnescapeString(page), "ress again", words, `value="siv" checked`, `value="E3=local" selected`)
					if code != http.StatusServiceUnavailable {
						t.Errorf("without an answer: %d", code)
					}
					line.Mend()
					again := called()
					if other {
						again.Set("text", "Andre ord.")
					}
					code, page = v.submit(page, path, again)
					refs := all(t, o, "maren")
					if code != http.StatusOK || len(refs) != 1 {
						t.Fatalf("again: %d, there are %d cases", code, len(refs))
					}
					for _, said := range []string{words, again.Get("text")} {
						if n := times(t, o, refs[0], said); n > 1 || n == 0 && !strings.Contains(html.UnescapeString(page), said) && said == again.Get("text") {
							t.Errorf("%q is there %d times", said, n)
						}
					}
				})
			}
		}
	}
}

// TestAFormThatMakesNoCase keeps all that was typed, and says what is missing or refused.
func TestAFormThatMakesNoCase(t *testing.T) {
	o, v := noted(t, &handlerstest.Line{})
	for name, c := range map[string]struct {
		path   string
		change url.Values
		code   int
		says   string
	}{
		"no words":          {"register", url.Values{"text": {" "}}, 422, `href="#f-text"`},
		"no channel":        {"register", url.Values{"channel": nil}, 422, `href="#f-channel"`},
		"no day":            {"register", url.Values{"came": {""}}, 422, "This day does not fit."},
		"a day to come":     {"register", url.Values{"came": {"2026-11-24"}}, 422, "This day does not fit."},
		"long ago":          {"register", url.Values{"came": {"2022-11-24"}}, 422, "This day does not fit."},
		"relayed to come":   {"relay", url.Values{"came": {"2026-11-24"}, "forwarder": {"En leder"}}, 422, "This day does not fit."},
		"nobody relays":     {"relay", url.Values{"forwarder": {""}}, 422, `href="#f-forwarder"`},
		"about the leaders": {"register", url.Values{"choice": {"E3=central_leadership"}}, 403, "external receiver alone"},
		"no page of ours":   {"register", url.Values{"id": {""}}, 422, "Look at it again"},
	} {
		path := "/new/" + c.path
		fill := called()
		fill.Set("text", "Ord som ikke går tapt.")
		for k, values := range c.change {
			fill[k] = values
		}
		_, form := v.get(path)
		code, page := v.submit(form, path, fill)
		page = html.UnescapeString(page)
		v.want(page, c.says, `value="ONGOING" checked`, `value="siv" checked`)
		if code != c.code || c.change.Get("text") == "" && !strings.Contains(page, "Ord som ikke går tapt.") {
			t.Errorf("%s: %d", name, code)
		}
		_, page = v.get(path)
		v.want(page, `value="ONGOING" checked`)
	}
	if refs := all(t, o, "maren"); len(refs) != 0 {
		t.Errorf("%d cases were made", len(refs))
	}
	if code, _ := v.get("/new/note"); code != http.StatusNotFound {
		t.Errorf("an act that makes no case: %d", code)
	}
}

// TestTheFormOfACaseSpeaks in every language, on every page of it.
func TestTheFormOfACaseSpeaks(t *testing.T) {
	_, v := noted(t, &handlerstest.Line{})
	for _, lang := range langs {
		for _, name := range []string{"register", "relay"} {
			_, form := v.get("/new/" + name + "?lang=" + lang)
			_, page := v.submit(form, "/new/"+name, url.Values{"came": {"-"}})
			for _, page := range []string{form, page} {
				if m := noWords.FindString(page); m != "" || !strings.Contains(page, `<html lang="`+lang) {
					t.Errorf("%s: no words for %s", lang, m)
				}
				for _, label := range regexp.MustCompile(`(?:<label[^>]*>|<legend>)([^<]*)<`).FindAllStringSubmatch(page, -1) {
					if strings.TrimSpace(label[1]) == "" && !strings.Contains(label[0], "check") {
						t.Errorf("%s: something to fill in has no name", lang)
					}
				}
			}
		}
	}
}

// TestNothingLeavesWhereNobodyHasAChat: of a case that the office made no page says that
// words are or were sent, and what it says is true: the day it came, no receipt, the words
// as its title.
func TestNothingLeavesWhereNobodyHasAChat(t *testing.T) {
	o, v := noted(t, &handlerstest.Line{})
	_, form := v.get("/new/register")
	v.submit(form, "/new/register", called())
	ref := all(t, o, "maren")[0]
	at := "/case/" + ref
	_, page := v.get(at)
	v.want(html.UnescapeString(page), "“Han sa: «Datteren min tør ikke gå på møtene».”", "Written down by the office. Came Fri 20 Nov", "No receipt: there is no chat in this case", "Who told it, and how and when")
	v.never(page, `class="button out"`, "has got a receipt")
	_, page = v.get("/")
	v.want(page, "3 days")
	_, page = v.get(at + "/acts")
	v.never(page, "Goes to the reporter")
	_, page = v.get(at + "/act/reply")
	v.want(page, "Nothing is sent: there is no chat in this case", "Look it over")
	_, page = v.submit(page, at+"/act/reply", url.Values{"text": {"Takk for at du ringte."}})
	v.want(page, "You say that these words were passed on", "Takk for at du ringte.", "It was told like this")
	v.never(page, "Not sent yet", "Send to the reporter")
	_, page = v.submit(page, at+"/act/reply", nil)
	v.want(page, "Nothing was sent from here.", "Maren V. told this to the reporter", "not sent from here")
	v.never(page, "Sent to the reporter", `class="entry out"`)
	cs, err := o.Dial("jonas").Case(t.Context(), ref)
	if err != nil || len(cs.Doubts) > 0 {
		t.Fatalf("a colleague finds %v, %v", cs.Doubts, err)
	}
}
