package desk_test

import (
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"tillit/bot/web/webtest"
	"tillit/handlers/casework"
	"tillit/handlers/desk"
	"tillit/handlers/handlerstest"
)

// visitor uses a desk over HTTP as a browser does.
type visitor struct {
	t    *testing.T
	base string
	http *http.Client
}

// visit serves somebody's desk and signs in to it.
func visit(t *testing.T, work desk.Casework, change ...func(*desk.Config)) *visitor {
	t.Helper()
	s := serve(t, work, append(change, func(c *desk.Config) { c.Lang = "en" })...)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	v := &visitor{t, s.base, &http.Client{Jar: jar}}
	link, err := url.Parse(<-s.links)
	if err != nil {
		t.Fatal(err)
	}
	if code, _ := v.post("/in", url.Values{"t": {link.Query().Get("t")}}); code != http.StatusOK {
		t.Fatalf("signing in: %d", code)
	}
	return v
}

func (v *visitor) read(res *http.Response, err error) (int, string) {
	v.t.Helper()
	if err != nil {
		v.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	if strings.HasPrefix(res.Header.Get("Content-Type"), "text/html") { // every page that any test looks at
		if err := webtest.Balanced(string(body)); err != nil {
			v.t.Errorf("%s: %v", regexp.MustCompile(`T-[A-Z0-9]+`).ReplaceAllString(res.Request.URL.Path, "REF"), err)
		}
	}
	return res.StatusCode, string(body)
}

func (v *visitor) get(path string) (int, string) {
	v.t.Helper()
	return v.read(v.http.Get(v.base + path))
}

func (v *visitor) post(path string, form url.Values) (int, string) {
	v.t.Helper()
	return v.read(v.http.PostForm(v.base+path, form))
}

// act goes to the page of an act, sends its form with more filled in, and presses the
// button of the page that shows it once more, if there is one.
func (v *visitor) act(ref, name string, more url.Values) (int, string) {
	v.t.Helper()
	path := "/case/" + ref + "/act/" + name
	_, page := v.get(path)
	code, page := v.submit(page, path, more)
	if strings.Contains(page, `name="seen"`) && !strings.Contains(page, `id="problem"`) {
		code, page = v.submit(page, path, nil)
	}
	return code, page
}

// submit sends the form of a page that posts to a path, with its hidden fields, by the
// button that leads on.
func (v *visitor) submit(body, path string, more url.Values) (int, string) {
	v.t.Helper()
	_, form, ok := strings.Cut(body, `action="`+path+`"`)
	if !ok {
		v.t.Fatalf("no form for %s", path[strings.LastIndex(path, "/"):])
	}
	form, _, _ = strings.Cut(form, "</form>")
	fields := url.Values{}
	for _, m := range regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)"`).FindAllStringSubmatch(form, -1) {
		fields.Set(m[1], html.UnescapeString(m[2]))
	}
	fields.Set("do", "do")
	if strings.Contains(form, `value="look"`) {
		fields.Set("do", "look")
	}
	for k, val := range more {
		fields[k] = val
	}
	return v.post(path, fields)
}

func (v *visitor) want(body string, words ...string) {
	v.t.Helper()
	for _, w := range words {
		if !strings.Contains(body, w) {
			v.t.Errorf("the page lacks %q", w)
		}
	}
}

func (v *visitor) never(body string, words ...string) {
	v.t.Helper()
	for _, w := range words {
		if strings.Contains(body, w) {
			v.t.Errorf("the page has %q", w)
		}
	}
}

func TestOnlyWhatWasShownIsMarkedRead(t *testing.T) {
	p := handlerstest.New(t)
	ref := p.File("lin", short)
	v := visit(t, p.Dial("maren"))
	_, page := v.get("/case/" + ref)
	p.Reporter("lin").Says("One more thing.")
	if code, body := v.submit(page, "/case/"+ref+"/read", nil); code != http.StatusOK {
		t.Errorf("marking: %d", code)
	} else {
		v.want(body, "Marked as read.", "One more thing.", `id="new"`)
	}
	_, page = v.get("/case/" + ref)
	_, body := v.submit(page, "/case/"+ref+"/read", nil)
	v.want(body, "One more thing.")
	v.never(body, `id="new"`, "Mark as read</button>")
	_, body = v.get("/?view=unread")
	v.never(body, ref)
	if code, _ := v.post("/case/"+ref+"/read", url.Values{"id": {"x"}}); code != http.StatusBadRequest {
		t.Errorf("marking nothing: %d", code)
	}
}

func TestACaseIsTakenAndGivenOn(t *testing.T) {
	p := handlerstest.New(t)
	ref := p.File("lin", short)
	v := visit(t, p.Dial("maren"))
	_, page := v.get("/case/" + ref)
	v.want(page, "No one has taken it", "/act/take", "/act/give")
	v.never(page, "/act/release")
	_, page = v.submit(page, "/case/"+ref+"/act/take", nil) // one press, on the case's own page
	v.want(page, "Maren V. has it", "You have the case now.", "Maren V. took the case", "/act/release")
	v.never(page, `action="/case/`+ref+`/act/take"`)
	_, queue := v.get("/?view=mine")
	v.want(queue, ref, "<b>You</b>", "Received, 1 of 8")
	_, page = v.act(ref, "give", url.Values{"to": {"siv"}})
	v.want(page, "Siv A. has it", "The case is with Siv A. now.", "Maren V. gave the case to Siv A.")
	_, queue = v.get("/?view=mine")
	v.never(queue, ref)
	v.never(page, "/act/release") // it is Siv's to let go of
	siv := visit(t, p.Dial("siv"))
	_, page = siv.get("/case/" + ref)
	_, page = siv.submit(page, "/case/"+ref+"/act/release", nil)
	v.want(page, "No one has taken it", "Received", "1 of 8", "Siv A. let go of the case")
	for _, to := range []string{"hakon", "nobody-known", "#recovery", "maren", ""} {
		code, page := v.act(ref, "give", url.Values{"to": {to}})
		if code < 400 || !strings.Contains(page, `id="problem"`) && !strings.Contains(page, `aria-invalid="true"`) {
			t.Errorf("given to %q: %d", to, code)
		}
		_, page = v.get("/case/" + ref)
		v.want(page, "No one has taken it")
	}
}

func TestWhoCanReadIsSaidInFull(t *testing.T) {
	p := handlerstest.New(t)
	ref := p.File("lin", short)
	v := visit(t, p.Dial("maren"))
	_, page := v.get("/case/" + ref)
	_, access, _ := strings.Cut(page, `id="access"`)
	access, _, _ = strings.Cut(access, "</section>")
	v.want(access, "Maren V.", "Jonas T.", "Siv A.", "Recovery key", "Its use does not show here", "Håkon R. has no key")
	v.never(access, "Ekstern")
	_, note := v.get("/case/" + ref + "/act/note")
	v.want(note, "These people can read it: Maren V., Jonas T., Siv A. and whoever holds the recovery key.")
}

// TestWhoIsKeptOutGetsNoSuchCase compares every page of a case for someone who
// is kept out with those of a case that was never made.
func TestWhoIsKeptOutGetsNoSuchCase(t *testing.T) {
	p := handlerstest.New(t)
	ref := p.File("lin", short)
	v := visit(t, p.Dial("hakon"))
	for _, path := range []string{"", "/act/reply", "/act/note", "/act/recuse", "/file/f", "/file/f/picture", "/file/f/save"} {
		code, body := v.get("/case/" + ref + path)
		none, same := v.get("/case/T-222222" + path)
		if code != http.StatusNotFound || code != none || body != strings.ReplaceAll(same, "T-222222", ref) {
			t.Errorf("%q: %d, where none was made: %d", path, code, none)
		}
	}
	_, queue := v.get("/?ref=" + ref)
	v.never(queue, `href="/case/`)
}

func TestWhoLostTheKeyIsToldWhomToAsk(t *testing.T) {
	p := handlerstest.New(t)
	ref := p.File("lin", short)
	p.NewKey("siv")
	siv := p.Dial("siv")
	if _, err := siv.Case(t.Context(), ref); !errors.Is(err, casework.ErrCannotOpen) {
		t.Fatalf("with a new key: %v, want %v", err, casework.ErrCannotOpen)
	}
	v := visit(t, siv)
	for _, path := range []string{"", "/act/reply", "/act/note", "/act/recuse", "/file/f1", "/file/f1/save"} {
		code, body := v.get("/case/" + ref + path)
		if code != http.StatusForbidden {
			t.Errorf("%q: %d", path, code)
		}
		v.never(body, "dinner", "Håkon")
		if path == "" {
			v.want(body, "You cannot open this case", "Ask one who can: Maren V. and Jonas T.</p>")
		}
	}
}

// TestTheLongestReply is as long as the desk takes, in characters that take most
// room on the way.
func TestTheLongestReply(t *testing.T) {
	p := handlerstest.New(t)
	ref := p.File("lin", short)
	v := visit(t, p.Dial("maren"))
	text := strings.Repeat("<", 10_000)
	code, body := v.act(ref, "reply", url.Values{"text": {text}})
	if code != http.StatusOK || !strings.Contains(body, "Sent to the reporter.") || !strings.Contains(body, strings.Repeat("&lt;", 10_000)) {
		t.Errorf("sending: %d", code)
	}
}

func TestTheQueueInPages(t *testing.T) {
	p := handlerstest.New(t)
	var refs []string
	for i := range 27 {
		refs = append(refs, p.Report(fmt.Sprint("p", i), "x"))
		p.Clock.Add(7 * 24 * time.Hour) // the next one is due later
	}
	v := visit(t, p.Dial("maren"), func(c *desk.Config) { c.Rows = 25 })
	_, first := v.get("/")
	for i, ref := range refs {
		if strings.Contains(first, "/case/"+ref+`"`) != (i < 25) {
			t.Errorf("case %d stands on the wrong page", i)
		}
	}
	v.never(first, "From the start")
	m := regexp.MustCompile(`<a class="button" href="([^"]+)">Show more`).FindStringSubmatch(first)
	if m == nil {
		t.Fatal("no way to the next page")
	}
	_, second := v.get(strings.ReplaceAll(m[1], "&amp;", "&"))
	v.want(second, "/case/"+refs[25], "/case/"+refs[26], "From the start")
	v.never(second, "/case/"+refs[24], "Show more")
	if code, _ := v.get("/?page=forged"); code != http.StatusNotFound {
		t.Errorf("a forged page: %d", code)
	}
}

// TestDaysAreTheOffices holds that a day is today when it is at the office, which
// lies as far east here as any.
func TestDaysAreTheOffices(t *testing.T) {
	p := handlerstest.New(t, handlerstest.Options{Zone: "Pacific/Kiritimati"})
	ref := p.File("lin", short)
	maren := p.Dial("maren")
	c, err := maren.Case(t.Context(), ref)
	if err != nil {
		t.Fatal(err)
	}
	// The day on which an answer is promised begins, at the office.
	day, err := time.ParseInLocation(time.DateOnly, c.Due[0].Day, time.FixedZone("", 14*3600))
	if err != nil {
		t.Fatal(err)
	}
	at := func(c *desk.Config) { c.Now = func() time.Time { return day.Add(time.Minute) } }
	v := visit(t, maren, at, func(c *desk.Config) { c.Zone = maren.Zone() })
	if _, body := v.get("/"); !strings.Contains(body, "Tidene er i Pacific/Kiritimati.") && !strings.Contains(body, "Times are in Pacific/Kiritimati.") {
		t.Error("the page does not say in which zone its times are")
	}
	answer := func(page string) string { // the step, with its day
		_, line, _ := strings.Cut(page, "Answer to the reporter")
		line, _, _ = strings.Cut(line, "</li>")
		return line
	}
	_, page := v.get("/case/" + ref)
	v.want(answer(page), "Today, ")
	v = visit(t, maren, at, func(c *desk.Config) { c.Zone = time.FixedZone("", -12*3600) }) // a handler who travels
	_, page = v.get("/case/" + ref)
	if v.never(answer(page), "Today, "); answer(page) == "" {
		t.Error("the step is not on the page")
	}
}
