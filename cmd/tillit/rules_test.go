package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"tillit/handlers/casework"
	"tillit/handlers/routine"
	"tillit/handlers/routine/acts"
	"tillit/handlers/routine/party"
	"tillit/handlers/routine/plan"
)

// TestRuleScripts holds the program to each rule of law and of guidance that it applies, a
// script named after each. What a rule is about is done by the command line; what has to
// happen before is done by a desk:
//
//	does maren staff part=contact_a=maren    an act, with something in each other field
//	triaged maren jonas siv                  taken, answered, level decided, duties given:
//	                                         contact_a and investigator, contact_b, decider
//	closed maren jonas siv no_measure        and all that comes after, to the closing; with
//	                                         "ask" behind it, up to it
//	step ack1 open 'Tue 24 Nov'              how a step stands, and its day
//	asked N                                  the number of what waits for a second person
func TestRuleScripts(t *testing.T) { worked(t, "rules") }

// elsewhere are the rules that no script holds, and what does.
var elsewhere = map[string]string{
	"R-ROUT":       "the written routine is the organisation's; docs/ROUTINE.md says how the program follows it",
	"R-DPIA":       "a document of the organisation's",
	"R-STAT":       "a yearly sheet, which is none of a case; the overview counts a handler's own cases",
	"R-INFO-NEMND": "TestR_INFO_NEMND",
}

// TestEveryRuleHasAScript reads the rules that the routine serves, and those that it says
// are served elsewhere.
func TestEveryRuleHasAScript(t *testing.T) {
	r := partyRoutine(t)
	rules := map[string]bool{}
	for _, s := range r.Steps() {
		for _, id := range s.For {
			rules[id] = true
		}
	}
	for _, id := range r.Elsewhere() {
		rules[id] = true
	}
	n := 0
	for id := range rules {
		if !strings.HasPrefix(id, "R-") {
			continue
		}
		n++
		_, err := os.Stat(filepath.Join("testdata", "rules", id+".txt"))
		if _, said := elsewhere[id]; (err == nil) == said {
			t.Errorf("%s has a script: %v, and is said to be held elsewhere: %v", id, err == nil, said)
		}
	}
	scripts, _ := filepath.Glob(filepath.Join("testdata", "rules", "*.txt"))
	if n != len(scripts)+len(elsewhere) || n < 25 {
		t.Errorf("the routine has %d rules; there are %d scripts, and %d are elsewhere", n, len(scripts), len(elsewhere))
	}
}

// TestR_INFO_NEMND looks for the way to LDO and the tribunal in every letter that says a
// result, and in those that close a case.
func TestR_INFO_NEMND(t *testing.T) {
	r := partyRoutine(t)
	for _, letter := range r.Letters() {
		last := strings.HasPrefix(letter.Name, "result_r") || strings.HasPrefix(letter.Name, "result_a") || strings.HasPrefix(letter.Name, "closing_")
		for _, lang := range plan.Languages {
			text, _ := r.LetterText(letter.Name, lang)
			if part, _ := r.Text("part.nemnd", lang); last && (!strings.Contains(text, "{nemnd}") || !strings.Contains(part, "{ldo}") || !strings.Contains(part, "Diskrimineringsnemnda")) {
				t.Errorf("%s in %s does not say where else one can go", letter.Name, lang)
			}
		}
	}
}

func partyRoutine(t *testing.T) *plan.Routine {
	t.Helper()
	r, wrong := plan.Load(party.Files, acts.Vocabulary())
	if r == nil {
		t.Fatal(wrong)
	}
	return r
}

// does is: does PERSON ACT [FIELD=VALUE…].
func does(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(doAct(ts, args[0], args[1], args[2:]...))
}

func doAct(ts *testscript.TestScript, who, name string, values ...string) error {
	given := map[string][]string{}
	for _, v := range values {
		field, value, _ := strings.Cut(v, "=")
		given[field] = append(given[field], value)
	}
	a, today := acts.Find(name), of(ts).Clock.Now().In(zone)
	for _, f := range a.Fields {
		if given[f.Name] != nil || !f.Required {
			continue
		}
		value := map[routine.FieldKind]string{routine.FieldWords: "x", routine.FieldPerson: who, routine.FieldDay: today.Format("2006-01-02"),
			routine.FieldMoment: today.Format("2006-01-02T15:04"), routine.FieldSeat: "r", routine.FieldEntry: "1"}[f.Kind]
		if len(f.Options) > 0 {
			value = f.Options[0]
		}
		given[f.Name] = []string{value}
	}
	filled, err := a.Read(func(name string) []string { return given[name] })
	if err != nil {
		return fmt.Errorf("%s: %w: %v", name, err, err)
	}
	if err := of(ts).Dial(who).Do(context.Background(), pathOf(ts).ref, casework.Doing{Act: filled}); err != nil {
		return fmt.Errorf("%s does %s: %w", who, name, err)
	}
	return nil
}

// triaged is: triaged LEAD CONTACT-B DECIDER.
func triaged(ts *testscript.TestScript, _ bool, args []string) {
	lead := args[0]
	for _, act := range [][]string{{"take"}, {"assess_safety", "risk=no"}, {"reply"}, {"declare", "tie=none"}, {"decide_level", "level=central"},
		{"staff", "part=contact_a=" + lead, "part=investigator=" + lead, "part=contact_b=" + args[1], "part=decider=" + args[2]}} {
		ts.Check(doAct(ts, lead, act[0], act[1:]...))
	}
}

// closed is: closed LEAD CONTACT-B DECIDER OUTCOME [ask]. Weeks pass on the way.
func closed(ts *testscript.TestScript, _ bool, args []string) {
	lead, b, decider, outcome := args[0], args[1], args[2], args[3]
	for _, act := range [][]string{
		{lead, "no_mask"}, {lead, "support", "side=a", "answer=declined"}, {lead, "heard", "seat=r"}, {lead, "minutes", "which=tr"}, {lead, "told", "what=minutes", "which=tr"},
		{b, "disclose"}, {b, "heard", "seat=b"}, {b, "minutes", "which=tb"}, {b, "told", "what=minutes", "which=tb"}, {b, "support", "side=b", "answer=declined"},
		{lead, "check_in", "when=hearing"}, {lead, "state_informed"}, {decider, "decide", "outcome=" + outcome}, {b, "second"},
		{lead, "feedback", "letter=result_r"}, {b, "feedback", "letter=result_b"}} {
		ts.Check(doAgreed(ts, act))
	}
	of(ts).Clock.Add(31 * 24 * time.Hour)
	ts.Check(doAct(ts, lead, "check_in", "when=1m"))
	if len(args) > 4 {
		return
	}
	ts.Check(doAct(ts, lead, "close"))
	ts.Check(doAgreed(ts, []string{decider, "second"}))
}

// doAgreed does an act; a second person agrees to what was asked last.
func doAgreed(ts *testscript.TestScript, act []string) error {
	if act[1] == "second" {
		all := pathOf(ts).stand(ts).Asked
		act = append(act, fmt.Sprintf("of=%d", all[len(all)-1].Seq), "agree=yes")
	}
	return doAct(ts, act[0], act[1], act[2:]...)
}

// asked is: asked VARIABLE.
func asked(ts *testscript.TestScript, _ bool, args []string) {
	all := pathOf(ts).stand(ts).Asked
	if len(all) == 0 {
		ts.Fatalf("nothing waits for a second person")
	}
	ts.Setenv(args[0], fmt.Sprint(all[len(all)-1].Seq))
}

// step is: step NAME STATUS [DAY].
func step(ts *testscript.TestScript, neg bool, args []string) {
	now := pathOf(ts).stand(ts)
	i := slices.IndexFunc(now.Steps, func(s stepJSON) bool { return s.Step == args[0] })
	if neg {
		if i >= 0 {
			ts.Fatalf("there is a step %s", args[0])
		}
		return
	}
	if i < 0 {
		ts.Fatalf("there is no step %s", args[0])
	}
	got := []string{now.Steps[i].Step, now.Steps[i].Status}
	if len(args) > 2 {
		got = append(got, shortDue(now.Steps[i].Due))
	}
	if !slices.Equal(got, args) {
		ts.Fatalf("it is %q, want %q", got, args)
	}
}

// sees is: sees REPORTER WORDS, what their page says, once what waits is opened.
func sees(ts *testscript.TestScript, neg bool, args []string) {
	r := of(ts).Reporter(args[0])
	if r.Waits() {
		r.Opens()
	}
	if got := r.Sees(); strings.Contains(got, args[1]) == neg {
		ts.Fatalf("their page says: %s", got)
	}
}
