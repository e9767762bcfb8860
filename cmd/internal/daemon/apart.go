package daemon

import (
	"context"
	"sync"
	"time"
)

// apart holds that the members' account and the office's on one network are two, where
// only the network knows whose a token is. Each says who it is before it reads
// anything, and waits a while for the other to say so: what members write must not be
// read by the office's bot, nor the other way round, not even once.
type apart struct {
	mu     sync.Mutex
	opened int
	said   int
	ids    map[string]int // how many said that they are this one
	all    chan struct{}  // closed when all that are opened have said who they are
}

// apartWait is how long one account waits for another, whose server may be away.
const apartWait = 10 * time.Second

func newApart() *apart { return &apart{ids: map[string]int{}, all: make(chan struct{})} }

// open counts an account in, and returns what it says who it is to. All are opened
// before any of them listens.
func (a *apart) open() func(ctx context.Context, id string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.opened++
	return a.own
}

// own refuses an account that is there already. One that says who it is late, when the
// other listens, is refused all the same.
func (a *apart) own(ctx context.Context, id string) error {
	a.mu.Lock()
	a.ids[id]++
	if a.said++; a.said == a.opened {
		close(a.all)
	}
	a.mu.Unlock()
	select {
	case <-a.all:
	case <-ctx.Done():
	case <-time.After(apartWait):
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.ids[id] > 1 {
		return errSameAccount
	}
	return nil
}

// apart is of the accounts on one network. All are opened one after another.
func (d *Daemon) apart(network string) *apart {
	if d.aparts[network] == nil {
		d.aparts[network] = newApart()
	}
	return d.aparts[network]
}
