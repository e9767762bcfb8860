package desk

import (
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"tillit/store/cases"

	"tillit/handlers/casework"
	"tillit/handlers/handlerstest"
)

const (
	host    = "127.0.0.1:7401"
	hostile = "<script>alert(1)</script>\u202egpj.exe"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// rig is a desk over a real office, asked over HTTP, with a clock of its own. Lin has
// told a case there and keeps Håkon out.
type rig struct {
	t      *testing.T
	office *handlerstest.Office
	line   *handlerstest.Line // between the desk and the office
	ref    string
	at     string // the case's page
	d      *Desk
	now    time.Time
	links  []string
	cookie *http.Cookie
}

func newRig(t *testing.T, options ...handlerstest.Options) *rig {
	t.Helper()
	r := &rig{t: t, office: handlerstest.New(t, options...), line: &handlerstest.Line{}, now: noon}
	// S2, H1 and H3 are the only gaps.
	r.ref = r.office.File("lin", handlerstest.Answers{"S1": {"yes"}, "C0": {"p:hakon"}, "S3": {"me"}, "A1": {hostile}, "A2": {"~rather_not"}},
		handlerstest.File{Question: "A1", Name: hostile, Type: "image/png", Data: []byte("\x89PNG\r\n\x1a\nrest")})
	r.at = "/case/" + r.ref
	r.d = New(Config{Work: r.office.DialOver("maren", r.line), Host: host, Secret: "first", Lang: "en", Zone: time.UTC,
		Now: func() time.Time { return r.now }, OnLink: func(u string) { r.links = append(r.links, u) }})
	return r
}

// opened is the case as a colleague reads it.
func (r *rig) opened() *casework.Case {
	r.t.Helper()
	c, err := r.office.Dial("jonas").Case(r.t.Context(), r.ref)
	if err != nil {
		r.t.Fatal(err)
	}
	return c
}

// kept is what was written into the case of a kind.
func (r *rig) kept(kind string) (all []string) {
	r.t.Helper()
	for _, e := range r.opened().Entries {
		if e.Kind == kind {
			all = append(all, e.Text.Reveal())
		}
	}
	return all
}

func (r *rig) sent() []string  { return r.kept(cases.TypeReply) }
func (r *rig) notes() []string { return r.kept(cases.TypeNote) }

// file is the page of the case's only file.
func (r *rig) file() string {
	r.t.Helper()
	return r.at + "/file/" + r.opened().Files[0].ID
}

func (r *rig) do(method, path string, form url.Values, change ...func(*http.Request)) *httptest.ResponseRecorder {
	req := httptest.NewRequest(method, "http://"+host+path, strings.NewReader(form.Encode()))
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if r.cookie != nil {
		req.AddCookie(r.cookie)
	}
	for _, c := range change {
		c(req)
	}
	w := httptest.NewRecorder()
	r.d.ServeHTTP(w, req)
	return w
}

func (r *rig) signIn(token string) *rig {
	r.t.Helper()
	w := r.do("POST", "/in", url.Values{"t": {token}})
	if w.Code != http.StatusSeeOther || len(w.Result().Cookies()) != 1 {
		r.t.Fatalf("signing in: %d", w.Code)
	}
	r.cookie = w.Result().Cookies()[0]
	return r
}

// act is the page of an act of the case.
func (r *rig) act(name string) string { return r.at + "/act/" + name }

// fill goes to the page of an act, and sends its form as it is with more filled in.
func (r *rig) fill(name string, more url.Values) *httptest.ResponseRecorder {
	return r.send(name, r.do("GET", r.act(name), nil).Body.String(), more)
}

// press is fill, and after it the button of the page that shows the act once more.
func (r *rig) press(name string, more url.Values) *httptest.ResponseRecorder {
	w := r.fill(name, more)
	if w.Code == http.StatusOK {
		w = r.send(name, w.Body.String(), nil)
	}
	return w
}

// send presses the button of a page that has the form of an act.
func (r *rig) send(name, body string, more url.Values) *httptest.ResponseRecorder {
	form := hidden(body)
	form.Set("do", "do")
	if strings.Contains(body, `value="look"`) {
		form.Set("do", "look")
	}
	for k, v := range more {
		form[k] = v
	}
	return r.do("POST", r.act(name), form)
}

// hidden are the fields of a page that nobody sees.
func hidden(body string) url.Values {
	form := url.Values{}
	for _, m := range regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)"`).FindAllStringSubmatch(body, -1) {
		form.Set(m[1], html.UnescapeString(m[2]))
	}
	return form
}

func TestPagesInEveryLanguage(t *testing.T) {
	r := newRig(t).signIn("first")
	r.office.Reporter("lin").Says(hostile)
	file := r.file()
	r.press("reply", url.Values{"text": {"out words"}})
	r.press("note", url.Values{"text": {"inside words"}})
	if body := r.do("GET", r.at, nil).Body.String(); strings.Count(body, "alert(1)") < 2 || !strings.Contains(body, "gpj.exe") || !strings.Contains(body, "out words") || !strings.Contains(body, "inside words") {
		t.Error("the page shows nothing hostile, so there is nothing to prove")
	}
	for _, l := range loadWords().Langs() {
		for _, path := range []string{"/", "/?view=closed", "/?level=central&holder=-", "/overview", r.at, r.at + "/acts", r.at + "/log", r.at + "/act/reply", r.at + "/act/reply?ask=S2",
			r.at + "/act/note", r.at + "/act/take", r.at + "/act/give", r.at + "/act/release", r.at + "/act/grant", r.at + "/act/recuse", file, file + "?show=1", "/none"} {
			w := r.do("GET", path, nil, func(q *http.Request) { v := q.URL.Query(); v.Set("lang", l.ID()); q.URL.RawQuery = v.Encode() })
			body := w.Body.String()
			if w.Code >= 500 || !strings.Contains(body, `<html lang="`+l.ID()+`"`) || !strings.HasSuffix(strings.TrimSpace(body), "</html>") {
				t.Errorf("%s %s: %d", l.ID(), path, w.Code)
			}
			if strings.Contains(body, "<script") || strings.Contains(body, "\u202e") || strings.Contains(body, "[private]") || strings.Contains(body, " style=") {
				t.Errorf("%s %s: hostile or hidden text", l.ID(), path)
			}
			if m := regexp.MustCompile(`\[[a-z_]+\.[a-z_.0-9]+\]|\{[a-z_]+\}`).FindString(body); m != "" {
				t.Errorf("%s %s: no words for %s", l.ID(), path, m)
			}
			h := w.Header()
			if h.Get("Content-Security-Policy") != policy || h.Get("Cache-Control") != "no-store" || h.Get("Referrer-Policy") != "no-referrer" || h.Get("X-Content-Type-Options") != "nosniff" {
				t.Errorf("%s: headers %v", path, h)
			}
		}
	}
}

func TestDoor(t *testing.T) {
	r := newRig(t)
	if w := r.do("GET", "/", nil, func(q *http.Request) { q.Host = "evil.example" }); w.Code != http.StatusMisdirectedRequest {
		t.Errorf("another host: %d", w.Code)
	}
	for _, path := range []string{"/", r.at, r.file() + "/save"} {
		if w := r.do("GET", path, nil); w.Code != http.StatusUnauthorized || strings.Contains(w.Body.String(), r.ref) {
			t.Errorf("%s without a session: %d", path, w.Code)
		}
	}
	for range 2 { // looking does not use the link up
		if w := r.do("GET", "/in?t=first", nil); w.Code != http.StatusOK {
			t.Errorf("link: %d", w.Code)
		}
	}
	if w := r.do("POST", "/in", url.Values{"t": {"guess"}}); w.Code != http.StatusForbidden {
		t.Errorf("wrong link: %d", w.Code)
	}
	r.signIn("first")
	if !r.cookie.HttpOnly || r.cookie.SameSite != http.SameSiteStrictMode {
		t.Error("the cookie is too open")
	}
	if w := r.do("POST", "/in", url.Values{"t": {"first"}}); w.Code != http.StatusForbidden {
		t.Errorf("a used link: %d", w.Code)
	}
	w := r.do("POST", r.at+"/read", url.Values{"id": {"x"}}, func(q *http.Request) { q.Header.Set("Sec-Fetch-Site", "cross-site") })
	if w.Code != http.StatusForbidden {
		t.Errorf("a form from elsewhere: %d", w.Code)
	}
}

func TestIdleLockKeepsWords(t *testing.T) {
	r := newRig(t).signIn("first")
	r.now = r.now.Add(9 * time.Minute)
	if w := r.do("GET", "/", nil); w.Code != http.StatusOK {
		t.Fatalf("in use: %d", w.Code)
	}
	r.now = r.now.Add(10 * time.Minute)
	r.do("POST", "/new/register", url.Values{"text": {"told on the phone"}, "out": {"siv"}})
	w := r.do("POST", r.act("reply"), url.Values{"text": {"typed long"}})
	if w.Code != http.StatusUnauthorized || strings.Contains(w.Body.String(), "typed long") || len(r.links) != 1 {
		t.Fatalf("idle: %d, links %d", w.Code, len(r.links))
	}
	u, err := url.Parse(r.links[0])
	if err != nil {
		t.Fatal(err)
	}
	r.signIn(u.Query().Get("t"))
	if w := r.do("GET", r.act("reply"), nil); !strings.Contains(w.Body.String(), "typed long") {
		t.Error("the words are lost")
	}
	if page := r.do("GET", "/new/register", nil).Body.String(); !strings.Contains(page, "told on the phone") || !strings.Contains(page, `value="siv" checked`) {
		t.Error("the words of a case that was not made are lost")
	}
}

func TestReplyOnlyAfterPreviewAndOnce(t *testing.T) {
	r := newRig(t).signIn("first")
	w := r.fill("reply", url.Values{"text": {"Hello\r\nthere"}})
	if w.Code != http.StatusOK || hidden(w.Body.String()).Get("seen") == "" || len(r.sent()) != 0 {
		t.Fatalf("preview: %d, sent %d", w.Code, len(r.sent()))
	}
	page := w.Body.String()
	for range 2 {
		r.send("reply", page, nil)
	}
	if len(r.sent()) != 1 || r.sent()[0] != "Hello\nthere" {
		t.Fatalf("sent %q", r.sent())
	}
	r.send("reply", page, url.Values{"text": {"other words"}}) // which the preview did not show
	if len(r.sent()) != 1 {
		t.Error("what was not shown was sent")
	}
	r.fill("reply", url.Values{"text": {"only for us"}, "do": {"note"}})
	page = r.do("GET", r.act("note"), nil).Body.String()
	if !strings.Contains(page, "only for us") || len(r.sent()) != 1 {
		t.Error("the words did not move inside")
	}
	for range 2 {
		r.send("note", page, url.Values{"text": {"only for us"}})
	}
	if len(r.notes()) != 1 {
		t.Errorf("notes %q", r.notes())
	}
}

func TestFailedWordsAreKept(t *testing.T) {
	r := newRig(t).signIn("first")
	page, note := r.fill("reply", url.Values{"text": {"dear words"}}).Body.String(), r.do("GET", r.act("note"), nil).Body.String()
	r.line.Cut()
	if w := r.send("reply", page, nil); !strings.Contains(w.Body.String(), "dear words") || !strings.Contains(w.Body.String(), "may have arrived") {
		t.Errorf("after a failed send: %d", w.Code)
	}
	if w := r.send("note", note, url.Values{"text": {"note words"}}); !strings.Contains(w.Body.String(), "note words") {
		t.Errorf("after a failed note: %d", w.Code)
	}
	r.line.Mend()
	if w := r.do("GET", r.act("reply"), nil); !strings.Contains(w.Body.String(), "dear words") {
		t.Error("the draft is lost")
	}
}

func TestCasePageAndErrors(t *testing.T) {
	r := newRig(t).signIn("first")
	body := r.do("GET", r.at, nil).Body.String()
	if strings.Count(body, `name="ask"`) != 3 || !strings.Contains(body, `name="ask" value="S2"`) {
		t.Error("only the gaps may be asked about")
	}
	if strings.Contains(body, `value="hakon"`) {
		t.Error("the page offers access to whom the reporter keeps out")
	}
	if !strings.Contains(body, `class="button out"`) {
		t.Error("there is no way to answer")
	}
	file := r.file()
	pages := []string{"", "/act/reply", "/act/note", strings.TrimPrefix(file, r.at), strings.TrimPrefix(file, r.at) + "/save"}
	want := func(what string, code int, at string) {
		t.Helper()
		for _, path := range pages {
			w := r.do("GET", at+path, nil)
			if w.Code != code || strings.Contains(w.Body.String(), "Jonas") && code != http.StatusForbidden || strings.Contains(w.Body.String(), "alert(1)") {
				t.Errorf("%s at %q: %d", what, path, w.Code)
			}
		}
	}
	want("a case that never was", http.StatusNotFound, "/case/T-222222")
	r.line.Cut()
	want("no line", http.StatusServiceUnavailable, r.at)
	r.line.Mend()
	r.office.Between(func(office http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) })
	})
	want("an office in trouble", http.StatusInternalServerError, r.at)
	r.office.Alter("DELETE FROM entries WHERE seq = 2")
	for _, path := range []string{"", "/act/reply", "/act/note"} {
		if body := r.do("GET", r.at+path, nil).Body.String(); !strings.Contains(body, "not intact</h2>") || strings.Contains(body, `class="button out"`) {
			t.Errorf("at %q nothing warns of a broken log, or the page invites to write", path)
		}
	}
	if w := r.do("GET", r.at, nil); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "removed: entry 2") {
		t.Errorf("a broken log: %d", w.Code)
	}
}

func TestFiles(t *testing.T) {
	r := newRig(t).signIn("first")
	w := r.do("GET", r.file()+"/save", nil)
	how := w.Header().Get("Content-Disposition")
	if !strings.HasPrefix(how, "attachment") || strings.ContainsAny(how, "<>\u202e") || w.Header().Get("Content-Type") != "application/octet-stream" {
		t.Errorf("save: %s", how)
	}
	if w := r.do("GET", r.file()+"/picture", nil); w.Header().Get("Content-Type") != "image/png" || !strings.Contains(w.Header().Get("Content-Security-Policy"), "sandbox") {
		t.Errorf("picture: %v", w.Header())
	}
	if w := r.do("GET", r.at+"/file/other/picture", nil); w.Code != http.StatusNotFound {
		t.Errorf("a file of another case: %d", w.Code)
	}
}
