package bot

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"tillit/intake"
	"tillit/store"
)

// onPage is a screen whose people read from a copy.
type onPage struct{ *screen }

func (onPage) Capabilities(intake.ConversationID) Capabilities {
	return Capabilities{Buttons: true, Copy: true}
}

// TestWhoseCaseWasChangedIsToldThatNothingIsSaved: in a chat by a word, once for each
// message, and the network is not asked to bring it again; on a page by what the page
// says when it cannot save. The others go on, and so do they when it is put back.
func TestWhoseCaseWasChangedIsToldThatNothingIsSaved(t *testing.T) {
	tw := newTown(t)
	ref := tw.report("lin", "Hei")
	tw.report("kari", "Hei")
	alter := func(public string) (was string) {
		t.Helper()
		db, err := sql.Open("sqlite", "file:"+filepath.Join(tw.store.Dir, "tillit.db"))
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		if err := db.QueryRow("SELECT public FROM cases WHERE ref = ?", ref).Scan(&was); err != nil {
			t.Fatal(err)
		}
		if _, err := db.Exec("UPDATE cases SET public = ? WHERE ref = ?", public, ref); err != nil {
			t.Fatal(err)
		}
		return was
	}
	says := func(person, id string) string {
		t.Helper()
		tw.forget(person)
		if err := tw.does(person, id, Event{Text: intake.NewPrivate("mer")}); err != nil {
			t.Fatalf("%s: %v", person, err)
		}
		tw.drain()
		return tw.said(person)
	}
	was := alter("age1pq1another")
	for _, id := range []string{"f1", "f1", "f2"} {
		if got := says("lin", id); !strings.HasPrefix(got, "Det du skrev nå, er ikke lagret.") {
			t.Errorf("lin is told %q", got)
		}
	}
	if got := says("kari", "f3"); !strings.Contains(got, "lagret") || strings.Contains(got, "ikke lagret") {
		t.Errorf("kari is told %q", got)
	}
	page := Event{ID: "f4", Kind: EventMessage, Conversation: intake.NewConversationID("lin"), Address: intake.NewAddress("lin"), Text: intake.NewPrivate("mer")}
	if err := tw.bot.Deliver(context.Background(), onPage{tw.screen}, page); !errors.Is(err, store.ErrForged) || !errors.Is(err, store.ErrUnavailable) {
		t.Errorf("on a page: %v", err)
	}
	if err := tw.bot.Tick(context.Background()); err != nil {
		t.Errorf("the clock: %v", err)
	}
	alter(was)
	if got := says("lin", "f5"); !strings.Contains(got, "lagret") || strings.Contains(got, "ikke lagret") {
		t.Errorf("put back, lin is told %q", got)
	}
}
