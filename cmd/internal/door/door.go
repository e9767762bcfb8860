// Package door serves a listener to whoever comes, strangers too: so many connections at
// once and no more, and nobody may keep one by being slow. Who has been waited for longest
// makes room for who comes; who is being answered never does. Each listener has its own
// door, so that a crowd at one of them shuts no other.
package door

import (
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// Limits are what a door lets in. Each must be more than zero.
type Limits struct {
	Connections int           // at once
	Rate        int64         // bytes a second that a body and a page must go on with
	Grace       time.Duration // how long a body or a page may fall behind that
}

// Serve answers on a listener until ctx is done, then lets requests finish. secure is what
// TLS is laid over a connection with; nil is none.
func Serve(ctx context.Context, ln net.Listener, l Limits, secure func(net.Listener) net.Listener, h http.Handler) error {
	d := &door{Listener: ln, Limits: l, in: map[*conn]struct{}{}, left: make(chan struct{}, 1)}
	srv := &http.Server{
		Handler: d.watch(h), ReadHeaderTimeout: 10 * time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10,
		ErrorLog:    log.New(io.Discard, "", 0), // net/http writes addresses of visitors there
		ConnContext: func(ctx context.Context, c net.Conn) context.Context { return context.WithValue(ctx, key{}, under(c)) },
	}
	done := make(chan error, 1)
	go func() {
		if secure != nil {
			done <- srv.Serve(secure(d))
			return
		}
		done <- srv.Serve(d)
	}()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := srv.Shutdown(stop); err != nil {
		return srv.Close()
	}
	return nil
}

type key struct{}

// under is our connection below TLS, or nil.
func under(c net.Conn) *conn {
	if secured, ok := c.(interface{ NetConn() net.Conn }); ok {
		c = secured.NetConn()
	}
	ours, _ := c.(*conn)
	return ours
}

// door is a listener that holds no more than so many connections.
type door struct {
	net.Listener
	Limits

	mu   sync.Mutex
	in   map[*conn]struct{}
	left chan struct{} // somebody left
}

// patience is how long somebody is waited for, at least, before they make room.
const patience = time.Second

// Accept implements [net.Listener].
func (d *door) Accept() (net.Conn, error) {
	c, err := d.Listener.Accept()
	if err != nil {
		return nil, err
	}
	for !d.room() {
		select {
		case <-d.left:
		case <-time.After(patience / 20):
		}
	}
	in := &conn{Conn: c, door: d}
	in.since.Store(time.Now().UnixNano())
	d.mu.Lock()
	d.in[in] = struct{}{}
	d.mu.Unlock()
	return in, nil
}

// room reports whether one more may come in. Where all places are taken, it asks the one
// out who has been waited for longest.
func (d *door) room() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.in) < d.Connections {
		return true
	}
	var slowest *conn
	longest := time.Now().Add(-patience).UnixNano()
	for c := range d.in {
		if since := c.since.Load(); since > 0 && since < longest {
			slowest, longest = c, since
		}
	}
	if slowest == nil {
		return false
	}
	delete(d.in, slowest)
	_ = slowest.Conn.Close() // Who is waited for is told nothing.
	return true
}

// conn is one connection, and since when its other end is waited for.
type conn struct {
	net.Conn
	door  *door
	since atomic.Int64 // unix nanoseconds; 0 while we work for them

	began   atomic.Int64 // the answer that is written, unix nanoseconds
	written atomic.Int64 // bytes of it
}

// waits runs what waits for the other end.
func (c *conn) waits(f func() (int, error)) (int, error) {
	was := c.since.Swap(time.Now().UnixNano())
	n, err := f()
	c.since.Store(was)
	return n, err
}

// Write implements [net.Conn]: the other end must go on reading.
func (c *conn) Write(p []byte) (int, error) {
	c.began.CompareAndSwap(0, time.Now().UnixNano())
	if err := c.SetWriteDeadline(c.door.until(time.Unix(0, c.began.Load()), c.written.Add(int64(len(p))))); err != nil {
		return 0, err
	}
	return c.waits(func() (int, error) { return c.Conn.Write(p) })
}

// Close implements [net.Conn].
func (c *conn) Close() error {
	c.door.mu.Lock()
	delete(c.door.in, c)
	c.door.mu.Unlock()
	select {
	case c.door.left <- struct{}{}:
	default:
	}
	return c.Conn.Close()
}

// until is when so many bytes of something that began must have passed.
func (l Limits) until(began time.Time, bytes int64) time.Time {
	return began.Add(l.Grace + time.Duration(float64(bytes)/float64(l.Rate)*float64(time.Second)))
}

// watch marks a connection as worked for while its request is, but for the time in which
// its body is waited for.
func (d *door) watch(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, _ := r.Context().Value(key{}).(*conn)
		if c == nil { // only what door itself accepted is served
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		c.written.Store(0)
		c.began.Store(0)
		c.since.Store(0)
		r.Body = &body{ReadCloser: r.Body, conn: c, deadline: http.NewResponseController(w).SetReadDeadline, began: time.Now()}
		defer func() { c.since.Store(time.Now().UnixNano()) }()
		next.ServeHTTP(w, r)
	})
}

// body is a request's body, which must go on coming.
type body struct {
	io.ReadCloser
	conn     *conn
	deadline func(time.Time) error
	began    time.Time
	read     int64
}

// Read implements [io.Reader].
func (b *body) Read(p []byte) (int, error) {
	if err := b.deadline(b.conn.door.until(b.began, b.read)); err != nil {
		return 0, err
	}
	n, err := b.conn.waits(func() (int, error) { return b.ReadCloser.Read(p) })
	b.read += int64(n)
	if errors.Is(err, io.EOF) { // all is here: from now on they wait for us
		if err := b.deadline(time.Time{}); err != nil {
			return n, err
		}
	}
	return n, err
}
