package store_test

import (
	"slices"
	"testing"
	"time"

	"tillit/intake"
	"tillit/store"
	"tillit/store/storetest"
)

// leased takes the next line to be sent.
func leased(t *testing.T, s *store.Store) store.Delivery {
	t.Helper()
	due, err := s.Lease(t.Context(), "test", 1, time.Minute)
	if err != nil || len(due) != 1 {
		t.Fatalf("%d lines are due, %v; want one", len(due), err)
	}
	return due[0]
}

func TestWhatStandsInAChatIsKnownAndForgotten(t *testing.T) {
	s, _ := storetest.New(t)
	apply := func(person string, version int64, messages ...string) {
		t.Helper()
		if _, err := s.Apply(t.Context(), store.Change{
			Channel: "test", Conversation: intake.NewConversationID(person), Address: intake.NewAddress(person),
			Expect: version, State: []byte("{}"), Messages: messages, Lines: []store.Line{{Body: []byte(`"hei"`)}},
		}); err != nil {
			t.Fatal(err)
		}
	}
	apply("lin", 0, "1", "2")
	if err := s.Sent(t.Context(), leased(t, s).ID, "3", "4"); err != nil {
		t.Fatal(err)
	}
	apply("kim", 0, "5")
	if err := s.Sent(t.Context(), leased(t, s).ID); err != nil {
		t.Fatal(err)
	}
	apply("lin", 1, "6")
	line := leased(t, s)
	got, forget, err := s.Messages(t.Context(), line.ID)
	if want := []string{"1", "2", "3", "4", "6"}; err != nil || !slices.Equal(got, want) {
		t.Fatalf("got %q, %v; want what stands in this chat, %q", got, err, want)
	}
	apply("lin", 2, "7")
	if err := forget(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got, _, err := s.Messages(t.Context(), line.ID); err != nil || !slices.Equal(got, []string{"7"}) {
		t.Errorf("afterwards %q are known, %v; want the one that came later", got, err)
	}
}
