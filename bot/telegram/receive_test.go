package telegram_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tillit/bot"
	"tillit/bot/bottest"
	"tillit/bot/bottest/faults"
	"tillit/bot/telegram"
	"tillit/bot/telegram/standin"
)

// listener is a channel whose events a test takes itself.
type listener struct {
	t    *testing.T
	net  *standin.Server
	tg   *telegram.Telegram
	log  *bottest.Journal
	mu   sync.Mutex
	got  []bot.Event
	on   func(bot.Event) error // what becomes of an event; nil keeps it
	kept [][]byte              // in quarantine
	stop func()
}

func listen(t *testing.T, change ...func(*telegram.Config)) *listener {
	t.Helper()
	l := &listener{t: t, net: standin.New(t), log: &bottest.Journal{}}
	l.net.Fast = true
	l.start(change...)
	return l
}

func (l *listener) start(change ...func(*telegram.Config)) {
	log := slog.New(slog.NewTextHandler(l.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	keep := func(c *telegram.Config) {
		c.Quarantine = func(_ context.Context, raw []byte) error {
			l.mu.Lock()
			defer l.mu.Unlock()
			l.kept = append(l.kept, raw)
			return nil
		}
	}
	l.tg = channel(l.t, l.net, log, append([]func(*telegram.Config){keep}, change...)...)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- l.tg.Listen(ctx, l.deliver) }()
	l.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			l.t.Error(err)
		}
	})
	l.t.Cleanup(l.stop)
}

func (l *listener) deliver(_ context.Context, ev bot.Event) error {
	l.mu.Lock()
	on := l.on
	l.mu.Unlock()
	if on != nil {
		if err := on(ev); err != nil {
			return err
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.got = append(l.got, ev)
	return nil
}

func (l *listener) do(on func(bot.Event) error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.on = on
}

// texts are what arrived, in order.
func (l *listener) texts() (all []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, ev := range l.got {
		all = append(all, ev.Text.Reveal())
	}
	return all
}

func (l *listener) events(n int) []bot.Event {
	l.t.Helper()
	l.until(fmt.Sprintf("%d events", n), func() bool {
		l.mu.Lock()
		defer l.mu.Unlock()
		return len(l.got) >= n
	})
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.got)
}

func (l *listener) until(what string, ok func() bool) {
	l.t.Helper()
	for end := time.Now().Add(10 * time.Second); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			l.t.Fatalf("waited in vain: %s; got %q\n%s", what, l.texts(), l.log)
		}
	}
}

// says waits until the log holds a line.
func (l *listener) says(line string) {
	l.t.Helper()
	l.until("the log says "+line, func() bool { return strings.Contains(l.log.String(), line) })
}

var errFull = errors.New("the disk is full")

func TestNothingIsConfirmedPastWhatIsNotStored(t *testing.T) {
	t.Parallel()
	l := listen(t)
	var full sync.Mutex
	blocked := true
	l.do(func(ev bot.Event) error {
		full.Lock()
		defer full.Unlock()
		if blocked && strings.HasPrefix(ev.Text.Reveal(), "a") {
			return errFull
		}
		return nil
	})
	_, first := l.net.Person("a").Write("a1")
	_, second := l.net.Person("a").Write("a2")
	_, other := l.net.Person("b").Write("b1")
	l.events(1)
	time.Sleep(50 * time.Millisecond) // room for a channel that confirms too much
	for name, id := range map[string]int64{"a1": first, "a2": second, "b1": other} {
		if l.net.Confirmed(id) {
			t.Errorf("%s is confirmed, though a1 is not stored", name)
		}
	}
	full.Lock()
	blocked = false
	full.Unlock()
	l.until("everything confirmed", func() bool { return l.net.Pending() == 0 })
	if got := l.texts(); !slices.Equal(got, []string{"b1", "a1", "a2"}) {
		t.Errorf("stored %q; want b's at once, and a's in order, each once", got)
	}
	l.says("not stored yet and not confirmed")
}

func TestOneSlowChatHoldsUpNobody(t *testing.T) {
	t.Parallel()
	l := listen(t)
	release := make(chan struct{})
	l.do(func(ev bot.Event) error {
		if ev.Text.Reveal() == "slow" {
			<-release
		}
		return nil
	})
	l.net.Person("a").Write("slow")
	time.Sleep(20 * time.Millisecond)
	l.net.Person("b").Write("quick")
	l.events(1)
	close(release)
	l.events(2)
}

func TestWhatCannotBeReadStopsNobody(t *testing.T) {
	t.Parallel()
	l := listen(t)
	lin := l.net.Person("Lin")
	for name, raw := range map[string]string{
		"a new kind of paid media": `{"update_id":%d,"message":{"message_id":1,"date":1,"chat":{"id":ID,"type":"private"},"paid_media":{"star_count":1,"paid_media":[{"type":"hologram"}]}}}`,
		"a number that is words":   `{"update_id":%d,"message":{"message_id":"one","chat":{"id":ID,"type":"private"},"text":"kanari-7f3a"}}`,
		"a chat of a strange form": `{"update_id":%d,"message":{"message_id":1,"chat":"kanari-7f3a"}}`,
		"a press of a new kind":    `{"update_id":%d,"callback_query":{"id":"1","from":7,"data":"x"}}`,
	} {
		t.Run(name, func(t *testing.T) {
			l.mu.Lock()
			l.got, l.kept = nil, nil
			l.mu.Unlock()
			id := l.net.Offer(strings.Replace(raw, "ID", fmt.Sprint(lin.ID), 1))
			lin.Write("after " + name)
			l.until("the bad one confirmed", func() bool { return l.net.Confirmed(id) })
			l.until("the next one stored", func() bool { return slices.Contains(l.texts(), "after "+name) })
			l.mu.Lock()
			defer l.mu.Unlock()
			if len(l.kept) != 1 || !strings.Contains(string(l.kept[0]), `"update_id"`) {
				t.Errorf("%d updates are in quarantine, want the one as it came", len(l.kept))
			}
			if first := l.got[0]; strings.Contains(raw, "private") && (first.Unkept != bot.UnkeptKind || !first.Text.IsZero()) {
				t.Errorf("the person is not told that it cannot be kept: %+v", first)
			}
		})
	}
	l.says("one update could not be handled; it is kept sealed")
	if strings.Contains(l.log.String(), "kanari") {
		t.Error("a text stands in the log")
	}
}

func TestWhatIsNoUpdateIsLeftOut(t *testing.T) {
	t.Parallel()
	l := listen(t)
	l.net.Faults.On("getUpdates", faults.Fault{Body: `{"ok":true,"result":["kanari-7f3a",{"update_id":"x"},{"update_id":-4},null]}`})
	l.net.Person("a").Write("hei")
	l.events(1)
	l.says("something arrived that is no update")
}

func TestUpdatesStayUntilQuarantineHasThem(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	tries := 0
	l := listen(t, func(c *telegram.Config) {
		c.Quarantine = func(context.Context, []byte) error {
			mu.Lock()
			defer mu.Unlock()
			if tries++; tries < 3 {
				return errFull
			}
			return nil
		}
	})
	id := l.net.Offer(`{"update_id":%d,"message":{"chat":"x"}}`)
	l.until("confirmed", func() bool { return l.net.Confirmed(id) })
	mu.Lock()
	defer mu.Unlock()
	if tries != 3 {
		t.Errorf("confirmed after %d tries of quarantine, want 3", tries)
	}
}

func TestIDsMayBeginAnew(t *testing.T) {
	t.Parallel()
	l := listen(t)
	l.net.Person("a").Write("before the quiet week")
	l.until("confirmed", func() bool { return l.net.Pending() == 0 })
	l.net.JumpIDs(17)
	l.net.Person("a").Write("after it")
	l.events(2)
	l.until("confirmed", func() bool { return l.net.Pending() == 0 })
	if got := l.texts(); !slices.Equal(got, []string{"before the quiet week", "after it"}) {
		t.Errorf("got %q", got)
	}
}

// TestTroublesOfReceiving holds each trouble to its line for the operator, said
// once, and to losing and repeating nothing.
func TestTroublesOfReceiving(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		fault faults.Fault
		says  string
	}{
		{"a second poller", faults.Fault{Status: 409, Says: "Conflict: terminated by other getUpdates request"}, "another program reads the same bot"},
		{"asked to slow down", faults.Fault{Status: 429, RetryAfter: time.Second, Says: "Too Many Requests"}, "asked to slow down"},
		{"a fault of the server", faults.Fault{Status: 500, Says: "Internal Server Error"}, "Telegram is in trouble"},
		{"a fault of the gate before it", faults.Fault{Status: 502, Body: "<html>kanari-7f3a</html>"}, "Telegram is in trouble"},
		{"a gate that waits in vain", faults.Fault{Status: 504, Body: "<html>"}, "answers of Telegram do not arrive"},
		{"an answer that is none", faults.Fault{Body: `{"ok":tr`}, "answers of Telegram do not arrive"},
		{"a broken connection", faults.Fault{}, "answers of Telegram do not arrive"},
		{"a lost answer", faults.Fault{After: true}, "answers of Telegram do not arrive"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			l := &listener{t: t, net: standin.New(t), log: &bottest.Journal{}}
			l.net.Faults.On("getUpdates", tt.fault, tt.fault)
			l.net.Person("a").Write("en")
			l.net.Person("a").Write("to")
			l.start()
			l.events(2)
			l.until("confirmed", func() bool { return l.net.Pending() == 0 })
			if got := l.texts(); !slices.Equal(got, []string{"en", "to"}) {
				t.Errorf("got %q, want each once", got)
			}
			l.says("receiving again")
			if n := strings.Count(l.log.String(), tt.says); n != 1 {
				t.Errorf("%q is said %d times, want once:\n%s", tt.says, n, l.log)
			}
			if s := l.log.String(); strings.Contains(s, "kanari") || strings.Contains(s, "token-") {
				t.Errorf("the log holds what it must not:\n%s", s)
			}
		})
	}
}

func TestAsMuchPatienceAsTelegramAsksFor(t *testing.T) {
	t.Parallel()
	l := &listener{t: t, net: standin.New(t), log: &bottest.Journal{}}
	l.net.Faults.On("getUpdates", faults.Fault{Status: 429, RetryAfter: time.Second})
	l.start()
	l.says("asked to slow down")
	time.Sleep(500 * time.Millisecond)
	if n := l.net.Calls("getUpdates"); n != 1 {
		t.Errorf("asked %d times within the second, want once", n)
	}
	l.says("receiving again")
}

// TestAnOddAnswerStopsNobody: something in between refuses the token once.
func TestAnOddAnswerStopsNobody(t *testing.T) {
	t.Parallel()
	l := listen(t)
	l.net.Person("a").Write("hei")
	l.events(1)
	l.net.Faults.On("getUpdates", faults.Fault{Status: 401, Says: "Unauthorized"})
	began := time.Now()
	l.net.Person("a").Write("hallo")
	l.net.Person("a").Write("er du der")
	l.events(3)
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("after one odd answer it is deaf for %v", took)
	}
	if log := l.log.String(); strings.Contains(log, "make a new one") {
		t.Errorf("the operator is told to make a new token: %s", log)
	}
}

func TestARevokedTokenIsSaidAndEndsNothingElse(t *testing.T) {
	t.Parallel()
	l := listen(t)
	l.net.Person("a").Write("hei")
	l.events(1)
	l.net.Revoke()
	l.net.Person("a").Write("hallo")
	l.says("the bot token is refused; make a new one with BotFather")
	if h := l.tg.Health(); h.Refused.IsZero() || h.Heard.IsZero() {
		t.Errorf("its health is %+v", h)
	}
	l.stop() // holds that listening had not ended with an error
}

func TestAWebhookElsewhere(t *testing.T) {
	t.Parallel()
	for _, takeOver := range []bool{false, true} {
		l := &listener{t: t, net: standin.New(t), log: &bottest.Journal{}}
		l.net.SetWebhookElsewhere("https://strange.example/path")
		l.net.Person("a").Write("hei")
		l.start(func(c *telegram.Config) { c.TakeOver = takeOver })
		l.says("another program reads the same bot")
		if takeOver {
			l.events(1)
		} else if time.Sleep(100 * time.Millisecond); l.net.Calls("deleteWebhook") > 0 {
			t.Error("a webhook was ended without being asked to")
		}
		l.stop()
	}
}

func TestTwoServersOfOneBotNotice(t *testing.T) {
	t.Parallel()
	l := listen(t)
	l.net.Person("a").Write("hei")
	l.events(1)
	other := &listener{t: t, net: l.net, log: l.log}
	other.start()
	l.says("another program reads the same bot")
}

func TestAnAlbumIsOneEvent(t *testing.T) {
	t.Parallel()
	l := listen(t)
	lin := l.net.Person("Lin")
	photo := func(n int) map[string]any {
		f := l.net.Upload("", "", fmt.Appendf(nil, "picture %d", n), 9)
		return map[string]any{"photo": []any{
			map[string]any{"file_id": "small", "file_unique_id": "s", "width": 9, "height": 9, "file_size": 2},
			map[string]any{"file_id": f["file_id"], "file_unique_id": "u", "width": 90, "height": 90, "file_size": 9},
		}}
	}
	before, _ := lin.Write("først")
	_ = before
	updates := lin.Album("Fra middagen", photo(1), photo(2), photo(3))
	lin.Write("etterpå")
	got := l.events(3)
	if len(got) != 3 || len(got[1].Files) != 3 || got[1].Text.Reveal() != "Fra middagen" || got[2].Text.Reveal() != "etterpå" {
		t.Fatalf("%d events, the album with %d files and %d bytes of words", len(got), len(got[1].Files), got[1].Text.Len())
	}
	for _, u := range updates {
		l.until("every part confirmed", func() bool { return l.net.Confirmed(u) })
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.got) != 3 {
		t.Errorf("%d events in the end, want three", len(l.got))
	}
}

// TestOnePoisonedChatIsSetAside lets the clock run while one chat can never be
// stored and the others can.
func TestOnePoisonedChatIsSetAside(t *testing.T) {
	t.Parallel()
	var ahead atomic.Int64
	l := listen(t, func(c *telegram.Config) {
		c.Now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	})
	var tries atomic.Int32
	l.do(func(ev bot.Event) error {
		if ev.Text.Reveal() == "poison" {
			tries.Add(1)
			return errors.New("this chat's state does not decode")
		}
		return nil
	})
	_, bad := l.net.Person("a").Write("poison")
	l.says("not stored yet")
	ahead.Store(int64(16 * time.Minute))
	now := tries.Load()
	l.until("tried again", func() bool { return tries.Load() >= now+2 })
	if l.net.Confirmed(bad) {
		t.Error("set aside, though nothing else was stored: it may be the disk")
	}
	l.net.Person("b").Write("hei")
	l.until("set aside", func() bool { return l.net.Confirmed(bad) })
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.kept) != 1 || !strings.Contains(string(l.kept[0]), "poison") {
		t.Errorf("%d updates are in quarantine, want the one", len(l.kept))
	}
	if n := strings.Count(l.log.String(), "not stored yet"); n > 2 {
		t.Errorf("the operator is told %d times", n)
	}
}

func TestTheRestOfAnAlbumIsWaitedFor(t *testing.T) {
	t.Parallel()
	l := listen(t)
	lin := l.net.Person("Lin")
	part := func(n int) map[string]any {
		return map[string]any{"media_group_id": "77", "document": l.net.Upload(fmt.Sprint(n), "", []byte("x"), 1)}
	}
	for n := range 3 { // as a slow telephone sends them
		lin.Send(part(n))
		time.Sleep(150 * time.Millisecond)
	}
	if got := l.events(1); len(got[0].Files) != 3 || len(got[0].Messages) != 3 {
		t.Errorf("the first event has %d files of 3", len(got[0].Files))
	}
	lin.Send(part(4)) // far too late: an event of its own, of the same album
	if got := l.events(2); len(got[1].Files) != 1 || got[1].Album != got[0].Album || got[1].ID == got[0].ID {
		t.Errorf("what came late: %d files, album %q, %v", len(got[1].Files), got[1].Album, got[1].ID == got[0].ID)
	}
}

func TestWhoBlocksIsGoneAndWhoComesBackJoins(t *testing.T) {
	t.Parallel()
	l := listen(t)
	lin := l.net.Person("Lin")
	lin.Block()
	lin.Unblock()
	got := l.events(2)
	if got[0].Kind != bot.EventGone || !got[0].Address.IsZero() {
		t.Errorf("blocking is %q, with an address: %v", got[0].Kind, !got[0].Address.IsZero())
	}
	if got[1].Kind != bot.EventJoined || got[1].Address.IsZero() || got[1].Conversation != got[0].Conversation {
		t.Errorf("coming back is %q, without an address: %v", got[1].Kind, got[1].Address.IsZero())
	}
}
