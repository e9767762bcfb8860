package casework_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"tillit/handlers/casework"
	"tillit/store/cases"
)

// TestSomebodyIsKeptOutOnThePage tells a report on the pages, keeps Jonas out when he
// has read it, and looks at it from every side.
func TestSomebodyIsKeptOutOnThePage(t *testing.T) {
	p := newOffice(t)
	ref := p.Report("lin", "Det var på middagen.")
	lin, maren, jonas := p.Reporter("lin"), p.Dial("maren"), p.Dial("jonas")
	if _, err := jonas.Case(t.Context(), ref); err != nil {
		t.Fatal(err)
	}
	if err := jonas.Assign(t.Context(), ref, "jonas"); err != nil {
		t.Fatal(err)
	}
	sees := func(want ...string) {
		t.Helper()
		for _, w := range want {
			if got := lin.Sees(); !strings.Contains(got, w) {
				t.Fatalf("she sees %q, want %q", got, w)
			}
		}
	}
	sees("Disse kan lese det nå: Maren V. (rådgiver), Jonas T. (assisterende sekretær) og Siv A. (personalleder)")
	if !lin.Offers("access") {
		t.Error("the receipt has no button to see who can read")
	}
	reads := func(want ...string) {
		t.Helper()
		for _, w := range want {
			if got := lin.SeesAt("/who"); !strings.Contains(got, w) {
				t.Fatalf("her page says %q, want %q", got, w)
			}
		}
	}
	reads("Disse kan åpne saken din nå:", "Jonas T. (assisterende sekretær): har åpnet den ", "Maren V. (rådgiver): har ikke åpnet den")
	lin.PressAt("/who", "ask_out:jonas@"+ref)
	sees("kan huske det som sto der")
	lin.Press("out:jonas@" + ref)
	sees("Jonas T. er holdt utenfor nå")
	reads("Disse holder du utenfor: Jonas T.", "kan det ikke lenger: – Jonas T. (assisterende sekretær): har åpnet den ")

	if page, err := jonas.Queue(t.Context(), casework.Query{}); err != nil || len(page.Cases) != 0 {
		t.Errorf("jonas's queue has %d cases, %v", len(page.Cases), err)
	}
	if _, err := jonas.Case(t.Context(), ref); !errors.Is(err, casework.ErrUnknown) {
		t.Errorf("jonas gets the case: %v", err)
	}
	if words, err := jonas.Notices(t.Context()); err != nil || len(words) != 0 {
		t.Errorf("%d words wait for jonas, %v", len(words), err)
	}
	lin.Says("Takk.")
	cs, err := maren.Case(t.Context(), ref)
	if err != nil || len(cs.Kept) != 1 || cs.Kept[0].ID != "jonas" || cs.Assignee != "" || !slices.Equal(names(cs), []string{"maren", "siv", cases.Recovery}) {
		t.Fatalf("maren: %v; kept out are %v, %q has it, %v can open it", err, cs.Kept, cs.Assignee, names(cs))
	}
	if faults, err := maren.Verify(t.Context(), ref); err != nil || len(faults) > 0 {
		t.Errorf("the log is not whole: %v, %v", faults, err)
	}
	if err := maren.Grant(t.Context(), ref, "jonas", p.Key("jonas").Fingerprint()); !errors.Is(err, casework.ErrKeptOut) {
		t.Errorf("maren gives jonas a key: %v", err)
	}

	// A name in what she writes: asked about, and she can still write more.
	lin.Says("Siv var der også.")
	sees("Vil du holde noen av dem utenfor?")
	if !lin.Offers("out:siv@"+ref) || !lin.Offers("out_no") {
		t.Error("nothing to press")
	}
	lin.Says("Det var alt.") // no answer to it, and the question is past
	if lin.Offers("out:siv@" + ref) {
		t.Error("the question stands there still")
	}

	// She lets him in: a colleague may give him a key again, and then he reads it.
	lin.PressAt("/who", "in:jonas@"+ref)
	sees("kan ikke lese noe ennå")
	if _, err := jonas.Case(t.Context(), ref); !errors.Is(err, casework.ErrUnknown) {
		t.Errorf("jonas, let in but given nothing: %v", err)
	}
	if err := maren.Grant(t.Context(), ref, "jonas", p.Key("jonas").Fingerprint()); err != nil {
		t.Fatal(err)
	}
	if cs, err := p.Dial("jonas").Case(t.Context(), ref); err != nil || len(cs.Kept) != 0 {
		t.Errorf("jonas, given access: %v", err)
	}
}
