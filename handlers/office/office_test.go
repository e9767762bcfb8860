package office_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"path/filepath"
	"slices"
	"testing"

	"tillit/store/cases"

	"tillit/handlers/casework"
	"tillit/handlers/handlerstest"
	"tillit/intake"
)

func TestACaseIsWorkedOverTheWire(t *testing.T) {
	p := handlerstest.New(t)
	ref := p.Report("lin", "Det var på middagen.")
	maren := p.Dial("maren")
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
	c, err := p.Dial("jonas").Case(t.Context(), ref)
	if err != nil {
		t.Fatal(err)
	}
	said := slices.IndexFunc(c.Answers, func(a casework.Answer) bool { return a.Text.Reveal() == "Det var på middagen." })
	if said < 0 || c.Assignee != "maren" || c.Status != "answered" {
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
		p := handlerstest.New(t)
		ref := "T-222222"
		if with {
			ref = p.File("lin", handlerstest.Answers{"C0": {"p:jonas"}, "A1": {"Om Jonas."}})
		}
		jonas := p.Dial("jonas")
		page, err := jonas.Queue(t.Context(), casework.Query{})
		if err != nil {
			t.Fatal(err)
		}
		raw, err := json.Marshal(page)
		if err != nil {
			t.Fatal(err)
		}
		out := string(raw)
		_, err = jonas.Case(t.Context(), ref)
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
	p := handlerstest.New(t)
	stranger, err := casework.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	_, err = handlerstest.SignIn(context.Background(), casework.Config{Server: p.API.URL, Key: stranger, StateFile: filepath.Join(t.TempDir(), "s")})
	if !errors.Is(err, casework.ErrDenied) {
		t.Errorf("a stranger's key: %v, want %v", err, casework.ErrDenied)
	}
	for _, path := range []string{"/v1/queue", "/v1/roster", "/v1/notices", "/v1/rooms/T-222222?purpose=read"} {
		res, err := http.Get(p.API.URL + path)
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
	p := handlerstest.New(t)
	req, err := http.NewRequest(http.MethodGet, p.API.URL+"/v1/hello", nil)
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
