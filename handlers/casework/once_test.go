package casework_test

import (
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"tillit/handlers/casework"
	"tillit/handlers/handlerstest"
	"tillit/handlers/routine"
	"tillit/handlers/routine/acts"
	"tillit/intake"
	"tillit/store/cases"
)

const hour = time.Hour

var (
	morning = time.Date(2026, 11, 16, 9, 0, 0, 0, time.UTC)
	inside  = intake.NewPrivate("et notat")
)

func reply(t *testing.T, text string) routine.Filled {
	t.Helper()
	f, err := acts.Reply.Read(func(string) []string { return []string{text} })
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// TestAReplyHappensOnce: its answer is lost after it was done, it is asked for again
// with the same and with other words, and by several at once.
func TestAReplyHappensOnce(t *testing.T) {
	p := newOffice(t, handlerstest.Options{Hasty: true})
	ref, line := p.Report("lin", "Det var på middagen."), &handlerstest.Line{}
	lin := p.Reporter("lin")
	maren := p.DialOver("maren", line)
	told := func(want ...string) {
		t.Helper()
		page := lin.Opens()
		cs, err := p.Dial("siv").Case(t.Context(), ref)
		if err != nil || len(cs.Doubts)+len(cs.Faults) > 0 {
			t.Fatalf("%v, %v", err, cs)
		}
		var log []string
		for _, e := range cs.Entries {
			if e.Kind == cases.TypeReply {
				log = append(log, e.Text.Reveal())
			}
		}
		if strings.Join(log, "|") != strings.Join(want, "|") {
			t.Errorf("the log has the replies %q, want %q", log, want)
		}
		for _, w := range want {
			if n := strings.Count(page, w); n != 1 {
				t.Errorf("she reads %q %d times", w, n)
			}
		}
		if lin.Waits() {
			t.Error("something more waits for her")
		}
		if n := p.Count("SELECT count(*) FROM copies WHERE held = 1"); n != 0 {
			t.Errorf("%d letters wait", n)
		}
	}
	line.LoseAnswer("POST ", "/acts")
	if err := maren.Do(t.Context(), ref, casework.Doing{Act: reply(t, "Vi ringer deg."), ID: "en"}); !errors.Is(err, casework.ErrOffline) {
		t.Fatalf("the answer is lost, and it says %v", err)
	}
	if line.Did("/acts") != 2 {
		t.Errorf("it was asked for %d times", line.Did("/acts"))
	}
	line.Mend()
	for range 2 {
		if err := maren.Do(t.Context(), ref, casework.Doing{Act: reply(t, "Vi ringer deg."), ID: "en"}); err != nil {
			t.Errorf("asked for again: %v", err)
		}
	}
	told("Vi ringer deg.")
	// The same id with other words is the same act: nothing more is told.
	for _, err := range []error{
		maren.Do(t.Context(), ref, casework.Doing{Act: reply(t, "Noe ganske annet."), ID: "en"}),
		p.Dial("maren").Do(t.Context(), ref, casework.Doing{Act: reply(t, "Noe ganske annet."), ID: "en"}),
	} {
		if err != nil {
			t.Error(err)
		}
	}
	if lin.Waits() || strings.Contains(lin.Sees(), "Noe ganske annet.") {
		t.Error("the same id brings other words")
	}
	// A colleague's act of the same id is another one.
	if err := p.Dial("jonas").Do(t.Context(), ref, casework.Doing{Act: reply(t, "Jonas her."), ID: "en"}); err != nil {
		t.Fatal(err)
	}
	told("Vi ringer deg.", "Jonas her.")
	var all sync.WaitGroup
	for range 8 {
		c := p.Dial("maren")
		all.Go(func() {
			if err := c.Do(t.Context(), ref, casework.Doing{Act: reply(t, "Åtte på en gang."), ID: "to"}); err != nil && !errors.Is(err, casework.ErrOffline) {
				t.Error(err)
			}
		})
	}
	all.Wait()
	told("Vi ringer deg.", "Jonas her.", "Åtte på en gang.")
	// And the very same bytes, as a network may bring them twice.
	x := attacks(p, "jonas", ref)
	ask := x.made(cases.Encode(cases.Act{Name: "note", Mark: work.Encode(), Fields: cases.NewFields([]byte(`{"text":"x"}`))}), work)
	was := last(p, ref)
	for range 8 {
		all.Go(func() {
			if code, _ := x.post("acts", ask); code != http.StatusOK {
				t.Errorf("the same bytes again: %d", code)
			}
		})
	}
	all.Wait()
	if n := last(p, ref) - was; n != 1 {
		t.Errorf("%d entries of one act", n)
	}
}
