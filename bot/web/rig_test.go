package web_test

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
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
