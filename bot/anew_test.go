package bot

import (
	"slices"
	"testing"
	"testing/fstest"

	"tillit/intake"
	"tillit/store/storetest"
)

// TestWordsOutliveTheirQuestions has somebody write on when the questions of their interview
// are not known any more.
func TestWordsOutliveTheirQuestions(t *testing.T) {
	tw := newTown(t)
	tw.press("lin", "start", "start")
	for _, press := range []string{"S1.yes"} {
		tw.press("lin", press, press)
	}
	tw.writes("lin", "before", "Det var i mars.")
	changed := fstest.MapFS{}
	for name, data := range intake.Default().Files() {
		changed[name] = &fstest.MapFile{Data: append(data, []byte("\n# of another day\n")...)}
	}
	set, err := intake.Load(changed)
	if err != nil {
		t.Fatal(err)
	}
	tw.bot.Set = set
	tw.writes("lin", "after", "Og en gang i april.")
	ref := tw.walks("lin", "lin", "Til slutt.")
	got := storetest.Words(tw.people.Told(t, tw.store, "maren", ref))
	if want := []string{"Det var i mars.", "Og en gang i april.", "Til slutt."}; !slices.Equal(got, want) {
		t.Errorf("the office reads %q, want %q", got, want)
	}
}
