package daemon

import (
	"context"
	"io"
	"log"
	"net/http"
	"slices"
	"time"

	"tillit/bot/network"
)

// discardLog swallows net/http's own words: they name visitors' addresses.
var discardLog = log.New(io.Discard, "", 0)

// line is what the operator reads of one account on a network.
type line struct {
	says string
	bad  bool
}

// badAfter is how long an account may be in trouble before the server is not ready.
const badAfter = 5 * time.Minute

// healths says of each account on a network how it is.
func healths(services []service, now time.Time) (lines []line) {
	for _, s := range services {
		ch, ok := s.handler.(network.Channel)
		if !ok {
			continue
		}
		h := ch.Health()
		l := line{says: s.name + ": last heard " + ago(h.Heard, now) + ", last said " + ago(h.Said, now)}
		switch {
		case !h.Refused.IsZero():
			l.says, l.bad = l.says+", refused since "+h.Refused.UTC().Format(time.RFC3339), true
		case !h.Trouble.IsZero():
			l.says, l.bad = l.says+", in trouble since "+h.Trouble.UTC().Format(time.RFC3339), now.Sub(h.Trouble) > badAfter
		}
		lines = append(lines, l)
	}
	return lines
}

func ago(at, now time.Time) string {
	if at.IsZero() {
		return "never"
	}
	return now.Sub(at).Truncate(time.Second).String() + " ago"
}

// operator is the operator's listener: alive, able to write, and how each account on a
// network is. It tells nothing about cases, not even how many there are.
func operator(writable func(context.Context) error, networks func() []line) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "alive\n")
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), 5*time.Second)
		defer cancel()
		if err := writable(ctx); err != nil {
			http.Error(w, "cannot write", http.StatusServiceUnavailable)
			return
		}
		says := "ready\n"
		lines := networks()
		if slices.ContainsFunc(lines, func(l line) bool { return l.bad }) {
			says = "a network is not reached, or refuses us\n"
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		for _, l := range lines {
			says += l.says + "\n"
		}
		_, _ = io.WriteString(w, says)
	})
	return mux
}
