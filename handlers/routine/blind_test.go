package routine_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tillit/handlers/routine"
	"tillit/store/cases"
)

// rules are those that the server holds acts to.
var rules = routine.Rules{Levels: []string{"local", "county", "central", "external"}, Phases: []string{"triage", "decided"}, Duties: []string{"contact_a", "contact_b", "investigator", "decider"}, Apart: [][2]string{{"contact_a", "contact_b"}, {"investigator", "decider"}}, Answer: "triage"}

var people = []string{"maren", "jonas", "siv", cases.External}

// clockIDs are few, so that what a mark says of one meets one.
var clockIDs = []string{"0000000000000001", "0000000000000002", "0000000000000003"}

// someKinds are all kinds there are, and two that are none.
var someKinds = append(routine.Kinds(), "", "x")

// anyMark is a mark as a desk may send it, also one that is none. Now and then it fits
// what its kind needs, so that much of it can be done.
func anyMark(t *rapid.T) routine.Mark {
	m := routine.Mark{Kind: routine.Kind(rapid.SampledFrom(someKinds).Draw(t, "kind"))}
	nobody := append([]string{""}, people...)
	switch m.Kind {
	case routine.KindDuty:
		if rapid.Bool().Draw(t, "lead") {
			m.Duty, m.Person = routine.Lead, rapid.SampledFrom(nobody).Draw(t, "person")
			break
		}
		for range rapid.IntRange(1, 3).Draw(t, "parts") {
			m.Parts = append(m.Parts, routine.Part{Duty: rapid.SampledFrom([]routine.Duty{"contact_a", "contact_b", "investigator", "decider", "made_up"}).Draw(t, "duty"),
				Person: rapid.SampledFrom(nobody).Draw(t, "person")})
		}
	case routine.KindKeys:
		m.Person, m.Out, m.Waits = rapid.SampledFrom(nobody).Draw(t, "person"), rapid.Bool().Draw(t, "out"), rapid.Bool().Draw(t, "waits")
	case routine.KindLevel:
		m.Level = rapid.SampledFrom(append([]string{"made_up"}, rules.Levels...)).Draw(t, "level")
	case routine.KindSent:
		m.Outside = rapid.Bool().Draw(t, "outside")
	case routine.KindSecond:
		m.Of, m.No = rapid.Int64Range(1, 40).Draw(t, "of"), rapid.Bool().Draw(t, "no")
	case routine.KindKeep:
		m.End, m.Hold, m.Waits = "2027-12-01", rapid.Bool().Draw(t, "hold"), rapid.Bool().Draw(t, "waits")
	case routine.KindAsk:
		m.Waits = rapid.Bool().Draw(t, "waits")
	case routine.KindPhase, routine.KindClose, routine.KindShred:
		m.Waits = true
	}
	if m.Kind == routine.KindSent && !m.Outside || m.Kind == routine.KindSecond && rapid.Bool().Draw(t, "words") {
		m.Words = bytes.Repeat([]byte{1}, 32)
	}
	if m.Kind == routine.KindSent && m.Words != nil && rapid.Bool().Draw(t, "asks") {
		m.Asks, m.Instead = cases.AsksMinutes, rapid.Int64Range(0, 40).Draw(t, "instead")
	}
	m.Phase = rapid.SampledFrom([]string{"", "", "triage", "made_up"}).Draw(t, "phase")
	for range rapid.SampledFrom([]int{0, 0, 1, 2}).Draw(t, "clocks") {
		c := routine.ClockChange{Op: rapid.SampledFrom([]string{routine.ClockBegins, routine.ClockMoves, routine.ClockEnds}).Draw(t, "op"), ID: rapid.SampledFrom(clockIDs).Draw(t, "id")}
		if c.Op != routine.ClockEnds {
			c.Due = rapid.SampledFrom([]string{"2026-12-01", "2026-12-24", "2026-12-01T08:15Z"}).Draw(t, "due")
		}
		if c.Op == routine.ClockBegins {
			c.Ladder, c.Words = rapid.SampledFrom([]string{"work", "promise"}).Draw(t, "ladder"), rapid.Bool().Draw(t, "promise")
			c.Reply = c.Words
			c.About = rapid.SampledFrom([]string{"", "", cases.AsksMinutes, "access"}).Draw(t, "about")
		}
		m.Clocks = append(m.Clocks, c)
	}
	return m
}

// deep is all of a state; nobody is nobody, however that is kept.
func deep(b routine.Blind) string {
	if len(b.Duties) == 0 {
		b.Duties = nil
	}
	raw, _ := json.Marshal(b) // strings and lists of them
	return string(raw)
}

// TestNobodyWhoIsOutGetsAnything walks through what handlers and the reporter may do
// in any order. It holds, after each step, what is promised of whoever is kept out.
func TestNobodyWhoIsOutGetsAnything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var b, twin routine.Blind
		seq := int64(1)
		facts := cases.Facts{Lock: "county", Due: []cases.Due{{Rule: "R-ACK1", Day: "2026-12-01"}, {Rule: "R-RESULT", Day: "2027-02-28"}}}
		b, twin = routine.BlindOf(facts), routine.BlindOf(facts)
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			if rapid.IntRange(0, 5).Draw(t, "what") == 0 { // the reporter says who is kept out; they lose what they had
				out := rapid.SliceOfDistinct(rapid.SampledFrom(people), rapid.ID[string]).Draw(t, "out")
				for _, x := range []*routine.Blind{&b, &twin} {
					x.Out = slices.Clone(out)
					for _, id := range out {
						x.Leave(id)
					}
				}
				facts.Out = out
				if slices.Contains(out, facts.Assignee) {
					facts.Assignee = ""
				}
				b.Into(&facts)
				continue
			}
			by := routine.Actor{ID: rapid.SampledFrom(people).Draw(t, "by")}
			if rapid.Bool().Draw(t, "may assign") {
				by.Rights = []string{routine.RightAssign}
			}
			m := anyMark(t)
			if _, err := routine.ParseMark(m.Encode()); err != nil {
				continue // the server takes none that is not of this form
			}
			before, had := deep(b), b
			d := routine.Deed{By: by, Mark: m, Seq: seq, At: time.Unix(0, 0), Chat: rapid.IntRange(0, 3).Draw(t, "chat") == 0, Rules: rules}
			seq++
			err := b.May(d)
			if got := routine.Do(d, &facts); (got == nil) != (err == nil) {
				t.Fatalf("the server says %v, the desk %v", got, err)
			}
			if deep(b) != before {
				t.Fatal("asking whether it may be done changes something")
			}
			if err != nil {
				var refused *routine.Refusal
				if !errors.As(err, &refused) || deep(routine.BlindOf(facts)) != deep(b) {
					t.Fatalf("a refusal %v leaves something behind", err)
				}
				continue
			}
			b.Apply(d)
			twin.Apply(d)
			if deep(had) != before {
				t.Fatal("what stood before changes with it")
			}
			holds(t, b, m, by)
			clocksHold(t, had, b, d)
			leadsHold(t, had, b, d)
			asksHold(t, had, b, d)
			if deep(b) != deep(twin) || deep(routine.BlindOf(facts)) != deep(b) {
				t.Fatalf("the same acts lead to\n%s\n%s\nand, at the server,\n%s", deep(b), deep(twin), deep(routine.BlindOf(facts)))
			}
		}
	})
}

// holds is what is true after an act that was not refused.
func holds(t *rapid.T, b routine.Blind, m routine.Mark, by routine.Actor) {
	for duty, has := range b.Duties {
		if has == "" || slices.Contains(b.KeptOut(), has) {
			t.Fatalf("%q, who is kept out, has %s", has, duty)
		}
	}
	switch gets := m.Person != "" && !m.Out; {
	case gets && slices.Contains(b.KeptOut(), m.Person):
		t.Fatalf("%s, who is kept out, gets what %s is about", m.Person, m.Kind)
	case m.Kind == routine.KindKeys && !m.Out && m.Person == by.ID:
		t.Fatal("somebody gives the key to themselves")
	case m.Out && !m.Waits && (m.Person != by.ID || !slices.Contains(b.Recused, by.ID)):
		t.Fatalf("%s alone puts %s out", by.ID, m.Person)
	case m.Duty != "" && gets && m.Person != by.ID && len(by.Rights) == 0:
		t.Fatalf("%s gives the case away without the right", by.ID)
	}
	for duty := range b.Duties {
		if duty != routine.Lead && !slices.Contains(rules.Duties, string(duty)) {
			t.Fatalf("there is no duty %q", duty)
		}
	}
	if b.Phase != "" && !slices.Contains(rules.Phases, b.Phase) || b.Level != "" && !slices.Contains(rules.Levels, b.Level) {
		t.Fatalf("there is no phase %q, or no level %q", b.Phase, b.Level)
	}
	for _, pair := range rules.Apart {
		if one := b.Duties[routine.Duty(pair[0])]; one != "" && one == b.Duties[routine.Duty(pair[1])] {
			t.Fatalf("%s is %s and %s", one, pair[0], pair[1])
		}
	}
	if b.Level != "" && slices.Index(rules.Levels, b.Level) < slices.Index(rules.Levels, b.Lock) {
		t.Fatalf("the level is %s, below the lock", b.Level)
	}
	switch tells := m.Kind == routine.KindSent && !m.Outside; {
	case tells && !b.Answered, b.Closed != (b.Status() == routine.StatusClosed),
		!b.Closed && !b.Answered && (b.Duties[routine.Lead] != "") != (b.Status() == routine.StatusTaken):
		t.Fatalf("the status is %s", b.Status())
	case b.Answered && slices.ContainsFunc(b.Due, func(d cases.Due) bool { return d.Rule == "R-ACK1" }):
		t.Fatal("a promise that was kept runs on")
	case len(b.Due) == 0:
		t.Fatal("a promise that was not kept is gone")
	}
}

// leadsHold is what is true of level and phase after a deed: who has the case decides the
// level, and the reporter is never told that it is less far than it was, but by a desk.
func leadsHold(t *rapid.T, had, b routine.Blind, d routine.Deed) {
	if lead := had.Duties[routine.Lead]; b.Level != had.Level && lead != "" && lead != d.By.ID {
		t.Fatalf("%s changes the level of the case that %s has", d.By.ID, lead)
	}
	before, after := slices.Index(rules.Phases, had.Phase), slices.Index(rules.Phases, b.Phase)
	if d.Mark.Phase == "" && after < before {
		t.Fatalf("the phase goes back from %q to %q", had.Phase, b.Phase)
	}
	if d.Chat && d.Mark.Kind == routine.KindSent && d.Mark.Words != nil && d.Mark.Phase == "" && after < slices.Index(rules.Phases, rules.Answer) {
		t.Fatalf("somebody has answered in a chat, and the phase is %q", b.Phase)
	}
}

// clocksHold is what is true of clocks after a deed: a promise ends with words alone, or
// because two desks say so, and no day is moved for ever.
func clocksHold(t *rapid.T, had, b routine.Blind, d routine.Deed) {
	for _, c := range b.Clocks {
		if c.Moves > 2 {
			t.Fatal("a day was moved three times")
		}
	}
	for _, was := range had.Clocks {
		i := slices.IndexFunc(b.Clocks, func(c cases.Clock) bool { return c.ID == was.ID })
		if i >= 0 && (b.Clocks[i].Due == was.Due || !was.Words) {
			continue
		}
		if i < 0 && !was.Words && d.Mark.Kind != routine.KindRestate {
			continue
		}
		said := slices.ContainsFunc(had.Asked, func(a cases.Asked) bool {
			m, _ := routine.ParseMark(a.Mark)
			return m.Kind == routine.KindRestate && a.By != d.By.ID
		})
		if words := d.Mark.Words != nil && i < 0; !words && !(d.Mark.Kind == routine.KindRestate && said) {
			t.Fatalf("the promise %v ends or moves with %v", was, d.Mark)
		}
	}
}

// asksHold is what is true of what takes two people: nothing becomes of it before another
// one has agreed.
func asksHold(t *rapid.T, had, b routine.Blind, d routine.Deed) {
	if d.Mark.Waits {
		same := b
		same.Asked = had.Asked
		if deep(same) != deep(had) || len(b.Asked) != len(had.Asked)+1 {
			t.Fatal("something becomes of what waits for a second person")
		}
		return
	}
	if d.Mark.Kind != routine.KindSecond && (b.Closed && !had.Closed) {
		t.Fatalf("%s alone closes the case", d.By.ID)
	}
	if d.Mark.Kind == routine.KindSecond && !d.Mark.No {
		if i := slices.IndexFunc(had.Asked, func(a cases.Asked) bool { return a.Seq == d.Mark.Of }); had.Asked[i].By == d.By.ID {
			t.Fatal("who asked agrees")
		}
	}
}

// FuzzMark offers marks to the server: what is taken is what a desk makes.
func FuzzMark(f *testing.F) {
	for _, m := range []routine.Mark{{Kind: routine.KindWork}, {Kind: routine.KindDuty, Duty: routine.Lead, Person: "maren"},
		{Kind: routine.KindSent, Words: make([]byte, 32)}, {Kind: routine.KindKeys, Person: "siv", Out: true}} {
		f.Add(m.Encode())
	}
	for _, m := range []routine.Mark{{Kind: routine.KindDuty, Parts: []routine.Part{{Duty: "contact_a", Person: "maren"}}}, {Kind: routine.KindLevel, Level: "county"},
		{Kind: routine.KindSecond, Of: 7, No: true}, {Kind: routine.KindClose, Waits: true}, {Kind: routine.KindKeep, End: "2027-01-01", Hold: true},
		{Kind: routine.KindWork, Phase: "triage", Clocks: []routine.ClockChange{{Op: routine.ClockBegins, ID: "00000000000000a1", Due: "2026-12-01", Ladder: "work", Duty: "lead"},
			{Op: routine.ClockEnds, ID: "00000000000000a2"}}}} {
		f.Add(m.Encode())
	}
	for _, text := range []string{`{"kind":"work","kind":"sent"}`, `{"kind":"keys","person":"\u0000\u0000\u2028"}`, `{"kind":"work","by":"maren"}`, `{"kind":"duty","duty":"chair"}`,
		`{"kind":"sent"}`, `{"kind":"work","words":"AA=="}`, `{"person":"x"}`} {
		f.Add(append([]byte(text), bytes.Repeat([]byte(" "), 256-len(text))...))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, err := routine.ParseMark(raw)
		switch {
		case err != nil && !reflect.ValueOf(m).IsZero():
			t.Error("something comes of what is no mark")
		case err == nil && !bytes.Equal(m.Encode(), raw):
			t.Error("a mark has two forms")
		case err == nil && m.Person == "" && m.Kind == routine.KindKeys:
			t.Error("a key for nobody")
		}
	})
}
