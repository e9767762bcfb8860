package network

import (
	"context"
	"errors"
	"time"

	"github.com/cenkalti/backoff/v5"

	"tillit/bot"
)

// Patience is how long to wait between attempts: each time twice as long, up to a
// bound, and up to half less, so that two who wait do not come back together. It is for
// one who waits.
type Patience struct {
	b       backoff.ExponentialBackOff
	refused int // how often in a row the token was
}

// NewPatience begins with about the first wait. With two that are the same, all are.
func NewPatience(first, longest time.Duration) *Patience {
	// A third around three quarters is from a half to a whole.
	return &Patience{b: backoff.ExponentialBackOff{
		InitialInterval: first * 3 / 4, MaxInterval: longest * 3 / 4, Multiplier: 2, RandomizationFactor: 1.0 / 3,
	}}
}

// AskAgain is the patience with which a network is asked again after it did not answer.
func AskAgain() *Patience { return NewPatience(200*time.Millisecond, 30*time.Second) }

// Next is how long to wait now.
func (p *Patience) Next() time.Duration { return p.b.NextBackOff() }

// Reset begins anew, after a success.
func (p *Patience) Reset() {
	p.refused = 0
	p.b.Reset()
}

// sureAfter is how often in a row a token is refused before that is believed: one odd answer
// of something in between is not the network's.
const sureAfter = 4

// After is how long to wait after an error: as long as the network says, a minute when
// the token is refused again and again, which only the operator mends, or what comes next.
func (p *Patience) After(err error) time.Duration {
	var slow *bot.RetryError
	switch {
	case errors.As(err, &slow):
		return slow.After
	case !IsRefused(err, RefusedToken):
		p.refused = 0
		return p.Next()
	}
	if p.refused++; p.refused >= sureAfter {
		return time.Minute
	}
	return p.Next()
}

// Rest waits for a time, or until ctx is done.
func Rest(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
