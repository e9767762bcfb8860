package mattermost_test

import (
	"log/slog"
	"sync"
	"testing"
	"time"

	"tillit/bot/bottest"
	"tillit/bot/bottest/faults"
	"tillit/bot/mattermost"
	"tillit/bot/mattermost/standin"
	"tillit/bot/pace"
	"tillit/intake"
)

// network is the stand-in as the contract sees it.
type network struct {
	*standin.Server
	ch *mattermost.Mattermost
	mu sync.Mutex
	of map[string][2]string // person and post by text
}

func (n *network) Say(person, text string) error {
	p := n.Server.Person(person)
	id := p.Write(text)
	n.mu.Lock()
	defer n.mu.Unlock()
	n.of[text] = [2]string{p.ID, id}
	return nil
}

// Acknowledged is what is behind the place that is committed: Mattermost itself
// keeps everything and is told nothing.
func (n *network) Acknowledged(text string) bool {
	n.mu.Lock()
	of := n.of[text]
	n.mu.Unlock()
	return n.ch.Stored(of[0], of[1])
}

func (n *network) Screen(person string) []string { return n.Server.Person(person).Got() }

func (n *network) Person(person string) intake.Address {
	return intake.NewAddress(n.Server.Person(person).ID)
}

func (n *network) Change(person, from, to string) {
	n.mu.Lock()
	post := n.of[from][1]
	n.mu.Unlock()
	n.Server.Person(person).Edit(post, to)
}

func (n *network) Leave(person string) { n.Server.Person(person).Deactivate() }

func (n *network) Refuse() {
	n.Faults.On("posts", faults.Fault{Status: 400, Says: "no: kanari-7f3a nei"})
}

// channel makes the channel beside a stand-in.
func channel(t testing.TB, s *standin.Server, log *slog.Logger, change ...func(*mattermost.Config)) *mattermost.Mattermost {
	t.Helper()
	c := mattermost.Config{
		URL: s.URL, Token: intake.NewPrivate(s.Token), Operator: "Driftshuset", Lang: "nb", Log: log, MaxFile: 1 << 20,
		Look: 50 * time.Millisecond,
		Pace: pace.New(pace.Rate{PerSecond: 1000, Burst: 1000}, pace.Rate{PerSecond: 1000, Burst: 1000}),
	}
	for _, f := range change {
		f(&c)
	}
	ch, err := mattermost.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return ch
}

func TestContract(t *testing.T) {
	bottest.Run(t, func(t testing.TB, log *slog.Logger) bottest.Made {
		s := standin.New(t)
		ch := channel(t, s, log)
		return bottest.Made{Channel: ch, Network: &network{Server: s, ch: ch, of: map[string][2]string{}}, Token: s.Token}
	})
}
