package clocks

import (
	"encoding/json"
	"slices"
	"strconv"
	"time"

	"tillit/handlers/routine/plan"
	"tillit/store"
	"tillit/store/cases"
)

// book is an organisation with its routines and calendars. It does not change.
type book struct {
	Office
	everybody []string // all who can hold a key, by id
	calendars map[*plan.Routine]plan.Calendar
}

func newBook(o Office) *book {
	b := &book{Office: o, calendars: map[*plan.Routine]plan.Calendar{}}
	for _, h := range o.Roster.Readers() {
		b.everybody = append(b.everybody, h.ID)
	}
	if o.Routines == nil {
		return b
	}
	for _, r := range o.Routines.Earlier {
		b.calendars[r] = r.Calendar(o.Roster.Zone, o.Roster.Closed)
	}
	if r := o.Routines.Current; r != nil {
		b.calendars[r] = r.Calendar(o.Roster.Zone, o.Roster.Closed)
	}
	return b
}

// routine is the one by which a case is worked. Where that is not known here any more, the
// current one takes its place: better another ladder than none.
func (b *book) routine(version string) *plan.Routine {
	if r := b.Routines.Of(version); r != nil || b.Routines == nil {
		return r
	}
	return b.Routines.Current
}

// grace is how late a ring may be and still count as on time: it rings at once, outside
// office hours too, if it belongs there.
const grace = time.Hour

// struck is a clock that rings now.
type struck struct {
	cases.Clock
	due    plan.Due
	who    []string  // roles: of all rungs that have not rung
	rung   int       // the newest of them
	at     time.Time // the moment that it counts from, a whole minute
	urgent bool
}

// standing is how the clocks of a case stand at a moment.
type standing struct {
	rings  []struck
	next   time.Time // when to look again; zero is never
	missed time.Time // the first moment at which something should have rung and did not
}

func (s *standing) later(at time.Time) {
	if s.next.IsZero() || at.Before(s.next) {
		s.next = at
	}
}

// stand works out what rings now. A clock of which several rungs were missed rings once,
// and tells everybody whom these would have told.
func (b *book) stand(routine string, clocks []cases.Clock, rung rung, now time.Time) (s standing) {
	r := b.routine(routine)
	if r == nil {
		return s
	}
	c := b.calendars[r]
	for _, k := range clocks {
		clock, ok := clockOf(k, c.Zone())
		if !ok {
			continue
		}
		past, next, rings := r.Rings(clock, now, c)
		past = slices.DeleteFunc(past, func(ring plan.Ring) bool { return !ring.At.After(k.Moved) || rung.has(k, ring.Rung) })
		if len(past) > 0 {
			if s.missed.IsZero() || past[0].At.Before(s.missed) {
				s.missed = past[0].At
			}
			last, urgent := past[len(past)-1], k.Ladder == plan.LadderUrgent
			opens, onTime := r.Opens(now, c), now.Sub(last.At) <= grace
			if !urgent && !onTime && opens.After(now) {
				s.later(opens)
				continue
			}
			ring := struck{Clock: k, due: clock.Due, rung: last.Rung, at: now.Truncate(time.Minute), urgent: urgent}
			if onTime {
				ring.at = last.At.Truncate(time.Minute)
			}
			for _, p := range past {
				ring.who = append(ring.who, p.Who...)
			}
			s.rings = append(s.rings, ring)
		}
		if rings {
			s.later(next.At)
		}
	}
	return s
}

// clockOf is a clock as the engine counts it.
func clockOf(k cases.Clock, zone *time.Location) (plan.Clock, bool) {
	clock := plan.Clock{ID: k.ID, Begun: k.Begun, Ladder: k.Ladder}
	if clock.Due.UnmarshalText([]byte(k.Due)) != nil {
		return clock, false
	}
	clock.Due = clock.Due.InZone(zone)
	return clock, true
}

// next is when a case is to be looked at next, and since when something of it should have
// rung.
func (b *book) next(c store.Clocked, now time.Time) (when, missed time.Time) {
	if len(c.Clocks) == 0 {
		return when, missed
	}
	s := b.stand(c.Routine, c.Clocks, readRung(c.Rung), now)
	if len(s.rings) > 0 {
		return now, s.missed
	}
	return s.next, s.missed
}

// rung is how far the clocks of a case have rung. It is all that is stored of ringing.
type rung struct {
	// Clocks are the newest rungs that rang, by [cases.Clock.Rung].
	Clocks map[string]int `json:"clocks,omitempty"`
	// Late are the promises of which the reporter was told that they were not kept.
	Late []string `json:"late,omitempty"`
}

// readRung reads what [rung.encode] wrote; nothing is a case of which no clock has rung.
func readRung(raw []byte) (r rung) {
	if len(raw) > 0 && json.Unmarshal(raw, &r) != nil {
		return rung{} // it rings once more
	}
	return r
}

func (r rung) encode() []byte {
	raw, err := json.Marshal(r)
	if err != nil {
		panic("encoding what has rung: it holds strings and numbers")
	}
	return raw
}

// has says whether a rung of a clock, or one after it, has rung.
func (r rung) has(k cases.Clock, n int) bool {
	newest, rang := r.Clocks[k.Rung()]
	return rang && n <= newest
}

// after is how far they have rung now; what runs no more is forgotten.
func (r rung) after(clocks []cases.Clock, rings []struck, late []string) rung {
	now := rung{Clocks: map[string]int{}}
	for _, k := range clocks {
		if n, rang := r.Clocks[k.Rung()]; rang {
			now.Clocks[k.Rung()] = n
		}
		if p := promise(k); slices.Contains(r.Late, p) && !slices.Contains(now.Late, p) {
			now.Late = append(now.Late, p)
		}
	}
	for _, ring := range rings {
		now.Clocks[ring.Rung()] = ring.rung
	}
	now.Late = append(now.Late, late...)
	return now
}

// promise names what a reporter was promised by a clock. Those that any words end are one:
// a person answers.
func promise(k cases.Clock) string {
	if k.Reply {
		return "answer " + strconv.FormatInt(k.Begun.Unix(), 10)
	}
	return k.Rung()
}

// dayOf is the day of a due time where the office is.
func dayOf(d plan.Due) string { return d.Time.Format(time.DateOnly) }
