package network

import (
	"context"
	"errors"
	"slices"
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

// Pacer is the one queue of a network for all that counts against its limit: what is said
// and what is changed. So much may leave for each conversation, so much for all together,
// and nothing before a time that the network itself has named. Whoever has just pressed a
// button comes first, then who has written, then the others; among them whoever was served
// longest ago, so that one line of a newcomer is not behind somebody's fifty. It is safe for
// concurrent use.
type Pacer struct {
	each, all Rate

	mu      sync.Mutex
	overall *rate.Limiter
	until   time.Time // nothing to anybody before
	slow    time.Time // less to all until then
	lanes   map[string]*lane
	queue   []*ticket
	served  int64
	next    *time.Timer
}

type lane struct {
	pace   *rate.Limiter
	until  time.Time
	served int64 // when it was last let through, in counts of all
	rank   rank
	left   int // how many more keep that rank
}

// rank is who goes first.
type rank int

const (
	rankPressed rank = iota
	rankWrote
	rankOther
)

// answers is how many messages answer what somebody did.
const answers = 3

// ticket is somebody who waits for their turn.
type ticket struct {
	key   string
	since time.Time
	ready chan struct{}
}

const (
	// most is how many conversations are remembered before rested ones are dropped.
	most = 4096
	// longEnough is how long anybody waits behind those who go first.
	longEnough = 10 * time.Second
	// many is how many conversations the network holds at once when it means all of them;
	// then all wait for a breath, and not for as long as each of those.
	many   = 5
	breath = time.Second
)

// NewPacer makes a pacer for all conversations together and for each of them. In no second
// more leave than the flow and the burst together.
func NewPacer(overall, each Rate) *Pacer {
	return &Pacer{
		each: each, all: overall, lanes: map[string]*lane{},
		overall: rate.NewLimiter(rate.Limit(overall.PerSecond), max(overall.Burst, 1)),
	}
}

// Heard tells that somebody did something, a press or else: what is said to them now answers it.
func (p *Pacer) Heard(key string, pressed bool, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	l := p.lane(key, now)
	switch {
	case pressed:
		l.rank, l.left = rankPressed, answers
	case l.rank != rankPressed:
		l.rank, l.left = rankWrote, answers
	}
}

// Turn waits until something may leave for a conversation; then it is counted. It is a
// [*bot.RetryError] when ctx ends before.
func (p *Pacer) Turn(ctx context.Context, key string, now func() time.Time) error {
	if ctx.Err() != nil {
		return &bot.RetryError{}
	}
	t := &ticket{key: key, since: now(), ready: make(chan struct{})}
	p.mu.Lock()
	p.queue = append(p.queue, t)
	p.dispatch(now)
	p.mu.Unlock()
	select {
	case <-t.ready:
		return nil
	case <-ctx.Done():
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.queue = slices.DeleteFunc(p.queue, func(o *ticket) bool { return o == t })
	return &bot.RetryError{}
}

// dispatch lets through who may go, the first first, and comes back when the next one may.
// It runs with mu held.
func (p *Pacer) dispatch(now func() time.Time) {
	for {
		at := now()
		t, wait := p.first(at)
		if t == nil {
			if p.next != nil {
				p.next.Stop()
			}
			if len(p.queue) > 0 {
				p.next = time.AfterFunc(max(wait, time.Millisecond), func() {
					p.mu.Lock()
					defer p.mu.Unlock()
					p.dispatch(now)
				})
			}
			return
		}
		l := p.lane(t.key, at)
		l.pace.AllowN(at, 1)
		p.overall.AllowN(at, 1)
		p.served++
		if l.served = p.served; l.left > 0 {
			if l.left--; l.left == 0 {
				l.rank = rankOther
			}
		}
		p.queue = slices.DeleteFunc(p.queue, func(o *ticket) bool { return o == t })
		close(t.ready)
	}
}

// first is who goes now; or nobody, and how long to wait. It runs with mu held.
func (p *Pacer) first(now time.Time) (who *ticket, wait time.Duration) {
	limit := rate.Limit(p.all.PerSecond)
	if now.Before(p.slow) {
		limit /= 4
	}
	if p.overall.Limit() != limit {
		p.overall.SetLimitAt(now, limit)
	}
	all := max(p.until.Sub(now), lacks(p.overall, now))
	wait = time.Hour
	var best *lane
	for _, t := range p.queue {
		l := p.lane(t.key, now)
		if its := max(all, l.until.Sub(now), lacks(l.pace, now)); its > 0 {
			wait = min(wait, its)
			continue
		}
		if who == nil || before(t, l, who, best, now) {
			who, best = t, l
		}
	}
	return who, wait
}

// before reports whether a ticket goes before another.
func before(a *ticket, of *lane, b *ticket, other *lane, now time.Time) bool {
	place := func(t *ticket, l *lane) rank {
		if now.Sub(t.since) > longEnough {
			return rankPressed
		}
		return l.rank
	}
	if x, y := place(a, of), place(b, other); x != y {
		return x < y
	}
	return of.served < other.served
}

// lacks is how long until a limiter lets one through.
func lacks(l *rate.Limiter, now time.Time) time.Duration {
	short := 1 - l.TokensAt(now)
	if short <= 1e-9 {
		return 0
	}
	return time.Duration(short / float64(l.Limit()) * float64(time.Second))
}

// Heed holds a conversation back when an error says that the network wants it.
func (p *Pacer) Heed(key string, now time.Time, err error) {
	var slow *bot.RetryError
	if errors.As(err, &slow) {
		p.Hold(key, now, now.Add(slow.After))
	}
}

// Hold sends nothing to a conversation until a time, because the network said so. Others go
// on: only when it says so of many at once all wait for a breath, and then go slower.
func (p *Pacer) Hold(key string, now, until time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lane(key, now).until = until
	held := 0
	for _, l := range p.lanes {
		if l.until.After(now) {
			held++
		}
	}
	if held >= many {
		p.until, p.slow = now.Add(breath), now.Add(time.Minute)
	}
}

// lane runs with mu held.
func (p *Pacer) lane(key string, now time.Time) *lane {
	if l, ok := p.lanes[key]; ok {
		return l
	}
	if len(p.lanes) >= most {
		for k, l := range p.lanes {
			if !l.until.After(now) && l.pace.TokensAt(now) >= float64(p.each.Burst) && l.left == 0 {
				delete(p.lanes, k)
			}
		}
	}
	l := &lane{pace: rate.NewLimiter(rate.Limit(p.each.PerSecond), p.each.Burst), rank: rankOther}
	p.lanes[key] = l
	return l
}
