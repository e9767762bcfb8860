package casework

import (
	"time"

	"tillit/handlers/routine"
	"tillit/handlers/routine/plan"
	"tillit/store/cases"
)

// This file folds what the reporter does by a press: she confirms or corrects minutes, and
// asks for something. The server ends and begins the clocks of that by itself.

// wishes is the act of the routine by which a wish is entered.
const wishes, confirms = "request", "minutes_ok"

// instead is the entry whose words an act takes the place of: the minutes of the same
// talk that were sent before. None is 0.
func (st Story) instead(act routine.Filled, mark routine.Mark) int64 {
	if mark.Asks == "" {
		return 0
	}
	return st.latest[talkOf(act)]
}

// sent remembers which talk minutes are of.
func (t *teller) sent(s *step, mark routine.Mark) {
	if mark.Asks != "" {
		talk := talkOf(*s.act)
		t.talks[s.Seq], t.latest[talk] = talk, s.Seq
	}
}

// talkOf is the talk that an act is about, as the routine calls it.
func talkOf(act routine.Filled) string { return act.Value("which").Reveal() }

// confirm is the reporter's answer to minutes. It counts for the version that she was
// shown, if there is no later one.
func (t *teller) confirm(said cases.Confirm, e entry) {
	for _, b := range []*routine.Blind{&t.blind, &t.server} {
		b.Asks, b.Clocks = cases.Answered(b.Asks, b.Clocks, said.Of, said.Answer)
	}
	talk := t.talks[said.Of]
	if t.plan == nil || talk == "" || t.latest[talk] != said.Of {
		return
	}
	fields := map[string][]string{"which": {talk}, "answer": {said.Answer}}
	if !said.Text.IsZero() {
		fields["text"] = []string{"*"}
	}
	t.hers(plan.Done{Act: confirms, Seq: e.Seq, By: plan.Seat("r"), At: e.at, Fields: fields}, nil)
}

// wish is what the reporter asks for.
func (t *teller) wish(w *cases.Wish, e entry) {
	if w == nil || t.plan == nil {
		return
	}
	for _, b := range []*routine.Blind{&t.blind, &t.server} {
		b.Clocks = cases.Wished(b.Clocks, *w)
	}
	t.hers(plan.Done{Act: wishes, Seq: e.Seq, By: plan.Daemon, At: w.At, Fields: map[string][]string{
		"wish": {w.Wish}, "seat": {"r"}, "came": {w.At.UTC().Format(time.RFC3339)}}}, w.Clocks)
}

// hers does what the reporter did. began are the clocks that the server began by it; what
// it ends, the server has ended.
func (t *teller) hers(d plan.Done, began []cases.Clock) {
	before := t.plan.Clocks()
	if t.plan.Apply(d) != nil {
		return
	}
	for _, c := range plan.Changes(before, t.plan.Clocks()) {
		switch {
		case c.Op == plan.ClockEnds:
			delete(t.ids, c.Clock.Step)
		case c.Op == plan.ClockBegins && len(began) > 0 && c.Clock.About == began[0].About:
			t.ids[c.Clock.Step], began = began[0].ID, began[1:]
		}
	}
}
