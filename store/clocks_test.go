package store_test

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tillit/store"
	"tillit/store/cases"
	"tillit/store/storetest"
)

// running lets clocks of a case run, and those that there were no more.
func (f *filer) running(ref string, clocks ...cases.Clock) {
	f.t.Helper()
	err := storetest.Act(f.t.Context(), f.s, "maren", ref, "note", func(facts *cases.Facts) { facts.Clocks = clocks })
	if err != nil {
		f.t.Fatal(err)
	}
}

// clocks are the ids of the clocks of each case, and what has rung.
func (f *filer) clocks() map[string]string {
	f.t.Helper()
	var mu sync.Mutex
	all := map[string]string{}
	if err := f.s.Clocks(f.t.Context(), func(c store.Clocked) {
		mu.Lock()
		defer mu.Unlock()
		all[c.Ref] = clockIDs(c.Clocks) + " " + strings.TrimSpace(string(c.Rung))
	}); err != nil {
		f.t.Fatal(err)
	}
	return all
}

func clockIDs(clocks []cases.Clock) string {
	var ids []string
	for _, c := range clocks {
		ids = append(ids, c.ID)
	}
	return strings.Join(ids, ",")
}

// rings lets a case ring, as told.
func (f *filer) rings(ref string, rang store.Rang) {
	f.t.Helper()
	if err := f.s.Ring(f.t.Context(), []string{ref}, func(*store.Ringing) (store.Rang, error) { return rang, nil }); err != nil {
		f.t.Fatal(err)
	}
}

// waiting are the notices that ring for somebody: kinds and days.
func (f *filer) waiting(handler string) (all []string) {
	f.t.Helper()
	notices, err := f.s.Notices(f.t.Context(), handler)
	if err != nil {
		f.t.Fatal(err)
	}
	for _, n := range notices {
		if n.Rings() {
			all = append(all, n.Kind+" "+n.Day(time.UTC))
		}
	}
	return all
}

// TestClocksOfAllCasesThatTheOfficeHas: sent ones, closed or not, and what has rung.
func TestClocksOfAllCasesThatTheOfficeHas(t *testing.T) {
	s, who := storetest.New(t)
	f := newFiler(t, s, who)
	one, two := f.open("lin"), f.open("kari")
	f.open("nils") // not sent
	f.send("lin", "maren", cases.Recovery)
	f.send("kari", "maren", cases.Recovery)
	f.running(one, cases.Clock{ID: "a", Due: "2026-11-27"}, cases.Clock{ID: "b", Due: "2026-12-01"})
	f.rings(one, store.Rang{Rung: []byte(`{"a":1}`)})
	if got := f.clocks(); len(got) != 2 || got[one] != `a,b {"a":1}` || got[two] != " " {
		t.Errorf("the clocks are %v", got)
	}
	var some []string
	if err := s.ClocksOf(t.Context(), []string{two, one, "T-222222"}, func(c store.Clocked) { some = append(some, c.Ref) }); err != nil {
		t.Fatal(err)
	}
	slices.Sort(some)
	if want := slices.Sorted(slices.Values([]string{one, two})); !slices.Equal(some, want) {
		t.Errorf("of some there are %v", some)
	}
}

// TestWhoWatchesIsToldBeforeTheAnswer of each case whose facts have changed.
func TestWhoWatchesIsToldBeforeTheAnswer(t *testing.T) {
	s, who := storetest.New(t)
	f := newFiler(t, s, who)
	ref := f.open("lin")
	var mu sync.Mutex
	var told []string
	s.Watch(func(refs []string) {
		mu.Lock()
		defer mu.Unlock()
		told = append(told, refs...)
	})
	since := func() []string {
		mu.Lock()
		defer mu.Unlock()
		got := told
		told = nil
		return got
	}
	f.send("lin", "maren", cases.Recovery)
	if got := since(); !slices.Equal(got, []string{ref}) {
		t.Errorf("as it is sent, %v are told of", got)
	}
	f.running(ref, cases.Clock{ID: "a", Due: "2026-11-27"})
	if got := since(); !slices.Equal(got, []string{ref}) {
		t.Errorf("as a clock begins, %v are told of", got)
	}
	f.apply("lin", store.Change{})
	f.rings(ref, store.Rang{Rung: []byte("{}")})
	if got := since(); len(got) != 0 {
		t.Errorf("as nothing of it changes, %v are told of", got)
	}
}

// TestARingIsOneTransaction: what has rung, the notices, the words to the reporter and the
// line of the log, or nothing of it.
func TestARingIsOneTransaction(t *testing.T) {
	s, who := storetest.New(t)
	f := newFiler(t, s, who)
	ref := f.open("lin")
	f.send("lin", "maren", "jonas", cases.Recovery)
	f.clear()
	clock := cases.Clock{ID: "a", Due: "2026-11-27"}
	f.running(ref, clock)
	var holds []string
	ring := func(fault error) error {
		return s.Ring(t.Context(), []string{"T-222222", ref}, func(c *store.Ringing) (rang store.Rang, err error) {
			if holds, err = c.Holds("solveig", "jonas", "maren"); err != nil {
				return rang, err
			}
			_, there := c.Reporter()
			if c.Ref != ref || clockIDs(c.Facts.Clocks) != "a" || c.Rung != nil || !there {
				t.Errorf("it is asked of %s, with the clocks %s and what rang %s", c.Ref, clockIDs(c.Facts.Clocks), c.Rung)
			}
			return store.Rang{
				Rung: []byte(`{"a":0}`), Entries: []store.Entry{{Body: cases.Log{Event: cases.EventLate}}},
				Notices: []cases.Notice{{Handler: "maren", Kind: cases.NoticeLate, Rung: []string{clock.Rung()}}},
				Lines:   []store.Line{{Body: []byte(`"words"`), AwaitsPickup: true}, {Body: []byte(`"notice"`)}},
			}, fault
		})
	}
	fault := errors.New("not now")
	if err := ring(fault); !errors.Is(err, fault) {
		t.Errorf("a fault is %v", err)
	}
	if got := f.clocks(); got[ref] != "a " || len(f.waiting("maren")) > 0 {
		t.Errorf("after a fault there are %v and %v", got, f.waiting("maren"))
	}
	f.lease(0)
	if err := ring(nil); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(holds, []string{"jonas", "maren"}) {
		t.Errorf("its key hold %v", holds)
	}
	if got := f.clocks(); got[ref] != `a {"a":0}` || !slices.Equal(f.waiting("maren"), []string{"late 2026-11-27"}) {
		t.Errorf("after it there are %v and %v", got, f.waiting("maren"))
	}
	f.lease(1)
	if c := f.conversation("lin"); c.Unread != 1 {
		t.Errorf("%d words wait for the reporter", c.Unread)
	}
	room, err := s.Read(t.Context(), "maren", ref, 0, nil)
	if err != nil || room.Entries[len(room.Entries)-1].Kind != cases.EntryLog {
		t.Errorf("the log does not say so: %v", err)
	}
	if faults, err := s.Verify(t.Context(), storetest.Nobody); err != nil || len(faults) > 0 {
		t.Errorf("it is not whole: %v, %v", faults, err)
	}
}

// TestWhatRangIsToldAsLongAsItsClockRuns: an act that ends it or moves its day takes it out
// of what waits, for everybody.
func TestWhatRangIsToldAsLongAsItsClockRuns(t *testing.T) {
	s, who := storetest.New(t)
	f := newFiler(t, s, who)
	ref := f.open("lin")
	f.send("lin", "maren", "jonas", cases.Recovery)
	a, b := cases.Clock{ID: "a", Due: "2026-11-27"}, cases.Clock{ID: "b", Due: "2026-11-29T23:30Z"}
	f.running(ref, a, b)
	f.rings(ref, store.Rang{Rung: []byte("{}"), Notices: []cases.Notice{
		{Handler: "maren", Kind: cases.NoticeLate, Rung: []string{b.Rung(), a.Rung()}}, {Handler: "jonas", Kind: cases.NoticeRing, Rung: []string{a.Rung()}},
		{Handler: "maren", Kind: cases.NoticeAnswer},
	}})
	for _, step := range []struct {
		clocks       []cases.Clock
		maren, jonas []string
	}{
		{[]cases.Clock{a, b, {ID: "c"}}, []string{"late 2026-11-27"}, []string{"ring 2026-11-27"}},
		{[]cases.Clock{{ID: "a", Due: "2026-12-01"}, b}, []string{"late 2026-11-29"}, nil},
		{nil, nil, nil},
	} {
		f.running(ref, step.clocks...)
		if maren, jonas := f.waiting("maren"), f.waiting("jonas"); !slices.Equal(maren, step.maren) || !slices.Equal(jonas, step.jonas) {
			t.Errorf("with the clocks %s wait %v and %v", clockIDs(step.clocks), maren, jonas)
		}
	}
	if all, err := s.Notices(t.Context(), "maren"); err != nil || len(all) != 2 || all[0].Kind != cases.NoticeAnswer {
		t.Errorf("what does not ring is gone too: %v, %v", all, err)
	}
}

// TestWhoIsKeptOutHearsNoRing, whatever it is decided, also who needs no key to be told.
func TestWhoIsKeptOutHearsNoRing(t *testing.T) {
	s, who := storetest.New(t)
	f := newFiler(t, s, who)
	ref := f.open("lin")
	f.send("lin", "maren", "jonas", cases.Recovery)
	f.apply("lin", store.Change{Exclude: &store.Exclude{Out: []string{"jonas"}, Recipients: []cases.Recipient{{ID: "maren", Key: who.Key("maren")}, {ID: cases.Recovery, Key: who.Key(cases.Recovery)}}}})
	err := s.Ring(t.Context(), []string{ref}, func(c *store.Ringing) (store.Rang, error) {
		holds, err := c.Holds("maren", "jonas")
		if !slices.Equal(holds, []string{"maren"}) {
			t.Errorf("its key hold %v", holds)
		}
		return store.Rang{Rung: []byte("{}"), Notices: []cases.Notice{{Handler: "jonas", Kind: cases.NoticeRing, Rung: []string{"a 2026-11-27"}, Keyless: true}}}, err
	})
	if got := f.waiting("jonas"); err != nil || len(got) > 0 {
		t.Errorf("who is kept out waits for %v, %v", got, err)
	}
}

// TestWhatRangGoesWithItsCase.
func TestWhatRangGoesWithItsCase(t *testing.T) {
	s, who := storetest.New(t)
	f := newFiler(t, s, who)
	ref := f.open("lin")
	f.send("lin", "maren", cases.Recovery)
	f.rings(ref, store.Rang{Rung: []byte("{}")})
	if n := s.Count(t, "SELECT count(*) FROM rung"); n != 1 {
		t.Fatalf("there are %d rows", n)
	}
	s.Destroy(t, ref)
	if n := s.Count(t, "SELECT count(*) FROM rung"); n != 0 {
		t.Errorf("%d rows are left", n)
	}
}
