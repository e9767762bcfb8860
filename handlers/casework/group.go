package casework

import (
	"cmp"
	"time"

	"tillit/handlers/routine"
	"tillit/handlers/routine/plan"
	"tillit/store/cases"
)

// The groups of the queue, in their order. A case stands in the first one that fits.
const (
	GroupUnsafe = "unsafe" // somebody is not safe, and nobody has done about it what is urgent
	GroupLate   = "late"   // a day has passed
	GroupToday  = "today"
	GroupWeek   = "week"  // within seven days
	GroupWaits  = "waits" // for a second person, or for somebody else
	GroupLater  = "later"
	GroupClosed = "closed"
)

// Groups are all of them.
var Groups = []string{GroupUnsafe, GroupLate, GroupToday, GroupWeek, GroupWaits, GroupLater, GroupClosed}

// Placed is where a case stands in the queue, by what the server knows of it.
type Placed struct {
	Group string
	Due   plan.Due // the nearest day
	Rule  string   // what was promised by it, of a case that no routine has taken over
	Who   string   // whose it is, by id; empty is everybody
}

// Place says where a case stands in somebody's queue at a moment, in whose zone days begin.
func Place(c cases.Case, me string, now time.Time) Placed {
	p := nearest(c, now.Location(), func(string) bool { return true })
	switch {
	case c.Closed || c.Status == routine.StatusClosed:
		p.Group = GroupClosed
	case c.Unsafe():
		p.Group = GroupUnsafe
	default:
		p.Group = groupOf(p.Due, now)
	}
	if _, over := late(c, now); over && p.Group == GroupToday { // a moment of today is over, its day is not
		p.Group = GroupLate
	}
	if others := p.Who != "" && p.Who != me; p.Group == GroupLater && (c.Asked > 0 || others) {
		p.Group = GroupWaits
	}
	return p
}

// Mine is the nearest day of a case that is somebody's, or everybody's.
func Mine(c cases.Case, me string, now time.Time) plan.Due {
	return nearest(c, now.Location(), func(who string) bool { return who == "" || who == me }).Due
}

// nearest is the first day of a case, and whose it is, among those of some people.
func nearest(c cases.Case, zone *time.Location, of func(who string) bool) (p Placed) {
	for _, clock := range c.Clocks {
		who := cmp.Or(clock.Person, c.Duties[clock.Duty], c.Assignee)
		if due := dueIn(clock.Due, zone); due.Before(p.Due) && of(who) {
			p.Due, p.Who = due, who
		}
	}
	for _, day := range c.Due {
		if due := dueIn(day.Day, zone); due.Before(p.Due) && of(c.Assignee) {
			p.Due, p.Rule, p.Who = due, day.Rule, c.Assignee
		}
	}
	return p
}

// dueIn reads a day that the server has stored; what is none is no day.
func dueIn(text string, zone *time.Location) plan.Due {
	var due plan.Due
	if due.UnmarshalText([]byte(text)) != nil {
		return plan.Due{}
	}
	return due.InZone(zone)
}

func groupOf(due plan.Due, now time.Time) string {
	end := func(days int) time.Time { // of the day that many days from now
		y, m, d := now.Date()
		return time.Date(y, m, d+days+1, 0, 0, 0, 0, now.Location())
	}
	switch {
	case due.IsZero():
		return GroupLater
	case due.Late(now):
		return GroupLate
	case due.Time.Before(end(0)):
		return GroupToday
	case due.Time.Before(end(7)):
		return GroupWeek
	}
	return GroupLater
}
