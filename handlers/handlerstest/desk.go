package handlerstest

import (
	"context"
	"math/rand/v2"
	"time"

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

// Anything is an act with something in each field that must be filled in, as who tries what
// they may would fill it in; given are fields that a test fills in itself.
func (o *Office) Anything(a *routine.Act, who string, rnd *rand.Rand, given map[string][]string) (routine.Filled, error) {
	now := o.Clock.Now()
	names := map[string]string{"level": "central", "outcome": "no_measure", "step": "decide", "letter": "result_r"}
	values := map[routine.FieldKind][]string{
		routine.FieldWords: {"noen ord"}, routine.FieldPerson: {who}, routine.FieldPersons: {who}, routine.FieldSeat: {"r"}, routine.FieldEntry: {"1"}, routine.FieldNumber: {"1"},
		routine.FieldDay: {now.AddDate(0, 0, rnd.IntN(30)).Format(time.DateOnly)}, routine.FieldMoment: {now.Format("2006-01-02T15:04")},
		routine.FieldParts: {"contact_a=" + who, "contact_b=siv", "decider=hakon"},
	}
	all := map[string][]string{}
	for _, f := range a.Fields {
		switch {
		case given[f.Name] != nil:
			all[f.Name] = given[f.Name]
		case !f.Required:
		case len(f.Options) > 0:
			all[f.Name] = f.Options[rnd.IntN(len(f.Options)):][:1]
		case f.Kind == routine.FieldName:
			all[f.Name] = []string{names[f.Name]}
		default:
			all[f.Name] = values[f.Kind]
		}
	}
	return a.Read(func(name string) []string { return all[name] })
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
