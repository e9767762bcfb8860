package casework

import (
	"math"
	"time"

	"tillit/handlers"
	"tillit/handlers/routine"
	"tillit/handlers/wire"
	"tillit/store/cases"
)

// Allows says whether this handler may do an act as the case stood when it was opened.
// Nil is yes; anything else is what [Client.Do] would say before it asks the server. It
// changes nothing, so a page can offer what may be done and nothing else.
func (c *Client) Allows(cs *Case, act routine.Filled) error {
	switch {
	case len(cs.Faults) > 0:
		return ErrTampered
	case act.Right != "" && !c.May(act.Right):
		return refusedAs{ErrRight, &routine.Refusal{Key: routine.RefusedRight}}
	case cs.Closed > 0 && gives(act, c.Me().ID):
		return ErrPart
	}
	_, err := cs.Story.mark(act, c.actor(), math.MaxInt32, c.time())
	return decidable(err)
}

// gives says whether an act gives somebody the key.
func gives(act routine.Filled, by string) bool {
	return act.Kind == routine.KindKeys && !act.Mark(by).Out
}

// People are all who can work on a case: the colleagues, people from outside, and the
// external receiver.
func (c *Client) People() []Handler {
	all := c.Handlers()
	if p := c.roster.External; p.ID != "" {
		all = append(all, handlerOf(p))
	}
	return all
}

// Chain are those who are told of cases and work on none, in the order in which a report
// goes up.
func (c *Client) Chain() (all []Handler) {
	for _, p := range c.roster.Chain {
		all = append(all, handlerOf(p.Person))
	}
	return all
}

// Name is how somebody is shown: by their name, or by an id that nobody has now.
func (c *Client) Name(id string) string { return c.name(id) }

// Now is the moment by the server's clock, in the office's time zone.
func (c *Client) Now() time.Time { return c.time().In(c.Zone()) }

// Recipients are all whom a key can be given to: the colleagues, people from outside and
// the external receiver with the fingerprint that they would read aloud, and recovery, which has no name and
// whose fingerprint is written down where it is kept.
func (c *Client) Recipients() []Handler {
	all := c.Handlers()
	if p := c.roster.External; p.Key != "" {
		all = append(all, shown([]wire.Person{p})...)
	}
	if c.roster.Recovery != "" {
		all = append(all, Handler{ID: cases.Recovery, Fingerprint: handlers.Fingerprint(c.roster.Recovery, nil)})
	}
	return all
}
