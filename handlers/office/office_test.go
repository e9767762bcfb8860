package office_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"tillit/store/cases"

	"tillit/handlers"
	"tillit/handlers/casework"
	"tillit/handlers/office"
	"tillit/intake"
	"tillit/store"
	"tillit/store/storetest"
)

// place is an office with a real store and two handlers.
type place struct {
	t      *testing.T
	store  *store.Store
	server *httptest.Server
	keys   map[string]*casework.Key
	roster *handlers.Roster
}

func newPlace(t *testing.T) *place {
	t.Helper()
	p := &place{t: t, keys: map[string]*casework.Key{}}
	serverKeys := storetest.Keys(t)
	p.store = storetest.Open(t, t.TempDir(), serverKeys)
	text := "name = \"Eksempelforbundet\"\ntime_zone = \"Europe/Oslo\"\nlanguage = \"nb\"\ncounties = []\n[promises]\nanswer_working_days = 3\nlatest_days = 7\nresult_months = 3\n"
	for _, id := range []string{"maren", "jonas", "external", "recovery"} {
		k, err := casework.NewKey()
		if err != nil {
			t.Fatal(err)
		}
		p.keys[id] = k
		switch id {
		case "external":
			text += "[external]\nname = \"Ekstern\"\nkey = \"" + k.Recipient() + "\"\nsign = \"" + k.Sign() + "\"\n"
		case "recovery":
			text += "[recovery]\nkey = \"" + k.Recipient() + "\"\nkept = \"2-of-3\"\n"
		default:
			text += "[[handlers]]\nid = \"" + id + "\"\nname = \"" + strings.ToUpper(id) + "\"\nrole = \"\"\ncounty = \"\"\nrights = []\nkey = \"" + k.Recipient() + "\"\nsign = \"" + k.Sign() + "\"\n"
		}
	}
	var problems []handlers.Problem
	if p.roster, problems = handlers.ParseRoster("organisation.toml", []byte(text)); p.roster == nil {
		t.Fatal(problems)
	}
	p.server = httptest.NewServer(office.New(office.Config{
		Store: p.store, Roster: p.roster, Signing: serverKeys.Public(),
		Render: func(_ context.Context, _ string, text intake.Private, _ string) (line, notice store.Line, err error) {
			return store.Line{Body: []byte(text.Reveal()), AwaitsPickup: true}, store.Line{Body: []byte("notice")}, nil
		},
	}))
	t.Cleanup(p.server.Close)
	return p
}

func (p *place) dial(id string) *casework.Client {
	p.t.Helper()
	c, err := casework.Dial(p.t.Context(), casework.Config{
		Server: p.server.URL, Key: p.keys[id], StateFile: filepath.Join(p.t.TempDir(), id+".seen"),
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return c
}

// file makes a case that keeps some out.
func (p *place) file(words string, excluded ...string) string {
	p.t.Helper()
	body := cases.Answer{Question: "A1", Asked: "Fortell", Text: intake.NewPrivate(words)}
	c := store.Change{
		Channel: "test", Conversation: intake.NewConversationID("lin"), State: []byte("{}"),
		Open:    &store.OpenRoom{Recipients: p.roster.Recipients(), Excluded: excluded},
		Entries: []store.Entry{{Body: body}},
	}
	a, err := p.store.Apply(p.t.Context(), c)
	if err != nil {
		p.t.Fatal(err)
	}
	c = store.Change{Channel: "test", Conversation: c.Conversation, Expect: a.Version, State: []byte("{}"),
		Submit: &store.Submit{Keep: p.roster.Keep("", excluded), Status: "waiting", Due: []cases.Due{{Rule: "R-ACK1", Day: "2026-11-27"}}}}
	if a, err = p.store.Apply(p.t.Context(), c); err != nil {
		p.t.Fatal(err)
	}
	return a.Ref
}

func TestACaseIsWorkedOverTheWire(t *testing.T) {
	p := newPlace(t)
	ref := p.file("Det var på middagen.")
	maren := p.dial("maren")
	page, err := maren.Queue(t.Context(), casework.Query{})
	if err != nil || len(page.Cases) != 1 || page.Cases[0].Ref != ref {
		t.Fatalf("the queue holds %d cases, %v", len(page.Cases), err)
	}
	if err := maren.Assign(t.Context(), ref, "maren"); err != nil {
		t.Error(err)
	}
	if err := maren.Note(t.Context(), ref, intake.NewPrivate("bare innenfor")); err != nil {
		t.Error(err)
	}
	if err := maren.Reply(t.Context(), ref, intake.NewPrivate("Takk for at du forteller.")); err != nil {
		t.Error(err)
	}
	c, err := p.dial("jonas").Case(t.Context(), ref, "read")
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Answers) != 1 || c.Answers[0].Text.Reveal() != "Det var på middagen." || c.Assignee != "maren" || c.Status != "answered" {
		t.Errorf("jonas sees %d answers, assignee %q, status %q", len(c.Answers), c.Assignee, c.Status)
	}
	kinds := map[string]int{}
	for _, e := range c.Entries {
		kinds[e.Kind]++
	}
	if kinds[cases.TypeNote] != 1 || kinds[cases.TypeReply] != 1 {
		t.Errorf("the timeline has %v, want one note and one reply", kinds)
	}
	if faults, err := maren.Verify(t.Context(), ref); err != nil || len(faults) > 0 {
		t.Errorf("Verify: %v, %v", faults, err)
	}
}

// TestAnExcludedHandlerGetsWhatNobodyGets compares the answers of the API to
// someone who is kept out with those of an office without the case.
func TestAnExcludedHandlerGetsWhatNobodyGets(t *testing.T) {
	get := func(with bool) string {
		p := newPlace(t)
		ref := "T-222222"
		if with {
			ref = p.file("Om Jonas.", "jonas")
		}
		jonas := p.dial("jonas")
		page, err := jonas.Queue(t.Context(), casework.Query{})
		if err != nil {
			t.Fatal(err)
		}
		raw, err := json.Marshal(page)
		if err != nil {
			t.Fatal(err)
		}
		out := string(raw)
		_, err = jonas.Case(t.Context(), ref, "read")
		for _, e := range []error{err, jonas.Reply(t.Context(), ref, intake.NewPrivate("x")), jonas.Assign(t.Context(), ref, "jonas"),
			jonas.Note(t.Context(), ref, intake.NewPrivate("x")), jonas.MarkRead(t.Context(), ref, 1)} {
			if !errors.Is(e, casework.ErrUnknown) {
				t.Errorf("jonas gets %v, want %v", e, casework.ErrUnknown)
			}
			out += "\n" + e.Error()
		}
		notices, err := jonas.Notices(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		raw, err = json.Marshal(notices)
		if err != nil {
			t.Fatal(err)
		}
		return out + string(raw)
	}
	if with, without := get(true), get(false); with != without {
		t.Errorf("what the excluded handler gets differs:\n%s\n%s", with, without)
	}
}

func TestNobodyEntersWithoutASignature(t *testing.T) {
	p := newPlace(t)
	stranger, err := casework.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	_, err = casework.Dial(context.Background(), casework.Config{Server: p.server.URL, Key: stranger, StateFile: filepath.Join(t.TempDir(), "s")})
	if !errors.Is(err, casework.ErrDenied) {
		t.Errorf("a stranger's key: %v, want %v", err, casework.ErrDenied)
	}
	for _, path := range []string{"/v1/queue", "/v1/roster", "/v1/notices", "/v1/rooms/T-222222?purpose=read"} {
		res, err := http.Get(p.server.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != http.StatusUnauthorized || bytes.Contains(body, []byte("maren")) {
			t.Errorf("%s without a session: %d", path, res.StatusCode)
		}
	}
}

func TestARequestForAnotherHostIsRefused(t *testing.T) {
	p := newPlace(t)
	req, err := http.NewRequest(http.MethodGet, p.server.URL+"/v1/hello", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Host = "evil.example"
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode == http.StatusOK {
		t.Error("a page of another site reaches the API by its own name")
	}
}
