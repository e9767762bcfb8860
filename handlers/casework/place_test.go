package casework_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	_ "modernc.org/sqlite"

	"tillit/handlers"
	"tillit/handlers/casework"
	"tillit/handlers/office"
	"tillit/intake"
	"tillit/store"
	"tillit/store/cases"
	"tillit/store/seal"
	"tillit/store/storetest"
)

// place is an office on loopback with a real store, and the keys of its people.
// The store can be closed, altered behind the office's back and opened again at
// the same address.
type place struct {
	t       *testing.T
	dir     string
	now     func() time.Time
	server  *seal.ServerKeys
	signing []byte // what the office says that it signs with
	// certificate is what a proxy before the office shows; nil is no proxy.
	certificate func() []byte
	keys        map[string]*casework.Key
	rights      map[string][]string
	left        map[string]string // the day, by id
	roster      *handlers.Roster
	store       *store.Store
	api         http.Handler
	web         *httptest.Server
}

func newPlace(t *testing.T) *place {
	t.Helper()
	return newPlaceAt(t, nil)
}

// newPlaceAt is newPlace with a clock.
func newPlaceAt(t *testing.T, now func() time.Time) *place {
	t.Helper()
	p := &place{t: t, dir: t.TempDir(), now: now, server: storetest.Keys(t), keys: map[string]*casework.Key{}}
	p.signing = p.server.Public()
	for _, id := range []string{"maren", "jonas", "siv", "external", "recovery"} {
		p.keys[id] = newKey(t)
	}
	p.open()
	p.web = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { p.api.ServeHTTP(w, r) }))
	t.Cleanup(func() {
		p.web.Close()
		p.close()
	})
	return p
}

func newKey(t *testing.T) *casework.Key {
	t.Helper()
	k, err := casework.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// open starts the office over what lies in the folder.
func (p *place) open() {
	p.t.Helper()
	var err error
	p.store, err = store.Open(context.Background(), store.Options{Dir: p.dir, Keys: p.server, Now: p.now})
	if err != nil {
		p.t.Fatal(err)
	}
	p.roster = p.organisation()
	p.api = office.New(office.Config{
		Store: p.store, Roster: p.roster, Signing: p.signing, Now: p.now, Certificate: p.certificate, Log: slog.New(slog.DiscardHandler),
		Render: func(_ context.Context, _ string, text intake.Private, _ string) (line, notice store.Line, err error) {
			return store.Line{Body: []byte(text.Reveal()), AwaitsPickup: true}, store.Line{Body: []byte("notice")}, nil
		},
	})
}

func (p *place) close() {
	p.t.Helper()
	if err := p.store.Close(); err != nil {
		p.t.Error(err)
	}
}

func (p *place) organisation() *handlers.Roster {
	p.t.Helper()
	text := "name = \"Eksempelforbundet\"\ntime_zone = \"Europe/Oslo\"\nlanguage = \"nb\"\n[promises]\nanswer_working_days = 3\nlatest_days = 7\nresult_months = 3\n"
	for _, id := range []string{"maren", "jonas", "siv"} {
		rights, err := json.Marshal(append([]string{}, p.rights[id]...))
		if err != nil {
			p.t.Fatal(err)
		}
		text += fmt.Sprintf("[[handlers]]\nid = %q\nname = %q\nrights = %s\n%s", id, strings.ToUpper(id), rights, p.keys[id].Public())
		if day := p.left[id]; day != "" {
			text += fmt.Sprintf("left = %q\n", day)
		}
	}
	text += "[external]\nname = \"Ekstern\"\n" + p.keys["external"].Public()
	text += fmt.Sprintf("[recovery]\nkey = %q\nkept = \"2-of-3\"\n", p.keys["recovery"].Recipient())
	r, problems := handlers.ParseRoster("organisation.toml", []byte(text))
	if r == nil {
		p.t.Fatal(problems)
	}
	return r
}

// alter changes the stored rows while no office runs.
func (p *place) alter(statements ...string) {
	p.t.Helper()
	p.close()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(p.dir, "tillit.db"))
	if err != nil {
		p.t.Fatal(err)
	}
	for _, s := range statements {
		if _, err := db.Exec(s); err != nil {
			p.t.Fatalf("%s: %v", s, err)
		}
	}
	if err := db.Close(); err != nil {
		p.t.Fatal(err)
	}
	p.open()
}

// dial signs in with a memory of its own, which ends with the test.
func (p *place) dial(id string) *casework.Client {
	p.t.Helper()
	return p.dialAt(id, filepath.Join(p.t.TempDir(), id+".seen"))
}

func (p *place) dialAt(id, seen string) *casework.Client {
	p.t.Helper()
	c, err := casework.Dial(p.t.Context(), casework.Config{Server: p.web.URL, Key: p.keys[id], StateFile: seen})
	if err != nil {
		p.t.Fatal(err)
	}
	return c
}

func answer(words string) store.Entry {
	return store.Entry{Body: cases.Answer{Question: "A1", Asked: "Fortell", Text: intake.NewPrivate(words)}}
}

// apply stores a change of a person's conversation.
func (p *place) apply(person string, c store.Change) store.Applied {
	p.t.Helper()
	c.Channel, c.Conversation, c.Address, c.State = "test", intake.NewConversationID(person), intake.NewAddress(person), []byte("{}")
	known, err := p.store.Conversation(p.t.Context(), "test", c.Conversation)
	if err != nil {
		p.t.Fatal(err)
	}
	c.Expect = known.Version
	a, err := p.store.Apply(p.t.Context(), c)
	if err != nil {
		p.t.Fatal(err)
	}
	return a
}

// begin makes a person's case that is not sent yet.
func (p *place) begin(person string, words []string, excluded ...string) string {
	p.t.Helper()
	var entries []store.Entry
	for _, w := range words {
		entries = append(entries, answer(w))
	}
	return p.apply(person, store.Change{Open: &store.OpenRoom{Recipients: p.roster.Recipients(), Excluded: excluded}, Entries: entries}).Ref
}

// send hands a person's case over.
func (p *place) send(person, day string, excluded ...string) {
	p.t.Helper()
	keep := p.roster.Keep("", excluded)
	p.apply(person, store.Change{Submit: &store.Submit{Keep: keep, Status: "waiting", Level: "ordinary",
		Due:     []cases.Due{{Rule: "R-ACK1", Day: day}},
		Notices: p.roster.Notices(keep, "new", true, p.clock(), nil)}})
}

func (p *place) clock() time.Time {
	if p.now != nil {
		return p.now()
	}
	return time.Now()
}

// file makes and sends a case.
func (p *place) file(person string, words ...string) string {
	p.t.Helper()
	ref := p.begin(person, words)
	p.send(person, "2026-11-27")
	return ref
}
