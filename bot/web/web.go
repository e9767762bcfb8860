// Package web is the members' chat as pages of a browser. It is a [bot.Channel]
// whose people read from their own sealed copy, and the [http.Handler] of those
// pages. It promises to work without a script, to make no state on a GET, to keep
// a person's words in the box when they could not be stored, and to write nothing
// of theirs to disk or log.
package web

import (
	"context"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"tillit/bot"
	"tillit/intake"
	"tillit/intake/hosts"
	"tillit/intake/words"
)

// Errors that [Copies] and [Codes] answer with; whoever wires them translates.
var (
	// ErrUnknown says that there is no such conversation or code.
	ErrUnknown = errors.New("no such conversation or code")
	// ErrBusy says that looking up a code must wait a moment.
	ErrBusy = errors.New("busy, one moment")
)

// CopyLine is one line of the person's copy, opened for one request.
type CopyLine struct {
	Body []byte // decoded by [Config.Decode]
	Mine bool   // the person's own words
}

// Copy is a person's copy, opened for one request.
type Copy struct {
	Lines  []CopyLine // oldest first
	Unread int        // words of the office that are held back
	Turns  int        // how many were opened
	More   bool       // there are earlier turns
}

// Copies opens a person's copy with the secret that the browser has just sent.
type Copies interface {
	// Copy opens some turns. A conversation that is not known gives [ErrUnknown] or no
	// lines.
	Copy(ctx context.Context, channel string, id intake.ConversationID, secret []byte, part Part) (Copy, error)
	// EachLine opens all of them, oldest first, and holds few at a time.
	EachLine(ctx context.Context, channel string, id intake.ConversationID, secret []byte, tell func(CopyLine) error) error
	// Begun reports whether there is such a conversation; it opens nothing.
	Begun(ctx context.Context, channel string, id intake.ConversationID) (bool, error)
}

// Codes makes and takes the codes to come back with.
type Codes interface {
	NewCode(ctx context.Context, channel string, id intake.ConversationID, secret []byte) (intake.Private, error)
	// UseCode makes what a code leads to the conversation of an event of ours, under
	// the event's secret. A wrong code and one that never was are both [ErrUnknown].
	UseCode(ctx context.Context, ch bot.Channel, ev bot.Event, code intake.Private) error
}

// HelpLine is one number to call.
type HelpLine struct {
	Name, Phone, When string
}

// Config is all that the pages are made of; nothing is ambient.
type Config struct {
	Copies  Copies
	Codes   Codes
	Decode  func([]byte) (bot.Message, error) // reads a line of the copy
	New     func(secret []byte) (bot.Mailbox, error)
	Log     *slog.Logger
	Secure  bool        // served over HTTPS: the cookie says so
	Hosts   hosts.Names // that the pages answer to; none is any loopback
	Leave   string      // where [Leave quickly] goes
	MaxFile int64       // largest file in bytes
	// ClientHeader is where a proxy on this machine says who comes; empty is nowhere.
	ClientHeader string
	Starts       Pace // of talks that begin
	// Slow is what may be held for who is waited for, Quick what pages are made in; nil is
	// no bound. They are two so that nobody who is slow keeps a page from being made.
	Slow, Quick Budget
	Org         string
	// Gone says by when the last backup of what is deleted now has expired, as the
	// language says a day.
	Gone func(lang string) string
	Keep time.Duration // how long what is not sent is kept
	// Command reads a typed command, "/kode" → "code". Those that have a page of
	// their own lead there.
	Command     func(text string) (command string, ok bool)
	Langs       []string // in the order shown
	DefaultLang string
	Via         []string // networks that answers of the office pass through
	// Who says who can read a conversation's talk as it is now, with buttons that count
	// there; of one that never was, who can read what is told.
	Who func(ctx context.Context, id intake.ConversationID, lang string) (bot.Message, error)
	// Standing says how far a conversation's case is that is with the office; nil where
	// nothing is. If it is nil itself, or fails, the page has a button that asks the bot.
	Standing func(ctx context.Context, id intake.ConversationID, lang string) (*bot.Standing, error)
	// Undo is the button that takes back what was given last; it may be nil.
	Undo func(ctx context.Context, id intake.ConversationID, lang string) (button intake.Choice, ok bool, err error)
	// Proof is the signed receipt of a conversation's case; empty where there is none.
	Proof     func(ctx context.Context, id intake.ConversationID) (string, error)
	HelpLines func(lang string, minor bool) []HelpLine
	Now       func() time.Time
	Zone      *time.Location // in which the pages tell the time; UTC if nil
}

// Web is the channel and its pages. It is safe for concurrent use.
type Web struct {
	Config
	words *words.Book
	pages *template.Template
	// leaveTo is the origin that leaving redirects to; a form's redirect is held to
	// the policy too.
	leaveTo string
	serve   http.Handler
	clients *clients

	mu      sync.Mutex
	deliver func(context.Context, bot.Event) error // nil unless Listen runs
	busy    sync.WaitGroup
	listens chan struct{} // closed when Listen first runs
	begin   sync.Once
}

// channelName is the channel's short name in the queue and in rows.
const channelName = "web"

// New makes the channel. Its words and pages are part of the program, so only a
// fault of the program makes it panic.
func New(c Config) *Web {
	if c.Leave == "" {
		c.Leave = "https://www.yr.no/"
	}
	if c.MaxFile == 0 {
		c.MaxFile = 20 << 20
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Zone == nil {
		c.Zone = time.UTC
	}
	if c.Slow == nil {
		c.Slow = unbounded{}
	}
	if c.Quick == nil {
		c.Quick = unbounded{}
	}
	if c.Command == nil {
		c.Command = func(string) (string, bool) { return "", false }
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	book, err := readWords()
	if err != nil {
		panic(fmt.Sprintf("web: %v", err))
	}
	c.Langs = slices.DeleteFunc(slices.Clone(c.Langs), func(l string) bool { return !book.Has(l) })
	if len(c.Langs) == 0 {
		c.Langs = []string{"nb", "nn", "en"}
	}
	if !slices.Contains(c.Langs, c.DefaultLang) {
		c.DefaultLang = c.Langs[0]
	}
	w := &Web{Config: c, words: book, listens: make(chan struct{}), clients: newClients(c.Starts)}
	if to, err := url.Parse(c.Leave); err == nil && to.Host != "" && (to.Scheme == "https" || to.Scheme == "http") {
		w.leaveTo = to.Scheme + "://" + to.Host
	}
	w.pages = parsePages()
	w.serve = w.handler()
	return w
}

// Name implements [bot.Channel].
func (w *Web) Name() string { return channelName }

// Capabilities implements [bot.Channel].
func (w *Web) Capabilities(intake.ConversationID) bot.Capabilities {
	return bot.Capabilities{Copy: true, Buttons: true, LongestText: 0}
}

// Send implements [bot.Channel]; it is never called, because people read the copy.
func (w *Web) Send(context.Context, intake.Address, bot.Message) (bot.SentID, error) {
	return "", errors.New("web: nothing is sent, people read their own copy")
}

// Listen implements [bot.Channel]. Requests deliver what they carry; it returns
// when ctx is done and the last of them has been stored or refused.
func (w *Web) Listen(ctx context.Context, deliver func(context.Context, bot.Event) error) error {
	w.mu.Lock()
	w.deliver = deliver
	w.mu.Unlock()
	w.begin.Do(func() { close(w.listens) })
	<-ctx.Done()
	w.mu.Lock()
	w.deliver = nil
	w.mu.Unlock()
	w.busy.Wait()
	return nil
}

// deliverTime is how long storing may take, uploads of slow phones included.
const deliverTime = 10 * time.Minute

// startTime is how long a form that comes while the server starts waits for the
// bot: a browser reaches the pages a moment earlier.
const startTime = 5 * time.Second

var errClosed = errors.New("not listening")

// hand gives events to the bot. A browser that goes away does not stop the
// storing: the words are here already.
func (w *Web) hand(ctx context.Context, events ...bot.Event) error {
	select {
	case <-w.listens:
	case <-time.After(startTime):
		return errClosed
	}
	w.mu.Lock()
	deliver := w.deliver
	if deliver == nil {
		w.mu.Unlock()
		return errClosed
	}
	w.busy.Add(1)
	w.mu.Unlock()
	defer w.busy.Done()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), deliverTime)
	defer cancel()
	for _, ev := range events {
		if err := deliver(ctx, ev); err != nil {
			return fmt.Errorf("delivering: %w", err)
		}
	}
	return nil
}

// ServeHTTP implements [http.Handler].
func (w *Web) ServeHTTP(rw http.ResponseWriter, r *http.Request) { w.serve.ServeHTTP(rw, r) }

func (w *Web) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", w.talk)
	mux.HandleFunc("POST /say", w.say)
	mux.HandleFunc("POST /leave", w.leave)
	mux.HandleFunc("GET /code", w.codePage)
	mux.HandleFunc("POST /code", w.codeMake)
	mux.HandleFunc("GET /come-back", w.comeBack)
	mux.HandleFunc("POST /come-back", w.comeBackUse)
	mux.HandleFunc("GET /copy", func(rw http.ResponseWriter, r *http.Request) {
		w.show(rw, http.StatusOK, "copy", w.view(r))
	})
	mux.HandleFunc("POST /copy", w.download)
	mux.HandleFunc("POST /receipt", w.receipt)
	mux.HandleFunc("GET /deleted", w.deleted)
	// Leaving forgets the talk, so a link must not do it: browsers follow links
	// ahead of the hand. An old one leads to the button.
	mux.HandleFunc("GET /leave", func(rw http.ResponseWriter, r *http.Request) {
		w.show(rw, http.StatusOK, "clean", w.view(r))
	})
	mux.HandleFunc("GET /who", w.whoPage)
	for _, p := range []string{"help", "clean"} {
		mux.HandleFunc("GET /"+p, func(rw http.ResponseWriter, r *http.Request) {
			w.show(rw, http.StatusOK, p, w.view(r))
		})
	}
	mux.HandleFunc("GET /member.css", func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Type", "text/css; charset=utf-8")
		_, _ = rw.Write(styles) // The browser is gone; nobody to tell.
	})
	mux.HandleFunc("GET /", func(rw http.ResponseWriter, r *http.Request) {
		w.problem(rw, r, http.StatusNotFound, "no_page", form{})
	})
	return w.around(w.guard(mux))
}

// around sets the headers of every answer, and keeps a fault of ours from
// reaching a log with the words that it was about.
func (w *Web) around(next http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w.headers(rw.Header())
		defer func() {
			switch p := recover(); p {
			case nil:
			case http.ErrAbortHandler:
				panic(p)
			default:
				w.Log.Error("a page failed", "channel", channelName, "method", r.Method)
				rw.WriteHeader(http.StatusInternalServerError)
			}
		}()
		if !w.known(r.Host) {
			http.Error(rw, "This address is not served here.", http.StatusMisdirectedRequest)
			return
		}
		r, release := holding(w.Slow, r)
		defer release()
		if w.withheld(r) {
			w.show(rw, http.StatusOK, "onward", w.view(r))
			return
		}
		next.ServeHTTP(rw, r)
	})
}

func (w *Web) headers(h http.Header) {
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self' "+w.leaveTo+"; base-uri 'none'; frame-ancestors 'none'")
	h.Set("Cache-Control", "no-store")
	// A browser that is told to name no referrer at all says of its own forms, too, that
	// they come from nowhere.
	h.Set("Referrer-Policy", "same-origin")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=(), interest-cohort=(), browsing-topics=()")
	h.Set("X-Robots-Tag", "noindex, nofollow, noarchive")
	if w.Secure {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
}

// known reports whether a Host header names us; another name that leads here is
// how a foreign page would speak to a loopback address.
func (w *Web) known(host string) bool {
	if len(w.Hosts) == 0 {
		return hosts.Loopback(host)
	}
	standard := "80"
	if w.Secure {
		standard = "443"
	}
	return w.Hosts.Has(host, standard)
}
