package telegram_test

import (
	"context"
	"log/slog"
	"strconv"
	"sync"
	"testing"

	"tillit/bot/bottest"
	"tillit/bot/bottest/faults"
	"tillit/bot/telegram"
	"tillit/bot/telegram/standin"
	"tillit/intake"
)

// stage is the stand-in as the contract sees it.
type stage struct {
	*standin.Server
	mu sync.Mutex
	of map[string]int64 // update by text
}

func (n *stage) Say(person, text string) error {
	_, id := n.Server.Person(person).Write(text)
	n.mu.Lock()
	defer n.mu.Unlock()
	n.of[text] = id
	return nil
}

func (n *stage) Acknowledged(text string) bool {
	n.mu.Lock()
	id := n.of[text]
	n.mu.Unlock()
	return n.Confirmed(id)
}

func (n *stage) Screen(person string) []string { return n.Server.Person(person).Got() }

func (n *stage) Person(person string) intake.Address {
	return intake.NewAddress(strconv.FormatInt(n.Server.Person(person).ID, 10))
}

func (n *stage) Change(person, from, to string) {
	p := n.Server.Person(person)
	for _, m := range p.Screen() {
		if m.Mine && m.Text == from {
			p.Edit(m.ID, to)
		}
	}
}

func (n *stage) Press(person, label string) error {
	_, err := n.Server.Person(person).Press(label)
	return err
}

func (n *stage) Leave(person string) { n.Server.Person(person).Block() }

func (n *stage) Unsure(done bool) { n.Faults.On("sendMessage", faults.Fault{After: done}) }

func (n *stage) Hold() {
	n.Faults.On("deleteMessages", faults.Fault{Status: 400, Says: "Bad Request: message can't be deleted for everyone"})
}

func (n *stage) Refuse() {
	n.Faults.On("sendMessage", faults.Fault{Status: 400, Says: "Bad Request: no"})
}

// channel makes the channel beside a stand-in.
func channel(t testing.TB, s *standin.Server, log *slog.Logger, change ...func(*telegram.Config)) *telegram.Telegram {
	t.Helper()
	c := telegram.Config{
		Token: intake.NewPrivate(s.Token), API: s.URL, Lang: "nb", Log: log,
		Quarantine: func(context.Context, []byte) error { return nil },
	}
	for _, f := range change {
		f(&c)
	}
	ch, err := telegram.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return ch
}

func TestContract(t *testing.T) {
	bottest.Run(t, func(t testing.TB, log *slog.Logger) bottest.Made {
		s := standin.New(t)
		return bottest.Made{Channel: channel(t, s, log), Network: &stage{Server: s, of: map[string]int64{}}, Token: s.Token}
	})
}
