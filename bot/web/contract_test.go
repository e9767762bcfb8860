package web_test

import (
	"context"
	"errors"
	"html"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"tillit/bot"
	"tillit/bot/bottest"
	"tillit/bot/web"
	"tillit/intake"
)

// browsers are people with a browser each, and their copies.
type browsers struct {
	*web.Web
	mu      sync.Mutex
	cookies map[string]string
	copies  map[string][]bot.Message // by conversation
	of      map[string]string        // person → conversation
	acked   map[string]bool
	forms   int
}

func newBrowsers(log *slog.Logger) *browsers {
	b := &browsers{cookies: map[string]string{}, copies: map[string][]bot.Message{}, of: map[string]string{}, acked: map[string]bool{}}
	b.Web = web.New(web.Config{
		Copies: b, Decode: bot.DecodeLine, Org: "Example Union", Log: log,
		New: func([]byte) (bot.Mailbox, error) { return bot.Mailbox{Public: []byte("p")}, nil },
	})
	return b
}

// Listen remembers whose conversation is whose; nothing else in a page tells.
func (b *browsers) Listen(ctx context.Context, deliver func(context.Context, bot.Event) error) error {
	return b.Web.Listen(ctx, func(ctx context.Context, ev bot.Event) error {
		if len(ev.Choices) == 0 || ev.Choices[0] != "start" {
			return deliver(ctx, ev)
		}
		b.mu.Lock()
		defer b.mu.Unlock()
		b.copies[ev.Conversation.Reveal()] = []bot.Message{question()}
		b.of[ev.Language] = ev.Conversation.Reveal()
		return nil
	})
}

func (b *browsers) Begun(_ context.Context, _ string, id intake.ConversationID) (bool, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.copies[id.Reveal()]) > 0, nil
}

func (b *browsers) Copy(_ context.Context, _ string, id intake.ConversationID, _ []byte, _ web.Part) (web.Copy, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var out []web.CopyLine
	for _, m := range b.copies[id.Reveal()] {
		out = append(out, web.CopyLine{Body: bot.EncodeLine(m)})
	}
	return web.Copy{Lines: out}, nil
}

func (b *browsers) EachLine(context.Context, string, intake.ConversationID, []byte, func(web.CopyLine) error) error {
	return errors.New("nobody downloads here")
}

// post sends a form as the person's browser does. Each person has a language of
// their own, so that [browsers.Listen] can tell them apart.
func (b *browsers) post(person string, values url.Values) *httptest.ResponseRecorder {
	b.mu.Lock()
	b.forms++
	values.Set("talk", talkID[:20]+strings.Repeat("b", b.forms%20+1))
	r := httptest.NewRequest("POST", "http://127.0.0.1/say", strings.NewReader(values.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if c := b.cookies[person]; c != "" {
		r.Header.Set("Cookie", c)
	}
	b.mu.Unlock()
	w := httptest.NewRecorder()
	b.ServeHTTP(w, r)
	if c := w.Header().Get("Set-Cookie"); c != "" {
		b.mu.Lock()
		b.cookies[person], _, _ = strings.Cut(c, ";")
		b.mu.Unlock()
	}
	return w
}

func (b *browsers) Say(person, text string) error {
	b.mu.Lock()
	begun := b.cookies[person] != ""
	b.mu.Unlock()
	if !begun {
		lang := map[string]string{"a": "nb", "b": "en"}[person]
		for b.post(person, url.Values{"choice": {"start"}, "lang": {lang}}).Code == http.StatusServiceUnavailable {
		} // it does not listen yet
	}
	w := b.post(person, url.Values{"text": {text}})
	if w.Code != http.StatusSeeOther {
		return errors.New("the page says that it was not saved")
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.acked[text] = true
	return nil
}

func (b *browsers) Acknowledged(text string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.acked[text]
}

// Keep implements [bottest.Copier].
func (b *browsers) Keep(person string, m bot.Message) {
	b.mu.Lock()
	defer b.mu.Unlock()
	id := b.of[map[string]string{"a": "nb", "b": "en"}[person]]
	b.copies[id] = append(b.copies[id], m)
}

func (b *browsers) Screen(person string) []string {
	r := httptest.NewRequest("GET", "http://127.0.0.1/", nil)
	b.mu.Lock()
	r.Header.Set("Cookie", b.cookies[person])
	b.mu.Unlock()
	w := httptest.NewRecorder()
	b.ServeHTTP(w, r)
	return []string{html.UnescapeString(w.Body.String())}
}

// Press presses a button of the page: one with that label, or one in the form that a link
// with that label leads to.
func (b *browsers) Press(person, label string) error {
	page := b.Screen(person)[0]
	if _, form, ok := strings.Cut(page, "href=\"#change\">"+label+"<"); ok {
		page = form[strings.Index(form, `id="change"`):]
	} else {
		page = page[:strings.Index(page, ">"+label+"</button>")]
		page = page[strings.LastIndex(page, "<button"):]
	}
	_, id, _ := strings.Cut(page, `name="choice" value="`)
	id, _, _ = strings.Cut(id, `"`)
	if w := b.post(person, url.Values{"choice": {id}}); w.Code != http.StatusSeeOther {
		return errors.New("the page says that it was not saved")
	}
	return nil
}

func (b *browsers) Person(person string) intake.Address { return intake.NewAddress(person) }

// Refuse has nothing to do: a page sends nothing, and says so each time.
func (*browsers) Refuse() {}

func TestContract(t *testing.T) {
	bottest.Run(t, func(_ testing.TB, log *slog.Logger) bottest.Made {
		b := newBrowsers(log)
		return bottest.Made{Channel: b, Network: b, PersonRepeats: true}
	})
}
