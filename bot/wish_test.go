package bot

import (
	"slices"
	"strings"
	"testing"
	"time"

	"tillit/store"
	"tillit/store/cases"
	"tillit/store/storetest"
)

// clocks are those of her case that are about a wish.
func (r *reader) clocks(wish string) (n int) {
	c, err := r.store.CaseStatus(r.t.Context(), r.conv().Ref)
	if err != nil {
		r.t.Fatal(err)
	}
	for _, k := range c.Clocks {
		if k.About == wish {
			n++
		}
	}
	return n
}

// TestAWishIsOneHoweverOftenItIsPressed: its clock begins, the office is told without a
// word of it, and she is told the day.
func TestAWishIsOneHoweverOftenItIsPressed(t *testing.T) {
	for _, wish := range []string{cases.WishMeet, cases.WishAccess, cases.WishWithdrawal} {
		r := &reader{town: newTown(t)}
		ref := r.report("lin", "Hei")
		r.types("/status")
		id := wishFor + wish + "@" + ref
		if !slices.Contains(r.offered(), id) {
			t.Fatalf("%s is not offered: %v", wish, r.offered())
		}
		before := r.logs(ref)
		if got := r.presses(id); !strings.Contains(got, " innen ") || r.clocks(wish) != 1 || r.logs(ref) != before+1 {
			t.Errorf("%s: %q, %d clocks", wish, got, r.clocks(wish))
		}
		if got := r.presses(id); !strings.Contains(got, " innen ") || r.clocks(wish) != 1 || r.logs(ref) != before+1 {
			t.Errorf("%s twice: %q, %d clocks, %d lines", wish, got, r.clocks(wish), r.logs(ref)-before)
		}
		r.types("/status")
		if slices.Contains(r.offered(), id) {
			t.Errorf("%s is offered while it waits", wish)
		}
		r.turn(16 * time.Minute)
		if got := r.notices("maren", "answer"); got != 1 {
			t.Errorf("%s: the office is told %d times", wish, got)
		}
		r.turn(60 * 24 * time.Hour)
		if got := r.presses(id); !strings.Contains(got, "Det holdt vi ikke") {
			t.Errorf("%s, late: %q", wish, got)
		}
	}
}

// TestSheStaysAfterAll: the wish to withdraw is still answered, and her words go to the
// office once.
func TestSheStaysAfterAll(t *testing.T) {
	r := &reader{town: newTown(t)}
	ref := r.report("lin", "Hei")
	if got := r.types("jeg vil trekke saken"); !strings.Contains(got, "Ingenting er slettet") {
		t.Fatalf("written out, it leads to %q", got)
	}
	stay, before := stayIn+"@"+ref, r.entries(ref)
	for range 2 {
		if got := r.presses(stay); !strings.Contains(got, "ikke vil trekke saken likevel") {
			t.Errorf("she is told %q", got)
		}
	}
	if r.entries(ref) != before+1 || r.clocks(cases.WishWithdrawal) != 1 {
		t.Errorf("%d entries more, %d clocks", r.entries(ref)-before, r.clocks(cases.WishWithdrawal))
	}
	r.presses(byWay + "phone@" + ref)
	if got := r.presses(byWay + "phone@" + ref); !strings.Contains(got, "Skriv nummeret her") || r.entries(ref) != before+2 {
		t.Errorf("how she would rather talk: %q, %d entries", got, r.entries(ref)-before)
	}
}

// TestWhatWasShreddedIsSaidSo, and nothing is written into nothing.
func TestWhatWasShreddedIsSaidSo(t *testing.T) {
	r := &reader{town: newTown(t)}
	ref := r.report("lin", "Hei")
	if err := r.store.Act(t.Context(), store.Act{Handler: "maren", Ref: ref, Chat: &store.Said{Body: cases.Act{Name: "shred", Mark: []byte("{}")}, Via: "test"},
		Known: []string{"maren", "jonas"}, Change: func(*cases.Facts, int64) error { return nil },
		Shreds: func(cases.Facts) (string, bool) { return "jonas", true }}); err != nil {
		t.Fatal(err)
	}
	if got := r.types("kanari"); !strings.Contains(got, "ikke lagret") {
		t.Errorf("what she writes leads to %q", got)
	}
	if got := r.types("/status"); !strings.Contains(got, "er slettet hos oss") {
		t.Errorf("she is told %q", got)
	}
}

// TestStatusSaysWhatIsKnown: a phase in eight words at most, promised days that the server
// holds, a late one truthfully, and nothing with a hole in it.
func TestStatusSaysWhatIsKnown(t *testing.T) {
	r := &reader{town: newTown(t)}
	ref := r.report("lin", "Hei")
	version := shipped().Routine.Version()
	for _, phase := range shipped().Routine.Phases() {
		if err := storetest.Act(t.Context(), r.store, "maren", ref, "note", func(f *cases.Facts) { f.Phase = phase.Name }); err != nil {
			t.Fatal(err)
		}
		for _, lang := range r.bot.Phrases.Languages() {
			text, _ := r.bot.Routine.Says(version, "status."+phase.Name, lang)
			first := sentence.FindString(text)
			if n := len(strings.Fields(first)); n > 8 || hole.MatchString(first) {
				t.Errorf("%s of %s: %q has %d words", phase.Name, lang, first, n)
			}
			sit := situation{conv: r.conv(), now: r.now()}
			if err := r.bot.readers(t.Context(), &sit); err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(r.bot.stands(sit, lang), "\n\n"); !strings.HasPrefix(got, strings.TrimSpace(first)) || hole.MatchString(got) {
				t.Errorf("%s of %s: %q", phase.Name, lang, got)
			}
		}
	}
	r.turn(10 * 24 * time.Hour)
	if got := r.types("/status"); !strings.Contains(got, "Du skulle ha hørt fra oss innen") {
		t.Errorf("late: %q", got)
	}
}

// TestTheLastWayToTalkHolds: she may change her mind and change it back, and each time is
// read by the office; the same press twice is one.
func TestTheLastWayToTalkHolds(t *testing.T) {
	r := &reader{town: newTown(t)}
	ref := r.report("lin", "Hei")
	before := r.entries(ref)
	for i, way := range []string{"phone", "here", "phone", "meet", "here"} {
		for range 2 {
			r.presses(byWay + way + "@" + ref)
		}
		if got := r.entries(ref) - before; got != i+1 {
			t.Fatalf("after %d changes of mind %d entries", i+1, got)
		}
	}
}

// TestAWishIntoAClosedCaseGoesInAgain: what the office has no clock for goes in as her
// words, once for a press and the one after it, and anew when she asks months later.
func TestAWishIntoAClosedCaseGoesInAgain(t *testing.T) {
	r := &reader{town: newTown(t)}
	ref := r.report("lin", "Hei")
	if err := storetest.Act(t.Context(), r.store, "maren", ref, "note", func(f *cases.Facts) { f.Closed = true }); err != nil {
		t.Fatal(err)
	}
	before, id := r.entries(ref), wishFor+cases.WishAccess+"@"+ref
	for i := range 3 {
		for range 2 {
			if got := r.presses(id); !strings.Contains(got, "lagt til saken din") {
				t.Errorf("she is told %q", got)
			}
			r.turn(time.Hour)
		}
		if got := r.entries(ref) - before; got != i+1 {
			t.Errorf("asked %d times, months apart, there are %d entries", i+1, got)
		}
		r.turn(60 * 24 * time.Hour)
	}
}
