package bot

import (
	"slices"
	"strings"
	"testing"

	"tillit/intake"
	"tillit/store/cases"
	"tillit/store/storetest"
)

// minutes sends minutes to a case's reporter, in the place of earlier ones or of none, and
// returns the number of their entry.
func (r *reader) minutes(ref, text string, instead int64) (seq int64) {
	r.t.Helper()
	w := cases.Outgoing{Ref: ref, By: "Maren V.", Text: intake.NewPrivate(text), Asks: cases.AsksMinutes, Instead: instead}
	if err := storetest.Write(r.t.Context(), r.store, "maren", w, r.bot.Reply); err != nil {
		r.t.Fatal(err)
	}
	for _, asks := range r.conv().Asks {
		for _, a := range asks.All {
			seq = max(seq, a.Seq)
		}
	}
	return seq
}

// answered are what a case's reporter has answered, as the server knows it.
func (r *reader) answered(ref string) (all []string) {
	for _, asks := range r.conv().Asks {
		if asks.Ref == ref {
			for _, a := range asks.All {
				all = append(all, a.Answer)
			}
		}
	}
	return all
}

// entries is how many entries of hers a case has.
func (r *reader) entries(ref string) (n int) {
	room, err := r.store.Read(r.t.Context(), "maren", ref, 0, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	for _, e := range room.Entries {
		if e.Kind == cases.EntryReporter {
			n++
		}
	}
	return n
}

// TestMinutesAreConfirmedByAPress: once, however often she presses.
func TestMinutesAreConfirmedByAPress(t *testing.T) {
	r := &reader{town: newTown(t)}
	ref := r.report("lin", "Hei")
	r.minutes(ref, "Vi snakket på mandag.", 0)
	if got := r.presses("show"); !strings.Contains(got, "Referat fra Maren V.:Vi snakket på mandag.") {
		t.Fatalf("she reads %q", got)
	}
	yes := r.offered()[0]
	before := r.entries(ref)
	if got := r.presses(yes); !strings.Contains(got, "notert at referatet stemmer") || !slices.Equal(r.answered(ref), []string{cases.AnswerYes}) {
		t.Errorf("she is told %q, and %q is noted", got, r.answered(ref))
	}
	if got := r.presses(yes); !strings.Contains(got, "Det har du sagt fra om") || r.entries(ref) != before+1 {
		t.Errorf("pressed twice: %q, and %d entries more", got, r.entries(ref)-before)
	}
	r.turn(16 * 60e9)
	if got := r.notices("maren", "answer"); got != 1 {
		t.Errorf("the office is told %d times", got)
	}
}

// TestMinutesAreCorrectedInHerWords: after "Change", whatever she asks in between; and
// what comes after that is a message again.
func TestMinutesAreCorrectedInHerWords(t *testing.T) {
	r := &reader{town: newTown(t)}
	ref := r.report("lin", "Hei")
	r.minutes(ref, "Vi snakket på mandag.", 0)
	r.presses("show")
	if got := r.presses(r.offered()[1]); !strings.Contains(got, "Skriv hva som er feil") {
		t.Fatalf("she is told %q", got)
	}
	r.types("/hjelp")
	if got := r.types("Det var tirsdag."); !strings.Contains(got, "Rettelsen din er lagret") || !slices.Equal(r.answered(ref), []string{cases.AnswerChange}) {
		t.Errorf("she is told %q, and %q is noted", got, r.answered(ref))
	}
	if got := r.types("Og takk."); !strings.Contains(got, "lagt til saken din") {
		t.Errorf("what she writes next leads to %q", got)
	}
	if got := r.types("Stemmer"); !strings.Contains(got, "lagt til saken din") { // nothing waits for it
		t.Errorf("the words of a button, of corrected minutes, lead to %q", got)
	}
	// Typed labels count where minutes wait.
	r.minutes(ref, "Vi snakket på tirsdag.", 0)
	r.presses("show")
	if got := r.types(" stemmer "); !strings.Contains(got, "notert at referatet stemmer") {
		t.Errorf("typed, it leads to %q", got)
	}
}

// TestAButtonOfAnEarlierVersion says which one counts, and answers nothing.
func TestAButtonOfAnEarlierVersion(t *testing.T) {
	r := &reader{town: newTown(t)}
	ref := r.report("lin", "Hei")
	one := r.minutes(ref, "Utgave en.", 0)
	r.presses("show")
	old := r.offered()
	r.minutes(ref, "Utgave to.", one)
	for i, id := range old {
		got := r.presses(id)
		if !strings.Contains(got, "Dette er utgave 1 av referatet. Utgave 2 kom ") || !slices.Equal(r.offered(), []string{"show"}) {
			t.Errorf("button %d, not shown yet: %q, %v", i, got, r.offered())
		}
	}
	if got := r.presses("show"); !strings.Contains(got, "Ny utgave av referatet, fra Maren V.:Utgave to.") {
		t.Errorf("she reads %q", got)
	}
	latest := r.offered()
	if r.presses(old[0]); !slices.Equal(r.offered(), latest) {
		t.Errorf("the old button leads to %v, want %v", r.offered(), latest)
	}
	if !slices.Equal(r.answered(ref), []string{"", ""}) {
		t.Errorf("noted: %q", r.answered(ref))
	}
	r.presses(latest[0])
	if !slices.Equal(r.answered(ref), []string{"", cases.AnswerYes}) {
		t.Errorf("noted: %q", r.answered(ref))
	}
	if got := r.presses("ok:999@" + ref); !strings.Contains(got, "finner ikke igjen") {
		t.Errorf("a button that leads nowhere: %q", got)
	}
}

// TestMinutesOfAnEarlierCase are answered there, while she tells about something else.
func TestMinutesOfAnEarlierCase(t *testing.T) {
	r := &reader{town: newTown(t)}
	first := r.report("lin", "Hei")
	r.minutes(first, "Vi snakket.", 0)
	r.presses("show")
	change := r.offered()[1]
	r.types("/ny")
	for r.question("lin").ID != "A1" {
		if q := r.question("lin"); q.ID == "C0" {
			r.presses("C0.nobody")
		} else {
			r.presses(q.Choices[0].ID)
		}
	}
	second := r.conv().Ref
	r.presses(change)
	if got := r.types("Det var tirsdag."); !strings.Contains(got, "Rettelsen din er lagret") || r.question("lin").ID != "A1" {
		t.Errorf("she is told %q, and asked %s", got, r.question("lin").ID)
	}
	if second == first || !slices.Equal(r.answered(first), []string{cases.AnswerChange}) {
		t.Errorf("noted: %q", r.answered(first))
	}
	if got := r.types("Nå om det andre."); !strings.Contains(got, "lagret og låst") {
		t.Errorf("then she tells on: %q", got)
	}
}
