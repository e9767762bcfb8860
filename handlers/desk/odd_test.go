package desk

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"tillit/handlers/casework"
	"tillit/intake"
)

// TestRequestsThatNoPageMakes are answered without doing anything.
func TestRequestsThatNoPageMakes(t *testing.T) {
	r := newRig(t).signIn("first")
	at := "/case/T-4K7Q2X"
	header := func(pairs ...string) func(*http.Request) {
		return func(q *http.Request) {
			for i := 0; i < len(pairs); i += 2 {
				q.Header.Set(pairs[i], pairs[i+1])
			}
		}
	}
	words := url.Values{"text": {"x"}, "id": {"odd"}}
	for _, c := range []struct {
		what, method, path string
		form               url.Values
		change             func(*http.Request)
		code               int
	}{
		{"sending by a link", "GET", at + "/send?id=x", nil, header(), 404},
		{"taking by a link", "GET", at + "/assign?to=maren", nil, header(), 404},
		{"reading by a link", "GET", at + "/read?upto=9", nil, header(), 404},
		{"locking by a link", "GET", "/lock", nil, header(), 404},
		{"another method", "DELETE", at, nil, header(), 404},
		{"another method", "PUT", at + "/note", words, header(), 404},
		{"a form from another site", "POST", at + "/note", words, header("Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate"), 403},
		{"a form from another port", "POST", at + "/note", words, header("Sec-Fetch-Site", "same-site", "Sec-Fetch-Mode", "navigate"), 403},
		{"a form by an older browser", "POST", at + "/note", words, header("Origin", "http://127.0.0.1:7400"), 403},
		{"a form from nowhere", "POST", at + "/note", words, header("Origin", "null"), 403},
		{"loading by another port", "GET", at, nil, header("Sec-Fetch-Site", "same-site", "Sec-Fetch-Mode", "no-cors"), 403},
		{"a picture for another port", "GET", at + "/file/f1/picture", nil, header("Sec-Fetch-Site", "same-site", "Sec-Fetch-Mode", "no-cors"), 403},
		{"fetching by another site", "GET", "/", nil, header("Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "cors"), 403},
		{"marking nothing", "POST", at + "/read", url.Values{"id": {"a"}}, header(), 400},
		{"marking backwards", "POST", at + "/read", url.Values{"id": {"a"}, "upto": {"-4"}}, header(), 400},
		{"a key nobody compared", "POST", at + "/grant", url.Values{"id": {"a"}, "to": {"jonas"}, "key": {"0000"}}, header(), 400},
		{"a note without an id", "POST", at + "/note", url.Values{"text": {"x"}}, header(), 303},
		{"a note with an endless id", "POST", at + "/note", url.Values{"text": {"x"}, "id": {strings.Repeat("a", 65)}}, header(), 303},
		{"sending what was never looked at", "POST", at + "/send", url.Values{"id": {"made up"}, "do": {"send"}, "text": {"x"}}, header(), 303},
		{"a broken form", "POST", at + "/note", nil, func(q *http.Request) { q.URL.RawQuery = "a=%zz" }, 400},
		{"a path to elsewhere", "GET", "/case/..%2f..%2fetc/file/f1/save", nil, header(), 200}, // a reference like any other
	} {
		w := r.do(c.method, c.path, c.form, c.change)
		if w.Code != c.code && !(c.code == 404 && w.Code == 405) {
			t.Errorf("%s: %d, want %d", c.what, w.Code, c.code)
		}
		if len(r.f.sent)+len(r.f.notes)+len(r.f.read) > 0 {
			t.Fatalf("%s did something", c.what)
		}
		if w.Header().Get("Content-Security-Policy") == "" || w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s: headers %v", c.what, w.Header())
		}
	}
}

func TestAGiantForm(t *testing.T) {
	r := newRig(t).signIn("first")
	at := "/case/T-4K7Q2X"
	for _, path := range []string{"/reply", "/note"} {
		w := r.do("POST", at+path, url.Values{"text": {strings.Repeat("ord ", maxForm/4)}, "id": {"g"}})
		if w.Code != http.StatusRequestEntityTooLarge || !strings.Contains(w.Body.String(), "split them in two") {
			t.Errorf("%s: %d", path, w.Code)
		}
		text := strings.Repeat("å", maxRunes+1) // fits a form, and no reply
		w = r.do("POST", at+path, url.Values{"text": {text}, "id": {"h"}})
		if w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), text) {
			t.Errorf("%s with a long text: %d, or the words are lost", path, w.Code)
		}
	}
	if len(r.f.sent)+len(r.f.notes) > 0 {
		t.Error("something was sent or kept")
	}
	if w := r.do("POST", "/in", url.Values{"t": {strings.Repeat("a", maxForm)}}); w.Code != http.StatusForbidden {
		t.Errorf("a giant sign-in: %d", w.Code)
	}
}

// TestAPreviewBelongsToItsCase sends a preview of one case at another.
func TestAPreviewBelongsToItsCase(t *testing.T) {
	r := newRig(t).signIn("first")
	id := formID(r.do("POST", "/case/T-4K7Q2X/reply", url.Values{"text": {"for one"}}).Body.String())
	r.do("POST", "/case/T-9WX3HM/send", url.Values{"id": {id}, "do": {"send"}})
	if len(r.f.sent) != 0 {
		t.Fatal("words went to another reporter")
	}
	r.do("POST", "/case/T-4K7Q2X/send", url.Values{"id": {id}, "do": {"send"}})
	if len(r.f.sent) != 1 {
		t.Error("the right case did not get them")
	}
}

func TestFindLooksWhereTheCaseIs(t *testing.T) {
	r := newRig(t).signIn("first")
	for q, want := range map[string]string{"view=mine&ref=t-9w": "/?ref=T-9W&view=mine", "view=closed&ref=": "/?ref=&view=closed"} {
		if got := r.do("GET", "/find?"+q, nil).Header().Get("Location"); got != want {
			t.Errorf("%s leads to %s, want %s", q, got, want)
		}
	}
	r.f.only = "closed"
	if got := r.do("GET", "/find?view=mine&ref=T-9W", nil).Header().Get("Location"); got != "/?ref=T-9W&view=closed" {
		t.Errorf("a closed case is looked for at %s", got)
	}
}

func TestLanguageLinksKeepThePage(t *testing.T) {
	r := newRig(t).signIn("first")
	for path, want := range map[string]string{
		"/?view=closed&done=x&auto=1":           `href="/?lang=nn&amp;view=closed"`,
		"/case/T-4K7Q2X/file/f1?show=1":         `href="/case/T-4K7Q2X/file/f1?lang=nn&amp;show=1"`,
		"/case/T-4K7Q2X/reply?ask=B5&done=sent": `href="/case/T-4K7Q2X/reply?ask=B5&amp;lang=nn"`,
	} {
		if !strings.Contains(r.do("GET", path, nil).Body.String(), want) {
			t.Errorf("%s lacks %s", path, want)
		}
	}
}

func TestAnAnswerInSeveralMessagesIsAskedOnce(t *testing.T) {
	v := view{Lang: loadWords().In("en")}
	text := intake.NewPrivate
	parts := v.parts([]casework.Answer{{Question: "A1", Asked: "Tell", Text: text("one")}, {Question: "A1", Asked: "Tell", Text: text("two")},
		{Question: "A2", Asked: "More", Way: "skip"}, {Question: "A2", Asked: "More", Text: text("three")}})
	if len(parts) != 1 || len(parts[0].Answers) != 3 || strings.Join(parts[0].Answers[0].Lines, "|") != "one|two" || !parts[0].Answers[1].Gap {
		t.Errorf("%d parts", len(parts))
	}
}
