package door_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"tillit/cmd/internal/door"
)

// open serves h and returns its address, and how many connections are held at most.
func open(t *testing.T, l door.Limits, h http.Handler) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- door.Serve(ctx, ln, l, nil, h) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil && !errors.Is(err, net.ErrClosed) && !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	})
	return ln.Addr().String()
}

func dial(t *testing.T, address, first string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if _, err := io.WriteString(c, first); err != nil {
		t.Fatal(err)
	}
	return c
}

const head = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: "

// TestWhoIsWaitedForMakesRoom: ten times as many strangers as there are places, who say
// nothing, half a head, half a body, or do not read their answer. Somebody who comes after
// them is answered, and who is being answered meanwhile keeps their place.
func TestWhoIsWaitedForMakesRoom(t *testing.T) {
	release, working := make(chan struct{}), make(chan struct{})
	long := strings.Repeat("x", 8<<20)
	address := open(t, door.Limits{Connections: 12, Rate: 4 << 10, Grace: time.Minute}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		switch r.URL.Path {
		case "/work":
			close(working)
			<-release
		case "/long":
			_, _ = io.WriteString(w, long)
		}
		_, _ = io.WriteString(w, "here")
	}))
	worked := dial(t, address, "GET /work HTTP/1.1\r\nHost: x\r\n\r\n")
	<-working
	for i := range 60 {
		dial(t, address, []string{"", "POST / HT", head + "100\r\n\r\nhalf", "GET /long HTTP/1.1\r\nHost: x\r\n\r\n"}[i%4])
	}
	began := time.Now()
	client := &http.Client{Timeout: 20 * time.Second}
	answer, err := client.Post("http://"+address, "text/plain", strings.NewReader("words"))
	if err != nil {
		t.Fatalf("who came after the crowd: %v", err)
	}
	answer.Body.Close()
	if took := time.Since(began); took > 15*time.Second {
		t.Errorf("who came after the crowd waited %v", took)
	}
	close(release)
	if answer, err := http.ReadResponse(bufio.NewReader(worked), nil); err != nil || answer.StatusCode != 200 {
		t.Errorf("who was being answered was sent away: %v", err)
	}
}

// TestNoMoreThanThereArePlaces: what a crowd holds here is bounded, however many they are.
func TestNoMoreThanThereArePlaces(t *testing.T) {
	var inside, most atomic.Int64
	address := open(t, door.Limits{Connections: 5, Rate: 4 << 10, Grace: time.Minute}, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if n := inside.Add(1); n > most.Load() {
			most.Store(n)
		}
		_, _ = io.Copy(io.Discard, r.Body)
		inside.Add(-1)
	}))
	for range 60 {
		dial(t, address, head+"100\r\n\r\nhalf")
	}
	for end := time.Now().Add(3 * time.Second); time.Now().Before(end) && most.Load() < 5; time.Sleep(10 * time.Millisecond) {
	}
	time.Sleep(1500 * time.Millisecond)   // the first make room for others
	if n := most.Load(); n < 5 || n > 6 { // one who was sent away may not have noticed yet
		t.Errorf("%d bodies were waited for at once, with 5 places", n)
	}
}

// TestABodyGoesOn: a body that comes slowly and steadily is taken whole; one that stands
// still ends, and its person gets an answer.
func TestABodyGoesOn(t *testing.T) {
	got := make(chan string, 1)
	address := open(t, door.Limits{Connections: 10, Rate: 1000, Grace: 500 * time.Millisecond}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		got <- fmt.Sprint(len(b), err != nil)
		time.Sleep(700 * time.Millisecond) // we may take our time: only they may not
		if r.Context().Err() == nil {
			_, _ = io.WriteString(w, "kept")
		}
	}))
	steady := dial(t, address, head+"3000\r\n\r\n")
	for range 30 {
		if _, err := io.WriteString(steady, strings.Repeat("a", 100)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(50 * time.Millisecond)
	}
	if s := <-got; s != "3000 false" {
		t.Errorf("a steady body came as %s", s)
	}
	answer, err := http.ReadResponse(bufio.NewReader(steady), nil)
	if err != nil {
		t.Fatal(err)
	}
	if b, _ := io.ReadAll(answer.Body); string(b) != "kept" {
		t.Errorf("the answer to a steady body is %q", b)
	}
	dial(t, address, head+"3000\r\n\r\n"+strings.Repeat("a", 100))
	select {
	case s := <-got:
		if s != "100 true" {
			t.Errorf("a body that stands still came as %s", s)
		}
	case <-time.After(5 * time.Second):
		t.Error("a body that stands still is waited for")
	}
}

// TestOverTLS: the same door under TLS.
func TestOverTLS(t *testing.T) {
	made := httptest.NewUnstartedServer(nil)
	made.StartTLS()
	pair, client := made.TLS.Certificates, made.Client()
	made.Close()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		done <- door.Serve(ctx, ln, door.Limits{Connections: 3, Rate: 1000, Grace: time.Minute}, func(ln net.Listener) net.Listener {
			return tls.NewListener(ln, &tls.Config{MinVersion: tls.VersionTLS13, Certificates: pair})
		}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(w, r.Body) }))
	}()
	for range 10 {
		dial(t, ln.Addr().String(), "")
	}
	answer, err := client.Post("https://"+ln.Addr().String(), "text/plain", strings.NewReader("words"))
	if err != nil {
		t.Fatal(err)
	}
	if b, _ := io.ReadAll(answer.Body); string(b) != "words" {
		t.Errorf("%q came back", b)
	}
	answer.Body.Close()
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}
