package web_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"tillit/bot"
	"tillit/bot/web/webtest"
)

// marked is the cookie that an answer sets for forms of our pages; empty for none.
func marked(w *httptest.ResponseRecorder) string {
	for _, c := range w.Result().Cookies() {
		if c.Name == "here" && c.SameSite == http.SameSiteStrictMode && c.HttpOnly {
			return c.Name + "=" + c.Value
		}
	}
	return ""
}

// TestAFormThatDoesNotSayWhereItIsFrom, of an old browser or one that tells nobody, is
// taken with a cookie of ours. Without one it is answered with its words, in a form that is
// taken then. One that says that it is another's is not.
func TestAFormThatDoesNotSayWhereItIsFrom(t *testing.T) {
	r := newRig(t, question())
	if w := r.do("POST", "/say", form("text", canary), "Origin", "null", "Cookie", cookie); w.Code != http.StatusSeeOther || r.count() != 1 {
		t.Errorf("with the cookie of a talk: %d, %d events", w.Code, r.count())
	}
	first := r.do("POST", "/say", form("choice", "start", "text", canary), "Origin", "null", "Cookie", "")
	if first.Code != http.StatusForbidden || !strings.Contains(first.Body.String(), canary+"</textarea>") || !strings.Contains(first.Body.String(), "Press once more") || marked(first) == "" {
		t.Errorf("without: %d, mark %q", first.Code, marked(first))
	}
	again := r.do("POST", "/say", form("choice", "start"), "Origin", "null", "Cookie", marked(first))
	if again.Code != http.StatusSeeOther || r.count() != 2 {
		t.Errorf("pressed once more: %d, %d events", again.Code, r.count())
	}
	code := r.do("POST", "/come-back", "code=4820+1937&asked=A1&lang=nn&text="+canary, "Origin", "null", "Cookie", "")
	if b := code.Body.String(); code.Code != http.StatusForbidden || !strings.Contains(b, `value="4820 1937"`) || marked(code) == "" ||
		!strings.Contains(b, canary+"</textarea>") || !strings.Contains(b, `name="asked" value="A1"`) || !strings.Contains(b, `<html lang="nn">`) {
		t.Errorf("a code: %d", code.Code)
	}
	for name, header := range map[string][]string{
		"another page's":                 {"Origin", "https://evil.example"},
		"a frame's":                      {"Origin", "null", "Sec-Fetch-Site", "cross-site"},
		"another page's, with a cookie":  {"Origin", "https://evil.example", "Cookie", cookie},
		"a frame's, with a cookie":       {"Origin", "null", "Sec-Fetch-Site", "cross-site", "Cookie", cookie},
		"another page's, with our mark":  {"Origin", "https://evil.example", "Cookie", "here=1"},
		"a frame's, and says to be ours": {"Origin", "null", "Sec-Fetch-Site", "same-site", "Cookie", cookie},
	} {
		if w := r.do("POST", "/say", form("text", canary), header...); w.Code != http.StatusForbidden || marked(w) != "" || strings.Contains(w.Body.String(), canary) {
			t.Errorf("%s form: %d, mark %q", name, w.Code, marked(w))
		}
	}
	if r.count() != 2 {
		t.Errorf("%d events, want none of another page", r.count())
	}
}

// TestALinkFromElsewhereLeadsToTheTalk: a browser keeps the cookie back for it, and the
// person does not stand before a page that knows nothing of them.
func TestALinkFromElsewhereLeadsToTheTalk(t *testing.T) {
	ctx := webtest.Browser(t, time.Minute)
	r := newRig(t, question(), mine("A1", "before"))
	ours := httptest.NewServer(r)
	defer ours.Close()
	letter := `data:text/html,<a id="to" href="` + ours.URL + `/">look here</a>` // another site
	shows := func(what string) bool {
		for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
			if text, err := chromedp.Run(ctx, chromedp.Evaluate[string](`document.body ? document.body.innerText : ""`)); err == nil && strings.Contains(text, what) {
				return true
			}
		}
		return false
	}
	follows := func() (err error) {
		for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
			// A page that is still on its way stops the next one.
			if err = chromedp.Do(ctx, chromedp.Navigate(letter), chromedp.Click(`#to`)); err == nil {
				return nil
			}
		}
		return err
	}
	r.show(nil)
	if err := follows(); err != nil || !shows("Start") {
		t.Fatalf("who has told nothing does not get to the opening (%v)", err)
	}
	if err := chromedp.Do(ctx, chromedp.Click(`button[value=start]`)); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(5 * time.Second); r.count() == 0 && time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
	}
	r.show([]bot.Message{question()})
	if err := follows(); err != nil || !shows("What happened?") {
		t.Errorf("a link in a letter does not lead to the talk (%v)", err)
	}
}
