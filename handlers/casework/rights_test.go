package casework_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"tillit/handlers"
	"tillit/handlers/casework"
	"tillit/handlers/handlerstest"
	"tillit/handlers/routine"
)

// TestGivingACaseToSomebodyElseNeedsTheRight holds who may assign to whom.
func TestGivingACaseToSomebodyElseNeedsTheRight(t *testing.T) {
	p := newOffice(t)
	p.Person("maren").Rights = []string{handlers.RightAssign}
	p.Restart()
	ref := p.File("lin", handlerstest.Answers{"C0": {"p:siv"}, "A1": {"en"}})
	for _, row := range []struct {
		who, ref, to string
		want         error
		now          string // who has it then
	}{
		{"jonas", ref, "jonas", nil, "jonas"},
		{"jonas", ref, "maren", casework.ErrRight, "jonas"},
		{"jonas", ref, "siv", casework.ErrRight, "jonas"},
		{"jonas", ref, "", nil, ""},
		{"maren", ref, "jonas", nil, "jonas"},
		{"maren", ref, "maren", nil, "maren"},
		{"maren", ref, "siv", casework.ErrKeptOut, "maren"}, // whom the reporter keeps out
		{"jonas", ref, "jonas", nil, "jonas"},
		// Whether there is such a case does not show in what is missing.
		{"siv", ref, "maren", casework.ErrRight, "jonas"},
		{"siv", "T-222222", "maren", casework.ErrRight, "jonas"},
		{"siv", ref, "siv", casework.ErrUnknown, "jonas"},
		{"siv", "T-222222", "siv", casework.ErrUnknown, "jonas"},
	} {
		if err := p.Dial(row.who).Assign(t.Context(), row.ref, row.to); !errors.Is(err, row.want) {
			t.Errorf("%s gives %s to %q: %v, want %v", row.who, row.ref, row.to, err, row.want)
		}
		page, err := p.Dial("maren").Queue(t.Context(), casework.Query{})
		if err != nil || len(page.Cases) != 1 || page.Cases[0].Assignee != row.now {
			t.Fatalf("after %s to %q: %+v, %v", row.who, row.to, page.Cases, err)
		}
	}
	if maren, jonas := p.Dial("maren"), p.Dial("jonas"); !maren.May(handlers.RightAssign) || jonas.May(handlers.RightAssign) || maren.May(handlers.RightExport) {
		t.Error("a desk knows its rights otherwise than the organisation file")
	}
}

// TestNobodyButTheLeadSendsACaseOutOfTheHouse: a colleague whose desk is a program of their
// own cannot take everybody's key by deciding the level.
func TestNobodyButTheLeadSendsACaseOutOfTheHouse(t *testing.T) {
	p := newOffice(t, handlerstest.Options{Hasty: true})
	ref := p.Report("lin", "Det var på middagen.")
	if err := p.Dial("maren").Assign(t.Context(), ref, "maren"); err != nil {
		t.Fatal(err)
	}
	jonas := attacks(p, "jonas", ref)
	out := routine.Mark{Kind: routine.KindLevel, Level: handlers.LevelExternal}
	if code, fault := jonas.post("acts", jonas.made([]byte("{}"), out)); code != http.StatusConflict || fault.Why != routine.RefusedLead {
		t.Errorf("jonas, who does not have it: %d %v", code, fault)
	}
	if _, err := p.Dial("siv").Case(t.Context(), ref); err != nil {
		t.Errorf("after that siv opens it: %v", err)
	}
	maren := attacks(p, "maren", ref)
	if code, fault := maren.post("acts", maren.made([]byte("{}"), out)); code != http.StatusOK {
		t.Errorf("maren, who has it: %d %v", code, fault)
	}
	if _, err := p.Dial("siv").Case(t.Context(), ref); !errors.Is(err, casework.ErrUnknown) {
		t.Errorf("at level external siv gets %v", err)
	}
}

// TestOnlyTheMissingRightIsCalledSo holds that other refusals are not taken for it.
func TestOnlyTheMissingRightIsCalledSo(t *testing.T) {
	p := newOffice(t)
	c := p.Dial("maren")
	p.Between(func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, `{"error":"denied"}`, http.StatusForbidden)
		})
	})
	if err := c.Assign(t.Context(), "T-222222", "maren"); err == nil || errors.Is(err, casework.ErrRight) || !strings.Contains(err.Error(), "403") {
		t.Errorf("a refusal of another kind: %v", err)
	}
}
