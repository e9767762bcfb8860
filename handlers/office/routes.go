package office

import (
	"context"
	"errors"
	"net/http"
	"time"

	"tillit/handlers"
	"tillit/handlers/routine"
	"tillit/handlers/wire"
	"tillit/store"
)

// route is one way into the API. What the API serves is this list and nothing else, and
// its tests go over the same list: each route has rows there of who gets what.
type route struct {
	pattern string
	// open is served to whoever comes: they are signing in. Every other route has do.
	open http.HandlerFunc
	do   action
}

func (s *server) routes() []route {
	return []route{
		{pattern: "GET /v1/hello", open: s.signIn.hello},
		{pattern: "POST /v1/session", open: s.signIn.session},
		{pattern: "GET /v1/queue", do: (*server).queue},
		{pattern: "GET /v1/roster", do: (*server).roster},
		{pattern: "GET /v1/notices", do: (*server).notices},
		{pattern: "GET /v1/certificates", do: (*server).certificates},
		{pattern: "GET /v1/routines/{version}", do: (*server).routine},
		{pattern: "POST /v1/cases", do: (*server).register},
		{pattern: "GET /v1/rooms/{ref}", do: (*server).room},
		{pattern: "GET /v1/rooms/{ref}/log", do: (*server).blind},
		{pattern: "POST /v1/rooms/{ref}/acts", do: (*server).act},
		{pattern: "POST /v1/rooms/{ref}/read", do: (*server).read},
		{pattern: "POST /v1/rooms/{ref}/wraps", do: (*server).confirm},
	}
}

// mux serves the routes.
func (s *server) mux() http.Handler {
	mux := http.NewServeMux()
	for _, r := range s.routes() {
		if r.open != nil {
			mux.HandleFunc(r.pattern, r.open)
		} else {
			mux.HandleFunc(r.pattern, s.as(r.do))
		}
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { fail(w, http.StatusNotFound, "unknown") })
	return mux
}

// action is a request of somebody who has signed in. What it returns is the
// answer's JSON; nil is an empty success.
type action func(s *server, r *http.Request, me handlers.Handler) (any, error)

var (
	errInvalid = errors.New("invalid request")
	errRight   = errors.New("not among this handler's rights")
)

func (s *server) as(do action) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		begun := time.Now()
		s := s.now()
		me, pace, ok := s.signIn.who(r, s.org)
		if !ok {
			fail(w, http.StatusUnauthorized, "denied")
			return
		}
		if !pace.Allow() {
			fail(w, http.StatusTooManyRequests, "busy")
			return
		}
		answer, err := do(s, r, me)
		if err != nil {
			pause(r.Context(), s.Refuse-time.Since(begun))
			s.failed(w, r, err)
			return
		}
		if answer == nil {
			answer = struct{}{}
		}
		send(w, http.StatusOK, answer)
	}
}

// now is the server for one request.
func (s *server) now() *server {
	at := *s
	at.org = s.Roster.Now()
	return &at
}

// pause waits, or until nobody waits for the answer any more.
func pause(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

// failed answers by class. The error itself stays here: nothing promises that
// it names no case.
func (s *server) failed(w http.ResponseWriter, r *http.Request, err error) {
	var refusal *routine.Refusal
	switch {
	case errors.Is(err, store.ErrUnknown):
		fail(w, http.StatusNotFound, "unknown")
	case errors.Is(err, store.ErrStale):
		fail(w, http.StatusConflict, "stale")
	case errors.Is(err, store.ErrBusy), errors.Is(err, store.ErrUnavailable):
		fail(w, http.StatusServiceUnavailable, "busy")
	case errors.Is(err, store.ErrKeptOut):
		send(w, http.StatusConflict, wire.Fault{Error: wire.Refused, Why: routine.RefusedKeptOut})
	case errors.As(err, &refusal) && refusal.Key == routine.RefusedRight:
		fail(w, http.StatusForbidden, wire.NoRight)
	case errors.As(err, &refusal):
		send(w, http.StatusConflict, wire.Fault{Error: wire.Refused, Why: refusal.Key, Person: refusal.Person})
	case errors.Is(err, errRight):
		fail(w, http.StatusForbidden, wire.NoRight)
	case errors.Is(err, errInvalid), errors.Is(err, store.ErrInvalid), errors.Is(err, store.ErrRefused):
		fail(w, http.StatusBadRequest, "invalid")
	case r.Context().Err() != nil:
		fail(w, http.StatusServiceUnavailable, "busy")
	default:
		s.Log.Error("office request failed", "route", r.Pattern)
		fail(w, http.StatusInternalServerError, "internal")
	}
}
