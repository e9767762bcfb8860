package plan

import (
	"slices"
	"strings"
	"time"
)

// Ladder is a list of moments at which a clock rings, and whom.
type Ladder struct {
	Name  string
	Rungs []Rung
}

// Rung is one of them: before, on or after the due time ("-1wd", "0d", "+4h"), or "begin".
type Rung struct {
	When string
	Who  []string // holder, lead, deputy, all, control, reporter; sorted

	span span
}

// The ladders that the program knows by name; a routine may have more.
const (
	LadderWork   = "work"   // what a step without a ladder has; the office's closed days move it
	LadderUrgent = "urgent" // rings at any hour and on any day
)

const atBegin = "begin"

// Ring is a moment at which a clock rings.
type Ring struct {
	Clock string
	Rung  int // from 0; the repeats of the last rung count on
	At    time.Time
	Who   []string // holder, all, lead, deputy, control, reporter; sorted
	Last  bool     // the last rung, or a repeat of it
}

// NextRing is the first moment after another at which a clock rings, with everybody who
// is told then. The last rung is repeated for as long as the clock runs. A rung that lies
// before the clock began does not ring; one that begins with it does, so ask from before
// k.Begun. Rungs are counted for k.Due: where that has moved, they count anew.
func (r *Routine) NextRing(k Clock, after time.Time, c Calendar) (Ring, bool) {
	_, next, ok := r.Rings(k, after, c)
	return next, ok
}

// Rings are the moments until one, that one included, at which a clock rings, in their
// order, of the repeats of the last rung only the newest; and the next one after it.
func (r *Routine) Rings(k Clock, at time.Time, c Calendar) (past []Ring, next Ring, ok bool) {
	rungs := r.rungs(k.Ladder)
	if len(rungs) == 0 || k.Due.IsZero() || at.Year() >= 9000 {
		return nil, Ring{}, false
	}
	k.Due = k.Due.InZone(c.zone)
	past = r.ladder(k, rungs, c)
	for i, ring := range past {
		if ring.At.After(at) {
			return past[:i:i], ring, true
		}
	}
	if r.again.n <= 0 {
		return past, Ring{}, false
	}
	last := rungs[len(rungs)-1]
	ring, before := Ring{Clock: k.ID, At: r.rungAt(k, last, c), Who: last.Who, Last: true}, len(past)
	day, clock := c.day(ring.At), c.clock(ring.At)
	for n := len(rungs); ; n++ {
		day = c.add(day, r.again, k.Ladder == LadderWork)
		ring.Rung, ring.At = n, c.at(day, clock)
		switch {
		case ring.At.Before(k.Begun):
		case ring.At.After(at):
			return past, ring, true
		default:
			past = append(past[:before], ring)
		}
	}
}

// rungs are those of a ladder; none for one that there is not.
func (r *Routine) rungs(ladder string) []Rung {
	for i := range r.ladders {
		if r.ladders[i].Name == ladder {
			return r.ladders[i].Rungs
		}
	}
	return nil
}

// ladder are a clock's rings without the repeats, in the order of time. Rungs that ring
// at one moment are one ring, with the number of the last of them.
func (r *Routine) ladder(k Clock, rungs []Rung, c Calendar) []Ring {
	all := make([]Ring, 0, len(rungs)+1)
	for n, rung := range rungs {
		ring := Ring{Clock: k.ID, Rung: n, At: r.rungAt(k, rung, c), Who: rung.Who, Last: n == len(rungs)-1}
		if ring.At.Before(k.Begun) {
			continue
		}
		i := len(all)
		for i > 0 && all[i-1].At.After(ring.At) {
			i--
		}
		if i > 0 && all[i-1].At.Equal(ring.At) {
			ring.Who = both(all[i-1].Who, ring.Who)
			all[i-1] = ring
			continue
		}
		all = slices.Insert(all, i, ring)
	}
	return all
}

// both are who stands in either of two lists, sorted, each once.
func both(a, b []string) []string {
	all := slices.Concat(a, b)
	slices.Sort(all)
	return slices.Compact(all)
}

// rungAt is when a rung rings; the clock's day is one of the calendar's zone.
func (r *Routine) rungAt(k Clock, rung Rung, c Calendar) time.Time {
	due, s, work := k.Due, rung.span, k.Ladder == LadderWork
	switch {
	case rung.When == atBegin && k.Ladder == LadderUrgent:
		return k.Begun
	case rung.When == atBegin:
		return r.Opens(k.Begun, c)
	case !due.Day: // counts from that moment, day or night
		if s.isDays() {
			return c.at(c.add(c.day(due.Time), s, work), c.clock(due.Time))
		}
		return due.Time.Add(s.hours())
	case !s.isDays():
		return due.End().Add(s.hours())
	}
	day := c.add(c.day(due.Time), s, work)
	if k.Ladder != LadderUrgent {
		step := 1
		if s.n <= 0 {
			step = -1
		}
		day = c.next(day, step, work)
	}
	return c.at(day, r.open)
}

// Opens is the first moment from another one on that lies within office hours, on a
// working day. What rings late, after downtime or at its beginning, rings then, unless
// its ladder is [LadderUrgent].
func (r *Routine) Opens(t time.Time, c Calendar) time.Time {
	day := c.day(t)
	for c.next(day, 1, false).Equal(day) {
		switch {
		case t.Before(c.at(day, r.open)):
			return c.at(day, r.open)
		case t.Before(c.at(day, r.shut)):
			return t
		}
		day = day.AddDate(0, 0, 1)
	}
	return c.at(c.next(day, 1, false), r.open)
}

// parseRung reads "-1wd holder lead".
func parseRung(text string) (Rung, bool) {
	words := strings.Fields(text)
	if len(words) < 2 {
		return Rung{}, false
	}
	rung := Rung{When: words[0], Who: both(words[1:], nil)}
	if rung.When == atBegin {
		return rung, true
	}
	var ok bool
	rung.span, ok = parseSpan(rung.When)
	return rung, ok && (rung.span.n == 0 || strings.ContainsAny(rung.When[:1], "+-"))
}
