package handlers

import (
	"fmt"
	"reflect"
	"slices"

	"tillit/intake"
	"tillit/store/cases"
)

// Diff is what is other in a roster than in the one before.
type Diff struct {
	Comes, Back []Handler // can hold a key now; Back are those who had left
	Leaves      []Handler // have left: keys end, and they are signed out
	Rekeyed     []Handler // have another key, or sign with another
	Missing     []Handler // were here, and are not in the file any more, which must not be
	// Named and Unnamed can be kept out by a reporter from now on, or no more.
	Named, Unnamed []intake.Person
	// Parts names what else is other: "recovery", "rights", "deputies", "chain", …
	Parts []string
	// Settled names what counts from the next start only: "name", "language", …
	Settled []string
}

// None reports whether nothing is other.
func (d Diff) None() bool { return reflect.ValueOf(d).IsZero() }

// Diff compares a roster with the next one.
func (r *Roster) Diff(next *Roster) (d Diff) {
	for _, h := range next.Readers() {
		was, here := r.Handler(h.ID)
		_, left := find(r.Left, h.ID)
		switch {
		case left:
			d.Back = append(d.Back, h)
		case !here:
			d.Comes = append(d.Comes, h)
		case was.Key != h.Key || !was.Sign.Equal(h.Sign):
			d.Rekeyed = append(d.Rekeyed, h)
		}
	}
	for _, h := range next.Left {
		if _, was := r.Handler(h.ID); was && h.Key != "" {
			d.Leaves = append(d.Leaves, h)
		}
	}
	known := slices.Concat(next.Readers(), next.Left)
	for _, h := range append(r.Readers(), r.Left...) {
		if _, there := find(known, h.ID); !there && h.Key != "" {
			d.Missing = append(d.Missing, h)
		}
	}
	before, after := r.canBeKeptOut(), next.canBeKeptOut()
	d.Named, d.Unnamed = without(after, before), without(before, after)
	d.parts(r, next)
	return d
}

func (r *Roster) canBeKeptOut() []intake.Person { return slices.Concat(r.People(), r.Told()) }

// without are those of some people who are not among others, or are called otherwise there.
func without(people, others []intake.Person) []intake.Person {
	return slices.DeleteFunc(slices.Clone(people), func(p intake.Person) bool {
		return slices.ContainsFunc(others, func(o intake.Person) bool { return reflect.DeepEqual(p, o) })
	})
}

func (d *Diff) parts(r, next *Roster) {
	for _, part := range []struct {
		name string
		of   func(*Roster) any
	}{
		{"recovery", func(r *Roster) any { return r.Recovery }},
		{"counties", func(r *Roster) any { return r.Counties }},
		{"closed", func(r *Roster) any { return r.Closed }},
		{"chain", func(r *Roster) any { return chainOf(r) }},
		{"control", func(r *Roster) any { return r.Control().ID }},
	} {
		if fmt.Sprint(part.of(r)) != fmt.Sprint(part.of(next)) {
			d.Parts = append(d.Parts, part.name)
		}
	}
	for _, part := range []struct {
		name string
		of   func(Handler) any
	}{
		{"rights", func(h Handler) any { return h.Rights }},
		{"deputy", func(h Handler) any { return h.Deputy }},
		{"away", func(h Handler) any { return h.Away }},
		{"accounts", func(h Handler) any { return h.Accounts }},
	} {
		if slices.ContainsFunc(next.Readers(), func(h Handler) bool {
			was, here := r.Handler(h.ID)
			return here && fmt.Sprint(part.of(was)) != fmt.Sprint(part.of(h))
		}) {
			d.Parts = append(d.Parts, part.name)
		}
	}
	for name, same := range map[string]bool{
		"name": r.Org == next.Org, "time_zone": r.Zone.String() == next.Zone.String(),
		"language": r.Lang == next.Lang,
	} {
		if !same {
			d.Settled = append(d.Settled, name)
		}
	}
	slices.Sort(d.Settled)
}

// chainOf is who holds which post, and how to reach them.
func chainOf(r *Roster) (all []string) {
	for _, p := range r.Posts() {
		all = append(all, fmt.Sprint(p.Post, p.County, p.ID, p.Reach, p.Accounts))
	}
	return all
}

// Settle returns the roster with what counts from the start to the end of a server as it
// is in another one: the organisation's name, time zone and language.
func (r *Roster) Settle(as *Roster) *Roster {
	next := *r
	next.Org, next.Zone, next.Lang = as.Org, as.Zone, as.Lang
	return &next
}

// Own are those without whom a case would be nobody's here: all who may hold a key of it
// but those who get one by grant, and recovery.
func (r *Roster) Own() []string {
	var ids []string
	for _, to := range r.Recipients() {
		if !to.ByGrant && to.ID != cases.Recovery {
			ids = append(ids, to.ID)
		}
	}
	return ids
}
