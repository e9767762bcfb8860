package casework

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"
	fastjson "github.com/go-json-experiment/json"

	"tillit/handlers/wire"

	"tillit/handlers"
	"tillit/handlers/routine"
)

// Errors of reaching an office.
var (
	ErrDenied = errors.New("the office does not know this key")
	ErrServer = errors.New("this is not the server that this desk knows")
	ErrRight  = errors.New("this is not among your rights")
	// ErrAddress and ErrHTTPS are about the address that was given.
	ErrAddress = errors.New("the server's address is not whole, for example https://office.example")
	ErrHTTPS   = errors.New("the server must be reached by https")

	errStale  = errors.New("stale")
	errDenied = errors.New("session lapsed")
	errPace   = errors.New("too many requests")
)

// Config says which office to reach, as whom.
type Config struct {
	Server    string // https://…, or http:// on loopback
	Key       *Key
	Pin       string // the server's fingerprint; empty trusts the first one met
	StateFile string // heads of rooms seen; empty forgets at exit
	HTTP      *http.Client
	Now       func() time.Time // nil is time.Now
}

// Client is a signed-in desk. It is safe for concurrent use.
type Client struct {
	base string
	key  *Key
	pin  string
	http http.Client
	mem  *memory
	kept kept
	now  func() time.Time
	// glances are what lists show of what was opened.
	glances glances

	roster wire.RosterAnswer // set by Dial, never changed after

	mu       sync.Mutex        // guards what a new sign-in replaces, and the routines
	routines map[string]manual // by version
	token    string
	me       wire.Person
	rights   []string
	signing  ed25519.PublicKey
	skew     time.Duration // how far this machine's clock is behind the server's
}

// Dial signs in and reads the roster.
func Dial(ctx context.Context, c Config) (*Client, error) {
	u, err := url.Parse(c.Server)
	if err != nil || u.Host == "" {
		return nil, ErrAddress
	}
	if u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())) {
		return nil, ErrHTTPS
	}
	mem, err := remember(c.StateFile)
	if err != nil {
		return nil, fmt.Errorf("reading the file of heads: %w", err)
	}
	client := &Client{base: strings.TrimRight(c.Server, "/"), key: c.Key, pin: c.Pin, mem: mem, now: c.Now, kept: newKept(), routines: map[string]manual{}}
	if client.now == nil {
		client.now = time.Now
	}
	if c.HTTP != nil {
		client.http = *c.HTTP
	}
	// An office never sends its desks elsewhere; another address is not it.
	client.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	if err := client.signIn(ctx); err != nil {
		return nil, err
	}
	return client, client.call(ctx, "GET", "/v1/roster", nil, &client.roster)
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Me returns who this desk is.
func (c *Client) Me() Handler {
	c.mu.Lock()
	defer c.mu.Unlock()
	return handlerOf(c.me)
}

// May says whether the organisation file gives this handler a right.
func (c *Client) May(right string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Contains(c.rights, right)
}

// server returns the key that the server signs the chain with.
func (c *Client) server() ed25519.PublicKey {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.signing
}

// Handlers returns the colleagues of the organisation file, and who can work with them
// from outside once they are given a key.
func (c *Client) Handlers() []Handler {
	return append(shown(c.roster.Handlers), shown(c.roster.Outside)...)
}

func shown(people []wire.Person) (all []Handler) {
	for _, p := range people {
		h := handlerOf(p)
		h.Fingerprint = handlers.Fingerprint(p.Key, p.Sign)
		all = append(all, h)
	}
	return all
}

// Org returns what the organisation is called.
func (c *Client) Org() string { return c.roster.Org }

// Zone returns the time zone in which the office's days begin, and this machine's
// own when it does not know that one.
func (c *Client) Zone() *time.Location {
	if z, err := time.LoadLocation(c.roster.Zone); err == nil && c.roster.Zone != "" {
		return z
	}
	return time.Local
}

// time returns the moment by the server's clock, which decides the hour in which
// an entry may be written: a desk's clock may be wrong.
func (c *Client) time() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now().Add(c.skew).UTC()
}

// signIn signs in, again if the connection changed between the server's first
// word and the signature: pages that work at the same time share connections.
func (c *Client) signIn(ctx context.Context) error {
	for range 5 {
		moved, err := c.trySignIn(ctx)
		if errors.Is(err, errPace) {
			return ErrOffline // too many failed; trying on would make it worse
		}
		if !moved {
			return err
		}
	}
	return ErrOffline
}

// trySignIn signs the server's fingerprint and both nonces. Nothing that the server
// sends is opened, whatever it looks like: only the framed struct is signed.
// Moved says that the signature reached the server on another connection than
// the one that it is bound to.
func (c *Client) trySignIn(ctx context.Context) (moved bool, err error) {
	var hello wire.Hello
	response, err := c.send(ctx, "GET", "/v1/hello", nil, &hello)
	if err != nil {
		return false, err
	}
	skew := hello.Now.Sub(c.now())
	if len(hello.Signing) != ed25519.PublicKeySize {
		return false, ErrServer
	}
	fingerprint := handlers.ServerFingerprint(hello.Signing)
	if err := c.expect(fingerprint); err != nil {
		return false, err
	}
	binding, err := bind(response, hello.Binding)
	if err != nil {
		return false, err
	}
	ask := wire.SessionAsk{Signer: c.key.Sign(), Nonce: hello.Nonce, ClientNonce: make([]byte, handlers.NonceSize)}
	_, _ = rand.Read(ask.ClientNonce)
	ask.Signature = ed25519.Sign(c.key.sign, handlers.SignIn{Server: fingerprint, Signer: ask.Signer,
		ServerNonce: ask.Nonce, ClientNonce: ask.ClientNonce, Binding: binding}.Bytes())
	var session wire.Session
	response, err = c.send(ctx, "POST", "/v1/session", ask, &session)
	if errors.Is(err, errDenied) {
		used, bindErr := bind(response, hello.Binding)
		return bindErr == nil && !bytes.Equal(used, binding), ErrDenied
	}
	if err != nil {
		return false, err
	}
	c.mu.Lock()
	c.token, c.me, c.signing, c.skew = session.Token, session.Me, hello.Signing, skew
	c.rights = session.Rights
	c.mu.Unlock()
	return false, nil
}

// expect compares the server with the pin, or with the one first met.
func (c *Client) expect(fingerprint string) error {
	c.mem.mu.Lock()
	known := c.mem.Server
	c.mem.mu.Unlock()
	if c.pin != "" {
		known = c.pin
	}
	if known == "" {
		return c.mem.change(func() { c.mem.Server = fingerprint })
	}
	if known != fingerprint {
		return ErrServer
	}
	return nil
}

// bind computes what ties the signature to the connection from this end; the
// server's word only chooses how, and never "loopback" over a network.
func bind(r *http.Response, kind string) ([]byte, error) {
	switch {
	case r.TLS == nil && kind == wire.BindLoopback:
		return []byte(handlers.LoopbackBinding), nil
	case r.TLS != nil && kind == wire.BindExporter:
		return r.TLS.ExportKeyingMaterial(wire.ExporterLabel, nil, 32)
	case r.TLS != nil && kind == wire.BindCertificate && len(r.TLS.PeerCertificates) > 0:
		sum := sha256.Sum256(r.TLS.PeerCertificates[0].Raw)
		return sum[:], nil
	}
	return nil, ErrServer
}

// patience is how long a request that came too soon after others is made again.
// Nothing was done of it.
const patience = time.Minute

// call makes a request as the handler. One that came too soon, as happens when many
// cases are gone through at once, is made again later.
func (c *Client) call(ctx context.Context, method, path string, body, into any) error {
	_, err := backoff.Retry(ctx, func() (struct{}, error) {
		err := c.callOnce(ctx, method, path, body, into)
		if err != nil && !errors.Is(err, errPace) {
			err = backoff.Permanent(err)
		}
		return struct{}{}, err
	}, backoff.WithBackOff(backoff.NewConstantBackOff(time.Second)), backoff.WithMaxElapsedTime(patience))
	if gaveUp := context.Cause(ctx); errors.Is(err, errPace) || gaveUp != nil && errors.Is(err, gaveUp) {
		return ErrOffline
	}
	return err
}

// callOnce makes a request; when the session has lapsed it signs in once more and
// repeats.
func (c *Client) callOnce(ctx context.Context, method, path string, body, into any) error {
	_, err := c.send(ctx, method, path, body, into)
	if errors.Is(err, errDenied) {
		if err := c.signIn(ctx); err != nil {
			return err
		}
		_, err = c.send(ctx, method, path, body, into)
	}
	return err
}

func (c *Client) send(ctx context.Context, method, path string, body, into any) (*http.Response, error) {
	data, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	if body == nil {
		data = nil
	}
	r, err := http.NewRequestWithContext(ctx, method, c.base+path, bytes.NewReader(data))
	if err != nil {
		return nil, ErrOffline
	}
	c.mu.Lock()
	r.Header.Set("Authorization", "Bearer "+c.token)
	c.mu.Unlock()
	response, err := c.http.Do(r)
	if err != nil {
		return nil, ErrOffline // the error would hold the address with a reference in it
	}
	defer func() { _, _ = io.Copy(io.Discard, response.Body); _ = response.Body.Close() }()
	if err := status(response); err != nil {
		return response, err
	}
	if into == nil {
		return response, nil
	}
	if fastjson.UnmarshalRead(io.LimitReader(response.Body, 256<<20), into) != nil {
		return nil, ErrOffline
	}
	return response, nil
}

func status(r *http.Response) error {
	switch r.StatusCode {
	case http.StatusOK:
		return nil
	case http.StatusNotFound:
		return ErrUnknown
	case http.StatusConflict:
		var f wire.Fault
		if json.NewDecoder(io.LimitReader(r.Body, 4096)).Decode(&f) == nil && f.Error == wire.Refused {
			return &routine.Refusal{Key: f.Why, Person: f.Person}
		}
		return errStale
	case http.StatusUnauthorized:
		return errDenied
	case http.StatusServiceUnavailable:
		return ErrOffline
	case http.StatusTooManyRequests:
		return errPace
	case http.StatusForbidden:
		var f wire.Fault
		_ = json.NewDecoder(io.LimitReader(r.Body, 4096)).Decode(&f) // another fault is no word of ours
		if f.Error == wire.NoRight {
			return ErrRight
		}
	}
	return StatusError(r.StatusCode)
}

// StatusError is an answer of the office's that says nothing but that it failed.
type StatusError int

// Error implements error.
func (s StatusError) Error() string { return fmt.Sprintf("the office server answered %d", int(s)) }

// Queue returns a page of the cases that this handler can open.
func (c *Client) Queue(ctx context.Context, q Query) (Page, error) {
	v := url.Values{"view": {q.View}, "ref": {q.Ref}, "page": {q.Page}, "size": {strconv.Itoa(q.Size)},
		"holder": {q.Holder}, "level": {q.Level}, "phase": {q.Phase}, "flag": {q.Flag}, "channel": {q.Channel}}
	var a wire.QueueAnswer
	err := c.call(ctx, "GET", "/v1/queue?"+v.Encode(), nil, &a)
	return Page{Cases: a.Cases, Next: a.Next}, err
}

// Notices returns what waits, without content.
func (c *Client) Notices(ctx context.Context) ([]wire.Notice, error) {
	var a wire.NoticesAnswer
	err := c.call(ctx, "GET", "/v1/notices", nil, &a)
	return a.Notices, err
}

func roomPath(ref, verb string) string { return "/v1/rooms/" + url.PathEscape(ref) + verb }
