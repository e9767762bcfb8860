package telegram_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"tillit/bot"
	"tillit/bot/bottest"
	"tillit/bot/bottest/faults"
	"tillit/bot/network"
	"tillit/bot/telegram"
	"tillit/bot/telegram/standin"
	"tillit/intake"
)

// sender is a channel that does not listen, and somebody to write to.
type sender struct {
	t   *testing.T
	net *standin.Server
	tg  *telegram.Telegram
	lin *standin.Person
	log *bottest.Journal

	maybe bool // what is sent may have arrived before
}

func newSender(t *testing.T) *sender {
	t.Helper()
	s := &sender{t: t, net: standin.New(t), log: &bottest.Journal{}}
	s.tg = channel(t, s.net, slog.New(slog.NewTextHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	s.lin = s.net.Person("Lin")
	return s
}

func (s *sender) send(key, text string, choices ...intake.Choice) error {
	_, err := s.tg.Send(s.t.Context(), s.to(), bot.Message{Key: key, Maybe: s.maybe, Message: intake.Message{Text: text, Choices: choices}})
	return err
}

func (s *sender) to() intake.Address { return intake.NewAddress(fmt.Sprint(s.lin.ID)) }

// TestWhatBecomesOfASend holds each outcome to what the courier is told, and to
// whether the words are on the screen. What happened and we were not told is said to be
// unknown; what did not happen is not.
func TestWhatBecomesOfASend(t *testing.T) {
	t.Parallel()
	var later *bot.RetryError
	for _, tt := range []struct {
		name    string
		fault   *faults.Fault
		with    func(*sender)
		arrives bool
		want    func(error) bool
	}{
		{name: "well", arrives: true, want: func(err error) bool { return err == nil }},
		{name: "did not happen, and the connection broke", fault: &faults.Fault{}, want: maybe},
		{name: "happened, and the connection broke", fault: &faults.Fault{After: true}, arrives: true, want: maybe},
		{name: "happened, and the answer is no answer", fault: &faults.Fault{After: true, Body: "<html>"}, arrives: true, want: maybe},
		{name: "happened, and the answer broke off", fault: &faults.Fault{After: true, Body: `{"ok":true,"result":"kanari-7f3a`}, arrives: true, want: maybe},
		{name: "happened, and the answer is another's", fault: &faults.Fault{After: true, Body: `{"ok":true,"result":"kanari-7f3a"}`}, arrives: true, want: maybe},
		{name: "happened, and the gate waited in vain", fault: &faults.Fault{After: true, Status: 504, Body: "<html>"}, arrives: true, want: maybe},
		{name: "a fault of the server", fault: &faults.Fault{Status: 500, Says: "Internal Server Error"}, want: other},
		{name: "a gate without a server", fault: &faults.Fault{Status: 502, Body: "<html>"}, want: other},
		{name: "too fast", fault: &faults.Fault{Status: 429, RetryAfter: 7 * time.Second, Says: "Too Many Requests: retry after 7"},
			want: func(err error) bool { return errors.As(err, &later) && later.After == 7*time.Second }},
		{name: "blocked", with: func(s *sender) { s.lin.Block() }, want: gone},
		{name: "deactivated", with: func(s *sender) { s.lin.Deactivate() }, want: gone},
		{name: "no such chat", with: func(s *sender) { s.lin.ID = 1 }, want: gone},
		{name: "revoked", with: func(s *sender) { s.net.Revoke() }, want: other},
		{name: "a bad request", fault: &faults.Fault{Status: 400, Says: "Bad Request: kanari-7f3a"}, want: other},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newSender(t)
			if tt.fault != nil {
				s.net.Faults.On("sendMessage", *tt.fault)
			}
			if tt.with != nil {
				tt.with(s)
			}
			err := s.send("k", "kanari-7f3a")
			if !tt.want(err) {
				t.Errorf("the courier is told %v", err)
			}
			if got := len(s.lin.Got()) == 1; got != tt.arrives {
				t.Errorf("the words arrived: %v, want %v", got, tt.arrives)
			}
			said := fmt.Sprint(err) + s.log.String()
			for _, secret := range []string{"kanari", s.net.Token, fmt.Sprint(s.lin.ID), s.net.URL} {
				if strings.Contains(said, secret) {
					t.Errorf("an error or the log holds %s", secret)
				}
			}
		})
	}
}

func maybe(err error) bool { return errors.Is(err, bot.ErrMaybeSent) }
func gone(err error) bool  { return errors.Is(err, bot.ErrGone) }
func other(err error) bool {
	var later *bot.RetryError
	return err != nil && !maybe(err) && !gone(err) && !errors.As(err, &later)
}

func TestAnUnreachableNetworkMeansNotSent(t *testing.T) {
	t.Parallel()
	tg, err := telegram.New(telegram.Config{Token: intake.NewPrivate("700000001:kanari-token-AAAAAAAA"), API: "http://127.0.0.1:1"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = tg.Send(t.Context(), intake.NewAddress("5"), bot.Message{Message: intake.Message{Text: "hei"}})
	if !other(err) || strings.Contains(err.Error(), "kanari") {
		t.Errorf("got %v, want an error that lets it be sent later", err)
	}
}

func TestThePaceOfAChat(t *testing.T) {
	t.Parallel()
	s := newSender(t)
	began := time.Now()
	for i := range 6 {
		if err := s.send(fmt.Sprint(i), "hei"); err != nil {
			t.Fatalf("message %d: %v", i, err)
		}
	}
	if took := time.Since(began); took < 1500*time.Millisecond {
		t.Errorf("six at once leave in %v, want one in a second after the fourth", took)
	}
	if n := s.net.Calls("sendMessage"); n != 6 {
		t.Errorf("%d calls, want 6: the network is not asked to say no", n)
	}
}

func TestTelegramsOwnWaitIsHonoured(t *testing.T) {
	t.Parallel()
	s := newSender(t)
	s.net.Faults.On("sendMessage", faults.Fault{Status: 429, RetryAfter: 30 * time.Second})
	if err := s.send("1", "hei"); err == nil {
		t.Fatal("sent")
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	var later *bot.RetryError
	_, err := s.tg.Send(ctx, s.to(), bot.Message{Key: "2", Message: intake.Message{Text: "hei"}})
	if !errors.As(err, &later) || s.net.Calls("sendMessage") != 1 {
		t.Errorf("the next: %v after %d calls, want that it waits and no call", err, s.net.Calls("sendMessage"))
	}
}

func TestLongWordsArriveWholeInParts(t *testing.T) {
	t.Parallel()
	s := newSender(t)
	text := strings.Repeat("Dette er en setning med æøå og 👩‍👧. ", 280)
	if err := s.send("k", text, intake.Choice{ID: "S1.yes", Label: "Ja"}); err != nil {
		t.Fatal(err)
	}
	screen := s.lin.Screen()
	var all string
	for i, m := range screen {
		all += m.Text + " "
		if network.UTF16(m.Text) > 4096 || !utf8.ValidString(m.Text) || !strings.HasSuffix(m.Text, ".") {
			t.Errorf("part %d has %d units and ends with %q", i, network.UTF16(m.Text), m.Text[len(m.Text)-9:])
		}
		if (len(m.Buttons) > 0) != (i == len(screen)-1) {
			t.Errorf("part %d has %d buttons; they belong under the last", i, len(m.Buttons))
		}
	}
	if strings.TrimSpace(all) != strings.TrimSpace(text) {
		t.Error("the parts are not the words")
	}
}

// TestPartsThatLeftAreNotSentAgain breaks a long message in its second part, in
// both ways, and lets the courier try again.
func TestPartsThatLeftAreNotSentAgain(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", 4096) + strings.Repeat("b", 4096) + strings.Repeat("c", 100)
	for _, tt := range []struct {
		name  string
		fault faults.Fault
		want  string
	}{
		{"it did not happen", faults.Fault{Status: 500}, "abc"},
		{"it happened, and we were not told", faults.Fault{After: true}, "abbc"},
		{"it did not happen, and nobody can know", faults.Fault{}, "abc"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newSender(t)
			s.net.Faults.On("sendMessage", faults.Fault{Pass: true}, tt.fault)
			for range 3 {
				if s.send("k", long) == nil {
					break
				}
			}
			seen := ""
			for _, m := range s.lin.Got() {
				seen += m[:1]
			}
			if seen != tt.want {
				t.Errorf("she sees the parts %q, want %q", seen, tt.want)
			}
		})
	}
}

func TestMarkupIsJustWords(t *testing.T) {
	t.Parallel()
	markup := `<b>*_[hei](http://x)_*</b> & "&lt;" ` + "`x`"
	for text, want := range map[string]string{
		markup: markup, "a\xff\xfeb": "a\ufffdb", "\u202ebaklengs": "\u202ebaklengs",
		strings.Repeat("e\u0301\u0302", 2000): strings.Repeat("e\u0301\u0302", 2000),
	} {
		s := newSender(t)
		if err := s.send("", text); err != nil {
			t.Errorf("%.20q: %v", text, err)
		}
		if got := strings.Join(s.lin.Got(), ""); got != want {
			t.Errorf("she sees %.40q, want %.40q", got, want)
		}
		if slices.ContainsFunc(s.lin.Screen(), func(m standin.Shown) bool { return m.Preview }) {
			t.Error("the network would fetch what a link leads to")
		}
	}
}

func TestButtonsAreOpaqueAndFit(t *testing.T) {
	t.Parallel()
	s := newSender(t)
	long := "C0.p:" + strings.Repeat("en-veldig-lang-id-", 9)
	err := s.send("k", "?", intake.Choice{ID: long, Label: strings.Repeat("Langt navn ", 20)}, intake.Choice{ID: "S1.yes", Label: "Ja", Picked: true},
		intake.Choice{ID: "S1.~skip", Label: "Hopp over", Way: true}, intake.Choice{ID: "S1.~pause", Label: "Pause", Way: true}, intake.Choice{ID: "x", Label: ""})
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]bool{}
	for _, b := range s.lin.Screen()[0].Buttons {
		if len(b.Data) == 0 || len(b.Data) > 64 || strings.ContainsAny(b.Data, ".~:") || all[b.Data] {
			t.Errorf("the button %q carries %q", b.Label, b.Data)
		}
		all[b.Data] = true
		if network.UTF16(b.Label) > 60 {
			t.Errorf("a label of %d units", network.UTF16(b.Label))
		}
	}
	if got := s.lin.Screen()[0].Buttons[1].Label; got != "Ja ✔" {
		t.Errorf("a picked choice is called %q", got)
	}
}

func TestProgressStandsFirst(t *testing.T) {
	t.Parallel()
	s := newSender(t)
	m := bot.Message{Message: intake.Message{Text: "Når var det?", Part: 2, Parts: 8, PartTitle: "Når og hvor", Begins: true, Choices: []intake.Choice{
		{ID: "H1.hidden", Label: "Skjult", Long: "Ingen får vite hvem jeg er."},
	}}, Words: intake.NewPrivate("Ord.")}
	if _, err := s.tg.Send(t.Context(), s.to(), m); err != nil {
		t.Fatal(err)
	}
	want := "2/8 · Når og hvor\n\nNår var det?\n\nOrd.\n\nSkjult: Ingen får vite hvem jeg er."
	if got := s.lin.Got()[0]; got != want {
		t.Errorf("she sees %q, want %q", got, want)
	}
}

func TestAnAddressOfSomebodyElseIsRefused(t *testing.T) {
	t.Parallel()
	s := newSender(t)
	if _, err := s.tg.Send(t.Context(), intake.NewAddress("@kanari-7f3a"), bot.Message{}); err == nil || strings.Contains(err.Error(), "kanari") {
		t.Errorf("got %v", err)
	}
}

func TestNewRefusesWhatIsNoToken(t *testing.T) {
	t.Parallel()
	for token, want := range map[string]error{
		"": telegram.ErrNoToken, "hei": telegram.ErrBadToken, "12:short": telegram.ErrBadToken,
		"12:AAAAAAAAAAAAAAAAAAAAAAAA/../x": telegram.ErrBadToken, "x:AAAAAAAAAAAAAAAAAAAAAAAA": telegram.ErrBadToken,
	} {
		if _, err := telegram.New(telegram.Config{Token: intake.NewPrivate(token)}); !errors.Is(err, want) {
			t.Errorf("%q: got %v, want %v", token, err, want)
		}
	}
}

func TestTakingBackInPortions(t *testing.T) {
	t.Parallel()
	s := newSender(t)
	var all []bot.SentID
	for range 250 {
		id, _ := s.lin.Write("hei")
		all = append(all, bot.SentID(fmt.Sprint(id)))
	}
	all = append(all, "not,ours", "1,2,3")
	if err := s.tg.Delete(t.Context(), s.to(), all); err != nil {
		t.Fatal(err)
	}
	if n := len(s.lin.Screen()); n != 0 {
		t.Errorf("%d messages are left", n)
	}
	if err := s.tg.Delete(t.Context(), s.to(), all); !errors.Is(err, bot.ErrNotTaken) {
		t.Errorf("what is gone already: %v", err)
	}
	s.lin.Block()
	if err := s.tg.Delete(t.Context(), s.to(), all); !gone(err) {
		t.Errorf("who has blocked us: %v", err)
	}
}

// TestAPartThatMayHaveArrivedIsSaidAgain: no button stands under what was not shown, and
// what may be read twice says so.
func TestAPartThatMayHaveArrivedIsSaidAgain(t *testing.T) {
	t.Parallel()
	s := newSender(t)
	s.net.Faults.On("sendMessage", faults.Fault{}, faults.Fault{Status: 500})
	long, send := strings.Repeat("a", 3000)+". "+strings.Repeat("b", 3000), intake.Choice{ID: "send", Label: "Send"}
	if err := s.send("k", long, send); !maybe(err) {
		t.Fatalf("a lost part: %v", err)
	}
	if got := s.lin.Screen(); len(got) > 0 {
		t.Errorf("after a part that may not have arrived, %d others are sent", len(got))
	}
	s.maybe = true
	for _, want := range []func(error) bool{other, nothing} { // the network is in trouble, and then is not
		if err := s.send("k", long, send); !want(err) {
			t.Fatalf("again: %v", err)
		}
	}
	got := s.lin.Screen()
	if len(got) != 2 || !strings.HasPrefix(got[0].Text, "Jeg vet ikke om dette kom fram") || strings.HasPrefix(got[1].Text, "Jeg vet") || len(got[1].Buttons) != 1 {
		t.Errorf("she sees %d parts", len(got))
	}
}

func nothing(err error) bool { return err == nil }
