package casework

import (
	lru "github.com/hashicorp/golang-lru/v2"
)

// mostKept is how many opened cases a desk keeps in memory, so that a second look
// opens only what is new.
const mostKept = 32

// kept are the cases that this machine has open, by reference. Nothing of it reaches a
// disk, and [Client.Forget] lets go of it.
type kept struct{ *lru.Cache[string, *opened] }

func newKept() kept {
	cache, err := lru.New[string, *opened](mostKept)
	if err != nil {
		panic(err) // a size above zero
	}
	return kept{cache}
}

// known is a case as it was opened last; nil for none.
func (c *Client) known(ref string) *opened {
	o, _ := c.kept.Get(ref)
	return o
}

// keep remembers an opened case, if its log is whole: one that is not is judged anew
// each time.
func (c *Client) keep(ref string, o *opened) {
	if len(o.faults) > 0 {
		c.kept.Remove(ref)
		return
	}
	c.kept.Add(ref, o)
}

// Forget lets go of all that this machine has opened. A desk calls it when it locks.
func (c *Client) Forget() {
	c.kept.Purge()
	c.glances.forget()
}
