// Package faults lets a stand-in of a network fail on purpose, in both ways that
// matter: what was asked did not happen, or it happened and the asker was not
// told. Every stand-in takes its faults from here, so that tests of different
// channels read alike.
package faults

import (
	"net/http"
	"sync"
	"time"
)

// Fault is one call that goes wrong. The zero value is a connection that breaks
// before anything was done.
type Fault struct {
	Status     int           // answer with this HTTP status; 0 breaks the connection
	RetryAfter time.Duration // with 429: how long to wait
	Says       string        // the network's own words, where it has any
	Body       string        // answer with exactly this instead of the network's form
	After      bool          // the work is done first; the caller is not told
	Delay      time.Duration // before anything
	Pass       bool          // nothing goes wrong: the fault is for a later call
}

// Plan is what will go wrong, by the name of the call. It is safe for concurrent use.
type Plan struct {
	mu sync.Mutex
	by map[string][]Fault
}

// On makes the next calls of that name fail, one fault each, in order.
func (p *Plan) On(call string, faults ...Fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.by == nil {
		p.by = map[string][]Fault{}
	}
	p.by[call] = append(p.by[call], faults...)
}

// Next takes the fault of a call that has just come in, if one is planned.
func (p *Plan) Next(call string) (Fault, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	left := p.by[call]
	if len(left) == 0 {
		return Fault{}, false
	}
	p.by[call] = left[1:]
	return left[0], !left[0].Pass
}

// Left reports how many planned faults of a call have not happened yet.
func (p *Plan) Left(call string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.by[call])
}

// Break ends a request without an answer.
func Break(rw http.ResponseWriter) {
	if h, ok := rw.(http.Hijacker); ok {
		if conn, _, err := h.Hijack(); err == nil {
			_ = conn.Close() // The caller sees a broken connection either way.
			return
		}
	}
	panic(http.ErrAbortHandler)
}
