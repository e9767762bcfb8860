package casework_test

import (
	"crypto/ed25519"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"tillit/handlers/casework"
	"tillit/handlers/handlerstest"
	"tillit/handlers/wire"
	"tillit/intake"
	"tillit/store/cases"
)

// forgetful is an office whose sessions lapse after three requests, so that
// whoever works with it signs in again and again.
func forgetful(t *testing.T) (url string, signIns *atomic.Int64) {
	t.Helper()
	signing, _, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	signIns = new(atomic.Int64)
	var asked atomic.Int64
	send := func(w http.ResponseWriter, v any) { _ = json.NewEncoder(w).Encode(v) }
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/hello", func(w http.ResponseWriter, _ *http.Request) {
		send(w, wire.Hello{Nonce: make([]byte, 64), Signing: signing, Binding: wire.BindLoopback})
	})
	mux.HandleFunc("POST /v1/session", func(w http.ResponseWriter, _ *http.Request) {
		n := signIns.Add(1)
		send(w, wire.Session{Token: strconv.FormatInt(n, 10), Me: wire.Person{ID: "maren", Name: "Maren V."}})
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/v1/roster" && asked.Add(1)%3 == 0 {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		send(w, cases.Room{})
	})
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s.URL, signIns
}

// TestWorkWhileSigningInAgain works from several pages at once while sessions
// lapse; the race detector holds that a new sign-in disturbs nobody.
func TestWorkWhileSigningInAgain(t *testing.T) {
	url, signIns := forgetful(t)
	key, err := casework.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	c, err := handlerstest.SignIn(t.Context(), casework.Config{Server: url, Key: key})
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 20 {
				_, _ = c.Case(t.Context(), "T-222222")                      // its key opens nothing here
				_ = c.Note(t.Context(), "T-222222", intake.NewPrivate("x")) // nor does this
				if me := c.Me(); me.ID != "maren" {
					t.Errorf("the desk is %q", me.ID)
				}
			}
		})
	}
	all.Wait()
	if signIns.Load() < 2 {
		t.Error("the desk never signed in again")
	}
}
