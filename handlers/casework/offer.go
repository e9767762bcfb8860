package casework

import (
	"math"
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
	return err
}

// gives says whether an act gives somebody the key.
func gives(act routine.Filled, by string) bool {
	return act.Kind == routine.KindKeys && !act.Mark(by).Out
}

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
