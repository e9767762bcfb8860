package casework_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"tillit/handlers/casework"
	"tillit/handlers/handlerstest"
	"tillit/handlers/routine"
	"tillit/handlers/routine/acts"
	"tillit/handlers/routine/plan"
	"tillit/store/cases"
)

// walk is one case that its handlers and its reporter work at random.
type walk struct {
	*testing.T
	*handlerstest.Office
	*rand.Rand
	ref   string
	desks map[string]*handlerstest.Desk
	out   []string // whom the reporter keeps out, as she pressed it
	gone  []string // who stepped away
}

func (w *walk) one(of ...string) string { return of[w.IntN(len(of))] }

// TestHonestHandlersAreNeverInDoubt has real desks do what they may and what they may
// not, while the reporter keeps people out and lets them in. After each step every
// desk that can open the case folds it to what the server says, and doubts nothing.
func TestHonestHandlersAreNeverInDoubt(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	for i := range uint64(2) {
		p := handlerstest.New(t, handlerstest.Options{Hasty: true})
		p.Person("jonas").Rights = nil
		p.Restart()
		w := &walk{T: t, Office: p, Rand: rand.New(rand.NewPCG(seed, i)), ref: p.Report("lin", "Det var på middagen."), desks: map[string]*handlerstest.Desk{}}
		for _, id := range []string{"maren", "jonas", "siv", "hakon"} {
			w.desks[id] = p.Dial(id)
		}
		var did []string
		for range 40 {
			what := w.step()
			did = append(did, what)
			if !w.agree() {
				t.Fatalf("seed %d, after %q", seed, did)
			}
		}
		p.Leave("hakon")
		delete(w.desks, "hakon")
		for id := range w.desks {
			w.desks[id] = p.Dial(id)
		}
		if !w.agree() {
			t.Fatalf("seed %d, when hakon left, after %q", seed, did)
		}
	}
}

// step is one thing that somebody does; a refusal is none.
func (w *walk) step() string {
	w.Helper()
	lin, who := w.Reporter("lin"), w.one("maren", "jonas", "siv", "hakon")
	switch w.IntN(6) {
	case 0:
		id := w.one("siv", "hakon", "jonas")
		if slices.Contains(w.out, id) {
			lin.PressAt("/who", "in:"+id+"@"+w.ref)
			w.out = slices.DeleteFunc(w.out, func(o string) bool { return o == id })
			return "lets " + id + " in"
		}
		if _, err := w.desks[id].Verify(w.Context(), w.ref); len(w.out) > 1 || err != nil {
			return "nothing" // she is offered those alone who can read it
		}
		lin.PressAt("/who", "ask_out:"+id+"@"+w.ref)
		lin.Press("out:" + id + "@" + w.ref)
		w.out = append(w.out, id)
		return "keeps " + id + " out"
	case 1:
		lin.Says("mer")
		return "writes"
	}
	act := acts.All[w.IntN(len(acts.All))]
	if w.IntN(3) == 0 { // what leads on
		act = acts.Find(w.one("take", "second", "staff", "assess_safety", "decide_level", "declare", "heard", "minutes", "measure"))
	}
	if act == acts.Recuse && len(w.gone) > 1 || act == acts.Exclude || act.Name == "shred" { // they would leave nobody, or nothing
		return "nothing"
	}
	to := w.one("maren", "jonas", "siv", "hakon", cases.External)
	filled, err := w.Anything(act, who, w.Rand, w.given(who, to))
	if err != nil {
		return "nothing"
	}
	err = w.desks[who].Do(w.Context(), w.ref, casework.Doing{Act: filled, Compared: w.Key(to).Fingerprint()})
	var refused *routine.Refusal
	var planned *plan.Refusal
	switch {
	case err == nil && act == acts.Recuse:
		w.gone = append(w.gone, who)
	case err == nil, errors.Is(err, casework.ErrUnknown), errors.Is(err, casework.ErrRight), errors.Is(err, casework.ErrKeptOut), errors.As(err, &refused), errors.As(err, &planned):
	default:
		w.Fatalf("%s, %s, %s: %v", who, act.Name, to, err)
	}
	return fmt.Sprintf("%s %s %s: %v", who, act.Name, to, err)
}

// given are the fields whose values stand in the case.
func (w *walk) given(who, to string) map[string][]string {
	given := map[string][]string{"to": {to}, "person": {to}, "owner": {w.one("jonas", "siv")}, "tie": {"none"}, "ref": {"T-222222"},
		"seat": {w.one("r", "a", "b", "w1")}, "which": {w.one("tr", "ta", "tb", "m1")},
		"part": {"contact_a=" + w.one("maren", "jonas"), "contact_b=" + w.one("siv", "hakon"), "decider=" + w.one("siv", "hakon", "jonas")}}
	cs, err := w.desks[who].Case(w.Context(), w.ref)
	if err != nil {
		return given
	}
	if asked := w.desks[who].Where(cs, w.Clock.Now()).Asked; len(asked) > 0 {
		given["of"] = []string{fmt.Sprint(asked[w.IntN(len(asked))].Seq)}
		given["agree"] = []string{w.one("yes", "yes", "no")}
	}
	return given
}

// agree compares what each desk sees with the server, and both with what was done.
func (w *walk) agree() bool {
	w.Helper()
	must := slices.Concat(w.out, w.gone)
	readers := 0
	for id, desk := range w.desks {
		cs, err := desk.Case(w.Context(), w.ref)
		if slices.Contains(must, id) {
			if !errors.Is(err, casework.ErrUnknown) {
				w.Errorf("%s, who is kept out, gets the case: %v", id, err)
			}
			continue
		}
		if errors.Is(err, casework.ErrUnknown) {
			continue // let in again, and given no key yet
		}
		readers++
		if err != nil || len(cs.Doubts)+len(cs.Faults) > 0 {
			w.Errorf("%s: %v, in doubt are %v, faults %q", id, err, cs.Doubts, cs.Faults)
			continue
		}
		if adrift := desk.Where(cs, w.Clock.Now()).Adrift; len(adrift) > 0 {
			w.Errorf("%s: the server has other clocks than the log: %v", id, adrift)
		}
		if slices.Contains(must, cs.Assignee) || slices.ContainsFunc(cs.CanOpen, func(h casework.Handler) bool { return slices.Contains(must, h.ID) }) {
			w.Errorf("%s has the case, %v can open it; kept out are %v", cs.Assignee, names(cs), must)
		}
		var kept []string
		for _, h := range cs.Kept {
			kept = append(kept, h.ID)
		}
		slices.Sort(kept)
		want := slices.Compact(slices.Sorted(slices.Values(must)))
		if cs.Closed == 0 && !slices.Equal(kept, want) {
			w.Errorf("%s sees %v kept out, want %v", id, kept, want)
		}
		if b := desk.Folded(w.ref); cs.Closed == 0 && (b.Status() != cs.Status || b.Duties[routine.Lead] != cs.Assignee) {
			w.Errorf("the server says %s, with %q; the log %s, with %q", cs.Status, cs.Assignee, b.Status(), b.Duties[routine.Lead])
		}
	}
	if faults, err := w.Store.Verify(w.Context(), w.Roster.SignKeys); err != nil || len(faults) > 0 {
		w.Errorf("the server finds %q, %v", faults, err)
	}
	return !w.Failed()
}
