package store_test

import (
	"errors"
	"testing"

	"tillit/intake"
	"tillit/store"
	"tillit/store/storetest"
)

func TestACursorIsCommittedWithItsEventAndOutlivesTheTalk(t *testing.T) {
	s, who := storetest.New(t)
	f := newFiler(t, s, who)
	at := func(person string) string {
		t.Helper()
		c, err := f.s.Cursor(t.Context(), "test", intake.NewConversationID(person))
		if err != nil {
			t.Fatal(err)
		}
		return string(c)
	}
	if got := at("lin"); got != "" {
		t.Errorf("before anything was read the cursor is %q", got)
	}
	f.apply("lin", store.Change{Event: "1", Cursor: []byte("post 1")})
	f.apply("ola", store.Change{Event: "2", Cursor: []byte("post 2")})
	f.apply("lin", store.Change{Event: "3"})
	if at("lin") != "post 1" || at("ola") != "post 2" {
		t.Errorf("the cursors are %q and %q", at("lin"), at("ola"))
	}
	conv, err := f.s.Conversation(t.Context(), "test", intake.NewConversationID("lin"))
	if err != nil {
		t.Fatal(err)
	}
	again := store.Change{Channel: "test", Conversation: intake.NewConversationID("lin"), Expect: conv.Version, Event: "1", Cursor: []byte("post 9")}
	if _, err := f.s.Apply(t.Context(), again); !errors.Is(err, store.ErrDuplicate) {
		t.Fatalf("storing an event twice: %v", err)
	}
	if at("lin") != "post 1" {
		t.Errorf("an event that was refused moved the cursor to %q", at("lin"))
	}
	f.apply("lin", store.Change{Event: "4", Delete: true, End: true})
	if at("lin") != "post 1" {
		t.Errorf("after the talk is gone the cursor is %q; its words would be read again", at("lin"))
	}
}
