package casework_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"tillit/handlers"
	"tillit/handlers/casework"
	"tillit/handlers/handlerstest"
	"tillit/handlers/wire"
	"tillit/store/cases"
	"tillit/store/seal"
	"tillit/store/storetest"
)

// tap keeps every byte that a desk sends.
type tap struct {
	mu   sync.Mutex
	all  []byte
	asks []wire.SessionAsk
}

func (x *tap) note(t *testing.T, r *http.Request) {
	t.Helper()
	raw, err := httputil.DumpRequest(r, true)
	if err != nil {
		t.Error(err)
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.all = append(x.all, raw...)
	if r.URL.Path != "/v1/session" {
		return
	}
	var ask wire.SessionAsk
	body, err := io.ReadAll(r.Body)
	if err == nil {
		err = json.Unmarshal(body, &ask)
	}
	if err != nil {
		t.Error(err)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	x.asks = append(x.asks, ask)
}

const sealedWords = "Kanari-æøå-7f3a/9 er det som står forseglet."

// bait is what a server has lying about and could hand to a desk: wraps and
// entries that the desk's key opens, and what is inside them.
func bait(t *testing.T, k *casework.Key) (offered [][]byte, inside []string) {
	t.Helper()
	room, err := seal.NewRoom("T-222222", "room", 1, map[string]string{"maren": k.Recipient()}, 0)
	if err != nil {
		t.Fatal(err)
	}
	// The key inside is not known even here, so a wrap with known words is
	// offered as well.
	known, err := seal.To(k.Recipient(), []byte("# tillit room-key v1 case=T-222222 room=room epoch=1\n"+sealedWords+"\n"))
	if err != nil {
		t.Fatal(err)
	}
	at := seal.Context{V: 1, Case: "T-222222", Room: "room", Epoch: 1, Seq: 1, Kind: "reporter"}
	entry, err := seal.Entry(k.Recipient(), at, cases.Encode(forged(sealedWords)))
	if err != nil {
		t.Fatal(err)
	}
	return [][]byte{room.Wraps["maren"], known, entry}, []string{sealedWords, "AGE-SECRET-KEY-PQ-1", "tillit room-key"}
}

// leaked says in which forms something that was sealed was sent.
func leaked(sent []byte, inside []string) []string {
	var found []string
	sent = []byte(strings.NewReplacer("-", "+", "_", "/").Replace(string(sent))) // one dialect of base64
	for _, words := range inside {
		forms := storetest.Forms(words)
		sum := sha256.Sum256([]byte(words))
		forms["hex"], forms["hash"] = []byte(hex.EncodeToString([]byte(words))), sum[:]
		forms["hash in hex"] = []byte(hex.EncodeToString(sum[:]))
		forms["hash in base64"] = []byte(base64.RawStdEncoding.EncodeToString(sum[:]))
		for name, form := range forms {
			if bytes.Contains(sent, []byte(strings.NewReplacer("-", "+", "_", "/").Replace(string(form)))) {
				found = append(found, name)
			}
		}
	}
	return found
}

// evil answers everything with a bait, as if it were a challenge: in each field
// that a desk reads and in some that it does not. Half of what is asked after
// sign-in it denies, so that the desk signs in again.
func evil(t *testing.T, signing ed25519.PublicKey, offer []byte, change func(hello map[string]any)) (*httptest.Server, *tap) {
	t.Helper()
	x, n := &tap{}, 0
	text := base64.RawURLEncoding.EncodeToString(offer)
	person := map[string]any{"id": text, "name": text, "role": text, "key": text, "fingerprint": text}
	answer := func(w http.ResponseWriter, fields map[string]any) {
		for _, name := range []string{"challenge", "wrap", "data", "entry", "open", "sign", "decrypt"} {
			fields[name] = offer
		}
		_ = json.NewEncoder(w).Encode(fields)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/hello", func(w http.ResponseWriter, _ *http.Request) {
		hello := map[string]any{"nonce": offer, "signing": []byte(signing), "binding": wire.BindLoopback, "now": time.Now()}
		change(hello)
		answer(w, hello)
	})
	mux.HandleFunc("POST /v1/session", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, map[string]any{"token": text, "expires": time.Now(), "me": person})
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		if n++; n%2 == 1 {
			w.WriteHeader(http.StatusUnauthorized)
		}
		answer(w, map[string]any{"org": text, "handlers": []any{person}, "external": person, "recovery": text, "next": text, "error": text,
			"cases": []cases.Case{{Ref: text, Room: text}}, "notices": []wire.Notice{{Ref: text, Kind: text}}})
	})
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		x.note(t, r)
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	return s, x
}

// TestSignInIsNoOracle puts a malicious office in front of a desk. Whatever of
// the desk's own ciphertext it offers, nothing of what is inside comes back, and
// what the desk signs is the framed sign-in and nothing else.
func TestSignInIsNoOracle(t *testing.T) {
	k := newKey(t)
	signing := newKey(t).SignPublic()
	offers, inside := bait(t, k)
	if n := len(leaked([]byte("x"+base64.URLEncoding.EncodeToString([]byte("ab"+sealedWords))), inside)); n == 0 {
		t.Fatal("what is looked for would not be found")
	}
	for i, offer := range offers {
		t.Run(fmt.Sprint("offer ", i), func(t *testing.T) {
			server, x := evil(t, signing, offer, func(map[string]any) {})
			c, err := handlerstest.SignIn(t.Context(), casework.Config{Server: server.URL, Key: k})
			if err != nil {
				t.Fatal(err)
			}
			_, _ = c.Queue(t.Context(), casework.Query{})
			_, _ = c.Notices(t.Context())
			_ = c.Assign(t.Context(), "T-222222", c.Me().ID)
			if len(x.asks) < 3 {
				t.Errorf("the desk signed in %d times; it should have done so again and again", len(x.asks))
			}
			for _, ask := range x.asks {
				signed := handlers.SignIn{Server: handlers.ServerFingerprint(signing), Signer: k.Sign(), ServerNonce: offer,
					ClientNonce: ask.ClientNonce, Binding: []byte(handlers.LoopbackBinding)}.Bytes()
				if !bytes.HasPrefix(signed, seal.Frame("tillit/sign-in/1")) || !ed25519.Verify(k.SignPublic(), signed, ask.Signature) {
					t.Error("the desk signed something that is no sign-in")
				}
			}
			if found := leaked(x.all, inside); len(found) > 0 {
				t.Errorf("what was sealed came back as %v", found)
			}
		})
	}
}

func TestAWrongServerIsRefusedBeforeAnythingIsSigned(t *testing.T) {
	k := newKey(t)
	signing := newKey(t).SignPublic()
	offers, inside := bait(t, k)
	pin := handlers.ServerFingerprint(signing)
	for name, row := range map[string]struct {
		pin  string
		want error
		do   func(hello map[string]any)
	}{
		"another fingerprint":           {handlers.ServerFingerprint(newKey(t).SignPublic()), casework.ErrServer, func(map[string]any) {}},
		"another key":                   {pin, casework.ErrServer, func(h map[string]any) { h["signing"] = []byte(newKey(t).SignPublic()) }},
		"a wrap as key":                 {pin, casework.ErrServer, func(h map[string]any) { h["signing"] = offers[0] }},
		"the start of a wrap as key":    {pin, casework.ErrServer, func(h map[string]any) { h["signing"] = offers[0][:32] }},
		"no key":                        {"", casework.ErrServer, func(h map[string]any) { delete(h, "signing") }},
		"a wrap as binding":             {pin, casework.ErrServer, func(h map[string]any) { h["binding"] = string(offers[0]) }},
		"an exporter without TLS":       {pin, casework.ErrServer, func(h map[string]any) { h["binding"] = wire.BindExporter }},
		"a certificate without TLS":     {pin, casework.ErrServer, func(h map[string]any) { h["binding"] = wire.BindCertificate }},
		"a wrap as the time":            {pin, casework.ErrOffline, func(h map[string]any) { h["now"] = offers[0] }},
		"something else than a nonce":   {pin, casework.ErrOffline, func(h map[string]any) { h["nonce"] = map[string]any{"wrap": offers[0]} }},
		"an answer that is no sentence": {pin, casework.ErrOffline, func(h map[string]any) { h["binding"] = offers }},
	} {
		t.Run(name, func(t *testing.T) {
			server, x := evil(t, signing, offers[0], row.do)
			_, err := handlerstest.SignIn(t.Context(), casework.Config{Server: server.URL, Key: k, Pin: row.pin})
			if !errors.Is(err, row.want) || len(x.asks) > 0 {
				t.Errorf("%v, want %v; signed %d times", err, row.want, len(x.asks))
			}
			if found := leaked(x.all, inside); len(found) > 0 {
				t.Errorf("what was sealed came back as %v", found)
			}
		})
	}
}

// relay is somebody between a desk and the office: it passes on what each says,
// and keeps the last sign-in and its answer.
type relay struct {
	*httptest.Server
	tap
	status int
	hold   bool // keep sign-ins back
}

func newRelay(t *testing.T, to *httptest.Server, tls bool) *relay {
	t.Helper()
	m := &relay{}
	target, err := url.Parse(to.URL)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(target)
	proxy.Transport = to.Client().Transport
	proxy.ModifyResponse = func(r *http.Response) error {
		if r.Request.URL.Path == "/v1/session" {
			m.status = r.StatusCode
		}
		return nil
	}
	m.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		m.note(t, r)
		if m.hold && r.URL.Path == "/v1/session" {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	if m.Start(); tls {
		m.Server.Close()
		m.Server = httptest.NewTLSServer(m.Config.Handler)
	}
	t.Cleanup(m.Close)
	return m
}

func TestASignInIsOfNoUseElsewhere(t *testing.T) {
	p := newOffice(t)
	secure := httptest.NewTLSServer(p.API.Config.Handler)
	t.Cleanup(secure.Close)
	plain := p.API
	dial := func(to *httptest.Server) error {
		_, err := handlerstest.SignIn(t.Context(), casework.Config{Server: to.URL, Key: p.Key("maren"), HTTP: to.Client()})
		return err
	}
	if err := dial(secure); err != nil {
		t.Fatalf("the office itself, over TLS: %v", err)
	}
	var certificate []byte
	p.Certificate = func() []byte { return certificate }
	for name, row := range map[string]struct {
		office *httptest.Server
		tls    bool
		cert   func(*relay) []byte // what the office says that its proxy shows
		want   error
	}{
		"from one TLS connection to another":  {secure, true, nil, casework.ErrDenied},
		"from TLS to loopback":                {plain, true, nil, casework.ErrServer},
		"from loopback to TLS":                {secure, false, nil, casework.ErrServer},
		"by the office's own proxy":           {plain, true, func(m *relay) []byte { return m.Certificate().Raw }, nil},
		"by a proxy that is not the office's": {plain, true, func(m *relay) []byte { return []byte("another") }, casework.ErrDenied},
	} {
		t.Run(name, func(t *testing.T) {
			m := newRelay(t, row.office, row.tls)
			p.Certificate = nil
			if row.cert != nil {
				certificate = row.cert(m)
				p.Certificate = func() []byte { return certificate }
			}
			p.Restart()
			if err := dial(m.Server); !errors.Is(err, row.want) {
				t.Errorf("%v, want %v", err, row.want)
			}
			if row.want == nil != (m.status == http.StatusOK) {
				t.Errorf("the office answered the relayed sign-in with %d", m.status)
			}
		})
	}
}

// TestASignInCountsOnceAndSoon posts what a desk signed, once more and too late.
func TestASignInCountsOnceAndSoon(t *testing.T) {
	p := newOffice(t)
	p.Clock.Add(0) // it stands still
	m := newRelay(t, p.API, false)
	enter := func(ask wire.SessionAsk) int {
		raw, err := json.Marshal(ask)
		if err != nil {
			t.Fatal(err)
		}
		res, err := http.Post(p.API.URL+"/v1/session", "application/json", bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		return res.StatusCode
	}
	sign := func() wire.SessionAsk {
		_, _ = handlerstest.SignIn(t.Context(), casework.Config{Server: m.URL, Key: p.Key("maren")})
		return m.asks[len(m.asks)-1]
	}
	if used := sign(); m.status != http.StatusOK || enter(used) != http.StatusUnauthorized {
		t.Error("a nonce that let somebody in lets in again")
	}
	m.hold = true
	p.Clock.Add(10 * time.Second)
	if fresh := sign(); enter(fresh) != http.StatusOK || enter(fresh) != http.StatusUnauthorized {
		t.Error("a held sign-in does not count once")
	}
	late := sign()
	p.Clock.Add(61 * time.Second)
	if enter(late) != http.StatusUnauthorized {
		t.Error("a nonce counts after its minute")
	}
	for name, change := range map[string]func(*wire.SessionAsk){
		"another nonce":        func(a *wire.SessionAsk) { a.Nonce = append(bytes.Clone(a.Nonce[:63]), a.Nonce[63]^1) },
		"another client nonce": func(a *wire.SessionAsk) { a.ClientNonce = make([]byte, handlers.NonceSize) },
		"no client nonce":      func(a *wire.SessionAsk) { a.ClientNonce = nil },
		"another signer":       func(a *wire.SessionAsk) { a.Signer = p.Key("jonas").Sign() },
		"a stranger":           func(a *wire.SessionAsk) { a.Signer = newKey(t).Sign() },
		"no signature":         func(a *wire.SessionAsk) { a.Signature = nil },
	} {
		p.Clock.Add(time.Minute) // sign-in counts attempts
		ask := sign()
		change(&ask)
		if got := enter(ask); got != http.StatusUnauthorized {
			t.Errorf("%s: %d", name, got)
		}
	}
}

// TestOnlyANonceOfTheDoorCounts signs what a desk never would.
func TestOnlyANonceOfTheDoorCounts(t *testing.T) {
	p := newOffice(t)
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	p.Roster.Handlers[2].Sign = public
	var hello wire.Hello
	answer := httptest.NewRecorder()
	p.API.Config.Handler.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "http://localhost/v1/hello", nil))
	if answer.Code == http.StatusOK {
		t.Error("a word from another machine in clear is answered")
	}
	res, err := http.Get(p.API.URL + "/v1/hello")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if err := json.NewDecoder(res.Body).Decode(&hello); err != nil {
		t.Fatal(err)
	}
	own := append(bytes.Clone(hello.Nonce[:32]), make([]byte, 32)...)
	for _, row := range []struct { // the one that counts spends the nonce, so it is last
		name          string
		nonce, client []byte
		binding       string
		want          int
	}{
		{"a nonce of one's own", own, make([]byte, handlers.NonceSize), handlers.LoopbackBinding, http.StatusUnauthorized},
		{"no nonce", nil, make([]byte, handlers.NonceSize), handlers.LoopbackBinding, http.StatusUnauthorized},
		{"a short client nonce", hello.Nonce, make([]byte, 8), handlers.LoopbackBinding, http.StatusUnauthorized},
		{"bound to nothing", hello.Nonce, make([]byte, handlers.NonceSize), "", http.StatusUnauthorized},
		{"a desk's, in full", hello.Nonce, make([]byte, handlers.NonceSize), handlers.LoopbackBinding, http.StatusOK},
	} {
		ask := wire.SessionAsk{Signer: handlers.SignKeyString(public), Nonce: row.nonce, ClientNonce: row.client}
		ask.Signature = ed25519.Sign(private, handlers.SignIn{Server: handlers.ServerFingerprint(hello.Signing), Signer: ask.Signer,
			ServerNonce: ask.Nonce, ClientNonce: ask.ClientNonce, Binding: []byte(row.binding)}.Bytes())
		raw, err := json.Marshal(ask)
		if err != nil {
			t.Fatal(err)
		}
		res, err := http.Post(p.API.URL+"/v1/session", "application/json", bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != row.want {
			t.Errorf("%s: %d, want %d", row.name, res.StatusCode, row.want)
		}
	}
}

// TestOnlyFailedSignInsAreCounted lets a script sign in as often as it has commands,
// and somebody who guesses ten times.
func TestOnlyFailedSignInsAreCounted(t *testing.T) {
	p := newOffice(t)
	p.Clock.Add(0) // it stands still
	dial := func(k *casework.Key) error {
		_, err := handlerstest.SignIn(t.Context(), casework.Config{Server: p.API.URL, Key: k})
		return err
	}
	for i := range 25 {
		if err := dial(p.Key("maren")); err != nil {
			t.Fatalf("sign-in %d: %v", i, err)
		}
	}
	stranger := newKey(t)
	for i := range 12 {
		want := casework.ErrDenied
		if i >= 10 {
			want = casework.ErrOffline
		}
		if err := dial(stranger); !errors.Is(err, want) {
			t.Errorf("guess %d: %v, want %v", i, err, want)
		}
	}
	if err := dial(p.Key("maren")); err != nil {
		t.Errorf("who signs is kept out by whoever guesses from the same place: %v", err)
	}
	p.Clock.Add(2 * time.Second)
	if err := dial(stranger); !errors.Is(err, casework.ErrDenied) {
		t.Errorf("two seconds later: %v", err)
	}
	if err := dial(stranger); !errors.Is(err, casework.ErrOffline) {
		t.Errorf("and once more: %v", err)
	}
}

// hasty closes connections behind a desk's back.
type hasty struct {
	*http.Transport
	after string // path
	times int
	asked int
}

func (h *hasty) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Path == "/v1/session" {
		h.asked++
	}
	if r.URL.Path != h.after || h.times == 0 {
		return h.Transport.RoundTrip(r)
	}
	h.times--
	r.Close = true // the next request needs a new connection
	return h.Transport.RoundTrip(r)
}

// TestADeskSignsInAgainByItself loses connections and sessions. The signature is
// bound to a connection, so one that is lost halfway needs another signature.
func TestADeskSignsInAgainByItself(t *testing.T) {
	p := newOffice(t)
	secure := httptest.NewTLSServer(p.API.Config.Handler)
	t.Cleanup(secure.Close)
	h := &hasty{Transport: secure.Client().Transport.(*http.Transport), after: "/v1/hello", times: 2}
	c, err := handlerstest.SignIn(t.Context(), casework.Config{Server: secure.URL, Key: p.Key("maren"), HTTP: &http.Client{Transport: h}})
	if err != nil || h.asked != 3 {
		t.Fatalf("a connection lost twice between hello and sign-in: %v, signed %d times, want 3", err, h.asked)
	}
	h.after, h.times = "/v1/queue", 1
	for range 2 {
		if _, err := c.Queue(t.Context(), casework.Query{}); err != nil || h.asked != 3 {
			t.Errorf("a session over a new connection: %v, signed %d times, want 3", err, h.asked)
		}
	}
	p.Restart() // the office forgets its sessions
	h.after, h.times = "/v1/hello", 1
	if _, err := c.Queue(t.Context(), casework.Query{}); err != nil || h.asked != 5 {
		t.Errorf("a session that was lost: %v, signed %d times, want 5", err, h.asked)
	}
	p.Restart()
	h.times = 1000
	if _, err := c.Queue(t.Context(), casework.Query{}); !errors.Is(err, casework.ErrOffline) || h.asked > 10 {
		t.Errorf("a connection that never holds: %v, signed %d times", err, h.asked)
	}
}

func TestADeskIsNotSentElsewhere(t *testing.T) {
	asked := 0
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked++ }))
	t.Cleanup(other.Close)
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL+r.URL.Path, http.StatusTemporaryRedirect)
	}))
	t.Cleanup(front.Close)
	if _, err := handlerstest.SignIn(t.Context(), casework.Config{Server: front.URL, Key: newKey(t)}); err == nil || asked > 0 {
		t.Errorf("%v; the other address was asked %d times", err, asked)
	}
}
