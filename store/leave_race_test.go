package store_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"tillit/store"
	"tillit/store/cases"
	"tillit/store/storetest"
)

// TestNobodyGetsAKeyWhoIsLeaving sends and writes while somebody leaves, by what was
// decided before they did: in the end they hold nothing, and every log is whole.
func TestNobodyGetsAKeyWhoIsLeaving(t *testing.T) {
	const n, writers = 12, 4
	dir := t.TempDir()
	s, who := storetest.Open(t, dir, storetest.Keys(t)), storetest.NewPeople(t)
	f := newFiler(t, s, who)
	f.all = []string{"maren", "jonas", cases.External, cases.Recovery}
	var sent, unsent []string
	for i := range n {
		sent = append(sent, f.open(fmt.Sprint("sent ", i)))
		f.send(fmt.Sprint("sent ", i), "maren", "jonas", cases.Recovery)
		f.open(fmt.Sprint("unsent ", i))
		unsent = append(unsent, fmt.Sprint("unsent ", i))
	}
	ctx, stop := context.WithCancel(t.Context())
	var busy sync.WaitGroup
	for w := range writers {
		busy.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				ref := sent[(i*writers+w)%n]
				err := storetest.Act(t.Context(), s, "maren", ref, "note", func(*cases.Facts) {})
				if err != nil && !errors.Is(err, store.ErrStale) {
					t.Error(err)
				}
			}
		})
	}
	stale, left := 0, make(chan error, 1)
	go func() { left <- s.NewEpochs(t.Context(), f.leave("jonas")) }()
	for _, person := range unsent {
		if err := f.try(person, store.Change{Submit: &store.Submit{Keep: []string{"maren", "jonas", cases.Recovery}, Status: "waiting"}}); errors.Is(err, store.ErrStale) {
			stale++
			f.send(person, "maren", cases.Recovery)
		} else if err != nil {
			t.Error(err)
		}
	}
	if err := <-left; err != nil {
		t.Fatal(err)
	}
	stop()
	busy.Wait()
	if stale == 0 {
		t.Error("everything was sent before: this proves nothing")
	}
	if open, _, err := s.Holds(t.Context(), "jonas", nil); err != nil || open > 0 {
		t.Errorf("jonas holds a key of %d cases, %v", open, err)
	}
	open, alone, err := s.Holds(t.Context(), "maren", []string{"jonas", cases.Recovery})
	if err != nil || open != 2*n || alone != 0 {
		t.Errorf("maren holds %d, and %d alone; %v", open, alone, err)
	}
	if _, alone, err = s.Holds(t.Context(), "maren", []string{"jonas"}); err != nil || alone != 2*n {
		t.Errorf("maren is the only handler of %d, %v", alone, err)
	}
	if faults, err := s.Verify(t.Context(), storetest.Nobody); err != nil || len(faults) > 0 {
		t.Errorf("the logs are not whole: %v, %v", faults, err)
	}
}

// TestWhatNobodyHereCanOpenGoesOutside: between its beginning and its end all leave who
// were here when it began. Who came since has no key of it, so the external receiver gets
// one, as where nobody is left; but not where they are kept out.
func TestWhatNobodyHereCanOpenGoesOutside(t *testing.T) {
	for _, c := range []struct {
		out  []string
		want error
	}{{nil, nil}, {[]string{cases.External}, store.ErrUnknown}} {
		s, who := storetest.New(t)
		f := newFiler(t, s, who)
		ref := f.open("lin", c.out...)
		f.send("lin", "siv", cases.Recovery)
		if _, err := s.Head(t.Context(), cases.External, ref); !errors.Is(err, c.want) {
			t.Errorf("kept out %v: the external receiver gets %v, want %v", c.out, err, c.want)
		}
		if _, err := s.Head(t.Context(), "maren", ref); !errors.Is(err, store.ErrUnknown) {
			t.Errorf("who left gets %v", err)
		}
	}
}
