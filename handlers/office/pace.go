package office

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// What one handler may write in an hour: more than a person does, and far less than
// what fills a disk.
const (
	actsBurst   = 120
	actsPerHour = 600

	actsOften rate.Limit = actsPerHour / 3600.0
)

// pace limits what each handler writes. It lives in memory; a restart forgives.
type pace struct {
	often rate.Limit
	mu    sync.Mutex
	all   map[string]*rate.Limiter
}

func (p *pace) allow(handler string, now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.all == nil {
		p.all = map[string]*rate.Limiter{}
	}
	l := p.all[handler]
	if l == nil {
		l = rate.NewLimiter(p.often, actsBurst)
		p.all[handler] = l
	}
	return l.AllowN(now, 1)
}
