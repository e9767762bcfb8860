package web_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"tillit/bot"
	"tillit/bot/web"
	"tillit/intake"
)

// counted is a body that says how much of it was read.
type counted struct {
	io.Reader
	read int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.read += int64(n)
	return n, err
}

// budget counts what is held, and has so much room.
type budget struct{ room, held, most int64 }

func (b *budget) Acquire(_ context.Context, n int64) error {
	if b.held+n > b.room {
		return context.DeadlineExceeded
	}
	b.held += n
	b.most = max(b.most, b.held)
	return nil
}

func (b *budget) Release(n int64) { b.held -= n }

// TestWhatIsHeldOfAForm: a browser without a talk gives no more than 200 kB to hold, one
// with a talk holds of the budget what is more than a message, and both get back what was
// read, and are told that it is the beginning.
func TestWhatIsHeldOfAForm(t *testing.T) {
	long := strings.Repeat("kjære dere, ", 25_000) // 300 kB and more
	plain := func(text string) (string, string) {
		return form("text", text), "application/x-www-form-urlencoded"
	}
	parts := func(text string) (string, string) {
		return "--x\r\nContent-Disposition: form-data; name=\"talk\"\r\n\r\n" + talkID + "\r\n--x\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\n" + text + "\r\n--x--\r\n", "multipart/form-data; boundary=x"
	}
	for name, c := range map[string]struct {
		make        func(string) (string, string)
		text        string
		cookie      string
		room        int64
		status      int
		least, most int // bytes of the words that come back
		cut         bool
	}{
		"a stranger's words":       {parts, strings.Repeat("a", 60<<10), "", 0, 409, 60 << 10, 60 << 10, false},
		"a stranger's long words":  {parts, long, "", 10 << 20, 413, 150 << 10, 200 << 10, true},
		"as a plain form":          {plain, long, "", 10 << 20, 413, 100 << 10, 200 << 10, true},
		"a member's long words":    {parts, long, cookie, 10 << 20, 413, len(long), len(long), false},
		"while others hold a lot":  {parts, long, cookie, 64 << 10, 503, 80 << 10, 200 << 10, true},
		"a message at that moment": {parts, strings.Repeat("a", 60<<10), cookie, 0, 303, 0, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, question())
			if c.cookie == "" {
				r.lines = nil
			}
			b := &budget{room: c.room}
			r.Slow = b
			body, kind := c.make(c.text)
			w := r.do("POST", "/say", body, "Cookie", c.cookie, "Content-Type", kind)
			page := w.Body.String()
			_, back, _ := strings.Cut(page, "<textarea")
			_, back, _ = strings.Cut(back, ">\n")
			back, _, _ = strings.Cut(back, "</textarea>")
			if w.Code != c.status || len(back) < c.least || len(back) > c.most || !strings.HasPrefix(c.text, strings.TrimRight(back, "\uFFFD")) {
				t.Errorf("got %d and %d bytes of %d", w.Code, len(back), len(c.text))
			}
			if cut := strings.Contains(page, "Only the beginning"); cut != c.cut {
				t.Errorf("that it is the beginning is said: %t", cut)
			}
			if b.held != 0 {
				t.Errorf("%d bytes stay held", b.held)
			}
		})
	}
}

// TestWhatLiesFurtherBack: what lies further back is a link away, as often as
// there is more.
func TestWhatLiesFurtherBack(t *testing.T) {
	r := newRig(t)
	for i := range 4 {
		r.lines = append(r.lines, question(), mine("A1", fmt.Sprint("words ", i, ".")))
	}
	r.lines = append(r.lines, question())
	r.more = true
	page := r.do("GET", "/?earlier=4", "", "Cookie", cookie).Body.String()
	_, page, _ = strings.Cut(page, `<details class="older" open>`)
	page, now, _ := strings.Cut(page, `</details>`)
	if strings.Contains(page, "words 3.") || !strings.Contains(page, "words 1.") || !strings.Contains(page, `value="page:earlier-9"`) || !strings.Contains(now, `name="talk"`) {
		t.Errorf("four turns back: %s", page)
	}
	for _, nonsense := range []string{"-1", "x", "99999999999999999999"} {
		if w := r.do("GET", "/?earlier="+nonsense, "", "Cookie", cookie); w.Code != 200 || !strings.Contains(w.Body.String(), "words 3.") {
			t.Errorf("%s turns back: %d", nonsense, w.Code)
		}
	}
}

// TestADownloadThatBreaksOffIsNotWhole: half of a copy must not look like all of it.
func TestADownloadThatBreaksOffIsNotWhole(t *testing.T) {
	r := newRig(t, question(), mine("A1", "words"))
	s := httptest.NewServer(r)
	defer s.Close()
	get := func() (string, error) {
		req, _ := http.NewRequest("POST", s.URL+"/copy", nil)
		req.Header.Set("Cookie", cookie)
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			return "", err
		}
		defer res.Body.Close()
		b, err := io.ReadAll(res.Body)
		return string(b), err
	}
	if page, err := get(); err != nil || !strings.Contains(page, "<pre translate=\"no\">words</pre>") || !strings.HasSuffix(strings.TrimSpace(page), "</html>") {
		t.Errorf("%v: %s", err, page)
	}
	r.broken = errors.New("no")
	if page, err := get(); err == nil && strings.Contains(page, "words") {
		t.Errorf("it came as if it were whole: %s", page)
	}
}

// TestALongReview: a review of more than a page holds shows the beginning of what was told
// to each question, what was told last, and says that there is more.
func TestALongReview(t *testing.T) {
	ask := bot.Message{Message: intake.Message{ID: "review", Kind: intake.KindReview, Text: "Is this right?", Review: []intake.ReviewPart{{
		Part: 1, Title: "Words", Edit: "review.part:1", Questions: []intake.ReviewQuestion{{ID: "A1", Title: "What", State: "answered"}, {ID: "A2", Title: "When", State: "answered"}},
	}}}}
	r := newRig(t, question(), mine("A1", "an earlier version"), ask, mine("A1", "first. "+strings.Repeat("a", 10<<10)), mine("A1", "not shown"), mine("A2", "in May"), ask)
	r.more = true
	page := r.do("GET", "/", "", "Cookie", cookie).Body.String()
	_, page, _ = strings.Cut(page, `<dl>`)
	page, _, _ = strings.Cut(page, `</dl>`)
	for what, want := range map[string]bool{"first. aaa": true, "aaa …</dd>": true, "in May</dd>": true, "earlier version": false, "not shown": false} {
		if strings.Contains(page, what) != want {
			t.Errorf("that the review shows %q is %t", what, !want)
		}
	}
}

// TestTalksBeginAtAPace: one client begins so many talks, others begin theirs, and who has
// to wait is told so, loses nothing, and begins a moment later.
func TestTalksBeginAtAPace(t *testing.T) {
	now := time.Date(2026, 11, 29, 9, 0, 0, 0, time.UTC)
	r := newRig(t)
	r.Web = web.New(web.Config{
		Copies: r, Codes: r, Decode: bot.DecodeLine, Langs: []string{"nb", "nn", "en"}, DefaultLang: "en", ClientHeader: "X-Forwarded-For",
		New:    func([]byte) (bot.Mailbox, error) { return bot.Mailbox{Public: []byte("p")}, nil },
		Starts: web.Pace{Client: 2, All: 4}, Now: func() time.Time { return now },
	})
	listens(t, r)
	start := func(peer, said string) *httptest.ResponseRecorder {
		req := httptest.NewRequest(http.MethodPost, "http://127.0.0.1/say", strings.NewReader(form("choice", "start", "lang", "en")))
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if req.RemoteAddr = peer; said != "" {
			req.Header.Set("X-Forwarded-For", said)
		}
		w := httptest.NewRecorder()
		r.ServeHTTP(w, req)
		return w
	}
	begin := func(peer, said string, want int) {
		t.Helper()
		if w := start(peer, said); w.Code != want {
			t.Errorf("%s (%s): %d, want %d", peer, said, w.Code, want)
		} else if want == 503 && (!strings.Contains(w.Body.String(), "Many people are starting") || !strings.Contains(w.Body.String(), `name="choice" value="start"`)) {
			t.Errorf("who waits is not told, or cannot press again: %s", w.Body)
		}
	}
	for range 10 {
		begin("203.0.113.7:1000", "", 303)
	}
	begin("203.0.113.7:2000", "", 503)
	begin("203.0.113.7:2000", "198.51.100.1", 503) // who is no proxy says what they like
	begin("127.0.0.1:3000", "10.0.0.1, 203.0.113.7", 503)
	begin("127.0.0.1:3000", "203.0.113.7, 198.51.100.1", 303)
	begin("127.0.0.1:3000", "", 303)
	for i := range 5 {
		begin(fmt.Sprintf("[2001:db8:0:7::%d]:1000", i), "", 303)
	}
	for i := range 3 {
		begin("@", fmt.Sprintf("2001:db8:0:8::%d", i), 303)
	}
	begin("198.51.100.77:1000", "", 503) // all together
	now = now.Add(30 * time.Second)
	begin("203.0.113.7:1000", "", 303)
	begin("203.0.113.7:1000", "", 503)
	begin("198.51.100.77:1000", "", 303)
}

// TestWhoGuessesCodesStandsInTheirOwnWay: of one client one code is looked up at a time,
// and another client's meanwhile.
func TestWhoGuessesCodesStandsInTheirOwnWay(t *testing.T) {
	r := newRig(t)
	release, looked := make(chan struct{}), make(chan string, 20)
	r.Codes = slowCodes{r, func() { looked <- "one"; <-release }}
	guess := func(peer string) {
		req := httptest.NewRequest(http.MethodPost, "http://127.0.0.1/come-back", strings.NewReader("code=1"))
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.RemoteAddr = peer
		r.ServeHTTP(httptest.NewRecorder(), req)
	}
	var all sync.WaitGroup
	for range 10 {
		all.Go(func() { guess("203.0.113.7:1000") })
	}
	<-looked
	all.Go(func() { guess("198.51.100.1:1000") })
	<-looked
	select {
	case <-looked:
		t.Error("a client has two codes looked up at once")
	case <-time.After(100 * time.Millisecond):
	}
	close(release)
	all.Wait()
}

// slowCodes look a code up for as long as a test likes.
type slowCodes struct {
	web.Codes
	look func()
}

func (c slowCodes) UseCode(context.Context, bot.Channel, bot.Event, intake.Private) error {
	c.look()
	return web.ErrUnknown
}

// TestNamesAndEmptyFiles: the name of a file comes as its person has it, and a file of no
// bytes comes as that.
func TestNamesAndEmptyFiles(t *testing.T) {
	for sent, want := range map[string]string{
		`%22sitat%22 100%.txt`: `"sitat" 100%.txt`, "bla\u030Abær.png": "bla\u030Abær.png", "صورة.jpg": "صورة.jpg", "a%0D%0Ab.txt": "a b.txt",
		strings.Repeat("ø", 126) + ".jpeg": strings.Repeat("ø", 126) + ".jpeg", `C:\Bilder\x.png`: `C:\Bilder\x.png`,
	} {
		for _, bytes := range []string{"bytes", ""} {
			r := newRig(t, question())
			body := "--x\r\nContent-Disposition: form-data; name=\"talk\"\r\n\r\n" + talkID +
				"\r\n--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"" + sent + "\"\r\nContent-Type: image/png\r\n\r\n" + bytes + "\r\n--x--\r\n"
			if w := r.do("POST", "/say", body, "Cookie", cookie, "Content-Type", "multipart/form-data; boundary=x"); w.Code != 303 || len(r.got) != 1 {
				t.Fatalf("%s: %d, %d events", sent, w.Code, len(r.got))
			}
			switch ev := r.got[0]; {
			case bytes == "" && (ev.Unkept != bot.UnkeptEmpty || len(ev.Files) > 0 || ev.Kind != bot.EventMessage):
				t.Errorf("an empty file came as a %s of %d files, %q", ev.Kind, len(ev.Files), ev.Unkept)
			case bytes != "" && (len(ev.Files) != 1 || ev.Unkept != ""):
				t.Errorf("%s: %d files, %q", sent, len(ev.Files), ev.Unkept)
			case bytes != "" && ev.Files[0].Name.Reveal() != want:
				t.Errorf("%q came as %q", sent, ev.Files[0].Name.Reveal())
			}
		}
	}
}

// TestHeadersAreHeldAsWordsAre: what is no field's words is held no more than they are.
func TestHeadersAreHeldAsWordsAre(t *testing.T) {
	r := newRig(t)
	b := &budget{room: 10 << 20}
	r.Slow = b
	body := &counted{Reader: strings.NewReader("--x\r\nContent-Disposition: form-data; name=\"text\"; other=\"" + strings.Repeat("a", 5<<20))}
	req := httptest.NewRequest("POST", "http://127.0.0.1/say", body)
	req.Header.Set("Content-Type", "multipart/form-data; boundary=x")
	w := httptest.NewRecorder()
	r.ServeHTTP(w, req)
	if w.Code != 413 || b.most > 4*(200<<10) || b.held != 0 {
		t.Errorf("got %d, %d bytes were held, %d still are", w.Code, b.most, b.held)
	}
}

// TestAPictureWithoutItsPlace: who ticks that no place is to be told has a copy kept that
// tells none, also when the form is sent a second time; where none can be made nothing of the
// file is kept. Who does not tick it has their picture kept as it is.
func TestAPictureWithoutItsPlace(t *testing.T) {
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 9, 9))); err != nil {
		t.Fatal(err)
	}
	const secret = "Grand Hotel"
	picture := b.String() + secret
	form := func(data, tick string) string {
		return "--x\r\nContent-Disposition: form-data; name=\"talk\"\r\n\r\n" + talkID + "\r\n" + tick +
			"--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.png\"\r\nContent-Type: image/png\r\n\r\n" + data + "\r\n--x--\r\n"
	}
	const tick = "--x\r\nContent-Disposition: form-data; name=\"no_place\"\r\n\r\n1\r\n"
	for name, c := range map[string]struct {
		data, tick, kept string
		unkept           bot.Unkept
	}{
		"as it is":    {picture, "", picture, ""},
		"ticked":      {picture, tick, b.String(), ""},
		"a film":      {"\x00\x00\x00\x14ftypqt  " + secret, tick, "", bot.UnkeptPlace},
		"half of one": {b.String()[:40], tick, "", bot.UnkeptPlace},
	} {
		r := newRig(t, question())
		kept := ""
		r.take = func(ev bot.Event) error {
			kept = ""
			for _, f := range ev.Files {
				in, err := f.Open()
				if err != nil {
					return err
				}
				b, err := io.ReadAll(in)
				if err = errors.Join(err, in.Close()); err != nil {
					return err
				}
				kept = string(b)
			}
			return nil
		}
		if w := r.do("POST", "/say", form(c.data, c.tick), "Cookie", cookie, "Content-Type", "multipart/form-data; boundary=x"); w.Code != 303 {
			t.Fatalf("%s: %d %s", name, w.Code, w.Body)
		}
		if last := r.got[len(r.got)-1]; kept != c.kept || last.Unkept != c.unkept {
			t.Errorf("%s: %d bytes are kept, %q", name, len(kept), last.Unkept)
		}
		r.fail = errors.New("full")
		again := r.do("POST", "/say", form(c.data, c.tick), "Cookie", cookie, "Content-Type", "multipart/form-data; boundary=x").Body.String()
		if c.tick != "" && !strings.Contains(again, `name="no_place" value="1"`) {
			t.Errorf("%s: the form that is offered again has lost the tick", name)
		}
	}
}
