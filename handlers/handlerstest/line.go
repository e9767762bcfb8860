package handlerstest

import (
	"errors"
	"net/http"
	"strings"
	"sync"
)

// Line is the way between a desk and its office, and fails as a test wants. The zero
// value is a good one; it is safe for concurrent use.
type Line struct {
	mu     sync.Mutex
	before func(*http.Request) bool // what does not arrive
	after  func(*http.Request) bool // whose answer is lost
	asked  []string                 // methods and paths of what arrived
}

var errLine = errors.New("the line is cut")

// Cut lets nothing through, until [Line.Mend].
func (l *Line) Cut() { l.Lose("", "") }

// Lose lets no request through whose method and path begin and end so.
func (l *Line) Lose(begin, end string) { l.set(&l.before, begin, end) }

// LoseAnswer lets such requests through, and loses what is answered.
func (l *Line) LoseAnswer(begin, end string) { l.set(&l.after, begin, end) }

func (l *Line) set(rule *func(*http.Request) bool, begin, end string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	*rule = func(r *http.Request) bool {
		at := r.Method + " " + r.URL.Path
		return strings.HasPrefix(at, begin) && strings.HasSuffix(at, end)
	}
}

// Mend makes it a good one again.
func (l *Line) Mend() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.before, l.after = nil, nil
}

// Did says how many acts arrived whose path ends so; all acts if it is empty.
func (l *Line) Did(end string) (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, at := range l.asked {
		if strings.HasPrefix(at, "POST /v1/rooms/") && strings.HasSuffix(at, end) {
			n++
		}
	}
	return n
}

// plainly keeps no connection between two requests, so that none holds up a bubble
// of made-up time.
var plainly = &http.Transport{DisableKeepAlives: true}

// RoundTrip implements [http.RoundTripper].
func (l *Line) RoundTrip(r *http.Request) (*http.Response, error) {
	l.mu.Lock()
	before, after := l.before != nil && l.before(r), l.after != nil && l.after(r)
	if !before {
		l.asked = append(l.asked, r.Method+" "+r.URL.Path)
	}
	l.mu.Unlock()
	if before {
		return nil, errLine
	}
	res, err := plainly.RoundTrip(r)
	if err == nil && after {
		res.Body.Close()
		return nil, errLine
	}
	return res, err
}
