package plan

import (
	"reflect"
	"time"
)

// Bare is a routine of ladders alone, as the routine of a party has them.
func Bare(rungs map[string][]string) *Routine {
	r := &Routine{calendar: "no", open: 8 * time.Hour, shut: 16 * time.Hour, again: span{5, "wd"}}
	for _, name := range sorted(rungs) {
		l := Ladder{Name: name}
		for _, text := range rungs[name] {
			rung, ok := parseRung(text)
			if !ok {
				panic(text)
			}
			l.Rungs = append(l.Rungs, rung)
		}
		r.ladders = append(r.ladders, l)
	}
	return r
}

// DueOf works out a due expression.
func DueOf(text string, anchor time.Time, c Calendar, work bool) Due {
	e, ok := parseExpr(text)
	if !ok {
		panic(text)
	}
	return e.from(anchor, c, work)
}

// Same says whether two states of one routine and calendar are the same, but for the acts
// that they refused.
func Same(a, b *State) bool {
	x, y := *a, *b
	x.refused, y.refused = nil, nil
	return reflect.DeepEqual(x, y)
}
