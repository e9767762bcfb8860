package office

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"tillit/handlers"
	"tillit/handlers/wire"
)

const (
	nonceLife   = time.Minute
	sessionLife = 15 * time.Minute
	mostSigned  = 10_000 // sessions and used nonces kept at once
	mostPeers   = 10_000
)

// signIn signs desks in. Signing in is a signature over a framed struct and never
// a decryption: it has nothing to be opened and asks for nothing to be.
type signIn struct {
	Config
	fingerprint string
	secret      []byte            // makes nonces; dies with the process
	dummy       ed25519.PublicKey // checked for signers that nobody knows

	mu       sync.Mutex
	used     map[[32]byte]time.Time   // nonces that let somebody in → when they lapse
	sessions map[[32]byte]session     // by the token's hash
	paces    map[string]*rate.Limiter // by signer: signing in again does not begin anew
	peers    map[string]*rate.Limiter
}

type session struct {
	signer  string
	peer    string
	expires time.Time
}

func newSignIn(c Config) *signIn {
	d := &signIn{Config: c, fingerprint: handlers.ServerFingerprint(c.Signing), secret: make([]byte, 32),
		used: map[[32]byte]time.Time{}, sessions: map[[32]byte]session{}, paces: map[string]*rate.Limiter{}, peers: map[string]*rate.Limiter{}}
	_, _ = rand.Read(d.secret)
	d.dummy, _, _ = ed25519.GenerateKey(rand.Reader)
	return d
}

func (d *signIn) hello(w http.ResponseWriter, r *http.Request) {
	kind, _, ok := d.binding(r)
	if !ok {
		fail(w, http.StatusForbidden, "denied")
		return
	}
	now := d.Now()
	send(w, http.StatusOK, wire.Hello{Nonce: d.nonce(now), Signing: d.Signing, Binding: kind, Now: now.UTC()})
}

// nonce is time, randomness and a MAC over both, so that asking for one costs no
// memory: only nonces that were used are remembered.
func (d *signIn) nonce(now time.Time) []byte {
	n := binary.BigEndian.AppendUint64(nil, uint64(now.Unix()))
	random := make([]byte, 24)
	_, _ = rand.Read(random)
	n = append(n, random...)
	return append(n, d.mac(n)...)
}

func (d *signIn) mac(body []byte) []byte {
	m := hmac.New(sha256.New, d.secret)
	m.Write(body)
	return m.Sum(nil)
}

func (d *signIn) fresh(nonce []byte, now time.Time) bool {
	if len(nonce) != 64 || !hmac.Equal(nonce[32:], d.mac(nonce[:32])) {
		return false
	}
	made := time.Unix(int64(binary.BigEndian.Uint64(nonce)), 0)
	return now.Sub(made) <= nonceLife
}

// session lets a desk in. Whatever is wrong, the answer and the work are the same.
func (d *signIn) session(w http.ResponseWriter, r *http.Request) {
	now := d.Now()
	var ask wire.SessionAsk
	if read(r, maxBody, &ask) != nil {
		fail(w, http.StatusBadRequest, "invalid")
		return
	}
	_, binding, bound := d.binding(r)
	me, known := d.Roster.Now().Signer(ask.Signer)
	key := me.Sign
	if !known {
		key = d.dummy
	}
	signed := handlers.SignIn{Server: d.fingerprint, Signer: ask.Signer,
		ServerNonce: ask.Nonce, ClientNonce: ask.ClientNonce, Binding: binding}.Bytes()
	valid := ed25519.Verify(key, signed, ask.Signature)
	if !valid || !known || !bound || len(ask.ClientNonce) != handlers.NonceSize || !d.fresh(ask.Nonce, now) || !d.spend(ask.Nonce, now) {
		if !d.mayFail(peer(r), now) {
			fail(w, http.StatusTooManyRequests, "busy")
			return
		}
		fail(w, http.StatusUnauthorized, "denied")
		return
	}
	token := make([]byte, 32)
	_, _ = rand.Read(token)
	expires := now.Add(sessionLife)
	d.mu.Lock()
	d.sessions[sha256.Sum256(token)] = session{signer: ask.Signer, peer: peer(r), expires: expires}
	d.mu.Unlock()
	send(w, http.StatusOK, wire.Session{Token: base64.RawURLEncoding.EncodeToString(token), Expires: expires.UTC(), Me: public(me), Rights: me.Rights})
}

// spend marks a nonce used, once, and forgets what has lapsed.
func (d *signIn) spend(nonce []byte, now time.Time) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	for n, lapses := range d.used {
		if now.After(lapses) {
			delete(d.used, n)
		}
	}
	for t, s := range d.sessions {
		if now.After(s.expires) {
			delete(d.sessions, t)
		}
	}
	id := sha256.Sum256(nonce)
	if _, again := d.used[id]; again || len(d.used) >= mostSigned || len(d.sessions) >= mostSigned {
		return false
	}
	d.used[id] = now.Add(2 * nonceLife)
	return true
}

// who finds the handler of a request, and how fast their requests may come. A token is
// of use only from where it was given; a handler whose key left the roster is out at once.
func (d *signIn) who(r *http.Request, org *handlers.Roster) (handlers.Handler, *rate.Limiter, bool) {
	text, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	token, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(token) != 32 {
		return handlers.Handler{}, nil, false
	}
	d.mu.Lock()
	s, ok := d.sessions[sha256.Sum256(token)]
	pace := d.paces[s.signer]
	if ok && pace == nil {
		pace = rate.NewLimiter(d.Limit, atOnce)
		d.paces[s.signer] = pace
	}
	d.mu.Unlock()
	if !ok || d.Now().After(s.expires) || s.peer != peer(r) {
		return handlers.Handler{}, nil, false
	}
	me, known := org.Signer(s.signer)
	return me, pace, known
}

// mayFail limits sign-ins that fail from one place: ten at once, then one in two seconds.
// More are told to wait. A signature that holds is always let in: behind a proxy all desks
// come from one place, and whoever fails there must not keep them out. Nobody can guess a
// signature, and to check one costs no more than to read what it came in.
func (d *signIn) mayFail(from string, now time.Time) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	limit := d.peers[from]
	if limit == nil {
		if len(d.peers) >= mostPeers {
			clear(d.peers)
		}
		limit = rate.NewLimiter(d.Tries, triesBurst)
		d.peers[from] = limit
	}
	return limit.AllowN(now, 1)
}

// binding returns what ties a sign-in to this connection; false when the
// connection is neither encrypted nor within the machine.
func (d *signIn) binding(r *http.Request) (kind string, value []byte, ok bool) {
	if r.TLS != nil {
		value, err := r.TLS.ExportKeyingMaterial(wire.ExporterLabel, nil, 32)
		return wire.BindExporter, value, err == nil
	}
	if d.Certificate != nil {
		sum := sha256.Sum256(d.Certificate())
		return wire.BindCertificate, sum[:], true
	}
	from := peer(r)
	ip := net.ParseIP(from) // nil for a zone and the like: not ours
	return wire.BindLoopback, []byte(handlers.LoopbackBinding), from == "" || ip != nil && ip.IsLoopback()
}

// peer is where a request comes from; empty on a unix socket.
func peer(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return ""
	}
	return host
}
