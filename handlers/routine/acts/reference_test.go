package acts_test

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"tillit/handlers/routine"
	"tillit/handlers/routine/acts"
	"tillit/handlers/routine/party"
	"tillit/handlers/routine/plan"
)

var update = flag.Bool("update", false, "write the reference of the acts into docs/ROUTINE.md")

const (
	book     = "../../../docs/ROUTINE.md"
	bookFrom = "<!-- acts: begin -->\n"
	bookTo   = "<!-- acts: end -->"
)

// TestTheReferenceIsCurrent compares the table of acts in docs/ROUTINE.md with what is
// declared. With -update it writes it.
func TestTheReferenceIsCurrent(t *testing.T) {
	raw, err := os.ReadFile(book)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, begins := strings.Cut(string(raw), bookFrom)
	_, after, ends := strings.Cut(rest, bookTo)
	if !begins || !ends {
		t.Fatalf("%s has no place for the acts", book)
	}
	want := before + bookFrom + reference(t) + bookTo + after
	switch {
	case want == string(raw):
	case *update:
		if err := os.WriteFile(book, []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
	default:
		t.Errorf("%s does not say what is declared: go test ./handlers/routine/acts -run Reference -update", book)
	}
}

// reference is the table of all acts, in the order in which they are offered.
func reference(t *testing.T) string {
	r, wrong := plan.Load(party.Files, acts.Vocabulary())
	if r == nil {
		t.Fatal(wrong)
	}
	say := acts.Words().In("en")
	var b strings.Builder
	b.WriteString("| act | what it is | who | what is filled in | steps that it does | what else it does | kind |\n|---|---|---|---|---|---|---|\n")
	for _, a := range acts.All {
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s | %s | %s |\n", a.Name, say.Say("act."+a.Name+".title"),
			cell(whoDoes(r, a)), cell(fieldsOf(a)), cell(ends(r, a)), cell(doesWhat(t, r, a)), a.Kind)
	}
	return b.String()
}

// cell is a list in a cell of the table.
func cell(all []string) string {
	if len(all) == 0 {
		return "–"
	}
	return strings.Join(all, "; ")
}

// standing are those who may do an act and have no duty.
var standing = map[string]string{
	"any": "whoever can open the case", "owner": "whose the step is", "other": "somebody else than who asked", "control": "the control organ",
}

func whoDoes(r *plan.Routine, a *routine.Act) (all []string) {
	for _, who := range a.Who {
		name := standing[who]
		if name == "" {
			name, _ = r.Text("duty."+who, "en")
		}
		all = append(all, name)
	}
	return all
}

// fieldsOf names the fields: in brackets what can be left out, with dots what there may
// be several of.
func fieldsOf(a *routine.Act) (all []string) {
	for _, f := range a.Fields {
		text := "`" + f.Name + "`"
		if len(f.Options) > 0 {
			text += " (" + strings.Join(f.Options, ", ") + ")"
		}
		if f.Several {
			text += " …"
		}
		if !f.Required {
			text = "[" + text + "]"
		}
		all = append(all, text)
	}
	return all
}

// effects are what an act does besides ending steps; an argument is the name of a step.
var effects = map[string]string{
	"out:r": "words leave for the reporter", "out:b": "the other party is told, outside", "out:seat": "words go to whom it is about, outside if it is not the reporter",
	"out:office": "tells people that there is a case, and not what", "open:wish": "opens what was wished", "due": "moves a day", "second": "needs a second person",
	"waive": "leaves a step out, some with a second person", "worse": "asks about danger anew, if it is worse", "named": "the other party is known", "lead:by": "who does it has the case",
	"lead:to": "whom it names has the case", "lead:none": "nobody has the case", "duty": "gives duties, or takes them", "level": "sets the level", "key": "gives a key",
	"recuse": "takes one's own key", "epoch": "takes a person's key", "case": "makes a case", "open": "opens a closed case", "close": "closes it",
}

func doesWhat(t *testing.T, r *plan.Routine, a *routine.Act) (all []string) {
	for _, e := range a.Effects {
		name, step, _ := strings.Cut(e, ":")
		called, _ := r.Text("step."+step, "en")
		switch text := effects[e]; {
		case a.Name == acts.Second.Name && e == "second":
			all = append(all, "what was asked for happens, or does not")
		case text != "":
			all = append(all, text)
		case name == "open":
			all = append(all, "opens: "+called)
		case name == "again":
			all = append(all, "puts off: "+called)
		default:
			t.Errorf("%s: nothing says what the effect %s is", a.Name, e)
		}
	}
	return all
}

// ends are the steps that an act does, each once.
func ends(r *plan.Routine, a *routine.Act) (all []string) {
	for _, s := range r.Steps() {
		if slices.ContainsFunc(s.By, func(by string) bool { name, _, _ := strings.Cut(by, "/"); return name == a.Name }) {
			name, _ := r.Text("step."+s.ID, "en")
			all = append(all, name)
		}
	}
	return all
}
