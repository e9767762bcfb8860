package desk

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"tillit/handlers/casework"
	"tillit/handlers/handlerstest"
	"tillit/handlers/routine"
	"tillit/intake"
)

// TestRequestsThatNoPageMakes are answered without doing anything.
func TestRequestsThatNoPageMakes(t *testing.T) {
	r := newRig(t).signIn("first")
	at, file := r.at, r.file()
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
		{"taking by a link", "GET", at + "/act/take?do=do&id=x", nil, header(), 200},
		{"an act that is none", "GET", at + "/act/juggle", nil, header(), 404},
		{"an act that is none", "POST", at + "/act/juggle", words, header(), 404},
		{"reading by a link", "GET", at + "/read?upto=9", nil, header(), 404},
		{"locking by a link", "GET", "/lock", nil, header(), 404},
		{"another method", "DELETE", at, nil, header(), 404},
		{"another method", "PUT", at + "/act/note", words, header(), 404},
		{"a form from another site", "POST", at + "/act/note", words, header("Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate"), 403},
		{"a form from another port", "POST", at + "/act/note", words, header("Sec-Fetch-Site", "same-site", "Sec-Fetch-Mode", "navigate"), 403},
		{"a form by an older browser", "POST", at + "/act/note", words, header("Origin", "http://127.0.0.1:7400"), 403},
		{"a form from nowhere", "POST", at + "/act/note", words, header("Origin", "null"), 403},
		{"loading by another port", "GET", at, nil, header("Sec-Fetch-Site", "same-site", "Sec-Fetch-Mode", "no-cors"), 403},
		{"a picture for another port", "GET", file + "/picture", nil, header("Sec-Fetch-Site", "same-site", "Sec-Fetch-Mode", "no-cors"), 403},
		{"fetching by another site", "GET", "/", nil, header("Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "cors"), 403},
		{"marking nothing", "POST", at + "/read", url.Values{"id": {"a"}}, header(), 400},
		{"marking backwards", "POST", at + "/read", url.Values{"id": {"a"}, "upto": {"-4"}}, header(), 400},
		{"a key nobody compared", "POST", at + "/act/grant", url.Values{"id": {"a"}, "to": {"jonas"}, "seen": {"0000"}, "do": {"do"}}, header(), 200},
		{"stepping away without a look", "POST", at + "/act/recuse", url.Values{"id": {"a"}, "do": {"do"}}, header(), 200},
		{"a note without an id", "POST", at + "/act/note", url.Values{"text": {"x"}, "do": {"do"}}, header(), 422},
		{"a note with an endless id", "POST", at + "/act/note", url.Values{"text": {"x"}, "id": {strings.Repeat("a", 65)}, "do": {"do"}}, header(), 422},
		{"sending what was never looked at", "POST", at + "/act/reply", url.Values{"id": {"made up"}, "do": {"do"}, "text": {"x"}}, header(), 200},
		{"a broken form", "POST", at + "/act/note", nil, func(q *http.Request) { q.URL.RawQuery = "a=%zz" }, 400},
		{"a path to elsewhere", "GET", "/case/..%2f..%2fetc/file/f1/save", nil, header(), 404}, // a reference like any other
	} {
		w := r.do(c.method, c.path, c.form, c.change)
		if w.Code != c.code && !(c.code == 404 && w.Code == 405) {
			t.Errorf("%s: %d, want %d", c.what, w.Code, c.code)
		}
		if r.line.Did("") > 0 {
			t.Fatalf("%s did something", c.what)
		}
		if w.Header().Get("Content-Security-Policy") == "" || w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s: headers %v", c.what, w.Header())
		}
	}
}

func TestAGiantForm(t *testing.T) {
	r := newRig(t).signIn("first")
	for _, path := range []string{"reply", "note"} {
		w := r.do("POST", r.act(path), url.Values{"text": {strings.Repeat("ord ", maxForm/4)}, "id": {"g"}})
		if w.Code != http.StatusRequestEntityTooLarge || !strings.Contains(w.Body.String(), "split them in two") {
			t.Errorf("%s: %d", path, w.Code)
		}
		text := strings.Repeat("å", routine.MaxRunes+1) // fits a form, and no reply
		w = r.do("POST", r.act(path), url.Values{"text": {text}, "id": {"h"}})
		if w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), text) {
			t.Errorf("%s with a long text: %d, or the words are lost", path, w.Code)
		}
	}
	if r.line.Did("") > 0 {
		t.Error("something was sent or kept")
	}
	if w := r.do("POST", "/in", url.Values{"t": {strings.Repeat("a", maxForm)}}); w.Code != http.StatusForbidden {
		t.Errorf("a giant sign-in: %d", w.Code)
	}
}

// TestAPreviewBelongsToItsCase sends a preview of one case at another.
func TestAPreviewBelongsToItsCase(t *testing.T) {
	r := newRig(t).signIn("first")
	other := r.office.Report("kari", "x")
	page := r.fill("reply", url.Values{"text": {"for one"}}).Body.String()
	form := hidden(page)
	form.Set("do", "do")
	r.do("POST", "/case/"+other+"/act/reply", form)
	if r.line.Did("/acts") != 0 {
		t.Fatal("words went to another reporter")
	}
	r.send("reply", page, nil)
	if len(r.sent()) != 1 {
		t.Error("the right case did not get them")
	}
}

// TestSearchFindsWordsAndReferences looks for part of a reference before the case was
// opened, and for words before and after; no address ever holds what was looked for.
func TestSearchFindsWordsAndReferences(t *testing.T) {
	r := newRig(t).signIn("first")
	kim := r.office.File("kim", handlerstest.Answers{"A1": {"Bussen til Lillevik."}})
	found := func(words string, want ...string) string {
		t.Helper()
		w := r.do("POST", "/search", url.Values{"find": {words}})
		body := w.Body.String()
		if w.Header().Get("Location") != "" || strings.Contains(w.Header().Get("Refresh"), words) || w.Code != http.StatusOK {
			t.Errorf("searching: %d", w.Code)
		}
		for _, ref := range []string{r.ref, kim} {
			if strings.Contains(body, `href="/case/`+ref+`"`) != slices.Contains(want, ref) {
				t.Errorf("%q: case of lin or kim: %v", words, ref == r.ref)
			}
		}
		return body
	}
	found(strings.ToLower(r.ref), r.ref)
	found(r.ref[:5], r.ref)
	found("lillevik")
	r.do("GET", "/case/"+kim, nil)
	if body := found("LILLEVIK bussen", kim); !strings.Contains(body, "<mark>Bussen</mark>") {
		t.Error("it is not shown where the words stand")
	}
	found("alert(1)")
	r.do("GET", r.at, nil)
	if body := found("alert(1)", r.ref); strings.Contains(body, "<script>alert") {
		t.Error("what was found is no text")
	}
	r.office.Alter("UPDATE cases SET closed = 1")
	found(kim, kim)
	found("lillevik", kim)
	r.d.Lock()
	r.signIn(r.links[len(r.links)-1][strings.Index(r.links[len(r.links)-1], "t=")+2:])
	found("lillevik")
	if w := r.do("POST", "/search", url.Values{"find": {" "}}); w.Code != http.StatusSeeOther {
		t.Errorf("searching for nothing: %d", w.Code)
	}
}

func TestLanguageLinksKeepThePage(t *testing.T) {
	r := newRig(t).signIn("first")
	for path, want := range map[string]string{
		"/?view=closed&done=x&auto=1":        `href="/?lang=nn&amp;view=closed"`,
		r.file() + "?show=1":                 `href="` + r.file() + `?lang=nn&amp;show=1"`,
		r.act("reply") + "?ask=S2&done=sent": `href="` + r.act("reply") + `?ask=S2&amp;lang=nn"`,
	} {
		if !strings.Contains(r.do("GET", path, nil).Body.String(), want) {
			t.Errorf("%s lacks %s", path, want)
		}
	}
}

func TestAnAnswerInSeveralMessagesIsAskedOnce(t *testing.T) {
	v := view{Lang: loadWords().In("en")}
	text := intake.NewPrivate
	cs := &casework.Case{Answers: []casework.Answer{{Question: "A1", Asked: "Tell", Text: text("one")}, {Question: "A1", Asked: "Tell", Text: text("two")},
		{Question: "A2", Asked: "More", Way: "skip"}, {Question: "A2", Asked: "More", Text: text("three")}}}
	story := v.story(cs)
	if len(story) != 1 || len(story[0].Answers) != 2 || strings.Join(story[0].Answers[0].Own, "|") != "one|two" {
		t.Errorf("%d topics", len(story))
	}
}
