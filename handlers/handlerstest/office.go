// Package handlerstest is a whole office for tests: an organisation file with real
// keys, a real store, the bot with its pages for members, and the office API. A case
// in it was told by a reporter who pressed and wrote on those pages, so that what a
// test of the handlers' side reads is what the program makes, and nothing that a test
// made up. It holds everybody's private keys, and no product imports it.
package handlerstest

import (
	"context"
	"database/sql"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	_ "modernc.org/sqlite" // for those who change the file behind the office's back

	"tillit/bot"
	"tillit/handlers"
	"tillit/handlers/casework"
	"tillit/handlers/office"
	"tillit/store"
	"tillit/store/cases"
	"tillit/store/seal"
	"tillit/store/storetest"
)

// Options are what a test may want otherwise.
type Options struct {
	Dir string // of the installation; an organisation file that lies there is taken
	// People are who works here, the demo's four if nil; one with an id of package
	// cases is the external receiver, or recovery.
	People []Person
	Chain  string // blocks at the end of the organisation file: the chain, control
	// Networks are those on which people may have accounts.
	Networks []handlers.Network
	Zone     string       // of the organisation; Europe/Oslo if empty
	Clock    *Clock       // of the server and of the desks; the real time if nil
	Log      *slog.Logger // of the server; discards if nil
	// Random spreads notices; nil is no spread, so that they are due at once.
	Random func(int64) int64
	// Routines are those by which cases are worked; nil is the one that Tillit comes with.
	Routines *handlers.Routines
	// Began is told what the work on a report would begin from, each time that it is asked.
	Began func(cases.Start)
	// Hasty makes the office refuse at once and take any number of requests, for tests
	// that ask very much.
	Hasty bool
}

// Clock is a clock that a test can set. The zero value tells the real time. It is
// safe for concurrent use.
type Clock struct {
	mu sync.Mutex
	at time.Time
}

// At is a clock that stands still.
func At(t time.Time) *Clock { return &Clock{at: t} }

// Now is what it says.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.at.IsZero() {
		return time.Now()
	}
	return c.at
}

// Set lets it stand still at a moment; the zero time lets it go.
func (c *Clock) Set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = t
}

// Add moves it on from where it is, and lets it stand there.
func (c *Clock) Add(d time.Duration) { c.Set(c.Now().Add(d)) }

// Office is one installation that runs on loopback until the test ends. It can be
// stopped, changed and started again at the same address. Its methods are for the
// test's own goroutine; the servers are safe for concurrent use.
type Office struct {
	Options
	API   *httptest.Server // of the office
	Pages *httptest.Server // of the members
	// Since the last start:
	Store  *store.Store
	Roster *handlers.Roster
	Server *seal.ServerKeys
	Bot    *bot.Bot
	// Certificate is what a proxy before the office shows; nil is no proxy. Signing
	// is the key that the office says it signs with; nil is the truth.
	Certificate func() []byte
	Signing     []byte

	T testing.TB // of the test that it is for

	current   *handlers.Current
	reporters map[string]*Reporter
	mu        sync.Mutex
	api, web  http.Handler
	stop      func()
}

// New makes an office and starts it.
func New(t testing.TB, options ...Options) *Office {
	t.Helper()
	o := &Office{T: t, reporters: map[string]*Reporter{}}
	for _, more := range options {
		o.Options = more
	}
	if o.Dir == "" {
		o.Dir = t.TempDir()
	}
	if o.Clock == nil {
		o.Clock = &Clock{}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Routines == nil {
		o.Routines = &handlers.Routines{Current: Party()}
	}
	if o.Random == nil {
		o.Random = func(int64) int64 { return 0 }
	}
	o.install()
	o.API = httptest.NewServer(o.served(func() http.Handler { return o.api }))
	o.Pages = httptest.NewServer(o.served(func() http.Handler { return o.web }))
	o.Start()
	t.Cleanup(func() {
		o.API.Close()
		o.Pages.Close()
		o.Stop()
	})
	return o
}

// served is a handler that is replaced at each start.
func (o *Office) served(now func() http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		o.mu.Lock()
		h := now()
		o.mu.Unlock()
		h.ServeHTTP(w, r)
	})
}

// Data is the folder of the store.
func (o *Office) Data() string { return filepath.Join(o.Dir, "data") }

// Start starts what was stopped: it reads the organisation file, opens the store,
// makes new keys for who left, and listens, in the daemon's order.
func (o *Office) Start() {
	o.T.Helper()
	o.Roster = o.organisation()
	o.current = handlers.NewCurrent(o.Roster)
	var err error
	if o.Store, err = store.Open(context.Background(), store.Options{Dir: o.Data(), Keys: o.Server, Log: o.Log, Zone: o.Roster.Zone, Now: o.Clock.Now}); err != nil {
		o.T.Fatal(err)
	}
	if err := o.Store.NewEpochs(context.Background(), office.Leave(o.Roster)); err != nil {
		o.T.Fatal(err)
	}
	o.Bot = o.bot()
	o.must(o.Store.TakeOver(context.Background(), o.takeOver))
	pages := o.pages()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- o.Bot.Run(ctx, pages) }()
	o.stop = func() {
		cancel()
		if err := <-done; err != nil {
			o.T.Error(err)
		}
		if err := o.Store.Close(); err != nil {
			o.T.Error(err)
		}
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.api, o.web = o.office(), pages
}

// Stop stops the server, and leaves what it stored and its addresses.
func (o *Office) Stop() {
	if o.stop != nil {
		o.stop()
	}
	o.stop = nil
}

// Restart writes the organisation file anew from [Office.People] and starts the
// server over what it stored.
func (o *Office) Restart() { o.Alter() }

// Reload writes the organisation file anew from [Office.People] and has the running
// server take it in, in the daemon's order.
func (o *Office) Reload() {
	o.T.Helper()
	o.writeOrganisation()
	o.Roster = o.organisation()
	o.current.Put(o.Roster)
	o.must(o.Store.NewEpochs(context.Background(), office.Leave(o.Roster)))
}

// Alter is Restart with changes to the stored rows in between: what somebody can do
// who has the file and the server key, and so binds what they change.
func (o *Office) Alter(statements ...string) {
	o.T.Helper()
	o.Stop()
	o.SQL(statements...)
	o.writeOrganisation()
	o.Start()
}

// Backup copies the store as the server does, and returns where the copy is.
func (o *Office) Backup() string {
	o.T.Helper()
	path := filepath.Join(o.T.TempDir(), "backup")
	o.must(store.Backup(o.T.Context(), o.Data(), path))
	return path
}

// Restore puts a backup in the place of what is there, and starts the server over it.
func (o *Office) Restore(path string) {
	o.T.Helper()
	o.Stop()
	o.must(os.RemoveAll(o.Data()))
	o.must(store.Restore(o.T.Context(), path, o.Data(), o.Server))
	o.Start()
}

// Copy is another office like this one, which is stopped by it: the same people and
// reporters, and a copy of all that was stored.
func (o *Office) Copy(t testing.TB) *Office {
	t.Helper()
	o.Stop()
	options := o.Options
	options.Dir = t.TempDir()
	o.must(os.CopyFS(options.Dir, os.DirFS(o.Dir)))
	c := New(t, options)
	for name, r := range o.reporters {
		same := *r
		same.office, same.Visitor = c, r.Visitor.At(c.Pages.URL)
		c.reporters[name] = &same
	}
	return c
}

// Between puts something between the desks and the office, until the next start.
func (o *Office) Between(put func(office http.Handler) http.Handler) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.api = put(o.api)
}

// SQL changes the database file, and binds its rows as they then are.
func (o *Office) SQL(statements ...string) {
	o.T.Helper()
	if len(statements) == 0 {
		return
	}
	db := o.database("")
	for _, s := range statements {
		if _, err := db.Exec(s); err != nil {
			o.T.Fatalf("%s: %v", s, err)
		}
	}
	o.must(storetest.Bind(db, o.Server))
	o.must(db.Close())
}

// Count is a number that a query finds in the file, beside the running office.
func (o *Office) Count(query string, args ...any) (n int) {
	o.T.Helper()
	o.Row(query, args, &n)
	return n
}

// Row reads the first row that a query finds in the file.
func (o *Office) Row(query string, args []any, into ...any) {
	o.T.Helper()
	db := o.database("?mode=ro")
	defer db.Close()
	o.must(db.QueryRow(query, args...).Scan(into...))
}

// Blobs are the values of a query for a number and a value, in order.
func (o *Office) Blobs(query string) (out []Blob) {
	o.T.Helper()
	db := o.database("?mode=ro")
	defer db.Close()
	rows, err := db.Query(query)
	if err != nil {
		o.T.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var b Blob
		if err := rows.Scan(&b.N, &b.Data); err != nil {
			o.T.Fatal(err)
		}
		out = append(out, b)
	}
	if err := rows.Err(); err != nil {
		o.T.Fatal(err)
	}
	return out
}

// Blob is a stored value with a number beside it.
type Blob struct {
	N    int
	Data []byte
}

func (o *Office) database(how string) *sql.DB {
	o.T.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(o.Data(), "tillit.db")+how)
	if err != nil {
		o.T.Fatal(err)
	}
	return db
}

// Dial signs somebody in at a machine of their own that remembers what it saw until
// the test ends.
func (o *Office) Dial(id string) *Desk {
	o.T.Helper()
	return o.DialAt(id, filepath.Join(o.T.TempDir(), "seen"))
}

// DialAt is Dial at a machine that remembers in a file.
func (o *Office) DialAt(id, seen string) *Desk {
	o.T.Helper()
	c, err := o.DialWith(casework.Config{Key: o.Key(id), StateFile: seen})
	if err != nil {
		o.T.Fatal(err)
	}
	return c
}

// DialOver is Dial over a line that can fail.
func (o *Office) DialOver(id string, line *Line) *Desk {
	o.T.Helper()
	c, err := o.DialWith(casework.Config{Key: o.Key(id), StateFile: filepath.Join(o.T.TempDir(), "seen"), HTTP: &http.Client{Transport: line}})
	if err != nil {
		o.T.Fatal(err)
	}
	return c
}

// DialWith signs in with what a test wants, at this office if it names no other.
func (o *Office) DialWith(c casework.Config) (*Desk, error) {
	if c.Server == "" {
		c.Server = o.API.URL
	}
	if c.Now == nil {
		c.Now = o.Clock.Now
	}
	return SignIn(o.T.Context(), c)
}
