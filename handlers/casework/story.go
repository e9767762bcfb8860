package casework

import (
	"cmp"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"time"

	"tillit/handlers"
	"tillit/handlers/routine"
	"tillit/handlers/routine/plan"
	"tillit/intake"
	"tillit/store/cases"
)

// Story is what a case comes to, read from its first entry to its last.
type Story struct {
	steps []step
	// blind is what the server must know of it, as the marks say.
	blind routine.Blind
	// server is what the server makes of the same marks: it sees no act, so that one that is
	// in doubt has changed something there.
	server routine.Blind
	// plan is how far it is by its routine; nil for a case that no routine has taken over.
	plan    *plan.State
	routine *plan.Routine
	// ids are the clocks of the plan's steps, as the marks call them.
	ids map[string]string
	// talks are those that minutes were sent of, by the entry that sent them; latest are
	// the last of these, by talk.
	talks  map[int64]string
	latest map[string]int64
	rules  routine.Rules
	came   time.Time // as the log says
}

// Format implements [fmt.Formatter]: what a case comes to is shown by [Case], not by this.
func (Story) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte("[story]")) }

// teller goes through a case. What an act does to the clocks must be what its mark told
// the server; one that does not fit is left out, and all is told again without it.
type teller struct {
	o    *opened
	left map[int64]string // acts that are left out, and why
	// unread says that the case is worked by a routine that this program cannot read: what
	// it would make of an act is not known.
	unread bool
	Story
}

// fold goes through a case from its first entry: what counts, what is in doubt, and
// the state that it leads to.
func (o *opened) fold() Story {
	left := map[int64]string{}
	for {
		t := teller{o: o, left: left, Story: Story{ids: map[string]string{}, talks: map[int64]string{}, latest: map[string]int64{}}}
		if again := t.tell(); !again {
			return t.Story
		}
	}
}

func (t *teller) tell() (again bool) {
	explicit := t.o.explicit()
	for _, e := range t.o.entries {
		s := step{entry: e}
		if e.Signed != nil {
			s.by = e.Signed.By
		}
		before := t.blind.KeptOut()
		switch said := e.body.(type) {
		case cases.Exclusion:
			t.blind.Out, t.server.Out = said.Out, said.Out
		case cases.Answer:
			if !explicit {
				t.blind.Out = append(slices.Clip(t.blind.Out), keptOut(said)...) // also who was named once: in doubt, out
			}
			t.learn(said, e)
		case cases.Confirm:
			t.confirm(said, e)
		case cases.Log:
			old(&t.blind, said)
			old(&t.server, said)
			t.begin(said)
			t.wish(said.Wish, e)
			t.receipt(said, e)
			if t.plan != nil {
				for _, id := range said.Left {
					t.plan.Leave(id)
				}
			}
		}
		known := len(t.left)
		t.judge(&s)
		if len(t.left) > known {
			return true
		}
		t.told(&s)
		t.gone(before)
		t.steps = append(t.steps, s)
	}
	return false
}

// begin begins the routine, of the line of the log that says which.
func (t *teller) begin(line cases.Log) {
	start := line.Start
	if start == nil || t.plan != nil {
		return
	}
	t.blind.Level, t.blind.Lock, t.blind.Clocks, t.blind.Phase = start.Level, start.Lock, slices.Clone(start.Clocks), start.Phase
	t.blind.Due, t.came = nil, start.Received
	t.server.Level, t.server.Lock, t.server.Clocks, t.server.Phase, t.server.Due = start.Level, start.Lock, t.blind.Clocks, start.Phase, nil
	r, calendar := t.o.routine(start.Routine)
	if t.unread = r == nil; t.unread {
		return
	}
	t.routine, t.rules = r, routine.RulesOf(r)
	facts := handlers.PlanFacts(*start)
	facts.Duties = map[string]string{}
	for duty, person := range t.blind.Duties { // in a case from before the routine
		facts.Duties[string(duty)] = person
	}
	t.plan = r.Begin(facts, calendar)
	for i, c := range t.plan.Clocks() {
		if i < len(start.Clocks) {
			t.ids[c.Step] = start.Clocks[i].ID
		}
	}
}

// receipt ends what the server itself must do: it has told the reporter that it is here.
func (t *teller) receipt(line cases.Log, e entry) {
	if line.Event != cases.EventReceipt || t.plan == nil {
		return
	}
	before := t.plan.Clocks()
	_ = t.plan.Apply(plan.Done{Act: string(cases.EventReceipt), Seq: e.Seq, By: plan.Daemon, At: e.at})
	for _, c := range plan.Changes(before, t.plan.Clocks()) {
		if c.Op == plan.ClockEnds {
			delete(t.ids, c.Clock.Step)
		}
	}
	t.server.Clocks = slices.DeleteFunc(slices.Clone(t.server.Clocks), func(k cases.Clock) bool { return k.Duty == cases.DutyDaemon })
	t.blind.Clocks = t.server.Clocks
}

// learn is what the reporter says later about who it is about.
func (t *teller) learn(said cases.Answer, e entry) {
	if t.plan != nil && slices.Contains(said.Is, intake.TellsOther) && said.Way == "" {
		t.plan.Learn(nil, true, e.at)
	}
}

// told lets the mark of an act count as the server counts it.
func (t *teller) told(s *step) {
	if s.Kind != cases.EntryOffice || s.Signed == nil {
		return
	}
	mark, err := routine.ParseMark(s.Signed.Mark)
	if deed := t.deed(s, mark); err == nil && t.server.May(deed) == nil {
		t.server.Apply(deed)
	}
	t.blind.Clocks = t.server.Clocks // the ones that there are, whoever began them
}

// gone takes their duties from those who are kept out now, and were not before.
func (t *teller) gone(before []string) {
	for _, id := range t.blind.KeptOut() {
		if !slices.Contains(before, id) {
			t.blind.Leave(id)
			t.server.Leave(id)
			if t.plan != nil {
				t.plan.Leave(id)
			}
		}
	}
}

// done is an act as the engine sees it.
func (s *step) done() plan.Done {
	return plan.Done{Act: s.act.Name, Seq: s.Seq, By: s.by, At: s.at, Fields: s.act.Plain()}
}

// count lets an act count in the routine, if it could be done as the case stood and its
// mark told the server what it came to. It returns why it does not.
func (t *teller) count(s *step, mark routine.Mark) string {
	if t.plan == nil {
		if !s.act.Always && !t.unread {
			return DoubtRefused
		}
		return ""
	}
	if mark.Kind == routine.KindRestate {
		return t.restate(mark)
	}
	before := t.known(t.plan.Clocks())
	asked := len(t.plan.Asked())
	if t.plan.Apply(s.done()) != nil {
		return DoubtRefused
	}
	changes := plan.Changes(before, t.plan.Clocks())
	if s.Signed.Via != "" { // a chat knows no clocks; the server ended those that any words end
		for _, c := range changes {
			if c.Op == plan.ClockEnds {
				delete(t.ids, c.Clock.Step)
			}
		}
		return ""
	}
	waits, phase := len(t.plan.Asked()) > asked, changed(t.server.Phase, t.plan.Phase())
	if waits { // then nothing happens yet, and what the server is behind with comes later
		changes, phase = nil, ""
	}
	if !t.same(changes, mark.Clocks) || mark.Phase != phase && mark.Phase != t.again(waits) || mark.Waits != waits || mark.Instead != t.instead(*s.act, mark) {
		t.left[s.Seq] = DoubtMark
		return DoubtMark
	}
	t.sent(s, mark)
	for i, c := range changes {
		switch c.Op {
		case plan.ClockBegins:
			t.ids[c.Clock.Step] = mark.Clocks[i].ID
		case plan.ClockEnds:
			delete(t.ids, c.Clock.Step)
		}
	}
	return ""
}

// again is the phase that a mark may name although the server has it already: it is true,
// and no desk lies by it. Nothing happens yet where somebody else must agree.
func (t *teller) again(waits bool) string {
	if waits {
		return ""
	}
	return t.plan.Phase()
}

// known are the clocks that the server has been told of. One of which it has not, because
// the reporter's own words or a chat's began it, begins with the next act of a desk.
func (st Story) known(all []plan.Clock) []plan.Clock {
	return slices.DeleteFunc(slices.Clone(all), func(c plan.Clock) bool { return st.ids[c.Step] == "" })
}

// restate lets a desk say how the clocks should stand: it must be how the log has them.
func (t *teller) restate(mark routine.Mark) string {
	want := t.adrift(t.server.Clocks)
	for _, told := range mark.Clocks {
		i := slices.IndexFunc(want, func(w routine.ClockChange) bool {
			w.ID = told.ID
			return w == told
		})
		if i < 0 {
			return DoubtMark
		}
		if told.Op == routine.ClockBegins {
			t.ids[t.stepOf(told)] = told.ID
		}
	}
	return ""
}

// stepOf is the step whose clock a change begins, among those that the server does not
// have yet; empty for none.
func (st Story) stepOf(told routine.ClockChange) string {
	for _, c := range st.plan.Clocks() {
		if id := st.ids[c.Step]; (id == "" || id == told.ID) && changeOf(plan.Change{Op: plan.ClockBegins, Clock: c}, told.ID) == told {
			return c.Step
		}
	}
	return ""
}

// changed is the phase that a case is in now, if it was in another.
func changed(before, now string) string {
	if before == now {
		return ""
	}
	return now
}

// same says whether a mark tells of clocks what the routine makes of them.
func (t *teller) same(want []plan.Change, told []routine.ClockChange) bool {
	if len(want) != len(told) {
		return false
	}
	for i, c := range want {
		if change := changeOf(c, told[i].ID); change != told[i] && (change.Op != routine.ClockEnds || told[i].Op != change.Op) {
			return false
		}
		if known := t.ids[c.Clock.Step]; c.Op != plan.ClockBegins && known != told[i].ID {
			return false
		}
	}
	return true
}

// changeOf is a change of a clock as a mark tells it, under an id.
func changeOf(c plan.Change, id string) routine.ClockChange {
	out := routine.ClockChange{Op: opOf(c), ID: id}
	if c.Op == plan.ClockEnds {
		return out
	}
	out.Due = c.Clock.Due.String()
	if c.Op == plan.ClockBegins {
		out.Ladder, out.Duty, out.Person, out.Words, out.Reply = c.Clock.Ladder, c.Clock.Duty, c.Clock.Person, c.Clock.Words, c.Clock.Reply
		out.About = c.Clock.About
	}
	return out
}

func opOf(c plan.Change) string {
	switch c.Op {
	case plan.ClockBegins:
		return routine.ClockBegins
	case plan.ClockMoves:
		return routine.ClockMoves
	}
	return routine.ClockEnds
}

// mark is what the server is told of an act that is about to be done; an error is why it
// cannot be, as the case stands. It changes nothing.
func (st Story) mark(act routine.Filled, by routine.Actor, seq int64, at time.Time) (routine.Mark, error) {
	mark := act.Mark(by.ID)
	if err := act.Needs(st.blind, by); err != nil {
		return mark, err
	}
	if !act.Leaves().IsZero() { // so that it is looked at as what sends words
		mark.Words = make([]byte, sha256.Size)
	}
	if st.plan == nil {
		if !act.Always {
			return mark, &routine.Refusal{Key: routine.RefusedMark}
		}
		mark.Clocks = st.kept(mark)
		return mark, st.blind.May(routine.Deed{By: by, Mark: mark, Seq: seq, At: at, Rules: st.rules})
	}
	after := st.plan.Clone()
	if err := after.Apply(plan.Done{Act: act.Name, Seq: seq, By: by.ID, At: at, Fields: act.Plain()}); err != nil {
		return mark, already(err)
	}
	mark.Instead = st.instead(act, mark)
	mark.Waits = len(after.Asked()) > len(st.plan.Asked())
	if mark.Waits {
		return mark, st.blind.May(routine.Deed{By: by, Mark: mark, Seq: seq, At: at, Rules: st.rules})
	}
	mark.Phase = changed(st.server.Phase, after.Phase())
	if act.Kind == routine.KindRestate {
		mark.Clocks = st.adrift(st.server.Clocks)
		mark.Clocks = mark.Clocks[:min(len(mark.Clocks), mostRestated)] // the rest is said the next time
		for i := range mark.Clocks {
			mark.Clocks[i].ID = cmp.Or(mark.Clocks[i].ID, freshClock())
		}
		return mark, st.server.May(routine.Deed{By: by, Mark: mark, Seq: seq, At: at, Rules: st.rules})
	}
	for _, c := range plan.Changes(st.known(st.plan.Clocks()), after.Clocks()) {
		id := st.ids[c.Clock.Step]
		if c.Op == plan.ClockBegins {
			id = freshClock()
		}
		mark.Clocks = append(mark.Clocks, changeOf(c, id))
	}
	return mark, st.blind.May(routine.Deed{By: by, Mark: mark, Seq: seq, At: at, Rules: st.rules})
}

// kept are the promises that any words to the reporter keep, as a desk says it that cannot
// read the routine of the case.
func (st Story) kept(mark routine.Mark) (ends []routine.ClockChange) {
	for _, c := range st.blind.Clocks {
		if c.Reply && mark.Words != nil && mark.Kind == routine.KindSent {
			ends = append(ends, routine.ClockChange{Op: routine.ClockEnds, ID: c.ID})
		}
	}
	return ends
}

// already says that something is so already in one way, whichever engine found it.
func already(err error) error {
	var planned *plan.Refusal
	if errors.As(err, &planned) && planned.Key == plan.RefusedAlready {
		return &routine.Refusal{Key: routine.RefusedAlready, Person: planned.Person}
	}
	return err
}

// mostRestated is how many clocks one act says of how they should stand: a mark has an end.
const mostRestated = 16

// freshClock is the id of a clock that begins: it says nothing of its step.
func freshClock() string {
	var id [8]byte
	_, _ = rand.Read(id[:]) // never fails
	return hex.EncodeToString(id[:])
}
