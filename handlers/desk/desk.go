// Package desk is the handlers' web app on their own machine's loopback. It
// shows what [casework] has opened, and keeps what goes to a reporter and what
// stays inside apart on every page. It works without JavaScript, writes nothing
// to disk and never logs a word of a case.
package desk

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"tillit/handlers/casework"
	"tillit/handlers/routine"
	"tillit/intake"
	"tillit/intake/words"
)

// Casework opens and works cases; casework.Client does.
type Casework interface {
	Me() casework.Handler
	Org() string
	Handlers() []casework.Handler
	// Recipients are all whom a key can be given to.
	Recipients() []casework.Handler
	Queue(ctx context.Context, q casework.Query) (casework.Page, error)
	Case(ctx context.Context, ref string) (*casework.Case, error)
	// Forget lets go of all that was opened.
	Forget()
	// Allows says what stands against an act as the case was when it was opened.
	Allows(cs *casework.Case, act routine.Filled) error
	// Where says how far a case is, and Offers which acts can be done in it.
	Where(cs *casework.Case, now time.Time) casework.Where
	Offers(cs *casework.Case) []casework.Offer
	// Manual is a routine by its version, with what it says; nothing of one that this
	// program cannot read.
	Manual(ctx context.Context, version string) casework.Where
	// Comes says what an act would come to.
	Comes(cs *casework.Case, act routine.Filled, now time.Time) casework.Outcome
	// Glance and Search know what was opened since the desk was.
	Glance(ref string, now time.Time) (casework.Glance, bool)
	Search(words intake.Private, most int) casework.Findings
	// Overview counts the cases that the handler can open.
	Overview(ctx context.Context, now time.Time) (casework.Overview, error)
	// Do does an act, once by its id.
	Do(ctx context.Context, ref string, d casework.Doing) error
	MarkRead(ctx context.Context, ref string, seq int64) error
	File(ctx context.Context, ref, fileID string, w io.Writer) error
	Verify(ctx context.Context, ref string) ([]casework.Fault, error)
	// Certificates are what is left of shredded cases that the handler could open.
	Certificates(ctx context.Context, most int) ([]casework.Certificate, error)
	// Chain are those who are told of cases and work on none.
	Chain() []casework.Handler
	// Register makes a case, once by its id, of what came by another way.
	Register(ctx context.Context, r casework.Registration) (ref string, err error)
}

// Config is what a desk needs.
type Config struct {
	Work   Casework
	Host   string           // host and port of the loopback address; no other Host is answered
	Secret string           // token of the first sign-in link; made if empty
	Lang   string           // nb, nn or en; nb if empty
	Rows   int              // of the queue on a page; 50 if 0
	Idle   time.Duration    // locks after this long without use; 10 minutes if 0
	Now    func() time.Time // time.Now if nil
	Log    *slog.Logger     // never gets private text; discards if nil
	Zone   *time.Location   // time.Local if nil
	OnLink func(url string) // told of each new sign-in link after a lock
}

// Desk is the web app for one handler. It is safe for concurrent use.
type Desk struct {
	cfg     Config
	words   *words.Book
	pages   pages
	handler http.Handler
	secret  []byte                     // of the proofs that an act was looked at
	done    *lru.Cache[string, string] // ids of the latest acts that were done here, with their case

	mu      sync.Mutex
	token   string // of the sign-in link that still works; empty if used
	session string // empty: locked
	ended   string // the session before, whose words are still kept
	used    time.Time
	drafts  map[draftOf]form
}

// New makes a desk that is locked until its link is used.
func New(cfg Config) *Desk {
	if cfg.Secret == "" {
		cfg.Secret = rand.Text()
	}
	if cfg.Rows <= 0 {
		cfg.Rows = 50
	}
	if cfg.Idle <= 0 {
		cfg.Idle = 10 * time.Minute
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Zone == nil {
		cfg.Zone = time.Local
	}
	done, err := lru.New[string, string](keepDone)
	if err != nil {
		panic(err) // a size above zero
	}
	d := &Desk{cfg: cfg, words: loadWords(), token: cfg.Secret, secret: []byte(rand.Text()), done: done, drafts: map[draftOf]form{}}
	d.cfg.Lang = d.words.In(cfg.Lang).ID()
	d.pages = loadPages()
	d.handler = d.guard(d.routes())
	return d
}

// ServeHTTP implements [http.Handler].
func (d *Desk) ServeHTTP(w http.ResponseWriter, r *http.Request) { d.handler.ServeHTTP(w, r) }

// SignInURL returns the link that signs in, once. It is empty when the link has
// been used and the desk is open.
func (d *Desk) SignInURL() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.url()
}

func (d *Desk) url() string {
	if d.token == "" {
		return ""
	}
	return "http://" + d.cfg.Host + "/in?t=" + d.token
}

// ErrNotLoopback says that others than this machine could reach the desk.
var ErrNotLoopback = errors.New("the desk listens on this machine alone")

// Serve runs a desk on a loopback listener until ctx is done. Config.OnLink gets
// the first sign-in link too. Every other listener is closed with [ErrNotLoopback].
func Serve(ctx context.Context, cfg Config, ln net.Listener) error {
	if a, ok := ln.Addr().(*net.TCPAddr); !ok || !a.IP.IsLoopback() {
		return errors.Join(ErrNotLoopback, ln.Close())
	}
	if cfg.Host == "" {
		cfg.Host = ln.Addr().String()
	}
	d := New(cfg)
	srv := &http.Server{Handler: d, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute,
		IdleTimeout: time.Minute, MaxHeaderBytes: 64 << 10, ErrorLog: slog.NewLogLogger(d.cfg.Log.Handler(), slog.LevelWarn)}
	if d.cfg.OnLink != nil {
		d.cfg.OnLink(d.SignInURL())
	}
	ctx, stop := context.WithCancel(ctx)
	var watch sync.WaitGroup
	watch.Go(func() { d.watch(ctx, srv) })
	err := srv.Serve(ln)
	stop()
	watch.Wait() // for requests that are under way, such as a reply
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// watch locks an unused desk also when nobody asks for a page, and stops the
// server when ctx is done.
func (d *Desk) watch(ctx context.Context, srv *http.Server) {
	tick := time.NewTicker(15 * time.Second)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			d.lockIdle()
		case <-ctx.Done():
			stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
			defer cancel()
			if err := srv.Shutdown(stop); err != nil {
				_ = srv.Close()
			}
			return
		}
	}
}

func (d *Desk) routes() http.Handler {
	open, mux := http.NewServeMux(), http.NewServeMux()
	open.HandleFunc("GET /in", d.signInPage)
	open.HandleFunc("POST /in", d.signIn)
	open.HandleFunc("GET /desk.css", stylesheet)
	open.Handle("/", d.signedIn(mux))
	mux.HandleFunc("GET /{$}", d.queue)
	mux.HandleFunc("POST /lock", d.lockNow)
	mux.HandleFunc("POST /search", d.search)
	mux.HandleFunc("GET /overview", d.overview)
	mux.HandleFunc("GET /certificates", d.certificates)
	mux.HandleFunc("GET /new/{name}", d.newPage)
	mux.HandleFunc("POST /new/{name}", d.makeCase)
	mux.HandleFunc("GET /case/{ref}", d.casePage)
	mux.HandleFunc("POST /case/{ref}/read", d.markRead)
	mux.HandleFunc("POST /case/{ref}/verify", d.verify)
	mux.HandleFunc("GET /case/{ref}/acts", d.actsPage)
	mux.HandleFunc("GET /case/{ref}/log", d.logPage)
	mux.HandleFunc("GET /case/{ref}/act/{name}", d.actPage)
	mux.HandleFunc("POST /case/{ref}/act/{name}", d.act)
	mux.HandleFunc("GET /case/{ref}/file/{id}", d.filePage)
	mux.HandleFunc("GET /case/{ref}/file/{id}/picture", d.picture)
	mux.HandleFunc("GET /case/{ref}/file/{id}/save", d.saveFile)
	mux.HandleFunc("/", d.notFound)
	return open
}
