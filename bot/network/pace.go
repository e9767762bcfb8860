package network

import (
	"errors"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"tillit/bot"
)

// Rate is a steady flow with a burst that it may begin with.
type Rate struct {
	PerSecond float64
	Burst     int
}

// Pacer keeps a channel within what its network allows: so much for each conversation,
// so much for all together, and nothing before a time that the network itself has
// named. It is safe for concurrent use.
type Pacer struct {
	each Rate

	mu      sync.Mutex
	overall *rate.Limiter
	until   time.Time // nothing to anybody before
	lanes   map[string]*lane
}

type lane struct {
	pace  *rate.Limiter
	until time.Time
}

// most is how many conversations are remembered before rested ones are dropped.
const most = 4096

// NewPacer makes a pacer for all conversations together and for each of them.
func NewPacer(overall, each Rate) *Pacer {
	return &Pacer{
		each: each, lanes: map[string]*lane{},
		overall: rate.NewLimiter(rate.Limit(overall.PerSecond), overall.Burst),
	}
}

// Take asks to send one message to a conversation now. Zero is a yes, and it is
// counted; otherwise nothing is counted and it is how long to wait.
func (p *Pacer) Take(key string, now time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	l := p.lane(key, now)
	if wait := max(p.until.Sub(now), l.until.Sub(now)); wait > 0 {
		return wait
	}
	mine := l.pace.ReserveN(now, 1)
	if wait := mine.DelayFrom(now); wait > 0 {
		mine.CancelAt(now)
		return wait
	}
	all := p.overall.ReserveN(now, 1)
	if wait := all.DelayFrom(now); wait > 0 {
		all.CancelAt(now)
		mine.CancelAt(now)
		return wait
	}
	return 0
}

// shortWait is a pace so near that waiting costs less than coming back.
const shortWait = 50 * time.Millisecond

// Turn is Take for who would rather wait a moment than come back: nil is a yes, and a
// [*bot.RetryError] says when to.
func (p *Pacer) Turn(key string, now func() time.Time) error {
	wait := p.Take(key, now())
	if wait > 0 && wait <= shortWait {
		time.Sleep(wait)
		if wait = p.Take(key, now()); wait > 0 {
			wait = shortWait
		}
	}
	if wait > 0 {
		return &bot.RetryError{After: wait}
	}
	return nil
}

// Heed holds a conversation back when an error says that the network wants it.
func (p *Pacer) Heed(key string, now time.Time, err error) {
	var slow *bot.RetryError
	if errors.As(err, &slow) {
		p.Hold(key, now, now.Add(slow.After))
	}
}

// Hold sends nothing to a conversation until a time, because the network said
// so. When it says so of two conversations at once it means everybody.
func (p *Pacer) Hold(key string, now, until time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	mine := p.lane(key, now)
	for _, l := range p.lanes {
		if l != mine && l.until.After(now) && until.After(p.until) {
			p.until = until
		}
	}
	mine.until = until
}

// lane runs with mu held.
func (p *Pacer) lane(key string, now time.Time) *lane {
	if l, ok := p.lanes[key]; ok {
		return l
	}
	if len(p.lanes) >= most {
		for k, l := range p.lanes {
			if !l.until.After(now) && l.pace.TokensAt(now) >= float64(p.each.Burst) {
				delete(p.lanes, k)
			}
		}
	}
	l := &lane{pace: rate.NewLimiter(rate.Limit(p.each.PerSecond), p.each.Burst)}
	p.lanes[key] = l
	return l
}
