package casework_test

import (
	"errors"
	"testing"

	"tillit/handlers/casework"
	"tillit/handlers/handlerstest"
	"tillit/handlers/routine"
	"tillit/handlers/routine/acts"
	"tillit/store/cases"
)

// phoned is what somebody said on the phone, as a handler writes it down.
func phoned(t *testing.T, words string) routine.Filled {
	t.Helper()
	filled, err := acts.Register.Read(func(field string) []string {
		return []string{map[string]string{"channel": "phone", "came": "2026-11-20", "text": words}[field]}
	})
	if err != nil {
		t.Fatal(err)
	}
	return filled
}

// TestWhatCameByPhoneIsACase whose words only those can read who hold its key, and which
// is there once, however often its desk asks.
func TestWhatCameByPhoneIsACase(t *testing.T) {
	p := handlerstest.New(t, handlerstest.Options{})
	maren := p.Dial("maren")
	r := casework.Registration{ID: "call-1", Source: cases.SourceRegistered, Came: "2026-11-20", Flags: []string{"ONGOING"}, Out: []string{"siv"}, Act: phoned(t, "Det var på middagen.")}
	ref, err := maren.Register(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := maren.Register(t.Context(), r); err != nil || again != ref {
		t.Fatalf("asked again it is %s, %v", again, err)
	}
	cs, err := p.Dial("jonas").Case(t.Context(), ref)
	if err != nil || len(cs.Doubts) > 0 || len(cs.Faults) > 0 {
		t.Fatalf("a colleague finds %v %v, %v", cs.Doubts, cs.Faults, err)
	}
	found := 0
	for _, e := range cs.Entries {
		if e.Act == "register" && e.Text.Reveal() == "Det var på middagen." {
			found++
		}
	}
	if found != 1 {
		t.Errorf("what was said stands there %d times", found)
	}
	if w := p.Dial("jonas").Where(cs, p.Clock.Now()); w.Phase != "received" || w.Next == nil {
		t.Errorf("it is in phase %q, next is %v", w.Phase, w.Next)
	}
	if _, err := p.Dial("siv").Case(t.Context(), ref); !errors.Is(err, casework.ErrUnknown) {
		t.Errorf("who is kept out: %v", err)
	}
	// It is the first act of such a case, and of no other.
	var refused *routine.Refusal
	if err := maren.Do(t.Context(), ref, casework.Doing{Act: phoned(t, "En gang til.")}); err == nil {
		t.Error("a case is registered twice")
	} else if errors.As(err, &refused) {
		t.Logf("refused: %s", refused.Key)
	}
	if err := maren.Do(t.Context(), p.Report("lin", "Det var meg."), casework.Doing{Act: phoned(t, "x")}); err == nil {
		t.Error("a report of somebody's own is registered")
	}
}
