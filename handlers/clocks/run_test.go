package clocks_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"tillit/handlers"
	"tillit/handlers/clocks"
	"tillit/handlers/routine/acts"
	"tillit/handlers/routine/party"
	"tillit/handlers/routine/plan"
	"tillit/store"
	"tillit/store/cases"
)

// timed is a store that writes down when something rings, and lets it ring no more.
type timed struct {
	mu     sync.Mutex
	clocks map[string]cases.Clock
	rang   []string
	fail   int // how often it cannot write
	watch  func([]string)
}

// set gives a case another clock, or none.
func (s *timed) set(ref string, k *cases.Clock) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if delete(s.clocks, ref); k != nil {
		s.clocks[ref] = *k
	}
}

// failNext lets that many attempts to write fail.
func (s *timed) failNext(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail = n
}

func (s *timed) Clocks(_ context.Context, f func(store.Clocked)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for ref, k := range s.clocks {
		f(store.Clocked{Ref: ref, Clocks: []cases.Clock{k}})
	}
	return nil
}

func (s *timed) ClocksOf(_ context.Context, refs []string, f func(store.Clocked)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, ref := range refs {
		if k, there := s.clocks[ref]; there {
			f(store.Clocked{Ref: ref, Clocks: []cases.Clock{k}})
		}
	}
	return nil
}

func (s *timed) Watch(f func([]string)) { s.watch = f }

func (s *timed) Ring(_ context.Context, refs []string, _ func(*store.Ringing) (store.Rang, error)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail--; s.fail >= 0 {
		return errors.New("the disk is full")
	}
	slices.Sort(refs)
	s.rang = append(s.rang, fmt.Sprint(time.Now().In(oslo).Format("Mon 15:04:05"), " ", strings.Join(refs, " ")))
	return nil
}

// TestItRingsAtItsMoment: to the second, also what an act began while it slept, and what
// could not be written is tried again.
func TestItRingsAtItsMoment(t *testing.T) {
	routine, wrong := plan.Load(party.Files, acts.Vocabulary())
	if routine == nil {
		t.Fatal(wrong)
	}
	synctest.Test(t, func(t *testing.T) { // a Saturday at one in the night, where the office is
		now := time.Now()
		work := cases.Clock{ID: "w", Begun: now, Ladder: "work", Due: "2000-01-04"}
		s := &timed{clocks: map[string]cases.Clock{"one": work, "two": work}}
		ringer := clocks.New(clocks.Config{Store: s, Office: clocks.Office{Roster: &handlers.Roster{Zone: oslo}, Routines: &handlers.Routines{Current: routine}}, Now: time.Now, Log: slog.New(slog.DiscardHandler)})
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- ringer.Run(ctx) }()
		time.Sleep(9 * time.Hour)
		s.set("three", &cases.Clock{ID: "u", Begun: time.Now(), Ladder: "urgent", Due: "2000-01-01T13:00Z"})
		s.watch([]string{"three"})
		time.Sleep(20 * time.Hour)
		s.set("one", nil) // its step was ended
		s.watch([]string{"one"})
		s.failNext(2)
		time.Sleep(40 * time.Hour)
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if want := []string{"Sat 10:00:00 three", "Mon 08:02:00 two"}; !slices.Equal(s.rang, want) {
			t.Errorf("it rang %q, want %q", s.rang, want)
		}
	})
}
