package store_test

import (
	"errors"
	"slices"
	"testing"

	"tillit/intake"
	"tillit/store"
	"tillit/store/cases"
	"tillit/store/storetest"
)

// TestAReferenceThatIsTakenIsDrawnAgain holds that a report is not lost to chance: the
// other case, and what is sealed in it, stay as they are.
func TestAReferenceThatIsTakenIsDrawnAgain(t *testing.T) {
	s, who := storetest.New(t)
	f := newFiler(t, s, who)
	s.Draw("222222", "222222", "222222", "333333")
	first, second := f.open("lin"), f.open("siv")
	if first != "T-222222" || second != "T-333333" {
		t.Fatalf("the cases are %s and %s", first, second)
	}
	f.send("lin", "maren")
	f.send("siv", "maren")
	for _, ref := range []string{first, second} {
		if room, err := s.Read(t.Context(), "maren", ref, 0, nil); err != nil || len(room.Entries) != 3 { // two answers, and whom she keeps out
			t.Errorf("%s has %d entries, %v", ref, len(room.Entries), err)
		}
	}
	s.Draw(slices.Repeat([]string{"222222"}, 100)...)
	c := store.Change{Channel: "test", Conversation: intake.NewConversationID("kari"), Address: intake.NewAddress("kari"), State: []byte("{}"),
		Open: &store.OpenRoom{Recipients: []cases.Recipient{{ID: "maren", Key: who.Key("maren")}}}}
	if _, err := s.Apply(t.Context(), c); !errors.Is(err, store.ErrStale) {
		t.Errorf("with none that is free: %v, want %v", err, store.ErrStale)
	}
}
