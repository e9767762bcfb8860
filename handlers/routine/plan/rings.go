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
	Who  []string // holder, lead, deputy, all, control, reporter

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
	i := slices.IndexFunc(r.ladders, func(l Ladder) bool { return l.Name == k.Ladder })
	if i < 0 || len(r.ladders[i].Rungs) == 0 || k.Due.IsZero() || after.Year() >= 9000 {
		return Ring{}, false
	}
	rungs, found := r.ladders[i].Rungs, Ring{Clock: k.ID, Rung: -1}
	for n, rung := range rungs {
		at := r.rungAt(k, rung, c)
		if !at.After(after) || at.Before(k.Begun) || found.Rung >= 0 && at.After(found.At) {
			continue
		}
		if !at.Equal(found.At) {
			found.Who = nil
		}
		found.Rung, found.At, found.Last = n, at, n == len(rungs)-1
		found.Who = append(found.Who, rung.Who...)
	}
	if found.Rung < 0 && !r.repeat(k, rungs, after, c, &found) {
		return Ring{}, false
	}
	slices.Sort(found.Who)
	found.Who = slices.Compact(found.Who)
	return found, true
}

// repeat finds the first repeat of the last rung after a moment.
func (r *Routine) repeat(k Clock, rungs []Rung, after time.Time, c Calendar, found *Ring) bool {
	last := rungs[len(rungs)-1]
	found.At = r.rungAt(k, last, c)
	if r.again.n <= 0 {
		return false
	}
	for n := len(rungs) - 1; !found.At.After(after) || found.At.Before(k.Begun) || n < len(rungs); n++ {
		found.At = r.later(found.At, k, c)
		found.Rung, found.Who, found.Last = n+1, slices.Clone(last.Who), true
	}
	return true
}

// later is one repeat after a moment, at the same time of day.
func (r *Routine) later(t time.Time, k Clock, c Calendar) time.Time {
	if !r.again.isDays() {
		return t.Add(r.again.hours())
	}
	local := t.In(c.zone)
	clock := time.Duration(local.Hour())*time.Hour + time.Duration(local.Minute())*time.Minute
	return c.at(c.add(c.day(t), r.again, k.Ladder == LadderWork), clock)
}

// rungAt is when a rung rings.
func (r *Routine) rungAt(k Clock, rung Rung, c Calendar) time.Time {
	due, s, work := k.Due.InZone(c.zone), rung.span, k.Ladder == LadderWork
	switch {
	case rung.When == atBegin && k.Ladder == LadderUrgent:
		return k.Begun
	case rung.When == atBegin:
		return r.Opens(k.Begun, c)
	case !due.Day: // counts from that moment, day or night
		if s.isDays() {
			clock := time.Duration(due.Time.Hour())*time.Hour + time.Duration(due.Time.Minute())*time.Minute
			return c.at(c.add(c.day(due.Time), s, work), clock)
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
	rung := Rung{When: words[0], Who: words[1:]}
	if rung.When == atBegin {
		return rung, true
	}
	var ok bool
	rung.span, ok = parseSpan(rung.When)
	return rung, ok && (rung.span.n == 0 || strings.ContainsAny(rung.When[:1], "+-"))
}
