package handlers

import (
	"slices"
	"strings"
	"time"

	"tillit/handlers/routine/plan"
)

// Warnings says what a valid file leaves open for the routine: duties that cannot all be
// given, counties without a secretary, days on which nobody stands in for somebody. Apart
// are the pairs of duties that one person may not have in one case.
func (r *Roster) Warnings(apart [][2]string, now time.Time) []Problem {
	c := &checker{name: r.file, lines: r.lines}
	c.staffing(r, apart)
	c.counties(r)
	c.standIns(r)
	c.emptyDays(r, now)
	slices.SortStableFunc(c.problems, func(a, b Problem) int { return a.Line - b.Line })
	return c.problems
}

// Unfilled says which posts the routine takes and nobody holds.
func (r *Roster) Unfilled(of *plan.Routine) []Problem {
	c := &checker{name: r.file, lines: r.lines}
	tells := func(s plan.StepSpec) bool { return slices.Contains(s.By, notifyChain) }
	for _, post := range []string{AssistantPartySecretary, PartySecretary} {
		if slices.ContainsFunc(of.Steps(), tells) && !slices.ContainsFunc(r.chain, func(p Post) bool { return p.Post == post }) {
			c.warning("handlers", "nobody is named as %s, to whom the routine passes reports on; write a block [[chain]] for them", post)
		}
	}
	if r.control.ID == "" {
		c.warning("handlers", "no control organ is named; the external receiver is told in its place when a day passes, so write [control] if it is somebody else")
	}
	return c.problems
}

// notifyChain is the act that tells those to whom a report goes up.
const notifyChain = "notify_chain"

// staffing compares how many people the routine takes with how many there are.
func (c *checker) staffing(r *Roster, apart [][2]string) {
	need, have := max(agree, fewest(apart)), len(r.Handlers)+len(r.Guests)
	switch {
	case have < need:
		c.warning("handlers", "duties that are kept apart, and what two must agree to, take %d people, and there are %d; name more handlers, or people in [[outside]] who can be given a key", need, have)
	case have == need:
		c.warning("handlers", "duties that are kept apart, and what two must agree to, take %d people, and there are no more; a case that is kept from one of them cannot be staffed", need)
	}
}

// agree is how many people it takes to decide, to close, to shred.
const agree = 2

// fewest is how many people it takes so that no two duties that are apart are one
// person's.
func fewest(apart [][2]string) int {
	var duties []string
	for _, pair := range apart {
		for _, d := range pair {
			if !slices.Contains(duties, d) {
				duties = append(duties, d)
			}
		}
	}
	for people := 1; ; people++ {
		if giveTo(people, duties, apart, map[string]int{}) {
			return people
		}
	}
}

// giveTo reports whether so many people can have the duties besides those that are given.
func giveTo(people int, duties []string, apart [][2]string, given map[string]int) bool {
	if len(duties) == 0 {
		return true
	}
	d := duties[0]
	for person := 1; person <= people; person++ {
		clash := slices.ContainsFunc(apart, func(pair [2]string) bool {
			return pair[0] == d && given[pair[1]] == person || pair[1] == d && given[pair[0]] == person
		})
		if clash {
			continue
		}
		given[d] = person
		if giveTo(people, duties[1:], apart, given) {
			return true
		}
		delete(given, d)
	}
	return false
}

// counties names the counties whose reports go up to nobody there.
func (c *checker) counties(r *Roster) {
	var none []string
	for _, county := range r.Counties {
		if !slices.ContainsFunc(r.chain, func(p Post) bool { return p.Post == CountySecretary && p.County == county }) {
			none = append(none, county)
		}
	}
	if len(none) > 0 {
		c.warning("counties", "no county secretary is named for %s; write a block [[chain]] for each", strings.Join(none, ", "))
	}
}

// standIns names who has no deputy, and circles of deputies that leave somebody out: in
// a circle nobody is rung when all in it are away.
func (c *checker) standIns(r *Roster) {
	var told []string
	for _, h := range r.Handlers {
		if h.Deputy == "" {
			c.warning(h.at, "handler %s has no deputy; while they are away only who has taken the case is rung", h.ID)
			continue
		}
		circle := r.circle(h.ID)
		if len(circle) > 0 && len(circle) < len(r.Handlers) && !slices.Contains(told, h.ID) {
			c.warning(h.at+".deputy", "%s stand in for each other in a circle; when they are all away nobody is rung, so give one of them another deputy", strings.Join(circle, " and "))
			told = append(told, circle...)
		}
	}
}

// circle is who stands in for each other around a handler; none is no circle.
func (r *Roster) circle(id string) []string {
	seen := []string{id}
	for {
		next, ok := r.Deputy(seen[len(seen)-1])
		switch {
		case !ok:
			return nil
		case next.ID == id:
			return seen
		case slices.Contains(seen, next.ID): // it is further on
			return nil
		}
		seen = append(seen, next.ID)
	}
}

// emptyDays names days to come on which a handler is away, and so is everybody after them.
func (c *checker) emptyDays(r *Roster, now time.Time) {
	for _, h := range r.Handlers {
		if day, ok := r.alone(h, now); ok && h.Deputy != "" {
			c.warning(h.at+".away", "on %s handler %s is away, and so is every deputy; nobody is rung in their place", day, h.ID)
		}
	}
}

// mostDays bounds how far ahead it is looked.
const mostDays = 366

// alone finds the next day on which somebody is away and nobody stands in for them.
func (r *Roster) alone(h Handler, now time.Time) (string, bool) {
	today := now.In(r.Zone)
	for n := range mostDays {
		at := today.AddDate(0, 0, n)
		if _, ok := r.Instead(h.ID, at, func(string) bool { return true }); !ok {
			return at.Format(time.DateOnly), true
		}
	}
	return "", false
}
