package house

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"tillit/bot/web/visitor"
	"tillit/handlers/casework"
	"tillit/handlers/routine"
	"tillit/handlers/routine/acts"
)

type field = routine.Field

// Place is where a house is told.
type Place struct {
	Pages string // address of the members' pages
	// Dial signs a handler in.
	Dial func(ctx context.Context, id string) (*casework.Client, error)
	// Set lets server and handlers' programs stand at a moment. The moments come in
	// their order.
	Set func(time.Time) error
	Now time.Time // in the organisation's time zone; the story ends there
	// Says is told what a case is there to show, when it is there.
	Says func(ref, shows string)
}

// deed is one thing that happens.
type deed struct {
	at time.Time
	of *Case
	// n is its line in the case.
	n         int
	who, what string
	more      []string
}

// teller tells.
type teller struct {
	Place
	days
	desks map[string]*casework.Client
	in    map[string]*visitor.Visitor // the reporters, by case
	refs  map[string]string           // by case
}

// Tell has all of it happen, in the order of time. What is refused ends it: a story is
// whole or there is none.
func (s Story) Tell(ctx context.Context, p Place) error {
	t := teller{p, daysFrom(p.Now), map[string]*casework.Client{}, map[string]*visitor.Visitor{}, map[string]string{}}
	for _, d := range all(s, t.days) {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := t.Set(d.at); err != nil {
			return fmt.Errorf("telling the house: setting the clock: %w", err)
		}
		if err := t.do(ctx, d); err != nil {
			return fmt.Errorf("telling the house: %s, line %d, %s %s: %w", d.of.Name, d.n, d.who, d.what, err)
		}
	}
	return nil
}

// Begins is when the first of it happens, as seen from a moment.
func (s Story) Begins(now time.Time) time.Time { return all(s, daysFrom(now))[0].at }

// all is what happens, in the order of time.
func all(s Story, days days) (all []deed) {
	for i := range s.Cases {
		of := &s.Cases[i]
		for n, row := range of.Happens {
			all = append(all, deed{days.at(row[0]), of, n + 1, row[1], row[2], row[3:]})
		}
	}
	slices.SortStableFunc(all, func(a, b deed) int { return a.at.Compare(b.at) })
	return all
}

func (t *teller) do(ctx context.Context, d deed) error {
	if d.who == Reporter {
		return t.reporter(d)
	}
	desk, err := t.desk(ctx, d.who)
	if err != nil {
		return err
	}
	if a := acts.Find(d.what); a != nil {
		err = t.act(ctx, desk, a, d)
	}
	if err != nil {
		return err
	}
	return t.read(ctx, desk, d)
}

// reporter has the reporter of a case do something on the pages.
func (t *teller) reporter(d deed) error {
	v := t.in[d.of.Name]
	if v == nil {
		v = visitor.New(t.Pages)
		t.in[d.of.Name] = v
	}
	switch d.what {
	case tells:
		return t.tell(v, d)
	case writes:
		return v.Says(strings.Join(d.more, "\n"))
	case opens:
		_, err := v.PressAt("/", "show")
		return err
	}
	_, err := v.PressAt("/", strings.Join(d.more, ""))
	return err
}

func (t *teller) tell(v *visitor.Visitor, d deed) error {
	if err := v.Tell(d.of.Says); err != nil {
		return err
	}
	ref, err := v.Send()
	if err == nil {
		t.there(d.of, ref)
	}
	return err
}

// there is a case that has come.
func (t *teller) there(of *Case, ref string) {
	t.refs[of.Name] = ref
	t.Says(ref, of.Shows)
}

func (t *teller) desk(ctx context.Context, id string) (*casework.Client, error) {
	if c := t.desks[id]; c != nil {
		return c, nil
	}
	c, err := t.Dial(ctx, id)
	t.desks[id] = c
	return c, err
}

// act has a handler do an act, as a form of the desk does it.
func (t *teller) act(ctx context.Context, desk *casework.Client, a *routine.Act, d deed) error {
	given := map[string][]string{}
	for _, f := range d.more {
		name, value, _ := strings.Cut(f, "=")
		given[name] = append(given[name], t.fill(value))
	}
	ref := t.refs[d.of.Name]
	if len(given["of"]) > 0 {
		var err error
		if given["of"][0], err = asked(ctx, desk, ref, given["of"][0]); err != nil {
			return err
		}
	}
	filled, err := a.Read(func(name string) []string { return given[name] })
	if err != nil {
		return err
	}
	return desk.Do(ctx, ref, casework.Doing{Act: filled, Compared: fingerprint(desk, given["to"])})
}

// fingerprint is what somebody would read aloud who is given a key.
func fingerprint(desk *casework.Client, to []string) string {
	all := desk.Recipients()
	i := slices.IndexFunc(all, func(h casework.Handler) bool { return slices.Contains(to, h.ID) })
	if i < 0 {
		return ""
	}
	return all[i].Fingerprint
}

// asked is the number of what waits for a second person, by the name of its act.
func asked(ctx context.Context, desk *casework.Client, ref, name string) (string, error) {
	cs, err := desk.Case(ctx, ref)
	if err != nil {
		return "", err
	}
	for _, q := range desk.Where(cs, desk.Now()).Asked {
		if q.Act.Name == name {
			return strconv.FormatInt(q.Seq, 10), nil
		}
	}
	return "", fmt.Errorf("no %s waits for a second person", name)
}

// read has a handler read a case to its end.
func (t *teller) read(ctx context.Context, desk *casework.Client, d deed) error {
	ref := cmp.Or(t.refs[d.of.Name])
	cs, err := desk.Case(ctx, ref)
	if err != nil {
		return err
	}
	return desk.MarkRead(ctx, ref, int64(cs.Checked))
}
