package daemon

import (
	"context"
	"io"
	"log"
	"net/http"
	"time"
)

// discardLog swallows net/http's own words: they name visitors' addresses.
var discardLog = log.New(io.Discard, "", 0)

// operator is the operator's listener: alive, and able to write. It tells
// nothing about cases, not even how many there are.
func operator(writable func(context.Context) error) http.Handler {
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
		_, _ = io.WriteString(w, "ready\n")
	})
	return mux
}
