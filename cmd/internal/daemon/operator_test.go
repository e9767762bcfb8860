package daemon

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"tillit/bot/network"
)

// ill is an account with a health of its own.
type ill struct {
	network.Channel
	health network.Health
}

func (i ill) Health() network.Health { return i.health }

// TestReadyzSaysHowEachAccountIs: a channel that refuses us is not ready, and shows.
func TestReadyzSaysHowEachAccountIs(t *testing.T) {
	now := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	at := func(d time.Duration) time.Time { return now.Add(-d) }
	for _, tt := range []struct {
		name   string
		health network.Health
		disk   error
		status int
		says   string
	}{
		{"well", network.Health{Heard: at(3 * time.Second), Said: at(time.Minute)}, nil, 200, "ready\ntelegram: last heard 3s ago, last said 1m0s ago\n"},
		{"never", network.Health{}, nil, 200, "ready\ntelegram: last heard never, last said never\n"},
		{"in trouble for a moment", network.Health{Trouble: at(time.Minute)}, nil, 200, "in trouble since 2026-11-29T11:59:00Z"},
		{"in trouble for long", network.Health{Trouble: at(time.Hour)}, nil, 503, "in trouble since 2026-11-29T11:00:00Z"},
		{"refused", network.Health{Heard: at(time.Hour), Trouble: at(time.Minute), Refused: at(time.Minute)}, nil, 503, "refused since 2026-11-29T11:59:00Z"},
		{"a full disk", network.Health{}, errors.New("full"), 503, "cannot write"},
	} {
		services := []service{{name: "web", handler: http.NotFoundHandler()}, {name: "telegram", handler: ill{health: tt.health}}}
		rec := httptest.NewRecorder()
		operator(func(context.Context) error { return tt.disk }, func() []line { return healths(services, now) }).
			ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/readyz", nil))
		if rec.Code != tt.status || !strings.Contains(rec.Body.String(), tt.says) {
			t.Errorf("%s: %d %q, want %d %q", tt.name, rec.Code, rec.Body, tt.status, tt.says)
		}
	}
}
