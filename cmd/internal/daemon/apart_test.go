package daemon

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tillit/bot/bottest/faults"
	"tillit/bot/mattermost/standin"
)

// TestOnTelegramATokenSaysWhoseItIs: nobody has to be asked, and nobody is.
func TestOnTelegramATokenSaysWhoseItIs(t *testing.T) {
	const secret = ":kanari-token-AAAAAAAAAAAA"
	for _, tt := range []struct {
		name, members, office string
		same                  bool
	}{
		{"one token", "700000001" + secret, "700000001" + secret, true},
		{"another token of one account", "700000001" + secret, "700000001:kanari-token-BBBBBBBBBBBB", true},
		{"written otherwise", "700000001" + secret, "0700000001:kanari-token-BBBBBBBBBBBB", true},
		{"two accounts", "700000001" + secret, "700000002" + secret, false},
		{"no account of members", "", "700000001" + secret, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Setenv(telegramToken, tt.members)
			t.Setenv(officeTelegramToken, tt.office)
			_, conf, err := installed(t, "[office_chat.telegram]\nwords = \"desk\"\napi = \"http://127.0.0.1:9\"\n[telegram]\napi = \"http://127.0.0.1:9\"\n")
			if err != nil {
				t.Fatal(err)
			}
			var out bytes.Buffer
			if err := Check(t.Context(), conf, &out); err == nil || strings.Contains(out.String(), "Telegram: "+errSameAccount.Error()) != tt.same {
				t.Errorf("check says %s", &out)
			}
			d, err := Open(t.Context(), conf, slog.New(slog.DiscardHandler))
			if errors.Is(err, errSameAccount) != tt.same {
				t.Errorf("the start ends with %v", err)
			}
			if strings.Contains(fmt.Sprint(err)+out.String(), "kanari") {
				t.Error("a token is shown")
			}
			if d != nil {
				_ = d.Close() // Nothing was written.
			}
		})
	}
}

// both is an installation with an account for members and one for the office.
func both(t *testing.T, members, office *standin.Server, officeToken string) Config {
	t.Helper()
	t.Setenv(mattermostToken, members.Token)
	t.Setenv(officeMattermostToken, officeToken)
	_, conf, err := installed(t, fmt.Sprintf("[web]\nlisten = \"\"\n[office]\nlisten = \"\"\n[operator]\nlisten = \"\"\n"+
		"[mattermost]\noperator = \"Driftshuset\"\nurl = %q\n[office_chat.mattermost]\noperator = \"Driftshuset\"\nwords = \"desk\"\nurl = %q\n", members.URL, office.URL))
	if err != nil {
		t.Fatal(err)
	}
	return conf
}

func TestCheckAsksMattermostWhoseATokenIs(t *testing.T) {
	one, other := standin.New(t), standin.New(t)
	for _, tt := range []struct {
		name   string
		office *standin.Server
		token  string
		same   bool
	}{
		{"one token", one, one.Token, true},
		{"another token of one account", one, one.AnotherToken(), true},
		{"two accounts", other, other.Token, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var out bytes.Buffer
			err := Check(t.Context(), both(t, one, tt.office, tt.token), &out)
			if (err != nil) != tt.same || strings.Contains(out.String(), errSameAccount.Error()) != tt.same {
				t.Errorf("check says %v:\n%s", err, &out)
			}
			for _, secret := range []string{one.BotID, tt.token} {
				if strings.Contains(out.String(), secret) {
					t.Error("check shows a token, or an account")
				}
			}
		})
	}
}

// TestAServerWithOneAccountForBothReadsNothing: it starts, since nobody can be asked
// then, and ends when the network says who the two are.
func TestAServerWithOneAccountForBothReadsNothing(t *testing.T) {
	for name, trouble := range map[string][]faults.Fault{
		"at once": nil, "when the network is there": {{Status: 502}, {}, {Status: 502}},
	} {
		t.Run(name, func(t *testing.T) {
			s := standin.New(t)
			lin := s.Person("Lin")
			lin.Write("hei")
			s.Faults.On("me", trouble...)
			d, err := Open(t.Context(), both(t, s, s, s.AnotherToken()), slog.New(slog.DiscardHandler))
			if err != nil {
				t.Fatalf("the start depends on the network: %v", err)
			}
			defer d.Close()
			ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
			defer cancel()
			if err := d.Serve(ctx); !errors.Is(err, errSameAccount) {
				t.Errorf("it ends with %v", err)
			}
			if n := s.Calls("channels") + s.Calls("read") + s.Calls("posts"); n > 0 || len(lin.Got()) > 0 {
				t.Errorf("it reads or writes %d times before that", n)
			}
		})
	}
}

func TestAnAccountWaitsForTheOtherAWhile(t *testing.T) {
	for _, tt := range []struct {
		name          string
		other         string
		after         time.Duration
		first, second bool // refused
		waits         time.Duration
	}{
		{"two that come together", "b", 0, false, false, 0},
		{"two that come one by one", "b", 3 * time.Second, false, false, 3 * time.Second},
		{"one that comes twice", "a", 3 * time.Second, true, true, 3 * time.Second},
		{"the other's server is away for long", "b", time.Hour, false, false, apartWait},
		{"it was away, and is the same", "a", time.Hour, false, true, apartWait},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a, began := newApart(), time.Now()
				one, two := a.open(), a.open()
				done := make(chan error, 1)
				go func() {
					time.Sleep(tt.after)
					done <- two(t.Context(), tt.other)
				}()
				err := one(t.Context(), "a")
				if (err != nil) != tt.first || time.Since(began) != tt.waits {
					t.Errorf("the first is told %v after %s", err, time.Since(began))
				}
				if err := <-done; errors.Is(err, errSameAccount) != tt.second {
					t.Errorf("the second is told %v", err)
				}
			})
		})
	}
	t.Run("alone", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			a, began := newApart(), time.Now()
			if err := a.open()(t.Context(), "a"); err != nil || time.Since(began) > 0 {
				t.Errorf("it is told %v after %s", err, time.Since(began))
			}
		})
	})
}
