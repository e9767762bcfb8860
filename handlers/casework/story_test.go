package casework

import (
	"fmt"
	"testing"
	"time"

	"tillit/handlers/routine"
	"tillit/handlers/routine/acts"
	"tillit/handlers/routine/party"
	"tillit/handlers/routine/plan"
	"tillit/store/cases"
)

// log is a case as desks write it, without its seals.
type log struct {
	t     *testing.T
	o     *opened
	facts cases.Facts
	now   time.Time
}

func newLog(t *testing.T, start cases.Start) *log {
	r, wrong := plan.Load(party.Files, acts.Vocabulary())
	if len(wrong) > 0 {
		t.Fatal(wrong)
	}
	zone, err := time.LoadLocation("Europe/Oslo")
	if err != nil {
		t.Fatal(err)
	}
	start.Routine = r.Version()
	s := r.Begin(plan.Facts{Received: start.Received, From: start.From, Source: start.Source, Choices: start.Choices, Flags: start.Flags, OtherKnown: start.OtherKnown, Eligible: start.Eligible},
		r.Calendar(zone, nil))
	for i, c := range s.Clocks() {
		start.Clocks = append(start.Clocks, cases.Clock{ID: fmt.Sprintf("%016x", i+1), Due: c.Due.String(), Ladder: c.Ladder, Duty: c.Duty, Person: c.Person, Words: c.Words, Reply: c.Reply, About: c.About})
	}
	l := &log{t: t, now: start.Received, facts: cases.Facts{Lock: s.Lock(), Clocks: start.Clocks, Routine: r.Version()}}
	l.o = &opened{routines: map[string]*plan.Routine{r.Version(): r}, calendar: func(r *plan.Routine) plan.Calendar { return r.Calendar(zone, nil) }}
	l.add(entry{Sealed: cases.Sealed{V: cases.Version, Kind: cases.EntryLog}, body: cases.Log{Event: cases.EventReceived, Start: &start}})
	return l
}

func (l *log) add(e entry) {
	e.Seq, e.at, e.Hour, e.signed, e.theirs = int64(len(l.o.entries)+1), l.now, l.now, true, true
	l.o.entries = append(l.o.entries, e)
}

// do does an act as a desk does: with its mark, held to by the server, which changes its
// facts.
func (l *log) do(by, name string, fields ...string) error {
	l.t.Helper()
	act := acts.Find(name)
	if act == nil {
		l.t.Fatal("there is no act ", name)
	}
	filled, err := act.Read(func(field string) (all []string) {
		for i := 0; i < len(fields); i += 2 {
			if fields[i] == field {
				all = append(all, fields[i+1])
			}
		}
		return all
	})
	if err != nil {
		l.t.Fatalf("%s: %v", name, map[string]string(err.(routine.Faults)))
	}
	seq := int64(len(l.o.entries) + 1)
	mark, err := l.o.fold().mark(filled, routine.Actor{ID: by}, seq, l.now)
	if err != nil {
		return err
	}
	var nonce []byte
	if words := filled.Leaves(); !words.IsZero() {
		nonce = make([]byte, routine.NonceSize)
		mark.Words = routine.WordsHash(nonce, words)
	}
	return l.hand(by, filled, mark, nonce)
}

func (l *log) hand(by string, filled routine.Filled, mark routine.Mark, nonce []byte) error {
	l.t.Helper()
	seq := int64(len(l.o.entries) + 1)
	read, err := routine.ParseMark(mark.Encode())
	if err != nil {
		l.t.Fatalf("%s: the server does not take its mark: %+v", filled.Name, mark)
	}
	if err := routine.Do(routine.Deed{By: routine.Actor{ID: by}, Mark: read, Seq: seq, At: l.now, Rules: l.o.fold().rules}, &l.facts); err != nil {
		return err
	}
	l.add(entry{Sealed: cases.Sealed{V: cases.Version, Kind: cases.EntryOffice, Signed: &cases.Signature{By: by, Mark: mark.Encode()}}, body: filled.Body(mark.Encode(), nonce)})
	return nil
}

// holds is what is true after each act: nothing is in doubt, and the server's clocks are
// those of the log.
func (l *log) holds() {
	l.t.Helper()
	told := l.o.fold()
	if s := told.steps[len(told.steps)-1]; s.doubt != "" {
		l.t.Fatalf("entry %d is in doubt: %s", s.Seq, s.doubt)
	}
	if adrift := told.adrift(l.facts.Clocks); len(adrift) > 0 {
		l.t.Fatalf("the clocks of the server and of the log differ: %v", adrift)
	}
	if told.plan.Phase() != l.facts.Phase && l.facts.Phase != "" {
		l.t.Fatalf("the phase is %s, and %s at the server", told.plan.Phase(), l.facts.Phase)
	}
}

func (l *log) at(when string) *log {
	l.t.Helper()
	zone, _ := time.LoadLocation("Europe/Oslo")
	now, err := time.ParseInLocation("2006-01-02 15:04", when, zone)
	if err != nil {
		l.t.Fatal(err)
	}
	l.now = now
	return l
}

func (l *log) must(by, name string, fields ...string) {
	l.t.Helper()
	if err := l.do(by, name, fields...); err != nil {
		l.t.Fatalf("%s by %s: %v", name, by, err)
	}
	l.holds()
}

// TestServerAndDesksAgreeOnEveryAct goes the first part of a case, and looks after each
// act whether the clocks that the server keeps are those that follow from the log.
func TestServerAndDesksAgreeOnEveryAct(t *testing.T) {
	received := time.Date(2026, 11, 19, 20, 40, 0, 0, time.UTC)
	l := newLog(t, cases.Start{Received: received, From: received, Source: "self", Choices: map[string][]string{"S3": {"me"}, "E3": {"county"}},
		Flags: []string{"ONGOING", "POLICE_INFO"}, OtherKnown: true, Eligible: 3})
	l.holds()
	l.at("2026-11-20 08:52").must("maren", "take")
	l.at("2026-11-20 09:00").must("maren", "assess_safety", "risk", "no", "text", "x", "event", "2026-11-27")
	l.at("2026-11-20 09:05").must("maren", "consider_avert", "considered", "not_needed", "text", "x")
	l.at("2026-11-20 18:00").must("maren", "reply", "text", "Hei.")
	l.at("2026-11-23 09:00").must("maren", "declare", "tie", "none")
	l.at("2026-11-23 09:10").must("maren", "decide_level", "level", "county", "reason", "x", "relation", "member")
	if err := l.do("maren", "staff", "part", "contact_a=maren", "part", "contact_b=maren"); err == nil {
		t.Error("one person is the contact of both")
	}
	l.at("2026-11-23 09:20").must("maren", "staff", "part", "contact_a=maren", "part", "investigator=maren", "part", "contact_b=jonas", "part", "decider=siv")
	l.at("2026-11-24 10:00").must("maren", "measure", "what", "x", "owner", "jonas", "until", "2026-11-26", "proof", "x")
	l.at("2026-11-26 15:00").must("jonas", "measure_done", "proof", "x", "text", "Gjort.")
}

// TestADeskThatLiesAboutClocksIsNamed tries marks that do not fit their act: they are in
// doubt at every honest desk, and the case goes on.
func TestADeskThatLiesAboutClocksIsNamed(t *testing.T) {
	received := time.Date(2026, 11, 19, 20, 40, 0, 0, time.UTC)
	note, err := acts.Note.Read(func(string) []string { return []string{"x"} })
	if err != nil {
		t.Fatal(err)
	}
	for name, lie := range map[string]func(*log, *routine.Mark){
		"a clock ends with a note": func(l *log, m *routine.Mark) { m.Clocks = []routine.ClockChange{{Op: routine.ClockEnds, ID: l.work()}} },
		"a clock moves with a note": func(l *log, m *routine.Mark) {
			m.Clocks = []routine.ClockChange{{Op: routine.ClockMoves, ID: l.work(), Due: "2030-01-01"}}
		},
		"a clock begins of itself": func(l *log, m *routine.Mark) {
			m.Clocks = []routine.ClockChange{{Op: routine.ClockBegins, ID: freshClock(), Due: "2026-12-01", Ladder: "work"}}
		},
		"the case is said to be further": func(l *log, m *routine.Mark) { m.Phase = "decided" },
	} {
		t.Run(name, func(t *testing.T) {
			l := newLog(t, cases.Start{Received: received, From: received, Source: "self", Eligible: 3})
			mark := routine.Mark{Kind: routine.KindWork}
			lie(l, &mark)
			if err := l.hand("siv", note, mark, nil); err != nil {
				t.Fatalf("the server sees it: %v", err)
			}
			told := l.o.fold()
			if s := told.steps[len(told.steps)-1]; s.doubt != DoubtMark {
				t.Errorf("the doubt is %q", s.doubt)
			}
			l.o.fold()
			if err := l.do("maren", "take"); err != nil {
				t.Errorf("work does not go on: %v", err)
			}
		})
	}
}

// work is the id of a clock that is no promise.
func (l *log) work() string {
	for _, c := range l.facts.Clocks {
		if !c.Words {
			return c.ID
		}
	}
	return ""
}

// TestTwoDesksRestoreAClock that one desk has silenced; none does it alone.
func TestTwoDesksRestoreAClock(t *testing.T) {
	received := time.Date(2026, 11, 19, 20, 40, 0, 0, time.UTC)
	l := newLog(t, cases.Start{Received: received, From: received, Source: "self", Eligible: 3})
	note, _ := acts.Note.Read(func(string) []string { return []string{"x"} })
	silenced := l.work()
	if err := l.hand("siv", note, routine.Mark{Kind: routine.KindWork, Clocks: []routine.ClockChange{{Op: routine.ClockEnds, ID: silenced}}}, nil); err != nil {
		t.Fatal(err)
	}
	if n := len(l.o.fold().adrift(l.facts.Clocks)); n != 1 {
		t.Fatalf("%d clocks are adrift", n)
	}
	if err := l.do("maren", "restate"); err != nil {
		t.Fatal(err)
	}
	if adrift := l.o.fold().adrift(l.facts.Clocks); len(adrift) > 0 {
		t.Errorf("still adrift: %v", adrift)
	}
	l.at("2026-11-20 09:00").must("maren", "assess_safety", "risk", "no", "text", "x") // and work goes on
	l.must("maren", "declare", "tie", "none")
	l.must("maren", "no_mask", "reason", "x")
}
