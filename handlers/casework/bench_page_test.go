package casework_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"tillit/handlers/desk"
	"tillit/handlers/handlerstest"
	"tillit/intake"
)

// longCase is a case of many entries, told on the pages and worked at the desk, with files.
func longCase(t testing.TB, o *handlerstest.Office, entries, files, nth int) (ref string) {
	t.Helper()
	var came []handlerstest.File
	for i := range files {
		came = append(came, handlerstest.File{Question: "A1", Name: fmt.Sprintf("bilde %d.jpg", i), Type: "image/jpeg", Data: []byte("\xff\xd8\xff\xe0 a picture")})
	}
	ref = o.File("lin", handlerstest.Answers{"S1": {"yes"}, "S3": {"me"}, "A1": {"Det var på middagen."}}, came...)
	cs, err := o.Dial("maren").Case(t.Context(), ref)
	if err != nil {
		t.Fatal(err)
	}
	goOn(t, o, ref, entries-cs.Checked, nth)
	return ref
}

// goOn writes so many entries into a case, each nth of them at the desk.
func goOn(t testing.TB, o *handlerstest.Office, ref string, entries, nth int) {
	t.Helper()
	maren, lin := o.Dial("maren"), o.Reporter("lin")
	for i := range entries {
		if i%nth != nth-1 {
			lin.Says(fmt.Sprintf("Jeg husker mer av det som skjedde, og skriver det ned her, slik det var: %d.", i))
		} else if err := maren.Note(t.Context(), ref, intake.NewPrivate(fmt.Sprintf("Ringt om det, og avtalt at vi ringer igjen, %d.", i))); err != nil {
			t.Fatal(err)
		}
	}
}

// deskOf is a desk that is signed in, as what asks it for a page.
func deskOf(t testing.TB, work *handlerstest.Desk) func(path string) string {
	t.Helper()
	const host = "127.0.0.1:7401"
	d := desk.New(desk.Config{Work: work, Host: host, Secret: "first", Lang: "en", Idle: time.Hour})
	in := httptest.NewRequest("POST", "http://"+host+"/in", strings.NewReader(url.Values{"t": {"first"}}.Encode()))
	in.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	d.ServeHTTP(w, in)
	cookies := w.Result().Cookies()
	if len(cookies) != 1 {
		t.Fatalf("signing in: %d", w.Code)
	}
	return func(path string) string {
		r := httptest.NewRequest("GET", "http://"+host+path, nil)
		r.AddCookie(cookies[0])
		w := httptest.NewRecorder()
		if d.ServeHTTP(w, r); w.Code != http.StatusOK {
			t.Fatalf("the page: %d", w.Code)
		}
		return w.Body.String()
	}
}

// TestALongCaseStaysUsable holds that the page of a case does not grow with its log: of
// what was written it has the newest, the rest is one press away and folded, and each file
// is there.
func TestALongCaseStaysUsable(t *testing.T) {
	o := handlerstest.New(t, handlerstest.Options{Hasty: true})
	ref := longCase(t, o, 150, 50, 10)
	page := deskOf(t, o.Dial("maren"))
	read := func() (string, int) {
		maren := o.Dial("maren")
		cs, err := maren.Case(t.Context(), ref)
		if err == nil {
			err = maren.MarkRead(t.Context(), ref, cs.Entries[len(cs.Entries)-1].Seq)
		}
		if err != nil {
			t.Fatal(err)
		}
		return page("/case/" + ref), cs.Checked
	}
	short, n := read()
	goOn(t, o, ref, 100, 10)
	longer, m := read()
	if grown := len(longer) - len(short); grown > 1000 || m < n+100 {
		t.Errorf("with %d entries more the page has %d bytes more than its %d", m-n, grown, len(short))
	}
	if words := strings.Count(longer, `class="entry from"`) + strings.Count(longer, `class="entry inside"`); words > 30 || words < 20 {
		t.Errorf("%d words of both sides stand on the page", words)
	}
	if files := strings.Count(longer, `/file/`); files != 50 || !strings.Contains(longer, `href="/case/`+ref+`/log"`) {
		t.Errorf("%d files stand on the page, or no way to the whole log", files)
	}
}

// BenchmarkCasePage shows the page of a case of two thousand entries and fifty files.
// Bare is decrypting its entries and nothing else, and fetch is asking the server for it,
// which runs on the same processors here; page is the page at a first look, again the page
// when one message has come since. They take turns, and the best round of each counts.
// Beside is what the first page takes beside those two.
func BenchmarkCasePage(b *testing.B) {
	o := handlerstest.New(b, handlerstest.Options{Hasty: true})
	ref := longCase(b, o, 2000, 50, 2)
	maren, lin := o.Dial("maren"), o.Reporter("lin")
	bare, err := maren.Bare(b.Context(), ref)
	if err != nil {
		b.Fatal(err)
	}
	page, size := deskOf(b, maren), 0
	best := rounds{}
	timed := best.timed
	for b.Loop() {
		for i := range 5 {
			timed("bare", func() {
				if err := bare(); err != nil {
					b.Fatal(err)
				}
			})
			timed("fetch", func() {
				if err := maren.Fetch(b.Context(), ref); err != nil {
					b.Fatal(err)
				}
			})
			maren.Forget()
			timed("page", func() { size = len(page("/case/" + ref)) })
			lin.Says(fmt.Sprintf("Og dette, %d.", i))
			timed("again", func() { size = len(page("/case/" + ref)) })
		}
	}
	best["beside"] = best["page"] - best["bare"] - best["fetch"]
	for name, took := range best {
		b.ReportMetric(float64(took.Microseconds())/1000, "ms/"+name)
	}
	b.ReportMetric(float64(size)/1024, "kB")
}
