package clocks

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tillit/handlers"
	"tillit/handlers/routine/acts"
	"tillit/handlers/routine/party"
	"tillit/handlers/routine/plan"
	"tillit/store/cases"
)

var oslo = func() *time.Location {
	zone, err := time.LoadLocation("Europe/Oslo")
	if err != nil {
		panic(err)
	}
	return zone
}()

// partyRoutine is the routine of a party.
func partyRoutine(t testing.TB) *plan.Routine {
	t.Helper()
	r, wrong := plan.Load(party.Files, acts.Vocabulary())
	if r == nil {
		t.Fatal(wrong)
	}
	return r
}

func at(text string) time.Time {
	t, err := time.ParseInLocation("2006-01-02 15:04", text, oslo)
	if err != nil {
		panic(err)
	}
	return t
}

var ladders = []string{"promise", "limit", "law", "work", "urgent", "keep"}

// drawn is any clock that begins in some year.
func drawn(t *rapid.T, id string) cases.Clock {
	begun := time.Unix(rapid.Int64Range(1_790_000_000, 1_820_000_000).Draw(t, "begun"), 0).UTC()
	k := cases.Clock{ID: id, Begun: begun, Ladder: rapid.SampledFrom(ladders).Draw(t, "ladder")}
	k.Due = drawnDue(t, begun)
	return k
}

func drawnDue(t *rapid.T, from time.Time) string {
	due := from.Add(time.Duration(rapid.Int64Range(-5*24, 40*24).Draw(t, "hours")) * time.Hour)
	if rapid.Bool().Draw(t, "day") {
		return due.In(oslo).Format(time.DateOnly)
	}
	return due.Format("2006-01-02T15:04Z")
}

// TestEachRungRingsOnceAndTellsAll: a clock is looked at when it is due, and at any other
// time, by a server that is down in between, and that forgets all but what it stored. No
// rung rings twice, none is passed over for whom it tells, and between two looks nothing
// was due.
func TestEachRungRingsOnceAndTellsAll(t *testing.T) {
	r := partyRoutine(t)
	b := newBook(Office{Roster: &handlers.Roster{Zone: oslo}, Routines: &handlers.Routines{Current: r}})
	c := b.calendars[r]
	rapid.Check(t, func(t *rapid.T) {
		k := drawn(t, "k")
		var stored []byte
		now, rang := k.Begun, map[string]map[int]bool{}
		told := map[string]map[string]bool{}
		for range rapid.IntRange(1, 25).Draw(t, "looks") {
			s := b.stand("", []cases.Clock{k}, readRung(stored), now)
			for _, ring := range s.rings {
				if rang[k.Rung()] == nil {
					rang[k.Rung()], told[k.Rung()] = map[int]bool{}, map[string]bool{}
				}
				for n := range rang[k.Rung()] {
					if n >= ring.rung {
						t.Fatalf("rung %d of %s rings after rung %d", ring.rung, k.Rung(), n)
					}
				}
				rang[k.Rung()][ring.rung] = true
				for _, who := range ring.who {
					told[k.Rung()][who] = true
				}
				if local := now.In(oslo); k.Ladder != plan.LadderUrgent && now.Sub(ring.at) > grace && !r.Opens(local, c).Equal(local) {
					t.Fatalf("what was missed rings outside office hours: %s", local)
				}
				if ring.at.After(now) || ring.at.Second() != 0 {
					t.Fatalf("at %s it counts from %s", now, ring.at)
				}
			}
			if len(s.rings) > 0 {
				stored = readRung(stored).after([]cases.Clock{k}, s.rings, nil).encode()
			}
			clock, _ := clockOf(k, oslo)
			past, _, _ := r.Rings(clock, now, c)
			past = slices.DeleteFunc(past, func(p plan.Ring) bool { return !p.At.After(k.Moved) })
			waits := r.Opens(now, c).After(now) && k.Ladder != plan.LadderUrgent
			for _, p := range past {
				for _, who := range p.Who {
					if !told[k.Rung()][who] && !waits {
						t.Fatalf("at %s nobody has told %s of rung %d", now, who, p.Rung)
					}
				}
			}
			if s.next.IsZero() || !s.next.After(now) {
				t.Fatalf("at %s it is looked at next at %s", now, s.next)
			}
			between := now.Add(time.Duration(rapid.Int64Range(0, int64(s.next.Sub(now))-1).Draw(t, "between")))
			if early := b.stand("", []cases.Clock{k}, readRung(stored), between); len(early.rings) > 0 {
				t.Fatalf("it rings at %s, and would be looked at at %s", between, s.next)
			}
			switch rapid.IntRange(0, 3).Draw(t, "then") {
			case 0, 1:
				now = s.next
			case 2: // the server is down
				now = now.Add(time.Duration(rapid.Int64Range(0, 60*24).Draw(t, "down")) * time.Hour)
			case 3: // somebody moves its day
				k.Due, k.Moved = drawnDue(t, now), now
			}
		}
	})
}

// TestAClockThatMovesRingsForItsNewDay: what lies before the move does not ring, also where
// it had not rung; what lies after it rings, also where it had.
func TestAClockThatMovesRingsForItsNewDay(t *testing.T) {
	r := partyRoutine(t)
	b := newBook(Office{Roster: &handlers.Roster{Zone: oslo}, Routines: &handlers.Routines{Current: r}})
	k := cases.Clock{ID: "k", Due: "2026-11-27", Begun: at("2026-11-19 10:00"), Ladder: "work"}
	var now rung
	rings := func(when string) (rungs []int) {
		for _, ring := range b.stand("", []cases.Clock{k}, now, at(when)).rings {
			rungs = append(rungs, ring.rung)
			now = now.after([]cases.Clock{k}, []struck{ring}, nil)
		}
		return rungs
	}
	for _, step := range []struct {
		shows, when, move string
		want              []int
	}{
		{"a working day before", "2026-11-26 08:00", "", []int{0}},
		{"and not again", "2026-11-26 09:00", "", nil},
		{"it moves a week on", "2026-11-26 10:00", "2026-12-04", nil},
		{"the old day is over, and nothing rings", "2026-11-30 08:00", "", nil},
		{"a working day before the new one", "2026-12-03 08:00", "", []int{0}},
		{"it moves back, over the rung of its new day", "2026-12-03 10:00", "2026-12-03", nil},
		{"which is over the next day", "2026-12-04 08:00", "", []int{1}},
	} {
		if step.move != "" {
			k.Due, k.Moved = step.move, at(step.when)
		}
		if got := rings(step.when); !slices.Equal(got, step.want) {
			t.Errorf("%s: at %s rungs %v ring, want %v", step.shows, step.when, got, step.want)
		}
	}
}

// TestWhatRunsNoMoreIsForgotten: what is stored of ringing does not grow.
func TestWhatRunsNoMoreIsForgotten(t *testing.T) {
	begun := at("2026-11-19 10:00")
	ack1, ack2 := cases.Clock{ID: "a", Due: "2026-11-24", Begun: begun, Reply: true}, cases.Clock{ID: "b", Due: "2026-11-26", Begun: begun, Reply: true}
	now := rung{}.after([]cases.Clock{ack1, ack2}, []struck{{Clock: ack1, rung: 2}}, []string{promise(ack1)})
	if got := string(now.encode()); got != `{"clocks":{"a 2026-11-24":2},"late":["`+promise(ack1)+`"]}` {
		t.Errorf("it is %s", got)
	}
	if now = readRung(now.encode()).after([]cases.Clock{ack2}, nil, nil); promise(ack1) != promise(ack2) || len(now.Clocks) != 0 || !slices.Equal(now.Late, []string{promise(ack2)}) {
		t.Errorf("with one clock it is %+v", now)
	}
	if now = now.after(nil, nil, nil); len(now.Clocks)+len(now.Late) != 0 {
		t.Errorf("with none it is %+v", now)
	}
}

// TestTheQueueGivesOutWhatIsDue, whatever was put in, and once.
func TestTheQueueGivesOutWhatIsDue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var q queue
		want := map[string]time.Time{}
		for range rapid.IntRange(0, 60).Draw(t, "steps") {
			ref := rapid.SampledFrom([]string{"a", "b", "c", "d", "e", "f"}).Draw(t, "ref")
			when := time.Unix(rapid.Int64Range(1, 20).Draw(t, "when"), 0)
			switch rapid.IntRange(0, 6).Draw(t, "do") {
			case 0:
				q.set(ref, time.Time{})
				delete(want, ref)
			case 1:
				for _, ref := range q.due(when) {
					if w, there := want[ref]; !there || w.After(when) {
						t.Fatalf("%s is due at %s, and was put there for %s", ref, when, w)
					}
					delete(want, ref)
				}
				for ref, w := range want {
					if !w.After(when) {
						t.Fatalf("%s is not given out", ref)
					}
				}
			case 2:
				q.replace(want)
			default:
				q.set(ref, when)
				want[ref] = when
			}
			var first time.Time
			for _, w := range want {
				if first.IsZero() || w.Before(first) {
					first = w
				}
			}
			if got, some := q.first(); some != (len(want) > 0) || some && !got.Equal(first) {
				t.Fatalf("the first is at %s, want %s", got, first)
			}
		}
	})
}
