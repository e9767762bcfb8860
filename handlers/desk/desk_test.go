package desk

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"tillit/store/cases"

	"tillit/handlers/casework"
	"tillit/intake"
)

const (
	host    = "127.0.0.1:7401"
	hostile = "<script>alert(1)</script>\u202egpj.exe"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// fake is a casework with one case in it.
type fake struct {
	sent, notes []string
	read        []int64
	err         error // of acts
	open        error // of Case
	empty       bool
	only        string // the only view with cases; all if empty
	faults      []string
}

func (f *fake) Me() casework.Handler {
	return casework.Handler{ID: "maren", Name: "Maren V.", Role: "Adviser"}
}
func (f *fake) Handlers() []casework.Handler {
	return []casework.Handler{f.Me(), {ID: "jonas", Name: "Jonas T."}, {ID: "haakon", Name: "Håkon R."}}
}
func (f *fake) row() cases.Case {
	return cases.Case{Ref: "T-4K7Q2X", Status: "waiting", Level: "county", Flags: []string{"ONGOING"}, Channel: "web",
		Received: noon.AddDate(0, 0, -4), Unread: 1, Due: []cases.Due{{Rule: "R-ACK1", Day: "2026-11-24"}}}
}
func (f *fake) Queue(_ context.Context, q casework.Query) (casework.Page, error) {
	if f.empty || f.open != nil || f.only != "" && f.only != q.View {
		return casework.Page{}, f.open
	}
	late := f.row()
	late.Ref, late.Due = "T-9WX3HM", []cases.Due{{Rule: "R-ACK1", Day: "2026-11-13"}}
	return casework.Page{Cases: []cases.Case{late, f.row()}, Next: "more"}, nil
}
func (f *fake) Case(_ context.Context, ref, _ string) (*casework.Case, error) {
	if f.open != nil {
		return nil, f.open
	}
	text := intake.NewPrivate
	cs := &casework.Case{Case: f.row(), Kept: []casework.Handler{{ID: "haakon", Name: "Håkon R."}}, Checked: 3, CanOpen: []casework.Handler{f.Me(), {ID: cases.Recovery}},
		Answers: []casework.Answer{{Question: "A1", Asked: "Tell us.", Text: text(hostile), At: noon, Earlier: []casework.Answer{{Text: text("first words"), At: noon}}},
			{Question: "B5", Asked: "Where was it?", Way: "skip", At: noon}, {Question: "F2", Asked: "Told anyone?", Way: "rather_not", At: noon}},
		Entries: []casework.Entry{{Seq: 7, Kind: "answer", By: "reporter", At: noon}, {Kind: "log", By: "tillit", Event: "received", At: noon},
			{Kind: "message", By: "reporter", Text: text(hostile), At: noon, Unread: true}, {Kind: "reply", By: "Maren V.", Text: text("out words"), At: noon},
			{Kind: "note", By: "Jonas T.", Text: text("inside words"), At: noon}},
		Files:  []casework.File{{ID: "f1", Name: text(hostile), MediaType: "image/png", Size: 240000, At: noon, By: "reporter"}},
		Access: []cases.Access{{Handler: "maren", Hour: noon, Purpose: "read"}}, Faults: f.faults}
	cs.Gaps = cs.Answers[1:2]
	if f.faults != nil {
		return cs, casework.ErrTampered
	}
	return cs, nil
}
func (f *fake) Reply(_ context.Context, _ string, text intake.Private) error {
	if f.err == nil {
		f.sent = append(f.sent, text.Reveal())
	}
	return f.err
}
func (f *fake) Note(_ context.Context, _ string, text intake.Private) error {
	if f.err == nil {
		f.notes = append(f.notes, text.Reveal())
	}
	return f.err
}
func (f *fake) Assign(context.Context, string, string) error { return f.err }
func (f *fake) MarkRead(_ context.Context, _ string, seq int64) error {
	f.read = append(f.read, seq)
	return f.err
}
func (f *fake) Grant(context.Context, string, string, string) error { return f.err }
func (f *fake) File(_ context.Context, _, _ string, w io.Writer) error {
	_, err := io.WriteString(w, "\x89PNG\r\n\x1a\nrest")
	return err
}
func (f *fake) Verify(context.Context, string) ([]string, error) { return f.faults, nil }

// rig is a desk that is asked over HTTP, with a clock of its own.
type rig struct {
	t      *testing.T
	f      *fake
	d      *Desk
	now    time.Time
	links  []string
	cookie *http.Cookie
}

func newRig(t *testing.T) *rig {
	r := &rig{t: t, f: &fake{}, now: noon}
	r.d = New(Config{Work: r.f, Host: host, Secret: "first", Lang: "en", Zone: time.UTC,
		Now: func() time.Time { return r.now }, OnLink: func(u string) { r.links = append(r.links, u) }})
	return r
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

func formID(body string) string {
	m := regexp.MustCompile(`name="id" value="([^"]+)"`).FindStringSubmatch(body)
	if m == nil {
		return ""
	}
	return m[1]
}

func TestPagesInEveryLanguage(t *testing.T) {
	r := newRig(t).signIn("first")
	for _, l := range loadWords().Langs() {
		for _, path := range []string{"/", "/?view=closed", "/case/T-4K7Q2X", "/case/T-4K7Q2X/reply", "/case/T-4K7Q2X/reply?ask=B5",
			"/case/T-4K7Q2X/note", "/case/T-4K7Q2X/file/f1", "/case/T-4K7Q2X/file/f1?show=1", "/none"} {
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
	for _, path := range []string{"/", "/case/T-4K7Q2X", "/case/T-4K7Q2X/file/f1/save"} {
		if w := r.do("GET", path, nil); w.Code != http.StatusUnauthorized || strings.Contains(w.Body.String(), "T-4K7Q2X") {
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
	w := r.do("POST", "/case/T-4K7Q2X/read", url.Values{"id": {"x"}}, func(q *http.Request) { q.Header.Set("Sec-Fetch-Site", "cross-site") })
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
	w := r.do("POST", "/case/T-4K7Q2X/reply", url.Values{"text": {"typed long"}})
	if w.Code != http.StatusUnauthorized || strings.Contains(w.Body.String(), "typed long") || len(r.links) != 1 {
		t.Fatalf("idle: %d, links %d", w.Code, len(r.links))
	}
	u, err := url.Parse(r.links[0])
	if err != nil {
		t.Fatal(err)
	}
	r.signIn(u.Query().Get("t"))
	if w := r.do("GET", "/case/T-4K7Q2X/reply", nil); !strings.Contains(w.Body.String(), "typed long") {
		t.Error("the words are lost")
	}
}

func TestReplyOnlyAfterPreviewAndOnce(t *testing.T) {
	r := newRig(t).signIn("first")
	at := "/case/T-4K7Q2X"
	w := r.do("POST", at+"/reply", url.Values{"text": {"Hello\r\nthere"}})
	id := formID(w.Body.String())
	if w.Code != http.StatusOK || id == "" || len(r.f.sent) != 0 {
		t.Fatalf("preview: %d, sent %d", w.Code, len(r.f.sent))
	}
	for range 2 {
		r.do("POST", at+"/send", url.Values{"id": {id}, "do": {"send"}})
	}
	if len(r.f.sent) != 1 || r.f.sent[0] != "Hello\nthere" {
		t.Fatalf("sent %q", r.f.sent)
	}
	r.do("POST", at+"/reply", url.Values{"text": {"only for us"}, "do": {"note"}})
	w = r.do("GET", at+"/note", nil)
	if !strings.Contains(w.Body.String(), "only for us") || len(r.f.sent) != 1 {
		t.Error("the words did not move inside")
	}
	for range 2 {
		r.do("POST", at+"/note", url.Values{"id": {formID(w.Body.String())}, "text": {"only for us"}})
	}
	if len(r.f.notes) != 1 {
		t.Errorf("notes %q", r.f.notes)
	}
}

func TestFailedWordsAreKept(t *testing.T) {
	r := newRig(t).signIn("first")
	at := "/case/T-4K7Q2X"
	id := formID(r.do("POST", at+"/reply", url.Values{"text": {"dear words"}}).Body.String())
	r.f.err, r.f.open = casework.ErrOffline, casework.ErrOffline
	if w := r.do("POST", at+"/send", url.Values{"id": {id}, "do": {"send"}}); !strings.Contains(w.Body.String(), "dear words") || !strings.Contains(w.Body.String(), "may have arrived") {
		t.Errorf("after a failed send: %d", w.Code)
	}
	if w := r.do("POST", at+"/note", url.Values{"id": {"n1"}, "text": {"note words"}}); !strings.Contains(w.Body.String(), "note words") {
		t.Errorf("after a failed note: %d", w.Code)
	}
	r.f.err, r.f.open = nil, nil
	if w := r.do("GET", at+"/reply", nil); !strings.Contains(w.Body.String(), "dear words") {
		t.Error("the draft is lost")
	}
}

func TestCasePageAndErrors(t *testing.T) {
	r := newRig(t).signIn("first")
	body := r.do("GET", "/case/T-4K7Q2X", nil).Body.String()
	if strings.Count(body, "?ask=") != 1 || !strings.Contains(body, "?ask=B5") {
		t.Error("only the gap may be asked about")
	}
	if strings.Contains(body, `value="haakon"`) {
		t.Error("the page offers access to whom the reporter keeps out")
	}
	if !strings.Contains(body, `class="button out"`) {
		t.Error("there is no way to answer")
	}
	r.f.faults = []string{"removed: entry 2"}
	for _, path := range []string{"", "/reply", "/note"} {
		if body := r.do("GET", "/case/T-4K7Q2X"+path, nil).Body.String(); !strings.Contains(body, "not whole</h2>") || strings.Contains(body, `class="button out"`) {
			t.Errorf("at %q nothing warns of a broken log, or the page invites to write", path)
		}
	}
	if w := r.do("GET", "/case/T-4K7Q2X", nil); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "removed: entry 2") {
		t.Errorf("a broken log: %d", w.Code)
	}
	for err, code := range map[error]int{casework.ErrUnknown: 404, casework.ErrCannotOpen: 403, casework.ErrOffline: 503, io.ErrUnexpectedEOF: 500} {
		r.f.open = err
		for _, path := range []string{"", "/reply", "/note", "/file/f1", "/file/f1/save"} {
			w := r.do("GET", "/case/T-4K7Q2X"+path, nil)
			if w.Code != code || strings.Contains(w.Body.String(), "Jonas") {
				t.Errorf("%v at %q: %d", err, path, w.Code)
			}
		}
	}
}

func TestFiles(t *testing.T) {
	r := newRig(t).signIn("first")
	w := r.do("GET", "/case/T-4K7Q2X/file/f1/save", nil)
	how := w.Header().Get("Content-Disposition")
	if !strings.HasPrefix(how, "attachment") || strings.ContainsAny(how, "<>\u202e") || w.Header().Get("Content-Type") != "application/octet-stream" {
		t.Errorf("save: %s", how)
	}
	if w := r.do("GET", "/case/T-4K7Q2X/file/f1/picture", nil); w.Header().Get("Content-Type") != "image/png" || !strings.Contains(w.Header().Get("Content-Security-Policy"), "sandbox") {
		t.Errorf("picture: %v", w.Header())
	}
	if w := r.do("GET", "/case/T-4K7Q2X/file/other/picture", nil); w.Code != http.StatusNotFound {
		t.Errorf("a file of another case: %d", w.Code)
	}
}
