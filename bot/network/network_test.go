package network_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"tillit/bot"
	"tillit/bot/network"
	"tillit/intake"
)

// TestPatienceGrowsToItsBound holds each wait to between half and all of what doubles.
func TestPatienceGrowsToItsBound(t *testing.T) {
	const first, longest = 100 * time.Millisecond, time.Second
	seen := map[time.Duration]bool{}
	for range 200 {
		p := network.NewPatience(first, longest)
		for try, want := range []time.Duration{first, 2 * first, 4 * first, 8 * first, longest, longest, longest} {
			got := p.Next()
			if seen[got] = true; got < want/2-time.Microsecond || got > want+time.Microsecond {
				t.Fatalf("wait %d is %s, want it from half to all of %s", try, got, want)
			}
		}
		p.Reset()
		if got := p.Next(); got > first {
			t.Fatalf("after a success it waits %s", got)
		}
	}
	if len(seen) < 1000 {
		t.Errorf("only %d waits differ: who waits together comes back together", len(seen))
	}
	p := network.AskAgain()
	if got := p.After(fmt.Errorf("x: %w", &bot.RetryError{After: time.Hour})); got != time.Hour {
		t.Errorf("told to wait an hour, it waits %s", got)
	}
	no := &network.Refused{Kind: network.RefusedToken}
	for range 3 { // one odd answer is not the network's
		if got := p.After(no); got > 2*time.Second {
			t.Errorf("with a token that was refused once or twice it waits %s", got)
		}
	}
	if got := p.After(no); got != time.Minute {
		t.Errorf("with a token that is refused again and again it waits %s", got)
	}
	p.Reset()
	if got := p.After(errors.New("lost")); got > 200*time.Millisecond {
		t.Errorf("the first time it waits %s: what the network said was counted", got)
	}
}

// fails is a store that fails so often.
type fails struct {
	mu   sync.Mutex
	left int
	got  []string
}

func (f *fails) deliver(ctx context.Context, ev bot.Event) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.left--; f.left >= 0 {
		return errors.New("no room")
	}
	f.got = append(f.got, ev.ID)
	return ctx.Err()
}

func TestAnInboxStoresWhatArrives(t *testing.T) {
	errEnough := errors.New("enough")
	for name, tt := range map[string]struct {
		fails  int
		says   bool
		stop   time.Duration // when the channel stops
		enough int           // after how many attempts
		err    error
		stored int
		warned int
	}{
		"at once":                 {says: true, stop: time.Hour, stored: 1},
		"after many attempts":     {fails: 30, says: true, stop: time.Hour, stored: 1, warned: 5},
		"nothing said":            {fails: 30, stop: time.Hour},
		"the channel stops":       {fails: 1 << 20, says: true, stop: time.Minute, err: context.Canceled, warned: 1},
		"it is given up":          {fails: 1 << 20, says: true, stop: time.Hour, enough: 3, err: errEnough, warned: 1},
		"it is stored before all": {fails: 2, says: true, stop: time.Hour, enough: 3, stored: 1, warned: 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var log bytes.Buffer
				store, began := &fails{left: tt.fails}, time.Now()
				ctx, stop := context.WithCancel(t.Context())
				time.AfterFunc(tt.stop, stop)
				in := network.NewInbox(ctx, "paper", slog.New(slog.NewTextHandler(&log, nil)), time.Now, store.deliver)
				asked := 0
				err := in.Store(func() (bot.Event, bool) { return bot.Event{ID: "1"}, tt.says }, network.NewFiles(1), func() error {
					if asked++; tt.enough > 0 && asked >= tt.enough {
						return errEnough
					}
					return nil
				})
				warned := strings.Count(log.String(), "paper: what arrived is not stored yet")
				if !errors.Is(err, tt.err) || len(store.got) != tt.stored || in.Stores(began.Add(-1)) != (tt.stored > 0) {
					t.Errorf("it ends with %v, stored %d", err, len(store.got))
				}
				if warned < min(tt.warned, 1) || warned > tt.warned || warned > 1+int(time.Since(began)/time.Minute) {
					t.Errorf("the operator is told %d times in %s", warned, time.Since(began))
				}
				stop()
				in.Close()
			})
		})
	}
}

// TestAnInboxEndsWithoutTearing: a commit that is under way has a while, what goes on is
// waited for, and nothing new begins.
func TestAnInboxEndsWithoutTearing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		in := network.NewInbox(ctx, "paper", slog.New(slog.DiscardHandler), time.Now, nil)
		if !in.Enter() {
			t.Fatal("it is closed from the beginning")
		}
		var torn time.Duration
		in.Go(func() {
			defer in.Leave()
			<-in.Ctx.Done()
			stopped := time.Now()
			<-in.Work.Done()
			torn = time.Since(stopped)
		})
		stop()
		in.Close()
		if torn < time.Second {
			t.Errorf("what is being stored has %s", torn)
		}
		if in.Enter() {
			t.Error("something begins after the end")
		}
	})
}

func TestATroubleIsToldOnce(t *testing.T) {
	var log bytes.Buffer
	now := time.Now()
	tr := network.NewTroubles("paper", slog.New(slog.NewTextHandler(&log, nil)), func() time.Time { return now })
	tr.Over("writing", "well again")
	for range 3 {
		tr.Tell("writing", "it tears", nil)
		tr.Tell("", "it is wet", nil)
	}
	tr.Tell("writing", "it burns", nil)
	tr.Over("writing", "well again")
	tr.Over("writing", "well again")
	tr.Tell("writing", "it burns", nil)
	for says, n := range map[string]int{`paper: it tears" doing=writing`: 1, `paper: it is wet"`: 1, `paper: it burns" doing=writing`: 2, `paper: well again" doing=writing`: 1} {
		if got := strings.Count(log.String(), says); got != n {
			t.Errorf("%s is said %d times, want %d:\n%s", says, got, n, &log)
		}
	}
}

// TestATokenIsRefusedWhenThatIsSure and then shows, each hour, until somebody answers again.
func TestATokenIsRefusedWhenThatIsSure(t *testing.T) {
	var log bytes.Buffer
	now := time.Now()
	tr := network.NewTroubles("paper", slog.New(slog.NewTextHandler(&log, nil)), func() time.Time { return now })
	no := fmt.Errorf("asking: %w", &network.Refused{By: "Paper", Call: "ask", Kind: network.RefusedToken})
	for range 10 { // an odd answer now and then
		tr.Tell("", "make a new token", no)
		tr.Heard()
		tr.Over("", "again")
	}
	if h := tr.Health(); log.Len() > 0 || !h.Refused.IsZero() || !h.Trouble.IsZero() || !h.Heard.Equal(now) {
		t.Errorf("after odd answers it is %+v and says %s", h, &log)
	}
	for range 10 {
		tr.Tell("", "make a new token", no)
	}
	now = now.Add(2 * time.Hour)
	tr.Tell("", "make a new token", no)
	if h := tr.Health(); strings.Count(log.String(), "make a new token") != 2 || !h.Refused.Equal(now.Add(-2*time.Hour)) {
		t.Errorf("refused again and again it is %+v and says %s", h, &log)
	}
	tr.Said()
	tr.Over("", "again")
	if h := tr.Health(); !h.Refused.IsZero() || !h.Trouble.IsZero() || !h.Said.Equal(now) {
		t.Errorf("answered again it is %+v", h)
	}
}

func TestAGroupIsToldOnceInAnHour(t *testing.T) {
	told, now := network.NewTold(), time.Now()
	for at, want := range map[string]bool{"0s": true, "59m": false, "1h0m0s": true} {
		d, err := time.ParseDuration(at)
		if err != nil {
			t.Fatal(err)
		}
		chat := "chat " + at
		if !told.May(chat, now) {
			t.Error("the first time it may not be told")
		}
		if d > 0 && told.May(chat, now.Add(d)) != want {
			t.Errorf("after %s: %v", at, !want)
		}
	}
	for i := range 5000 { // a crowd of groups takes no memory without an end, and silences nobody
		if !told.May(fmt.Sprint(i), now) {
			t.Fatal("a group that was not told may not be")
		}
	}
}

// TestACallFollowsNoRedirect: the address that it leads to would get the token.
func TestACallFollowsNoRedirect(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the token went elsewhere") }))
	defer elsewhere.Close()
	s := httptest.NewServer(http.RedirectHandler(elsewhere.URL, http.StatusTemporaryRedirect))
	defer s.Close()
	res, err := network.NewClient(network.NewTransport()).Get(s.URL)
	if err != nil || res.StatusCode != http.StatusTemporaryRedirect {
		t.Fatalf("%v, %v", res, err)
	}
	res.Body.Close()
}

// TestAMarkOutlivesARestart: buttons stand in chats for weeks, and FORMAT.md says how
// they are made.
func TestAMarkOutlivesARestart(t *testing.T) {
	k := network.NewKey("paper", "kanari", "buttons")
	const want = "2V-bJt2Wt1V1zODVrXDNcMM0YcA4g428"
	if got := k.Mark("7\x00start"); got != want || !k.Made(got, "7\x00start") {
		t.Errorf("the mark is %q", got)
	}
	for name, other := range map[string]network.Key{
		"network": network.NewKey("stone", "kanari", "buttons"), "token": network.NewKey("paper", "kanarj", "buttons"), "purpose": network.NewKey("paper", "kanari", "proof"),
	} {
		if other.Made(want, "7\x00start") || k.Made(want, "7\x00stop") {
			t.Errorf("another %s, or text, has the same mark", name)
		}
	}
}

func TestWhatALabelShows(t *testing.T) {
	for want, c := range map[string]intake.Choice{
		"Ja": {Label: "Ja"}, "Ja ✔": {Label: "Ja", Picked: true}, "–": {Label: " "}, strings.Repeat("å", 59): {Label: strings.Repeat("å", 59) + " " + strings.Repeat("b", 30)},
	} {
		if got := network.Label(c, network.Runes); got != want {
			t.Errorf("%q shows as %q, want %q", c.Label, got, want)
		}
	}
}

func TestWhatATextSays(t *testing.T) {
	m := bot.Message{Message: intake.Message{Text: "Hei\xff", Part: 1, Parts: 9, PartTitle: "Først", Begins: true, Choices: []intake.Choice{{ID: "a", Label: "Ja", Long: "Det er sant."}}}}
	if got, want := network.Text(m, true), "1/9 · Først\n\nHei\uFFFD\n\nJa: Det er sant."; got != want {
		t.Errorf("with buttons: %q, want %q", got, want)
	}
	if got := network.Text(m, false); !strings.HasPrefix(got, "1/9 · Først\n\nHei\uFFFD") || !strings.Contains(got, "1  Ja: Det er sant.") {
		t.Errorf("without: %q", got)
	}
	if m.Begins = false; strings.Contains(network.Text(m, true), "Først") {
		t.Error("a part is named again where it goes on")
	}
}

func TestAServerBeyondThisMachineIsReachedByHTTPS(t *testing.T) {
	for address, ok := range map[string]bool{
		"": true, "https://chat.example": true, "http://127.0.0.1:8065": true, "http://localhost": true, "http://[::1]:80": true,
		"http://chat.example": false, "chat.example": false, "ftp://chat.example": false, "http://10.0.0.1": false,
	} {
		if err := network.CheckServer(address); (err == nil) != ok {
			t.Errorf("%q: %v", address, err)
		}
	}
}
