package web

import (
	"context"
	"hash/maphash"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/time/rate"
)

// This file tells strangers apart as far as that goes, by the address that they come from,
// so that one of them does not take what is for all. An address is never kept: what stands
// in memory is a number made of it that means nothing after a restart.

// Pace is how often something may be done: so many a minute over time, and at once as many
// as come in a few minutes.
type Pace struct {
	Client, All int // of one client, and of all together; 0 is no limit
}

// atOnce is how many minutes of a pace may be used up at once: a meeting in which
// everybody begins comes from one address.
const atOnce = 5

// mostClients is how many clients are told apart at once.
const mostClients = 10_000

// clients are who has come lately.
type clients struct {
	seed maphash.Seed
	pace Pace
	all  *rate.Limiter

	mu   sync.Mutex
	each *lru.Cache[uint64, *client]
}

// client is one of them.
type client struct {
	starts *rate.Limiter
	codes  chan struct{} // holds the try that is looked up
}

func newClients(p Pace) *clients {
	each, err := lru.New[uint64, *client](mostClients)
	if err != nil {
		panic("web: a cache of a size cannot fail")
	}
	return &clients{seed: maphash.MakeSeed(), pace: p, all: limiter(p.All), each: each}
}

func limiter(perMinute int) *rate.Limiter {
	if perMinute <= 0 {
		return rate.NewLimiter(rate.Inf, 1)
	}
	return rate.NewLimiter(rate.Limit(perMinute)/60, atOnce*perMinute)
}

// of is whoever sends a request.
func (c *clients) of(r *http.Request, header string) *client {
	address := from(r, header)
	if address == "" { // a proxy that does not say: everybody would be one
		return &client{starts: limiter(0), codes: make(chan struct{}, 1)}
	}
	id := maphash.String(c.seed, address)
	c.mu.Lock()
	defer c.mu.Unlock()
	if who, known := c.each.Get(id); known {
		return who
	}
	who := &client{starts: limiter(c.pace.Client), codes: make(chan struct{}, 1)}
	c.each.Add(id, who)
	return who
}

// from is the address that a request comes from. Of one that comes through a proxy on this
// machine it is what the proxy says, and empty if it says nothing; of an IPv6 address it is
// the network, of which every machine has as many as it likes.
func from(r *http.Request, header string) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	peer, err := netip.ParseAddr(host)
	if err != nil || peer.IsLoopback() {
		if header == "" {
			return ""
		}
		said := strings.Join(r.Header.Values(header), ",")
		if i := strings.LastIndexByte(said, ','); i >= 0 {
			said = said[i+1:] // the proxy's own word stands last
		}
		if peer, err = netip.ParseAddr(strings.TrimSpace(said)); err != nil {
			return ""
		}
	}
	if peer = peer.Unmap().WithZone(""); peer.Is6() {
		network, _ := peer.Prefix(64) // 64 bits of 128 are no fault
		return network.String()
	}
	return peer.String()
}

// mayStart reports whether somebody may begin a talk now. Who may not can soon: nothing is
// counted against them for asking.
func (w *Web) mayStart(r *http.Request) bool {
	now := w.Now()
	theirs := w.clients.of(r, w.ClientHeader).starts.ReserveN(now, 1)
	if theirs.DelayFrom(now) > 0 {
		theirs.CancelAt(now)
		return false
	}
	if all := w.clients.all.ReserveN(now, 1); all.DelayFrom(now) > 0 {
		all.CancelAt(now)
		theirs.CancelAt(now)
		return false
	}
	return true
}

// turn lets a client look up one code at a time, so that who guesses stands in their own
// way.
func (w *Web) turn(r *http.Request) (leave func(), err error) {
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	codes := w.clients.of(r, w.ClientHeader).codes
	select {
	case codes <- struct{}{}:
		return func() { <-codes }, nil
	case <-ctx.Done():
		return nil, ErrBusy
	}
}
