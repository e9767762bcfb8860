package store_test

import (
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"tillit/store"
	"tillit/store/cases"
	"tillit/store/storetest"
)

// registering is a case that maren makes, which siv is kept out of.
func registering(who *storetest.People, id string) store.Registering {
	now := time.Now().UTC().Truncate(time.Second)
	var all []cases.Recipient
	for _, id := range []string{"maren", "jonas", "siv", cases.External, cases.Recovery} {
		all = append(all, cases.Recipient{ID: id, Key: who.Key(id)})
	}
	return store.Registering{
		Handler: "maren", ID: id, Recipients: all, Keep: []string{"maren", "jonas", cases.Recovery}, Out: []string{"siv"}, Flags: []string{"URGENT"},
		Start: cases.Start{Routine: "r1", Received: now, From: now, Source: cases.SourceRegistered, Level: "central",
			Clocks: []cases.Clock{{ID: "0000000000000001", Due: "2027-01-01", Ladder: "work", Duty: "lead"}, {ID: "0000000000000002", Due: "2026-12-01", Ladder: "law", Duty: cases.DutyDaemon}}},
	}
}

// TestACaseThatTheOfficeMakes is one case for one id, is there for those who may open it
// and for nobody else, and leaves no conversation behind.
func TestACaseThatTheOfficeMakes(t *testing.T) {
	s, who := storetest.New(t)
	var refs [8]string
	var wait sync.WaitGroup
	for i := range refs {
		wait.Go(func() {
			ref, err := s.Register(t.Context(), registering(who, "a"))
			if err != nil {
				t.Error(err)
			}
			refs[i] = ref
		})
	}
	wait.Wait()
	if again, err := s.Register(t.Context(), registering(who, "a")); err != nil || again != refs[0] || len(slices.Compact(refs[:])) != 1 {
		t.Fatalf("one id makes %v and then %s, %v", refs, again, err)
	}
	other, err := s.Register(t.Context(), registering(who, "b"))
	if err != nil || other == refs[0] {
		t.Fatalf("another id makes the same case, %v", err)
	}
	for handler, want := range map[string]int{"maren": 2, "jonas": 2, "siv": 0} {
		page, _, err := s.Queue(t.Context(), handler, store.QueueQuery{})
		if err != nil || len(page) != want {
			t.Errorf("%s sees %d cases, want %d; %v", handler, len(page), want, err)
		}
	}
	head, err := s.Head(t.Context(), "maren", refs[0])
	if err != nil || head.Routine != "r1" || head.Channel != "office" || len(head.Clocks) != 1 || head.Clocks[0].Duty != "lead" || !slices.Equal(head.Flags, []string{"URGENT"}) {
		t.Errorf("the case is %+v, %v", head, err)
	}
	if _, err := s.Head(t.Context(), "siv", refs[0]); !errors.Is(err, store.ErrUnknown) {
		t.Errorf("siv, who is kept out: %v", err)
	}
	waiting, err := s.Waiting(t.Context())
	if err != nil || len(waiting) > 0 {
		t.Errorf("somebody waits for an answer on %v, %v", waiting, err)
	}
}
