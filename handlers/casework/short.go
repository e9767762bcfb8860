package casework

import (
	"context"

	"tillit/handlers/routine"
	"tillit/handlers/routine/acts"
	"tillit/intake"
)

// These are acts in one line each, for who has what they need at hand.

func (c *Client) do(ctx context.Context, ref string, a *routine.Act, value string, d Doing) (err error) {
	if d.Act, err = a.Read(func(string) []string { return []string{value} }); err != nil {
		return err
	}
	return c.Do(ctx, ref, d)
}

// Reply sends words to the reporter.
func (c *Client) Reply(ctx context.Context, ref string, text intake.Private) error {
	return c.do(ctx, ref, acts.Reply, text.Reveal(), Doing{})
}

// Note writes something down that stays inside.
func (c *Client) Note(ctx context.Context, ref string, text intake.Private) error {
	return c.do(ctx, ref, acts.Note, text.Reveal(), Doing{})
}

// Assign gives the case to a handler, oneself included; an empty id lets go of it.
func (c *Client) Assign(ctx context.Context, ref, to string) error {
	switch to {
	case "":
		return c.do(ctx, ref, acts.Release, "", Doing{})
	case c.Me().ID:
		return c.do(ctx, ref, acts.Take, "", Doing{})
	}
	return c.do(ctx, ref, acts.Give, to, Doing{})
}

// Grant gives a colleague the key, after both compared its fingerprint aloud.
func (c *Client) Grant(ctx context.Context, ref, to, compared string) error {
	return c.do(ctx, ref, acts.Grant, to, Doing{Compared: compared})
}
