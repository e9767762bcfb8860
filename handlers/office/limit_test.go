package office_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"tillit/handlers/casework"
	"tillit/handlers/handlerstest"
)

var (
	roster = ask{route: "GET /v1/roster"}
	room   = ask{route: "GET /v1/rooms/{ref}", query: "after=0"}
)

// TestARefusalTakesItsTime, and an answer does not; who hangs up is not waited for.
func TestARefusalTakesItsTime(t *testing.T) {
	o := handlerstest.New(t)
	token := session(o, "jonas")
	times := func(ctx context.Context, a ask) (int, time.Duration) {
		r, w := a.request("T-222222", sight{}).WithContext(ctx), httptest.NewRecorder()
		r.Header.Set("Authorization", token)
		start := time.Now()
		o.API.Config.Handler.ServeHTTP(w, r)
		return w.Code, time.Since(start)
	}
	best := time.Hour
	for range 20 {
		if code, took := times(t.Context(), room); code != http.StatusNotFound || took < 25*time.Millisecond {
			t.Errorf("%d after %v", code, took)
		}
		gone, hangUp := context.WithCancel(t.Context())
		hangUp()
		_, took := times(gone, room)
		best = min(best, took)
	}
	if best >= 25*time.Millisecond {
		t.Errorf("who hung up is waited for: %v", best)
	}
}

// TestWhoAsksTooMuchWaits: a handler who tries reference after reference is held up,
// in a new session too, and nobody else is. A desk that has much to do waits by itself.
func TestWhoAsksTooMuchWaits(t *testing.T) {
	o := handlerstest.New(t)
	asks := func(token string) int {
		r, w := roster.request("", sight{}), httptest.NewRecorder()
		r.Header.Set("Authorization", token)
		o.API.Config.Handler.ServeHTTP(w, r)
		return w.Code
	}
	desk, token := o.Dial("jonas"), session(o, "jonas")
	until := func(token string) (n int) {
		for n = 0; asks(token) == http.StatusOK && n < 20_000; n++ {
		}
		return n
	}
	if n := until(token); n < 400 || n == 20_000 {
		t.Errorf("%d requests at once are served", n)
	}
	if code := asks(session(o, "maren")); code != http.StatusOK {
		t.Errorf("a colleague gets %d", code)
	}
	if n := until(session(o, "jonas")); n > 400 {
		t.Errorf("signing in anew brings %d requests more", n)
	}
	until(token)
	if _, err := desk.Queue(t.Context(), casework.Query{}); err != nil {
		t.Errorf("a desk does not wait: %v", err)
	}
	o.Between(func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTooManyRequests) })
	})
	soon, stop := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer stop()
	if _, err := desk.Queue(soon, casework.Query{}); !errors.Is(err, casework.ErrOffline) {
		t.Errorf("a desk that waits in vain: %v", err)
	}
}
