package handlers

import "sync/atomic"

// Current is the organisation as it is now: one [Roster] that is put in the place of
// another as a whole. Whoever does a piece of work takes it once and keeps to it, so that
// all of that work is of one organisation. It is safe for concurrent use.
type Current struct{ roster atomic.Pointer[Roster] }

// PerRoster makes something of a roster once, for as long as that roster is the one asked
// about. It is safe for concurrent use.
func PerRoster[T any](make func(*Roster) T) func(*Roster) T {
	type made struct {
		of   *Roster
		what T
	}
	var last atomic.Pointer[made]
	return func(r *Roster) T {
		m := last.Load()
		if m == nil || m.of != r {
			m = &made{r, make(r)}
			last.Store(m)
		}
		return m.what
	}
}

// NewCurrent begins with a roster.
func NewCurrent(r *Roster) *Current {
	c := &Current{}
	c.Put(r)
	return c
}

// Now is the roster that counts for what begins now.
func (c *Current) Now() *Roster { return c.roster.Load() }

// Put makes another roster count. What has begun ends by the one before.
func (c *Current) Put(r *Roster) { c.roster.Store(r) }
