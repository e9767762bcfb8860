package web_test

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"tillit/bot"
	"tillit/bot/web"
	"tillit/intake"
)

const (
	canary = "kanari-5d1e"
	talkID = "AAAAAAAAAAAAAAAAAAAAAAAAAA"
	cookie = "talk=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA.en"
)

// rig is the channel with a copy in memory and a scripted bot.
type rig struct {
	stands    *bot.Standing
	standsErr error
	*web.Web
	mu     sync.Mutex
	lines  []bot.Message
	unread int
	more   bool
	broken error // ends the reading of all of it
	got    []bot.Event
	fail   error
	take   func(bot.Event) error
	code   error
	came   map[intake.ConversationID]bool // who came with a code; nil, everybody has a talk
	logs   bytes.Buffer
}

func (r *rig) Copy(_ context.Context, _ string, _ intake.ConversationID, _ []byte, part web.Part) (web.Copy, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []web.CopyLine
	for _, m := range r.lines[:max(len(r.lines)-part.Skip, 0)] {
		out = append(out, web.CopyLine{Body: bot.EncodeLine(m), Mine: m.Mine})
	}
	return web.Copy{Lines: out, Unread: r.unread, Turns: len(out), More: r.more}, nil
}

func (r *rig) EachLine(_ context.Context, _ string, _ intake.ConversationID, _ []byte, tell func(web.CopyLine) error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, m := range r.lines {
		if err := tell(web.CopyLine{Body: bot.EncodeLine(m), Mine: m.Mine}); err != nil {
			return err
		}
	}
	return r.broken
}

func (r *rig) Begun(_ context.Context, _ string, id intake.ConversationID) (bool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.came != nil {
		return r.came[id], nil
	}
	return len(r.lines) > 0, nil
}

// show replaces what the copy holds, also while a browser reads it.
func (r *rig) show(lines []bot.Message) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lines = lines
}

func (r *rig) NewCode(context.Context, string, intake.ConversationID, []byte) (intake.Private, error) {
	return intake.NewPrivate("4820 1937 6605 2841 73"), r.code
}

// UseCode takes a code that works once, when there is no other error planned.
func (r *rig) UseCode(_ context.Context, _ bot.Channel, ev bot.Event, _ intake.Private) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.code != nil || len(r.came) > 0 {
		return cmp.Or(r.code, web.ErrUnknown)
	}
	if ev.Mailbox == nil || ev.Secret.IsZero() {
		return errors.New("no copy")
	}
	r.came[ev.Conversation] = true
	return nil
}

func newRig(t testing.TB, lines ...bot.Message) *rig {
	r := &rig{lines: lines}
	r.Web = web.New(web.Config{
		Copies: r, Codes: r, Decode: bot.DecodeLine, Org: "Example Union", Langs: []string{"nb", "nn", "en"}, DefaultLang: "en",
		New: func([]byte) (bot.Mailbox, error) { return bot.Mailbox{Public: []byte("p")}, nil },
		Log: slog.New(slog.NewTextHandler(&r.logs, nil)),
		Who: func(context.Context, intake.ConversationID, string) (bot.Message, error) {
			return bot.Message{Message: intake.Message{Text: "These can read it:\n– Maren, adviser\n– Jonas, secretary"}}, nil
		},
		Standing: r.standing,
		Keep:     14 * 24 * time.Hour,
		Gone:     func(string) string { return "24 December" },
		Command: func(text string) (string, bool) {
			command, ok := strings.CutPrefix(text, "/")
			return command, ok
		},
		HelpLines: func(_ string, minor bool) []web.HelpLine {
			if minor {
				return []web.HelpLine{{Name: "Children and youth", Phone: "116 111", When: "Any hour"}}
			}
			return []web.HelpLine{{Name: "Police", Phone: "112", When: "In danger now"}, {Name: "Doctor", Phone: "116 117", When: "Any hour"}}
		},
	})
	listens(t, r)
	t.Cleanup(func() {
		if strings.Contains(r.logs.String(), canary) {
			t.Error("a person's words stand in the log")
		}
	})
	return r
}

// listens has the channel take what the pages bring until the test ends.
func listens(t testing.TB, r *rig) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done, up := make(chan error, 1), make(chan struct{})
	channel := r.Web
	go func() { close(up); done <- channel.Listen(ctx, r.deliver) }()
	<-up
	time.Sleep(5 * time.Millisecond)
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Listen: %v", err)
		}
	})
}

func (r *rig) deliver(_ context.Context, ev bot.Event) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fail != nil {
		return r.fail
	}
	r.got = append(r.got, ev)
	if r.take != nil {
		return r.take(ev)
	}
	return nil
}

func (r *rig) do(method, path, body string, header ...string) *httptest.ResponseRecorder {
	req := httptest.NewRequest(method, "http://127.0.0.1"+path, strings.NewReader(body))
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	if h := req.Header.Get("X-Host"); h != "" {
		req.Host = h
	}
	w := httptest.NewRecorder()
	r.ServeHTTP(w, req)
	return w
}

func question() bot.Message {
	return bot.Message{Message: intake.Message{
		ID: "A1", Kind: intake.KindQuestion, Text: "What happened?", Help: "In any order.", Part: 1, Parts: 8, PartTitle: "In your own words",
		Accepts: intake.AcceptsFree, Choices: []intake.Choice{{ID: "A1.~done", Label: "Done", Way: true, Main: true}, {ID: "A1.~skip", Label: "Skip", Way: true}, {ID: "A1.~pause", Label: "Pause", Way: true}},
	}}
}

func mine(id, words string) bot.Message {
	return bot.Message{Mine: true, Words: intake.NewPrivate(words), Message: intake.Message{ID: id}}
}

func form(pairs ...string) string {
	v := url.Values{"talk": {talkID}}
	for i := 0; i+1 < len(pairs); i += 2 {
		v.Add(pairs[i], pairs[i+1])
	}
	return v.Encode()
}

func TestGetMakesNoState(t *testing.T) {
	r := newRig(t)
	for _, p := range []string{"/", "/help", "/who", "/code", "/come-back", "/clean", "/leave", "/deleted", "/?lang=nn", "/member.css", "/nowhere"} {
		w := r.do("GET", p, "", "Cookie", cookie)
		if w.Header().Get("Set-Cookie") != "" || w.Header().Get("Clear-Site-Data") != "" || len(r.got) > 0 {
			t.Errorf("GET %s changes what the browser or the bot holds", p)
		}
		for _, h := range []string{"Content-Security-Policy", "Referrer-Policy", "X-Content-Type-Options", "Permissions-Policy", "X-Robots-Tag", "Cross-Origin-Opener-Policy"} {
			if w.Header().Get(h) == "" {
				t.Errorf("GET %s has no %s", p, h)
			}
		}
		if w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("GET %s may be cached", p)
		}
	}
}

func TestStartAndTwice(t *testing.T) {
	r := newRig(t)
	w := r.do("POST", "/say", form("choice", "start", "lang", "nn"))
	if w.Code != 303 || w.Header().Get("Location") != "/#now" || !strings.Contains(w.Header().Get("Set-Cookie"), "SameSite=Strict") {
		t.Fatalf("start gave %d %v", w.Code, w.Header())
	}
	if ev := r.got[0]; ev.Mailbox == nil || ev.Kind != bot.EventPress || ev.Language != "nn" {
		t.Errorf("the first event is a %s with mailbox %v in %q", ev.Kind, ev.Mailbox != nil, ev.Language)
	}
	r.lines = []bot.Message{question()}
	for range 2 {
		r.do("POST", "/say", form("text", canary), "Cookie", cookie)
	}
	if r.got[1].ID != r.got[2].ID || r.got[1].Text.Reveal() != canary || r.got[1].Mailbox != nil {
		t.Error("a form that is sent twice does not make the same event")
	}
}

// TestEarlierTurnsAreALinkAway offers the whole talk where only its end is shown.
func TestEarlierTurnsAreALinkAway(t *testing.T) {
	r := newRig(t)
	r.lines = []bot.Message{question(), mine("A1", "earlier"), question(), mine("A1", "words"), question()}
	for _, more := range []bool{false, true} {
		r.more = more
		if page := r.do("GET", "/", "", "Cookie", cookie).Body.String(); strings.Contains(page, `href="/?earlier=5"`) != more {
			t.Errorf("with earlier turns %t, the page offers them: %t", more, !more)
		}
	}
}

func TestRefused(t *testing.T) {
	r := newRig(t, question())
	for name, c := range map[string]struct {
		status int
		body   string
		header []string
	}{
		"no talk":      {400, "text=" + canary, nil},
		"unknown":      {400, form("text", canary, "colour", "red"), nil},
		"too long":     {413, form("text", canary+strings.Repeat("a", 70<<10)), nil},
		"content type": {415, "{}", []string{"Content-Type", "application/json"}},
		"foreign page": {403, form("text", "x"), []string{"Sec-Fetch-Site", "cross-site"}},
		"foreign host": {421, form("text", "x"), []string{"X-Host", "evil.example"}},
		"no cookie":    {409, form("text", canary), []string{"Cookie", ""}},
	} {
		w := r.do("POST", "/say", c.body, append([]string{"Cookie", cookie}, c.header...)...)
		if w.Code != c.status {
			t.Errorf("%s: got %d, want %d", name, w.Code, c.status)
		}
		if strings.Contains(c.body, canary) && !strings.Contains(w.Body.String(), canary) {
			t.Errorf("%s: the words are not given back", name)
		}
	}
	if len(r.got) != 0 {
		t.Errorf("%d refused forms were delivered", len(r.got))
	}
}

func TestNotSavedKeepsWords(t *testing.T) {
	r := newRig(t, question())
	r.fail = errors.New(canary)
	w := r.do("POST", "/say", form("text", canary+` <b>"'`+"\u202e", "choice", "A1.~skip"), "Cookie", cookie)
	b := w.Body.String()
	if w.Code != 503 || !strings.Contains(b, `role="alert"`) || !strings.Contains(b, canary+" &lt;b&gt;") || !strings.Contains(b, `value="`+talkID) {
		t.Errorf("got %d and a page without the words", w.Code)
	}
}

func upload(size int, before func(*multipart.Writer)) (string, string) {
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	_ = m.WriteField("talk", talkID)
	_ = m.WriteField("text", canary)
	if before != nil {
		before(m)
	}
	f, _ := m.CreateFormFile("file", "x.png")
	_, _ = f.Write(bytes.Repeat([]byte("a"), size))
	_ = m.Close()
	return b.String(), m.FormDataContentType()
}

func TestUpload(t *testing.T) {
	r := newRig(t, question())
	read := int64(0)
	r.take = func(ev bot.Event) error {
		in, err := ev.Files[0].Open()
		if err != nil {
			return err
		}
		read, err = io.Copy(io.Discard, in)
		return err
	}
	for size, want := range map[int]int{1000: 303, 20 << 20: 303, 20<<20 + 1: 413, 30 << 20: 413} {
		body, kind := upload(size, nil)
		w := r.do("POST", "/say", body, "Cookie", cookie, "Content-Type", kind)
		if w.Code != want || want == 303 && read != int64(size) {
			t.Errorf("%d bytes: got %d after reading %d, want %d", size, w.Code, read, want)
		}
		if want == 413 && !strings.Contains(w.Body.String(), canary) {
			t.Error("the words beside a file too big are lost")
		}
	}
}

func TestLeaveAndCode(t *testing.T) {
	r := newRig(t, question())
	w := r.do("POST", "/leave", "", "Cookie", cookie)
	if w.Code != 303 || !strings.Contains(w.Header().Get("Set-Cookie"), "Max-Age=0") || w.Header().Get("Clear-Site-Data") == "" {
		t.Error("leaving keeps the talk")
	}
	if w := r.do("POST", "/code", "", "Cookie", cookie); !strings.Contains(w.Body.String(), "4820 1937") {
		t.Error("the code is not shown")
	}
	r.came = map[intake.ConversationID]bool{}
	page := r.do("GET", "/come-back", "")
	browser := regexp.MustCompile(`name="browser" value="([^"]+)"`).FindStringSubmatch(page.Body.String())
	if browser == nil || page.Header().Get("Set-Cookie") != "" {
		t.Fatal("the page has no new secret, or sets one already")
	}
	first := r.do("POST", "/come-back", "code=1&browser="+browser[1])
	if first.Code != 303 || first.Header().Get("Set-Cookie") == "" {
		t.Error("a code opens nothing")
	}
	again := r.do("POST", "/come-back", "code=1&browser="+browser[1]) // the answer was lost
	if again.Code != 303 || again.Header().Get("Set-Cookie") != first.Header().Get("Set-Cookie") {
		t.Errorf("the same form again: %d, and another talk", again.Code)
	}
	for _, other := range []string{"", "x", strings.Repeat("A", 42), strings.Repeat("A", 44), "..//"} {
		if w := r.do("POST", "/come-back", "code=1&browser="+other); w.Code != 403 {
			t.Errorf("a used code with the secret %q: %d", other, w.Code)
		}
	}
	for err, want := range map[error]int{web.ErrUnknown: 403, web.ErrBusy: 503} {
		r.code = err
		if w := r.do("POST", "/come-back", "code=12345"); w.Code != want || !strings.Contains(w.Body.String(), "12345") {
			t.Errorf("%v: got %d", err, w.Code)
		}
	}
}

func TestEscaped(t *testing.T) {
	hostile := `</textarea><script>alert(1)</script>` + "\u202e\u0000"
	r := newRig(t, question(), mine("A1", hostile))
	if b := r.do("GET", "/", "", "Cookie", cookie).Body.String(); strings.Contains(b, "<script") {
		t.Error("words became markup")
	}
	if w := r.do("POST", "/copy", "", "Cookie", cookie); strings.Contains(w.Body.String(), "<script") || !strings.Contains(w.Header().Get("Content-Disposition"), "attachment") {
		t.Error("the download is not safe")
	}
}

// TestDeletedIsSaidOnlyWhenItIs holds the page after deletion to the truth, however
// the person said yes.
func TestDeletedIsSaidOnlyWhenItIs(t *testing.T) {
	for name, yes := range map[string][]string{"pressed": {"choice", "delete_yes"}, "typed": {"text", "Yes, delete everything"}} {
		r := newRig(t, question())
		if w := r.do("GET", "/deleted", "", "Cookie", cookie); w.Code != 303 {
			t.Errorf("%s: the page says that it is deleted, and the talk is there", name)
		}
		r.take = func(bot.Event) error { r.lines = nil; return nil }
		w := r.do("POST", "/say", form(yes...), "Cookie", cookie)
		to := w.Header().Get("Location")
		if to != "/deleted?lang=en" || !strings.Contains(w.Header().Get("Set-Cookie"), "Max-Age=0") {
			t.Errorf("%s: leads to %q with the cookie %q", name, to, w.Header().Get("Set-Cookie"))
		}
		if b := r.do("GET", to, "").Body.String(); !strings.Contains(b, "Backups are gone by 24 December.") {
			t.Errorf("%s: the page does not name the day", name)
		}
	}
}

func TestTheOpeningNamesTheTime(t *testing.T) {
	if b := newRig(t).do("GET", "/", "").Body.String(); !strings.Contains(b, "deleted after 14 days") {
		t.Error("the opening does not say how long what is not sent is kept")
	}
}

func TestTypedCommandsLeadToTheirPages(t *testing.T) {
	r := newRig(t, question())
	for text, want := range map[string]string{"/code": "/code", "/clean": "/clean"} {
		if w := r.do("POST", "/say", form("text", text), "Cookie", cookie); w.Header().Get("Location") != want {
			t.Errorf("%s leads to %q", text, w.Header().Get("Location"))
		}
	}
	if w := r.do("POST", "/say", form("choice", "R.code"), "Cookie", cookie); w.Header().Get("Location") != "/code" {
		t.Errorf("the receipt's button leads to %q", w.Header().Get("Location"))
	}
	if len(r.got) != 0 {
		t.Errorf("%d of them were told to the bot", len(r.got))
	}
	for _, text := range []string{"code", "/status", "my /code"} {
		r.do("POST", "/say", form("text", text, "talk", talkID), "Cookie", cookie)
	}
	if len(r.got) != 3 {
		t.Errorf("%d of 3 other messages were told to the bot", len(r.got))
	}
}

func TestTheLanguageIsChangedByAPress(t *testing.T) {
	r := newRig(t, question())
	if b := r.do("GET", "/", "", "Cookie", cookie).Body.String(); !strings.Contains(b, `name="choice" value="lang:nn"`) {
		t.Fatal("the page has no button for another language")
	}
	w := r.do("POST", "/say", form("choice", "lang:nn"), "Cookie", cookie)
	if len(r.got) != 1 || r.got[0].Choices[0] != "lang:nn" || !strings.Contains(w.Header().Get("Set-Cookie"), ".nn;") {
		t.Errorf("pressing it told %d events and set %q", len(r.got), w.Header().Get("Set-Cookie"))
	}
}

func TestTheReceiptCares(t *testing.T) {
	say := func(id string, kind intake.MessageKind, text string) bot.Message {
		return bot.Message{Message: intake.Message{ID: id, Kind: kind, Text: text}}
	}
	receipt, care := say("R", intake.KindReceipt, "Received."), say("aftercare", intake.KindCard, "Telling can stir things up.")
	r := newRig(t, receipt, care)
	b := r.do("GET", "/", "", "Cookie", cookie).Body.String()
	for _, want := range []string{"If you would like to talk with someone", "Telling can stir things up.", `href="tel:116117"`, "116 111"} {
		if !strings.Contains(b, want) {
			t.Errorf("the receipt's page lacks %q", want)
		}
	}
	r.show([]bot.Message{receipt, say("aftercare", intake.KindCard, "You can call.\n116 111: Children and youth, any hour")})
	b = r.do("GET", "/", "", "Cookie", cookie).Body.String()
	if strings.Count(b, "116 111</a>") != 1 || strings.Contains(b, "116 111: ") || strings.Contains(b, `href="tel:116117"`) {
		t.Error("numbers that are said with the receipt are not the ones to press, once")
	}
	r.show([]bot.Message{receipt, care, mine("", canary), say("kept", intake.KindReply, "It is saved.")})
	b = r.do("GET", "/", "", "Cookie", cookie).Body.String()
	if strings.Count(b, "Telling can stir") != 1 || !strings.Contains(b, canary) || !strings.Contains(b, "It is saved.") {
		t.Error("after she wrote more, the page does not show all of it once")
	}
}

func FuzzForm(f *testing.F) {
	body, kind := upload(10, nil)
	f.Add(kind, body)
	f.Add("application/x-www-form-urlencoded", form("text", "x", "choice", "start"))
	r := newRig(f, question())
	f.Fuzz(func(t *testing.T, kind, body string) {
		r.got = nil
		w := r.do("POST", "/say", body, "Content-Type", kind, "Cookie", cookie)
		if w.Code == 500 || w.Code == 0 {
			t.Errorf("a form gave %d", w.Code)
		}
		for _, ev := range r.got {
			if ev.ID == "" || ev.Text.Len() > 64<<10 {
				t.Error("a form passed its limits")
			}
		}
	})
}

// TestTheTimeIsTheOrganisations holds that an answer is not told to have come at
// another hour than the receipt's.
func TestTheTimeIsTheOrganisations(t *testing.T) {
	r := newRig(t, bot.Message{Words: intake.NewPrivate("Thank you."), At: time.Date(2026, 11, 28, 23, 30, 0, 0, time.UTC),
		Message: intake.Message{Kind: intake.KindOffice, Text: "From Maren:"}})
	r.Zone = time.FixedZone("", 3600)
	if body := r.do("GET", "/", "", "Cookie", cookie).Body.String(); !strings.Contains(body, "29.11.2026 00:30") {
		t.Error("the answer came at another time")
	}
}
