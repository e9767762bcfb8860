package casework_test

import (
	"database/sql"
	"errors"
	"path/filepath"
	"slices"
	"testing"

	"tillit/handlers/casework"
	"tillit/store"
	"tillit/store/cases"
)

// names are who is said to hold a key.
func names(c *casework.Case) []string {
	var ids []string
	for _, h := range c.CanOpen {
		ids = append(ids, h.ID)
	}
	return ids
}

// TestWhoHoldsAKeyIsToldAndCanBeMore has a colleague give a key on: who holds one
// is told as it is, and whom the reporter keeps out gets none.
func TestWhoHoldsAKeyIsToldAndCanBeMore(t *testing.T) {
	p := newPlace(t)
	said := cases.Answer{Question: "C0", Is: []string{"keeps_out"}, Choices: []string{"p:jonas"}, Labels: []string{"JONAS"}}
	kept := p.apply("lin", store.Change{Open: &store.OpenRoom{Recipients: p.roster.Recipients(), Excluded: []string{"jonas"}},
		Entries: []store.Entry{{Body: said}, answer("om jonas")}}).Ref
	p.apply("lin", store.Change{Submit: &store.Submit{Keep: []string{"maren", cases.Recovery}, Status: "waiting"}})
	state := filepath.Join(t.TempDir(), "maren.seen")
	maren := p.dialAt("maren", state)
	holds := func(want ...string) {
		t.Helper()
		c, err := maren.Case(t.Context(), kept, "read")
		if err != nil || !slices.Equal(names(c), want) || len(c.Kept) != 1 || c.Kept[0].ID != "jonas" {
			t.Errorf("%v; %v hold a key, want %v; kept out are %v", err, names(c), want, c.Kept)
		}
	}
	holds("maren", cases.Recovery)
	if _, err := p.dial("siv").Case(t.Context(), kept, "read"); !errors.Is(err, casework.ErrUnknown) {
		t.Errorf("siv, before: %v", err)
	}
	if err := maren.Grant(t.Context(), kept, "jonas", p.keys["jonas"].Fingerprint()); !errors.Is(err, casework.ErrKeptOut) {
		t.Errorf("a key for whom the reporter keeps out: %v", err)
	}
	if err := maren.Grant(t.Context(), kept, "nobody", ""); !errors.Is(err, casework.ErrUnknown) {
		t.Errorf("a key for nobody: %v", err)
	}
	holds("maren", cases.Recovery)
	if err := maren.Grant(t.Context(), kept, "siv", p.keys["siv"].Fingerprint()); err != nil {
		t.Fatal(err)
	}
	holds("maren", "siv", cases.Recovery)
	c, err := p.dial("siv").Case(t.Context(), kept, "read")
	if err != nil || len(c.Faults) > 0 || len(c.Answers) != 2 || c.Answers[1].Text.Reveal() != "om jonas" || !slices.Equal(names(c), []string{"maren", "siv", cases.Recovery}) {
		t.Errorf("siv, after: %v, %v", err, c)
	}
	if _, err := p.dial("jonas").Case(t.Context(), kept, "read"); !errors.Is(err, casework.ErrUnknown) {
		t.Errorf("jonas: %v", err)
	}
	// Who lost the key gets the case again with a new one, once that one was
	// compared, and not with the comparison of the old one.
	old := p.keys["siv"].Fingerprint()
	p.keys["siv"] = newKey(t)
	p.alter()
	maren = p.dialAt("maren", state)
	if err := maren.Grant(t.Context(), kept, "siv", old); !errors.Is(err, casework.ErrNewKey) {
		t.Errorf("a key is given on to another key than the one compared: %v", err)
	}
	if _, err := p.dial("siv").Case(t.Context(), kept, "read"); !errors.Is(err, casework.ErrCannotOpen) {
		t.Errorf("siv, with a key that nobody compared: %v", err)
	}
	if err := maren.Grant(t.Context(), kept, "siv", p.keys["siv"].Fingerprint()); err != nil {
		t.Fatal(err)
	}
	c, err = p.dial("siv").Case(t.Context(), kept, "read")
	if err != nil || len(c.Faults) > 0 {
		t.Errorf("siv, with the new key: %v", err)
	}
	granted := 0
	for _, e := range c.Entries {
		if e.Event == "granted" && e.By == "MAREN" && e.Text.Reveal() == "SIV" {
			granted++
		}
	}
	if granted != 2 {
		t.Errorf("the log says %d times that access was given, want 2", granted)
	}
	if rows := p.rows("SELECT count(*) FROM wraps WHERE case_id = (SELECT id FROM cases WHERE ref = ?)", kept); rows != len(p.roster.Recipients()) {
		t.Errorf("%d places for keys, want %d: their number tells that access was given", rows, len(p.roster.Recipients()))
	}
}

// rows counts what a query finds, beside the running office.
func (p *place) rows(query string, args ...any) (n int) {
	p.t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(p.dir, "tillit.db")+"?mode=ro")
	if err != nil {
		p.t.Fatal(err)
	}
	defer db.Close()
	if err := db.QueryRow(query, args...).Scan(&n); err != nil {
		p.t.Fatal(err)
	}
	return n
}
