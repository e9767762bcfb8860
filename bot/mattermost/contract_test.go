package mattermost_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"tillit/bot/bottest"
	"tillit/bot/bottest/faults"
	"tillit/bot/mattermost"
	"tillit/bot/mattermost/standin"
	"tillit/bot/network"
	"tillit/intake"
)

// stage is the stand-in as the contract sees it.
type stage struct {
	*standin.Server
	ch *mattermost.Mattermost
	mu sync.Mutex
	of map[string][2]string // person and post by text
}

func (n *stage) Say(person, text string) error {
	p := n.Server.Person(person)
	id := p.Write(text)
	n.mu.Lock()
	defer n.mu.Unlock()
	n.of[text] = [2]string{p.ID, id}
	return nil
}

// Acknowledged is what is behind the place that is committed: Mattermost itself
// keeps everything and is told nothing.
func (n *stage) Acknowledged(text string) bool {
	n.mu.Lock()
	of := n.of[text]
	n.mu.Unlock()
	return n.ch.Stored(of[0], of[1])
}

func (n *stage) Screen(person string) []string { return n.Server.Person(person).Got() }

func (n *stage) Person(person string) intake.Address {
	return intake.NewAddress(n.Server.Person(person).ID)
}

func (n *stage) Change(person, from, to string) {
	n.mu.Lock()
	post := n.of[from][1]
	n.mu.Unlock()
	n.Server.Person(person).Edit(post, to)
}

// pressing is a stage where posts have buttons.
type pressing struct{ *stage }

func (n pressing) Press(person, label string) error {
	_, err := n.Server.Person(person).Press(label)
	return err
}

func (n *stage) Leave(person string) { n.Server.Person(person).Deactivate() }

func (n *stage) Unsure(done bool) { n.Faults.On("posts", faults.Fault{After: done}) }

func (n *stage) Hold() { n.Faults.On("delete", faults.Fault{Status: 403}) }

func (n *stage) Refuse() {
	n.Faults.On("posts", faults.Fault{Status: 400, Says: "no: kanari-7f3a nei"})
}

// channel makes the channel beside a stand-in.
func channel(t testing.TB, s *standin.Server, log *slog.Logger, change ...func(*mattermost.Config)) *mattermost.Mattermost {
	t.Helper()
	c := mattermost.Config{
		URL: s.URL, Token: intake.NewPrivate(s.Token), Operator: "Driftshuset", Lang: "nb", Log: log, MaxFile: 1 << 20,
		Look: 50 * time.Millisecond,
		Pace: network.NewPacer(network.Rate{PerSecond: 1000, Burst: 1000}, network.Rate{PerSecond: 1000, Burst: 1000}),
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
		return bottest.Made{Channel: ch, Network: &stage{Server: s, ch: ch, of: map[string][2]string{}}, Token: s.Token}
	})
}

// TestContractWithButtons is the same where the network can call back.
func TestContractWithButtons(t *testing.T) {
	bottest.Run(t, func(t testing.TB, log *slog.Logger) bottest.Made {
		s := standin.New(t)
		var ch *mattermost.Mattermost
		callback := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { ch.ServeHTTP(w, r) }))
		t.Cleanup(callback.Close)
		ch = channel(t, s, log, func(c *mattermost.Config) { c.Callback = callback.URL + "/hooks/mattermost" })
		return bottest.Made{Channel: ch, Network: pressing{&stage{Server: s, ch: ch, of: map[string][2]string{}}}, Token: s.Token}
	})
}
