package desk

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tillit/handlers/casework"
	"tillit/handlers/handlerstest"
)

// pipes is a listener within the process, so that time can be made to pass.
type pipes struct {
	conns chan net.Conn
	addr  net.Addr
	done  chan struct{}
}

func newPipes(addr net.Addr) *pipes {
	return &pipes{make(chan net.Conn), addr, make(chan struct{})}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}
func (p *pipes) Addr() net.Addr { return p.addr }
func (p *pipes) Close() error {
	select {
	case <-p.done:
	default:
		close(p.done)
	}
	return nil
}
func (p *pipes) dial(context.Context, string, string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	select {
	case p.conns <- theirs:
		return ours, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

// serveFor runs a desk for the length of a test.
func serveFor(t *testing.T, work Casework, ln net.Listener) (links chan string) {
	t.Helper()
	links = make(chan string, 10)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- Serve(ctx, Config{Work: work, OnLink: func(u string) { links <- u }}, ln) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return links
}

// use signs a client in with a link.
func use(t *testing.T, c *http.Client, link string) (base string) {
	t.Helper()
	u, err := url.Parse(link)
	if err != nil {
		t.Fatal(err)
	}
	base = "http://" + u.Host
	res, err := c.PostForm(base+"/in", url.Values{"t": {u.Query().Get("t")}})
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusOK {
		t.Fatalf("signing in: %d", res.StatusCode)
	}
	return base
}

func get(t *testing.T, c *http.Client, url string) (int, http.Header) {
	t.Helper()
	res, err := c.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, res.Body)
	res.Body.Close()
	return res.StatusCode, res.Header
}

func newJar(t *testing.T) http.CookieJar {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return jar
}

func TestServeIsForThisMachineAlone(t *testing.T) {
	for name, addr := range map[string]net.Addr{
		"all interfaces": &net.TCPAddr{IP: net.IPv4zero, Port: 7401}, "all, IPv6": &net.TCPAddr{IP: net.IPv6unspecified, Port: 7401},
		"a network": &net.TCPAddr{IP: net.IPv4(192, 0, 2, 7), Port: 7401}, "a file": &net.UnixAddr{Name: "desk", Net: "unix"},
	} {
		ln := newPipes(addr)
		soon, cancel := context.WithTimeout(t.Context(), time.Second)
		err := Serve(soon, Config{OnLink: func(string) { t.Errorf("%s: a link was given out", name) }}, ln)
		if !errors.Is(err, ErrNotLoopback) {
			t.Errorf("%s: %v, want %v", name, err, ErrNotLoopback)
		}
		if _, err := ln.Accept(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("%s: the listener is left open", name)
		}
		cancel()
	}
}

func TestServedDeskAnswersToItsOwnName(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	o := handlerstest.New(t)
	ref := o.Report("lin", "x")
	links := serveFor(t, o.Dial("maren"), ln)
	c := &http.Client{Jar: newJar(t)}
	base := use(t, c, <-links)
	if code, _ := get(t, c, base+"/"); code != http.StatusOK {
		t.Fatalf("its own name: %d", code)
	}
	_, port, _ := net.SplitHostPort(ln.Addr().String())
	for _, host := range []string{"evil.example:" + port, "localhost:" + port, "127.0.0.1", "127.0.0.1:1", "127.0.0.1.evil.example:" + port, ""} {
		req, err := http.NewRequest(http.MethodGet, base+"/", nil)
		if err != nil {
			t.Fatal(err)
		}
		if req.Host = host; host == "" {
			req.Host = " "
		}
		res, err := c.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(res.Body)
		res.Body.Close()
		if res.StatusCode == http.StatusOK || strings.Contains(string(body), ref) {
			t.Errorf("host %q: %d", host, res.StatusCode)
		}
	}
}

func TestTwoDesksInOneBrowser(t *testing.T) {
	o := handlerstest.New(t)
	c := &http.Client{Jar: newJar(t)}
	var bases []string
	for range 2 {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		bases = append(bases, use(t, c, <-serveFor(t, o.Dial("maren"), ln)))
	}
	for i, base := range bases {
		if code, _ := get(t, c, base+"/"); code != http.StatusOK {
			t.Errorf("desk %d was signed out by the other: %d", i, code)
		}
	}
}

// TestAnUnusedDeskLocksByItself lets time pass without a request.
func TestAnUnusedDeskLocksByItself(t *testing.T) {
	o := handlerstest.New(t)
	ref := o.Report("lin", "x")
	maren := o.DialOver("maren", &handlerstest.Line{})
	synctest.Test(t, func(t *testing.T) {
		ln := newPipes(&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 7401})
		links := serveFor(t, maren, ln)
		c := &http.Client{Jar: newJar(t), Transport: &http.Transport{DialContext: ln.dial, DisableKeepAlives: true}}
		base := use(t, c, <-links)
		time.Sleep(9 * time.Minute)
		if code, _ := get(t, c, base+"/"); code != http.StatusOK {
			t.Fatalf("in use: %d", code)
		}
		time.Sleep(9 * time.Minute)
		select {
		case <-links:
			t.Fatal("it locked while it was in use")
		default:
		}
		time.Sleep(time.Minute + 16*time.Second)
		select {
		case <-links:
		default:
			t.Fatal("it did not lock")
		}
		if code, _ := get(t, c, base+"/case/"+ref); code != http.StatusUnauthorized {
			t.Errorf("after the lock: %d", code)
		}
	})
}

// slow is a line on which a reply takes its time.
type slow struct {
	handlerstest.Line
	asked chan struct{} // made where time is made up
}

func (s *slow) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasSuffix(r.URL.Path, "/acts") {
		close(s.asked)
		time.Sleep(time.Second)
	}
	return s.Line.RoundTrip(r)
}

// TestAReplyUnderWayIsFinished stops the desk while a reply is being sent.
func TestAReplyUnderWayIsFinished(t *testing.T) {
	o, line := handlerstest.New(t), &slow{}
	ref := o.Report("lin", "x")
	began := time.Now() // the desk's clock is not the made-up one, by which nothing could be written
	maren, err := o.DialWith(casework.Config{Key: o.Key("maren"), HTTP: &http.Client{Transport: line}, Now: func() time.Time { return began }})
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		ln := newPipes(&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 7401})
		line.asked = make(chan struct{})
		ctx, stop := context.WithCancel(t.Context())
		go func() {
			<-line.asked
			stop()
		}()
		links := make(chan string, 1)
		done := make(chan error, 1)
		go func() { done <- Serve(ctx, Config{Work: maren, OnLink: func(u string) { links <- u }}, ln) }()
		c := &http.Client{Jar: newJar(t), Transport: &http.Transport{DialContext: ln.dial, DisableKeepAlives: true}}
		at := use(t, c, <-links) + "/case/" + ref
		res, err := c.PostForm(at+"/act/reply", url.Values{"id": {"one"}, "text": {"words"}})
		if err != nil {
			t.Fatal(err)
		}
		page, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		form := hidden(string(page))
		form.Set("do", "do")
		go func() { _, _ = c.PostForm(at+"/act/reply", form) }()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if line.Did("/acts") != 1 {
			t.Error("the desk was gone before the reply was sent")
		}
		synctest.Wait()
	})
	if !o.Reporter("lin").Waits() {
		t.Error("the reporter has no reply")
	}
}

// TestForgottenPagesDoNotKeepTheDeskOpen follows what the browser asks for by
// itself in three tabs that nobody looks at.
func TestForgottenPagesDoNotKeepTheDeskOpen(t *testing.T) {
	r := newRig(t).signIn("first")
	start := r.now
	type tab struct {
		path string
		at   time.Time
	}
	var tabs []tab
	reload := func(path string) bool {
		w := r.do("GET", path, nil)
		seconds, next, ok := strings.Cut(w.Header().Get("Refresh"), "; url=")
		n, err := strconv.Atoi(seconds)
		if ok && err == nil {
			tabs = append(tabs, tab{next, r.now.Add(time.Duration(n) * time.Second)})
		}
		return w.Code == http.StatusOK
	}
	for _, path := range []string{"/?view=mine", r.at, r.file() + "?show=1"} {
		r.now = r.now.Add(4 * time.Minute)
		if !reload(path) {
			t.Fatal(path)
		}
	}
	for len(tabs) > 0 {
		first := tabs[0]
		tabs = tabs[1:]
		if first.at.After(r.now) {
			r.now = first.at
		}
		if r.now.Sub(start) > time.Hour {
			t.Fatal("three forgotten pages keep the desk open")
		}
		if open := reload(first.path); open != (r.now.Sub(start) < 22*time.Minute) {
			t.Errorf("after %v the page is open: %v", r.now.Sub(start), open)
		}
	}
	if len(r.links) != 1 {
		t.Errorf("%d locks, want 1", len(r.links))
	}
}

func TestAPreviewLeavesTheScreen(t *testing.T) {
	r := newRig(t).signIn("first")
	w := r.fill("reply", url.Values{"text": {"words"}})
	if got := w.Header().Get("Refresh"); got != "602; url="+r.act("reply")+"?auto=1" {
		t.Errorf("Refresh: %q", got)
	}
	for _, path := range []string{"reply", "note"} {
		if got := r.do("GET", r.act(path), nil).Header().Get("Refresh"); got != "" {
			t.Errorf("what is typed at %s vanishes: %q", path, got)
		}
	}
}
