package bot

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"tillit/intake"
	"tillit/store/cases"
	"tillit/store/storetest"
)

// page is what a page that always shows the case says of it, in one text.
func (r *reader) page(lang string) (s *Standing, text string) {
	r.t.Helper()
	s, err := r.bot.Standing(context.Background(), r.screen, intake.NewConversationID("lin"), lang)
	if err != nil {
		r.t.Fatal(err)
	}
	if s == nil {
		return nil, ""
	}
	lines := slices.Clone(s.Says)
	for _, d := range s.Dates {
		lines = append(lines, fmt.Sprint(d.Day, " ", d.Text, " ", d.Done, d.Late))
	}
	for _, p := range s.People {
		lines = append(lines, p.Name+" "+strings.Join(p.Says, " "))
	}
	return s, strings.Join(lines, "\n")
}

// TestThePageSaysHowFarTheCaseIs follows a case through the office on a page that always
// shows it: nothing before it is sent, and from then on what the chat says who asks there.
func TestThePageSaysHowFarTheCaseIs(t *testing.T) {
	r := &reader{town: newTown(t)}
	if s, _ := r.page("nb"); s != nil {
		t.Errorf("of nothing it says %v", s)
	}
	ref := r.report("lin", "Hei")
	has := func(when string, some ...string) {
		t.Helper()
		_, text := r.page("nb")
		for _, want := range some {
			if !strings.Contains(text, want) {
				t.Errorf("%s: %q is not in\n%s", when, want, text)
			}
		}
		if hole.MatchString(text) {
			t.Errorf("%s: a hole in %s", when, text)
		}
		said := r.types("/status")
		for s, _ := r.page("nb"); len(s.Says) > 0; s.Says = s.Says[1:] {
			if !strings.Contains(said, s.Says[0]) {
				t.Errorf("%s: the chat does not say %q:\n%s", when, s.Says[0], said)
			}
		}
	}
	has("just sent", "har kommet fram", "Det du sendte, kom fram true false", "Lovet: et menneske svarer deg false false", "Lovet: du får vite resultatet", "Maren V. Har ikke åpnet den.")
	s, _ := r.page("nb")
	if s.Ref != ref || s.Next == "" || !slices.IsSortedFunc(s.Dates, func(a, b Date) int { return a.At.Compare(b.At) }) {
		t.Errorf("%+v", s)
	}
	for _, c := range s.Wishes {
		if !slices.ContainsFunc(r.bot.everyWish(situation{conv: r.conv()}, "nb"), func(o intake.Choice) bool { return o.ID == c.ID }) {
			t.Errorf("the button %s is none of a chat", c.ID)
		}
	}
	r.presses(wishFor + cases.WishMeet + "@" + ref)
	has("she wants to talk", "Lovet: noen snakker med deg false false")
	if s, _ := r.page("nb"); slices.ContainsFunc(s.Wishes, func(c intake.Choice) bool { return strings.HasPrefix(c.ID, wishFor+cases.WishMeet) }) {
		t.Error("what waits already is offered")
	}
	if _, err := r.store.Read(t.Context(), "jonas", ref, 0, nil); err != nil {
		t.Fatal(err)
	}
	r.presses("ask_out:jonas@" + ref)
	r.presses("out:jonas@" + ref)
	has("he is kept out", "Jonas T. Holdes utenfor, som du ba om. Har åpnet den ")
	if s, _ := r.page("nb"); len(s.People) != 2 {
		t.Errorf("two people have to do with it, and %d stand there", len(s.People))
	}
	r.turn(20 * 24 * time.Hour)
	has("late", "Det holdt vi ikke", "false true")
	if err := storetest.Act(t.Context(), r.store, "maren", ref, "reply", func(f *cases.Facts) { // as the office ends them
		f.Clocks = slices.DeleteFunc(f.Clocks, func(c cases.Clock) bool { return c.Reply })
	}); err != nil {
		t.Fatal(err)
	}
	if _, text := r.page("nb"); strings.Contains(text, "Ingen har åpnet det ennå") || strings.Contains(text, "et menneske svarer deg") {
		t.Errorf("a person has answered, and the page says\n%s", text)
	}
}

// TestWhatIsSaidByAPressIsReadOnce: that she needs time, and that she wants somebody by her
// side, stand in the case in her words, once for two presses.
func TestWhatIsSaidByAPressIsReadOnce(t *testing.T) {
	r := &reader{town: newTown(t)}
	ref := r.report("lin", "Hei")
	before := r.entries(ref)
	for i, what := range sayings {
		for range 2 {
			if got := r.presses(sayIt + what + "@" + ref); !strings.Contains(got, "lagt til saken din") {
				t.Errorf("%s leads to %q", what, got)
			}
		}
		if got := r.entries(ref); got != before+1+i {
			t.Errorf("%s: %d entries", what, got)
		}
	}
	if got := r.presses(sayIt + "time@T-2222222"); !strings.Contains(got, "hører til noe du sendte tidligere") {
		t.Errorf("of another case: %q", got)
	}
}
