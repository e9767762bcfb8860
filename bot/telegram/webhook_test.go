package telegram_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"tillit/bot"
	"tillit/bot/bottest"
	"tillit/bot/bottest/faults"
	"tillit/bot/telegram"
	"tillit/bot/telegram/standin"
)

const public = "https://chat.example.org/telegram"

// brought is a channel that Telegram brings updates to.
func brought(t *testing.T) *listener {
	t.Helper()
	l := &listener{t: t, net: standin.New(t), log: &bottest.Journal{}}
	l.start(func(c *telegram.Config) { c.Webhook = public })
	srv := httptest.NewServer(l.tg)
	t.Cleanup(srv.Close)
	l.net.Reach = func(string) string { return srv.URL }
	return l
}

func TestAWebhookIsAnsweredWhenItIsStored(t *testing.T) {
	t.Parallel()
	l := brought(t)
	storing, release := make(chan struct{}), make(chan struct{})
	var first atomic.Bool
	l.do(func(bot.Event) error {
		if first.CompareAndSwap(false, true) {
			close(storing)
			<-release
		}
		return nil
	})
	_, id := l.net.Person("a").Write("en")
	<-storing
	time.Sleep(20 * time.Millisecond) // room for one that answers early
	if l.net.Confirmed(id) {
		t.Error("answered while it was still being stored")
	}
	close(release)
	l.until("answered", func() bool { return l.net.Confirmed(id) })
	l.net.Person("a").Write("to")
	l.net.Person("b").Write("tre")
	l.events(3)
	if got := l.texts(); !slices.Equal(got, []string{"en", "to", "tre"}) {
		t.Errorf("got %q", got)
	}
	if l.net.Calls("getUpdates") > 0 {
		t.Error("a channel with a webhook asks as well")
	}
}

func TestAWebhookBringsAgainWhatWasNotStored(t *testing.T) {
	t.Parallel()
	l := brought(t)
	var tries atomic.Int32
	l.do(func(bot.Event) error {
		if tries.Add(1) < 3 {
			return errFull
		}
		return nil
	})
	_, id := l.net.Person("a").Write("en")
	l.until("stored", func() bool { return l.net.Confirmed(id) })
	if got := l.texts(); !slices.Equal(got, []string{"en"}) || tries.Load() != 3 {
		t.Errorf("got %q after %d tries, want it once after 3", got, tries.Load())
	}
}

func TestAWebhookIsSetThoughTelegramWasAway(t *testing.T) {
	t.Parallel()
	l := &listener{t: t, net: standin.New(t), log: &bottest.Journal{}}
	l.net.Faults.On("setWebhook", faults.Fault{}, faults.Fault{Status: 500})
	l.start(func(c *telegram.Config) { c.Webhook = public })
	srv := httptest.NewServer(l.tg)
	t.Cleanup(srv.Close)
	l.net.Reach = func(string) string { return srv.URL }
	l.net.Person("a").Write("en")
	l.events(1)
	l.says("receiving again")
}

// TestStrangersAtTheWebhook holds each kind of stranger to its answer, and to
// nothing being taken.
func TestStrangersAtTheWebhook(t *testing.T) {
	t.Parallel()
	l := brought(t)
	l.until("the webhook is set", func() bool { return l.net.Calls("setWebhook") > 0 })
	update := `{"update_id":5,"message":{"message_id":1,"date":1,"chat":{"id":7,"type":"private"},"text":"kanari-7f3a"}}`
	secret := l.net.Secret()
	if len(secret) < 32 || strings.Contains(secret, l.net.Token) {
		t.Fatalf("the secret has %d characters", len(secret))
	}
	for _, tt := range []struct {
		name, method, secret, body string
		want                       int
	}{
		{"no secret", http.MethodPost, "", update, http.StatusUnauthorized},
		{"a wrong secret", http.MethodPost, strings.Repeat("0", len(secret)), update, http.StatusUnauthorized},
		{"the secret's beginning", http.MethodPost, secret[:len(secret)-1], update, http.StatusUnauthorized},
		{"only looking", http.MethodGet, secret, "", http.StatusMethodNotAllowed},
		{"far too much", http.MethodPost, secret, `{"update_id":6,"x":"` + strings.Repeat("x", 1<<20) + `"}`, http.StatusRequestEntityTooLarge},
		{"no update", http.MethodPost, secret, "kanari-7f3a", http.StatusOK},
		{"Telegram", http.MethodPost, secret, update, http.StatusOK},
	} {
		rec := httptest.NewRecorder()
		r := httptest.NewRequest(tt.method, "/", strings.NewReader(tt.body))
		if tt.secret != "" {
			r.Header.Set("X-Telegram-Bot-Api-Secret-Token", tt.secret)
		}
		l.tg.ServeHTTP(rec, r)
		body, _ := io.ReadAll(rec.Body)
		if rec.Code != tt.want || strings.Contains(string(body), "kanari") {
			t.Errorf("%s: answered with %d %s, want %d", tt.name, rec.Code, body, tt.want)
		}
	}
	if got := l.texts(); !slices.Equal(got, []string{"kanari-7f3a"}) {
		t.Errorf("taken %q, want only what Telegram brought", got)
	}
	if strings.Contains(l.log.String(), "kanari") {
		t.Error("a text stands in the log")
	}
	l.stop()
	rec := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(update))
	r.Header.Set("X-Telegram-Bot-Api-Secret-Token", secret)
	if l.tg.ServeHTTP(rec, r); rec.Code/100 == 2 {
		t.Errorf("after the stop an update is answered with %d", rec.Code)
	}
}

func TestAnAlbumThroughAWebhook(t *testing.T) {
	t.Parallel()
	l := brought(t)
	doc := func(n int) map[string]any {
		return map[string]any{"document": l.net.Upload(fmt.Sprint(n), "", []byte("x"), 1)}
	}
	l.net.Person("a").Album("Fra middagen", doc(1), doc(2), doc(3))
	albums := map[string]bool{}
	for _, ev := range l.events(3) {
		albums[ev.Album] = true
	}
	if len(albums) != 1 || albums[""] {
		t.Errorf("the parts belong to the albums %v, want one", albums)
	}
}
