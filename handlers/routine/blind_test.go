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
var rules = routine.Rules{Levels: []string{"local", "county", "central", "external"}, Apart: [][2]string{{"contact_a", "contact_b"}, {"investigator", "decider"}}}

var people = []string{"maren", "jonas", "siv", cases.External}

// anyMark is a mark as a desk may send it, also one that is none.
func anyMark(t *rapid.T) routine.Mark {
	m := routine.Mark{
		Kind: rapid.SampledFrom([]routine.Kind{routine.KindWork, routine.KindDuty, routine.KindSent, routine.KindKeys, "", "x"}).Draw(t, "kind"),
		Out:  rapid.Bool().Draw(t, "out"),
	}
	if m.Kind == routine.KindDuty {
		m.Duty, m.Out = routine.Lead, false
	}
	if m.Kind == routine.KindDuty || m.Kind == routine.KindKeys {
		m.Person = rapid.SampledFrom(append([]string{""}, people...)).Draw(t, "person")
	}
	if m.Kind == routine.KindSent {
		m.Words = bytes.Repeat([]byte{1}, 32)
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
		facts := cases.Facts{Due: []cases.Due{{Rule: "R-ACK1", Day: "2026-12-01"}, {Rule: "R-RESULT", Day: "2027-02-28"}}}
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
			d := routine.Deed{By: by, Mark: m, Seq: seq, At: time.Unix(0, 0), Rules: rules}
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
	case m.Out && (m.Person != by.ID || !slices.Contains(b.Recused, by.ID)):
		t.Fatalf("%s puts %s out", by.ID, m.Person)
	case m.Kind == routine.KindDuty && gets && m.Person != by.ID && len(by.Rights) == 0:
		t.Fatalf("%s gives the case away without the right", by.ID)
	}
	switch {
	case m.Kind == routine.KindSent && b.Status() != routine.StatusAnswered,
		!b.Answered && (b.Duties[routine.Lead] != "") != (b.Status() == routine.StatusTaken):
		t.Fatalf("the status is %s", b.Status())
	case b.Answered && slices.ContainsFunc(b.Due, func(d cases.Due) bool { return d.Rule == "R-ACK1" }):
		t.Fatal("a promise that was kept runs on")
	case len(b.Due) == 0:
		t.Fatal("a promise that was not kept is gone")
	}
}

// FuzzMark offers marks to the server: what is taken is what a desk makes.
func FuzzMark(f *testing.F) {
	for _, m := range []routine.Mark{{Kind: routine.KindWork}, {Kind: routine.KindDuty, Duty: routine.Lead, Person: "maren"},
		{Kind: routine.KindSent, Words: make([]byte, 32)}, {Kind: routine.KindKeys, Person: "siv", Out: true}} {
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
