package store_test

import (
	"errors"
	"testing"

	"tillit/intake"
	"tillit/store"
	"tillit/store/cases"
)

// TestAChangeGoesWhereItsMessageWent: also when another case is written into now.
func TestAChangeGoesWhereItsMessageWent(t *testing.T) {
	f, _ := clocked(t)
	lin := intake.NewConversationID("lin")
	first := f.open("lin")
	f.apply("lin", store.Change{Said: []string{"m1"}, Entries: []store.Entry{body("one")}})
	f.send("lin", "maren", cases.Recovery)
	second := f.open("lin")
	f.apply("lin", store.Change{Said: []string{"m2"}, Entries: []store.Entry{body("two")}})
	f.send("lin", "maren", cases.Recovery)
	for message, want := range map[string]string{"m1": first, "m2": second, "m3": ""} {
		if got, err := f.s.Said(t.Context(), "test", lin, message); err != nil || got != want {
			t.Errorf("%s went into %q, %v; want %q", message, got, err, want)
		}
	}
	if got, err := f.s.Said(t.Context(), "test", intake.NewConversationID("kari"), "m1"); err != nil || got != "" {
		t.Errorf("another's message is known as hers: %q, %v", got, err)
	}
	count := func(ref string) int {
		t.Helper()
		room, err := f.s.Read(t.Context(), "maren", ref, 0, nil)
		if err != nil {
			t.Fatal(err)
		}
		return len(room.Entries)
	}
	before := [2]int{count(first), count(second)}
	f.apply("lin", store.Change{Into: first, Entries: []store.Entry{body("one, changed")}})
	if got := [2]int{count(first), count(second)}; got != [2]int{before[0] + 1, before[1]} {
		t.Errorf("the change made %v entries of %v", got, before)
	}
	if c := f.conversation("lin"); c.Ref != second {
		t.Errorf("after it she writes into %q, want %q as before", c.Ref, second)
	}
	kari := f.open("kari")
	c := store.Change{Channel: "test", Conversation: lin, Expect: f.conversation("lin").Version, Into: kari, Entries: []store.Entry{body("x")}}
	if _, err := f.s.Apply(t.Context(), c); !errors.Is(err, store.ErrStale) {
		t.Errorf("a change goes into another person's case: %v", err)
	}
}
