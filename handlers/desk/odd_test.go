package desk

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"tillit/handlers/casework"
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

func TestFindLooksWhereTheCaseIs(t *testing.T) {
	r := newRig(t).signIn("first")
	r.press("take", nil)
	at := func(query string) string { return r.do("GET", "/find?"+query, nil).Header().Get("Location") }
	for q, want := range map[string]string{
		"view=mine&ref=" + strings.ToLower(r.ref[:5]): "/?ref=" + r.ref[:5] + "&view=mine", "view=mine&ref=": "/?ref=&view=mine",
		"view=closed&ref=" + r.ref: "/?ref=" + r.ref + "&view=open",
	} {
		if got := at(q); got != want {
			t.Errorf("%s leads to %s, want %s", q, got, want)
		}
	}
	r.office.Alter("UPDATE cases SET closed = 1")
	if got, want := at("view=mine&ref="+r.ref), "/?ref="+r.ref+"&view=closed"; got != want {
		t.Errorf("a closed case is looked for at %s, want %s", got, want)
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
	parts := v.parts([]casework.Answer{{Question: "A1", Asked: "Tell", Text: text("one")}, {Question: "A1", Asked: "Tell", Text: text("two")},
		{Question: "A2", Asked: "More", Way: "skip"}, {Question: "A2", Asked: "More", Text: text("three")}})
	if len(parts) != 1 || len(parts[0].Answers) != 3 || strings.Join(parts[0].Answers[0].Lines, "|") != "one|two" || !parts[0].Answers[1].Gap {
		t.Errorf("%d parts", len(parts))
	}
}
