package casework_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"tillit/handlers/casework"
	"tillit/handlers/handlerstest"
	"tillit/store/cases"
)

// eva is somebody from outside, and the chain of a small office.
func withEva() handlerstest.Options {
	return handlerstest.Options{
		People: append(handlerstest.People()[:2], handlerstest.Person{ID: "eva", Name: "Eva B.", Role: "rådgiver fra Rogaland", Outside: true}),
		Chain:  "[[chain]]\npost = \"county_secretary\"\ncounty = \"Oslo\"\nid = \"ole\"\nname = \"Ole P.\"\nrole = \"fylkessekretær\"\nreach = \"99 99 99 99\"\n",
	}
}

// TestSomebodyFromOutsideHoldsWhatTheyAreGiven: nothing before, the case after, and
// nothing of the rest; the reporter sees them and can keep them out.
func TestSomebodyFromOutsideHoldsWhatTheyAreGiven(t *testing.T) {
	p := handlerstest.New(t, withEva())
	ref, other := p.Report("lin", "Det var på middagen."), p.Report("kim", "Noe annet.")
	const places = "SELECT count(*) FROM wraps"
	before, maren := p.Count(places), p.Dial("maren")
	lin := p.Reporter("lin")
	if got := lin.SeesAt("/who"); strings.Contains(got, "Eva") {
		t.Errorf("who holds nothing is said to read: %q", got)
	}
	holds := func(want ...string) {
		t.Helper()
		page, err := p.Dial("eva").Queue(t.Context(), casework.Query{})
		var got []string
		for _, c := range page.Cases {
			got = append(got, c.Ref)
		}
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("eva has %v, %v; want %v", got, err, want)
		}
	}
	holds()
	if _, err := p.Dial("eva").Case(t.Context(), ref); !errors.Is(err, casework.ErrUnknown) {
		t.Errorf("eva, given nothing: %v", err)
	}
	if err := maren.Grant(t.Context(), ref, "eva", p.Key("eva").Fingerprint()); err != nil {
		t.Fatal(err)
	}
	holds(ref)
	if cs, err := p.Dial("eva").Case(t.Context(), ref); err != nil || !slices.Contains(words(cs), "Det var på middagen.") {
		t.Errorf("eva, given access: %v", err)
	}
	if _, err := p.Dial("eva").Case(t.Context(), other); !errors.Is(err, casework.ErrUnknown) {
		t.Errorf("eva, in another case: %v", err)
	}
	if n := p.Count(places); n != before {
		t.Errorf("%d places for keys, before it was %d: their number tells that access was given", n, before)
	}
	if got := lin.SeesAt("/who"); !strings.Contains(got, "Eva B. (rådgiver fra Rogaland): har åpnet den ") {
		t.Errorf("who reads is not said: %q", got)
	}
	lin.Says("Mer.")
	if all, err := p.Dial("eva").Notices(t.Context()); err != nil || len(all) != 1 {
		t.Errorf("eva has %d notices, %v", len(all), err)
	}
	// With nobody of the office left it goes to the external receiver, and not to her alone.
	keepsOut := func(id string) {
		t.Helper()
		lin.PressAt("/who", "ask_out:"+id+"@"+ref)
		lin.Press("out:" + id + "@" + ref)
	}
	keepsOut("maren")
	keepsOut("jonas")
	if cs, err := p.Dial("eva").Case(t.Context(), ref); err != nil || !slices.Equal(names(cs), []string{"eva", cases.External, cases.Recovery}) {
		t.Errorf("without the office: %v; %v hold a key", err, names(cs))
	}
	keepsOut("eva")
	holds()
	if cs, err := p.Dial(cases.External).Case(t.Context(), ref); err != nil || !slices.Equal(names(cs), []string{cases.External, cases.Recovery}) {
		t.Errorf("without her: %v; %v hold a key", err, names(cs))
	}
}

// TestWhoIsKeptOutOfTheChainStandsThere: a secretary without a key is kept out by name,
// so that no desk tells them.
func TestWhoIsKeptOutOfTheChainStandsThere(t *testing.T) {
	p := handlerstest.New(t, withEva())
	ref := p.Report("lin", "Det var på middagen.")
	lin := p.Reporter("lin")
	lin.Says("Det var Ole P. som gjorde det.")
	if !lin.Offers("out:ole@" + ref) {
		t.Fatalf("she is not asked about him: %q", lin.Sees())
	}
	lin.Press("out:ole@" + ref)
	cs, err := p.Dial("maren").Case(t.Context(), ref)
	if err != nil || len(cs.Faults) > 0 || len(cs.Kept) != 1 || cs.Kept[0].ID != "ole" || cs.Kept[0].Name != "Ole P." {
		t.Fatalf("%v; kept out are %v", err, cs.Kept)
	}
	if !slices.Equal(names(cs), []string{"maren", "jonas", cases.Recovery}) {
		t.Errorf("%v hold a key", names(cs))
	}
	if got := p.Roster.Chain("Oslo", cs.Kept[0].ID); len(got) > 0 {
		t.Errorf("the report goes up to %v", got)
	}
}
