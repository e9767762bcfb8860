package clocks

import (
	"slices"
	"time"

	"tillit/store"
	"tillit/store/cases"
)

// The roles that a ladder tells.
const (
	roleHolder   = "holder"
	roleLead     = "lead"
	roleAll      = "all"
	roleDeputy   = "deputy"
	roleControl  = "control"
	roleReporter = "reporter"
)

// bell is one case at the moment at which its clocks may ring.
type bell struct {
	*book
	c    *store.Ringing
	now  time.Time
	late func(store.Idle, Late) (words, notice store.Line, err error)

	hold []string // who holds its key now
	told []cases.Notice
	next time.Time // when to look again
}

// ring is what it leads to. Nothing but the case itself is asked.
func (b *bell) ring() (store.Rang, error) {
	before := readRung(b.c.Rung)
	s := b.stand(b.c.Facts.Routine, b.c.Facts.Clocks, before, b.now)
	if b.next = s.next; len(s.rings) == 0 {
		return store.Rang{}, nil
	}
	var err error
	if b.hold, err = b.c.Holds(b.everybody...); err != nil {
		return store.Rang{}, err
	}
	for _, ring := range s.rings {
		for _, role := range []string{roleHolder, roleLead, roleAll, roleDeputy, roleControl} {
			if slices.Contains(ring.who, role) {
				b.tell(ring, role)
			}
		}
	}
	said, err := b.tellReporter(before, s.rings)
	return store.Rang{Rung: before.after(b.c.Facts.Clocks, s.rings, said.promises).encode(), Notices: b.told, Lines: said.lines, Entries: said.log}, err
}

// tell tells who has a role in a ring.
func (b *bell) tell(ring struck, role string) {
	switch role {
	case roleHolder:
		b.notice(ring, "", b.holder(ring)...)
	case roleLead:
		b.notice(ring, "", b.lead()...)
	case roleAll:
		b.notice(ring, "", b.hold...)
	case roleDeputy:
		for _, id := range b.deputies(ring) {
			b.notice(ring, "", id)
			if !b.reached(id) {
				b.notice(ring, "", b.hold...) // somebody must see it
			}
		}
	case roleControl:
		b.control(ring)
	}
}

// weight puts kinds in order: of what rings for one person at one moment, the gravest is
// said.
var weight = []string{cases.NoticeRing, cases.NoticeLate, cases.NoticeUrgent, cases.NoticeControl}

// notice tells people of a ring. Each gets one notice for all that rings in the case.
func (b *bell) notice(ring struck, kind string, ids ...string) {
	switch {
	case kind != "":
	case ring.urgent:
		kind = cases.NoticeUrgent
	case ring.due.Late(b.now):
		kind = cases.NoticeLate
	default:
		kind = cases.NoticeRing
	}
	for _, id := range ids {
		i := slices.IndexFunc(b.told, func(n cases.Notice) bool { return n.Handler == id })
		if i < 0 {
			i = len(b.told)
			b.told = append(b.told, cases.Notice{Handler: id, Kind: kind, After: ring.at, Keyless: !b.holds(id)})
		}
		n := &b.told[i]
		if ring.at.After(n.After) {
			n.After = ring.at
		}
		if slices.Index(weight, kind) > slices.Index(weight, n.Kind) {
			n.Kind = kind
		}
		if n.Urgent = n.Urgent || ring.urgent; !slices.Contains(n.Rung, ring.Rung()) {
			n.Rung = append(n.Rung, ring.Rung())
		}
	}
}

// holds says whether somebody holds the case's key now.
func (b *bell) holds(id string) bool { return slices.Contains(b.hold, id) }

// owner is whose a clock is; empty for nobody.
func (b *bell) owner(k cases.Clock) string {
	switch {
	case k.Person != "":
		return k.Person
	case k.Duty == roleLead:
		return b.c.Facts.Assignee
	}
	return b.c.Facts.Duties[k.Duty]
}

// holder is who has the step. In the place of who has left or holds no key the lead is
// told; in the place of who is away, the lead and whoever stands in for them.
func (b *bell) holder(ring struck) []string {
	id := b.owner(ring.Clock)
	switch {
	case !b.holds(id):
		return b.lead()
	case !b.Roster.Away(id, b.now):
		return []string{id}
	}
	if h, here := b.Roster.Instead(id, b.now, b.holds); here {
		return append([]string{h.ID}, b.lead()...)
	}
	return b.lead()
}

// lead is who has taken the case, or who stands in for them today. While nobody has, it is
// everybody who holds a key.
func (b *bell) lead() []string {
	if id := b.c.Facts.Assignee; b.holds(id) {
		if h, here := b.Roster.Instead(id, b.now, b.holds); here {
			return []string{h.ID}
		}
	}
	return b.hold
}

// deputies are who stands in for who has the step, by the organisation file: the nearest
// who is here and holds a key. Where there is none, the lead is told.
func (b *bell) deputies(ring struck) (ids []string) {
	of := []string{b.owner(ring.Clock)}
	if of[0] == "" {
		of[0] = b.c.Facts.Assignee
	}
	if of[0] == "" {
		of = b.hold
	}
	for _, id := range of {
		next, ok := b.Roster.Deputy(id)
		if !ok {
			continue
		}
		if h, here := b.Roster.Instead(next.ID, b.now, b.holds); here && !slices.Contains(ids, h.ID) {
			ids = append(ids, h.ID)
		}
	}
	if len(ids) == 0 {
		return b.lead()
	}
	return ids
}

// control tells the control organ, who needs no key for that. Where nothing can be written
// to them, it stands at the desk of all that they should be told.
func (b *bell) control(ring struck) {
	h := b.Roster.Control(b.c.Facts.Out...)
	if !b.reached(h.ID) {
		b.notice(ring, cases.NoticeControl, b.hold...)
	}
	if len(h.Sign) > 0 || b.reached(h.ID) { // who can neither sign in nor be written to never sees it
		b.notice(ring, "", h.ID)
	}
}

// reached says whether the office's bot writes to somebody.
func (b *bell) reached(id string) bool {
	h, _ := b.Roster.Somebody(id)
	return slices.ContainsFunc(b.Networks, func(n string) bool { return h.Accounts[n] != "" })
}

// Late is a promised day that has passed.
type Late struct {
	Ref    string
	Day    time.Time // where the office is
	Answer bool      // that a person answers was promised by it; else word of how far it is
	Told   []string  // who has been told of it now, by name
	// Letter is the routine's own, in a language, with the holes {promised} and {who}.
	Letter func(lang string) (text string, ok bool)
}

// said is what a reporter is told.
type said struct {
	promises []string // that this is about
	lines    []store.Line
	log      []store.Entry
}

// tellReporter tells the reporter of promises whose day has ended, once of each. The lead
// is told at the same moment, so that it is true that somebody was. Who cannot be reached
// is told nothing.
func (b *bell) tellReporter(before rung, rings []struck) (out said, err error) {
	broken := b.broken(before, rings)
	if len(broken) == 0 {
		return out, nil
	}
	reporter, there := b.c.Reporter()
	if !there {
		return out, nil
	}
	var ping []store.Line // one, however much waits
	for _, ring := range broken {
		words, notice, err := b.late(reporter, Late{Ref: b.c.Ref, Day: ring.due.Time, Answer: ring.Reply, Told: b.names(b.lead()), Letter: b.letter()})
		if err != nil || len(words.Body) == 0 {
			return said{}, err
		}
		out.promises = append(out.promises, promise(ring.Clock))
		out.log = append(out.log, store.Entry{Body: cases.Log{Event: cases.EventLate, Day: dayOf(ring.due)}})
		if out.lines = append(out.lines, words); len(notice.Body) > 0 {
			ping = []store.Line{notice}
		}
	}
	for _, ring := range rings {
		if slices.Contains(ring.who, roleReporter) && slices.Contains(out.promises, promise(ring.Clock)) {
			b.notice(ring, "", b.lead()...)
		}
	}
	out.lines = append(out.lines, ping...)
	return out, nil
}

// broken are the promises that the reporter is to be told of now, each by the clock whose
// day passed first.
func (b *bell) broken(before rung, rings []struck) (broken []struck) {
	for _, ring := range rings {
		if !slices.Contains(ring.who, roleReporter) || b.now.Before(ring.due.End()) || slices.Contains(before.Late, promise(ring.Clock)) {
			continue
		}
		i := slices.IndexFunc(broken, func(o struck) bool { return promise(o.Clock) == promise(ring.Clock) })
		if i < 0 {
			broken = append(broken, ring)
		} else if ring.due.Before(broken[i].due) {
			broken[i] = ring
		}
	}
	return broken
}

// letter is what the case's routine says of a promise that was not kept.
func (b *bell) letter() func(lang string) (string, bool) {
	r := b.routine(b.c.Facts.Routine)
	return func(lang string) (string, bool) { return r.LetterText("late", lang) }
}

func (b *bell) names(ids []string) (names []string) {
	for _, id := range ids {
		if h, ok := b.Roster.Handler(id); ok {
			names = append(names, h.Name)
		}
	}
	return names
}
