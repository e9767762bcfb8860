package handlerstest

import (
	"context"

	"tillit/handlers/casework"
	"tillit/handlers/routine"
	"tillit/handlers/routine/acts"
	"tillit/intake"
	"tillit/store"
	"tillit/store/cases"
	"tillit/store/seal"
)

// Desk is a handler's desk, with the acts in one line each.
type Desk struct{ *casework.Client }

// SignIn is [casework.Dial].
func SignIn(ctx context.Context, c casework.Config) (*Desk, error) {
	client, err := casework.Dial(ctx, c)
	return &Desk{client}, err
}

func (c *Desk) do(ctx context.Context, ref string, a *routine.Act, value string, d casework.Doing) (err error) {
	if d.Act, err = a.Read(func(string) []string { return []string{value} }); err != nil {
		return err
	}
	return c.Do(ctx, ref, d)
}

// Reply sends words to the reporter.
func (c *Desk) Reply(ctx context.Context, ref string, text intake.Private) error {
	return c.do(ctx, ref, acts.Reply, text.Reveal(), casework.Doing{})
}

// Note writes something down that stays inside.
func (c *Desk) Note(ctx context.Context, ref string, text intake.Private) error {
	return c.do(ctx, ref, acts.Note, text.Reveal(), casework.Doing{})
}

// Assign gives the case to a handler, oneself included; an empty id lets go of it.
func (c *Desk) Assign(ctx context.Context, ref, to string) error {
	switch to {
	case "":
		return c.do(ctx, ref, acts.Release, "", casework.Doing{})
	case c.Me().ID:
		return c.do(ctx, ref, acts.Take, "", casework.Doing{})
	}
	return c.do(ctx, ref, acts.Give, to, casework.Doing{})
}

// Grant gives a colleague the key, after both compared its fingerprint aloud.
func (c *Desk) Grant(ctx context.Context, ref, to, compared string) error {
	return c.do(ctx, ref, acts.Grant, to, casework.Doing{Compared: compared})
}

// Signs has somebody's key sign an act as no program of today makes it, and the office
// take it: what stands in it the office cannot see.
func (o *Office) Signs(id, ref string, act cases.Act) error {
	o.T.Helper()
	room, err := o.Store.Blind(o.T.Context(), id, ref, 0)
	if err != nil {
		return err
	}
	me, _ := o.Roster.Handler(id)
	mark, err := routine.ParseMark(act.Mark)
	if err != nil {
		return err
	}
	at := seal.Context{V: seal.Version, Case: ref, Room: room.Case.Room, Epoch: room.Epoch, Seq: room.Last + 1,
		Kind: string(cases.EntryOffice), At: o.Clock.Now(), Prev: room.Head}
	data, err := seal.Entry(room.Public, at, cases.Encode(act))
	if err != nil {
		return err
	}
	return o.Store.Act(o.T.Context(), store.Act{Handler: id, Ref: ref, Change: o.Roster.Change(routine.Deed{By: routine.Actor{ID: id, Rights: me.Rights}, Mark: mark, At: at.At}, o.Routines),
		Desk: &store.Sealed{Epoch: at.Epoch, Seq: at.Seq, Hour: seal.Hour(at.At), Prev: at.Prev, Data: data, Signer: me.Sign,
			Signed: o.Key(id).SignAct(at, id, data, act.Mark)}})
}
