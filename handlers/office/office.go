// Package office is the HTTP API that the daemon serves to handlers' desks. It
// hands out ciphertext and takes ciphertext; it can open nothing. The one thing
// that it reads is a reply on its way to the reporter.
//
// A case that is not the caller's gets exactly the answer of a case that never
// existed, after the same look-up.
package office

import (
	"cmp"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"tillit/handlers/wire"
	"tillit/intake/hosts"
	"tillit/store/cases"

	"tillit/handlers"
	"tillit/store"
)

// Store is what the API needs of the store.
type Store interface {
	Queue(ctx context.Context, handler string, q QueueQuery) ([]cases.Case, string, error)
	Read(ctx context.Context, handler, ref string, after int64, others []string) (cases.Room, error)
	Blind(ctx context.Context, handler, ref string, after int64) (cases.Room, error)
	Act(ctx context.Context, a store.Act) error
	Confirm(ctx context.Context, handler, ref string, epoch int, sum []byte, others []string) error
	Opened(ctx context.Context, ref string, candidates []string) ([]cases.Access, []string, error)
	Register(ctx context.Context, r store.Registering) (ref string, err error)
	MarkRead(ctx context.Context, handler, ref string, seq int64) error
	Notices(ctx context.Context, handler string) ([]cases.Notice, error)
	Certificates(ctx context.Context, handler, before string) (page []cases.Certificate, more bool, err error)
}

// Renderer turns words for a reporter into what the conversation holds, as it stands:
// the words, and the notice that words are waiting.
type Renderer func(reporter store.Idle, words cases.Outgoing) (line, notice store.Line, err error)

// Config is what an API needs to know.
type Config struct {
	Store    Store
	Roster   *handlers.Current
	Routines *handlers.Routines // by which cases are worked; nil is none
	Signing  ed25519.PublicKey  // the key that the store signs the chain with
	Render   Renderer
	Log      *slog.Logger
	// Hosts are the names that the API answers to besides loopback.
	Hosts hosts.Names
	// Certificate returns the DER form of the certificate that a proxy serves,
	// when TLS ends before this process; nil otherwise.
	Certificate func() []byte
	Now         func() time.Time // nil is time.Now
	// Refuse is how long after a request began it is refused at the earliest; zero is
	// 25 ms, less is at once.
	Refuse time.Duration
	// Limit is how many requests a second one handler may make over time; zero is 50.
	Limit rate.Limit
	// Tries is how many sign-ins a second may fail from one place over time; zero is one in
	// two seconds.
	Tries rate.Limit
	// Acts is how many acts a second one handler may write over time; zero is 600 an hour.
	Acts rate.Limit
}

const (
	// refuseAfter hides how soon it was clear that something is refused.
	refuseAfter = 25 * time.Millisecond
	// A person's pages never ask so much; who tries references does.
	perSecond rate.Limit = 50
	atOnce    int        = 500

	triesPerSecond rate.Limit = 0.5
	triesBurst     int        = 10
)

// Sizes of what a desk may send.
const (
	maxBody = 64 << 10
	maxAct  = 256 << 10 // the longest words three times, as base64, and a key for each epoch
)

type server struct {
	Config
	org    *handlers.Roster // of one request, from its beginning to its end
	pace   *pace
	signIn *signIn
	packs  *sync.Map // routines as they are handed out, by version
}

// New returns the API. It keeps sessions in memory only: after a restart desks
// sign in again.
func New(c Config) http.Handler {
	if c.Now == nil {
		c.Now = time.Now
	}
	c.Refuse, c.Limit, c.Acts = cmp.Or(c.Refuse, refuseAfter), cmp.Or(c.Limit, perSecond), cmp.Or(c.Acts, actsOften)
	c.Tries = cmp.Or(c.Tries, triesPerSecond)
	s := &server{Config: c, pace: &pace{often: c.Acts}, signIn: newSignIn(c), packs: &sync.Map{}}
	return s.guard(s.mux())
}

// guard is what every request passes: nothing is cached, no page of another
// site reaches a loopback API by its own name, bodies have an end.
func (s *server) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Cache-Control", "no-store")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		if !s.knownHost(r.Host) || r.Header.Get("Origin") != "" {
			fail(w, http.StatusForbidden, "denied")
			return
		}
		if len(r.URL.RawQuery) > 4096 {
			fail(w, http.StatusBadRequest, "invalid")
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxAct)
		next.ServeHTTP(w, r)
	})
}

func (s *server) knownHost(asked string) bool {
	return hosts.Loopback(asked) || s.Hosts.Has(asked, "443")
}

func (s *server) queue(r *http.Request, me handlers.Handler) (any, error) {
	q := r.URL.Query()
	size, err := strconv.Atoi(cmp.Or(q.Get("size"), "0"))
	if err != nil {
		return nil, errInvalid
	}
	rows, next, err := s.Store.Queue(r.Context(), me.ID, QueueQuery{
		View: q.Get("view"), Ref: q.Get("ref"), Size: size, Page: q.Get("page"),
		Holder: q.Get("holder"), Level: q.Get("level"), Phase: q.Get("phase"), Flag: q.Get("flag"), Channel: q.Get("channel")})
	if rows == nil {
		rows = []cases.Case{}
	}
	return wire.QueueAnswer{Cases: rows, Next: next}, err
}

func (s *server) read(r *http.Request, me handlers.Handler) (any, error) {
	var ask wire.ReadAsk
	if err := read(r, maxBody, &ask); err != nil {
		return nil, err
	}
	return nil, s.Store.MarkRead(r.Context(), me.ID, r.PathValue("ref"), ask.Seq)
}

func (s *server) notices(r *http.Request, me handlers.Handler) (any, error) {
	stored, err := s.Store.Notices(r.Context(), me.ID)
	answer := wire.NoticesAnswer{Notices: []wire.Notice{}}
	for _, n := range stored {
		answer.Notices = append(answer.Notices, wire.Notice{Ref: n.Ref, Kind: n.Kind, After: n.After.UTC().Truncate(time.Hour), Day: n.Day(s.org.Zone)})
	}
	return answer, err
}

// certificates are those of cases that the handler could open when they were shredded.
func (s *server) certificates(r *http.Request, me handlers.Handler) (any, error) {
	page, more, err := s.Store.Certificates(r.Context(), me.ID, r.URL.Query().Get("before"))
	return wire.CertificatesAnswer{Certificates: page, More: more}, err
}

func (s *server) roster(*http.Request, handlers.Handler) (any, error) {
	answer := wire.RosterAnswer{Org: s.org.Org, Zone: s.org.Zone.String(), Closed: s.org.Closed,
		External: public(s.org.External), Recovery: s.org.Recovery.Key, Control: public(s.org.Control())}
	for _, h := range s.org.Handlers {
		answer.Handlers = append(answer.Handlers, public(h))
	}
	for _, h := range s.org.Guests {
		answer.Outside = append(answer.Outside, public(h))
	}
	for _, p := range s.org.Posts() {
		answer.Chain = append(answer.Chain, wire.Post{Post: p.Post, County: p.County, Person: public(p.Handler), Reach: p.Reach})
	}
	for _, h := range s.org.Left {
		left := public(h)
		left.Key = "" // they are given nothing any more; what they signed still is
		answer.Left = append(answer.Left, left)
	}
	return answer, nil
}

// routine hands out a routine. Its version is its hash, so a desk sees that it is the one
// that a case names; which cases go by it is not said.
func (s *server) routine(r *http.Request, _ handlers.Handler) (any, error) {
	version := r.PathValue("version")
	packed, known := s.packs.Load(version)
	if !known {
		made := s.Routines.Pack(version)
		if made == nil {
			return nil, store.ErrUnknown
		}
		packed, _ = s.packs.LoadOrStore(version, made)
	}
	return wire.RoutineAnswer{Zip: packed.([]byte)}, nil
}

func public(h handlers.Handler) wire.Person {
	p := wire.Person{ID: h.ID, Name: h.Name, Role: h.Role.In(""), Key: h.Key, Sign: h.Sign}
	for lang, text := range h.Role {
		if lang == "" {
			continue
		}
		if p.Roles == nil {
			p.Roles = map[string]string{}
		}
		p.Roles[lang] = text
	}
	for _, key := range h.Before {
		p.Before = append(p.Before, key)
	}
	return p
}

// read takes one JSON object and nothing after it.
func read(r *http.Request, limit int64, into any) error {
	d := json.NewDecoder(io.LimitReader(r.Body, limit))
	d.DisallowUnknownFields()
	if d.Decode(into) != nil || d.More() {
		return errInvalid
	}
	return nil
}

func fail(w http.ResponseWriter, status int, word string) { send(w, status, wire.Fault{Error: word}) }

func send(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // a desk that hung up is no fault of ours
}
