package store_test

import (
	"testing"
	"time"

	"tillit/intake"
	"tillit/store"
	"tillit/store/storetest"
)

// TestALeaseEndsWithWhoHeldIt: what a process that died held may have been sent, what a
// clean stop gives back was not; neither waits for the lease to run out.
func TestALeaseEndsWithWhoHeldIt(t *testing.T) {
	s, _ := storetest.New(t)
	ctx := t.Context()
	if _, err := s.Apply(ctx, store.Change{
		Channel: "test", Conversation: intake.NewConversationID("lin"), Address: intake.NewAddress("lin"), State: []byte("{}"),
		Lines: []store.Line{{Body: []byte(`"hei"`)}, {Body: []byte(`"og"`)}},
	}); err != nil {
		t.Fatal(err)
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	is := func(d store.Delivery, maybe bool, tries int) {
		t.Helper()
		if string(d.Body) != `"hei"` || string(d.Next) != `"og"` || d.Maybe != maybe || d.Tries != tries {
			t.Errorf("the line is %s before %s, maybe sent %v, %d tries; want maybe sent %v, %d tries", d.Body, d.Next, d.Maybe, d.Tries, maybe, tries)
		}
	}
	is(leased(t, s), false, 0)
	if due, err := s.Lease(ctx, "test", 9, time.Minute); err != nil || len(due) != 0 {
		t.Fatalf("%d lines are handed out twice, %v", len(due), err)
	}
	must(s.Release(ctx))
	d := leased(t, s)
	is(d, false, 0)
	must(s.Retry(ctx, d, time.Now()))
	is(leased(t, s), false, 1)
	if n, err := s.Reclaim(ctx); err != nil || n != 1 {
		t.Errorf("%d lines were held by who died, %v", n, err)
	}
	d = leased(t, s)
	is(d, true, 2)
	must(s.Wait(ctx, d, time.Now())) // patience makes nothing certain
	is(leased(t, s), true, 2)
	must(s.MaybeSent(ctx, d.ID, time.Now().Add(time.Hour)))
	if due, err := s.Lease(ctx, "test", 9, time.Minute); err != nil || len(due) != 0 {
		t.Errorf("what may have arrived is said again at once: %d lines, %v", len(due), err)
	}
	if n, err := s.Reclaim(ctx); err != nil || n != 0 {
		t.Errorf("%d lines are taken back that nobody holds, %v", n, err)
	}
}
