package bot

import (
	"slices"
	"strings"
	"testing"

	"tillit/intake"
	"tillit/store/cases"
)

// TestSomebodyAsksToTalkBeforeSending, with nothing told and in the middle of an account: nothing
// is sent until they send, the clock begins then, and they are told the day. It can be taken back.
func TestSomebodyAsksToTalkBeforeSending(t *testing.T) {
	for _, told := range []string{"", "Det var så."} {
		r := &reader{town: newTown(t)}
		if told != "" {
			r.begins()
			r.types(told)
		} else {
			r.types("hei")
		}
		if got := r.types("/menneske"); !strings.Contains(got, "116 117") || !strings.Contains(got, "trykk under") {
			t.Errorf("it says %q", got)
		}
		if got := r.presses("meet_send"); !strings.Contains(got, "Ingenting er sendt ennå") || r.conv().Sent {
			t.Errorf("it says %q, sent %v", got, r.conv().Sent)
		}
		for range 6 {
			if r.question("lin").Kind == intake.KindReview {
				break
			}
			i := slices.IndexFunc(r.offered(), func(id string) bool {
				return strings.HasSuffix(id, ".~skip") || strings.HasSuffix(id, ".~done") || strings.HasSuffix(id, ".nobody")
			})
			if i < 0 {
				t.Fatalf("no way on from %v", r.offered())
			}
			r.presses(r.offered()[i])
		}
		if q := r.question("lin"); !strings.Contains(q.Help, "vil snakke med et menneske") {
			t.Errorf("the review says %q", q.Help)
		}
		if got := r.presses("meet_not"); strings.Contains(got, "vil snakke med et menneske") {
			t.Errorf("taken back it says %q", got)
		}
		r.presses("meet_send")
		r.presses("H4.ok")
		said := r.presses("H5.send")
		ref := r.conv().Ref
		if n := r.clocks(cases.WishMeet); n != 1 {
			t.Errorf("%d clocks run", n)
		}
		all := r.people.Told(t, r.store, "maren", ref)
		if n := len(slices.DeleteFunc(all, func(body cases.Body) bool { line, ok := body.(cases.Log); return !ok || line.Wish == nil })); n != 1 {
			t.Errorf("the log says it %d times", n)
		}
		if got := r.words(ref); told != "" && !slices.Equal(got, []string{told}) || told == "" && len(got) > 0 {
			t.Errorf("the office reads %q", got)
		}
		if !strings.Contains(said, "De skal snakke med deg innen") {
			t.Errorf("she is told %q", said)
		}
		r.whole()
	}
}
