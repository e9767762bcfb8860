package bot

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"tillit/intake"
)

// TestNobodyIsAskedAnythingBeforeTheCard: whatever somebody does first, they learn who
// can read before they begin.
func TestNobodyIsAskedAnythingBeforeTheCard(t *testing.T) {
	first := map[string]Event{
		"a press of an old Start":       {Kind: EventPress, Choices: []string{"start"}},
		"a press of a button that went": {Kind: EventPress, Choices: []string{"~"}},
		"a sticker":                     {Unkept: UnkeptKind},
		"a file":                        {Files: []File{file()}},
		"a changed message":             {Kind: EventEdit, Message: "1", Text: intake.NewPrivate("hei")},
	}
	for _, c := range []string{"/start", "/hjelp", "/status", "/innsyn", "/rydd", "/pause", "/menneske", "/vis", "/slett", "/språk", "/bokmål", "/kode", "/ny", "/ukjent"} {
		first[c] = Event{Text: intake.NewPrivate(c)}
	}
	for what, ev := range first {
		t.Run(what, func(t *testing.T) {
			tw := newTown(t)
			tw.bot.Via = []string{"Nettet"}
			if err := tw.does("lin", "1", ev); err != nil {
				t.Fatal(err)
			}
			if err := tw.does("lin", "2", Event{Kind: EventPress, Choices: []string{"start"}}); err != nil {
				t.Fatal(err)
			}
			got := tw.said("lin")
			card, asked := strings.Index(got, "Jeg er en robot"), strings.Index(got, "Er du trygg akkurat nå?")
			if card < 0 || asked >= 0 && asked < card || !strings.Contains(got, "Svar fra saksbehandlerne går gjennom Nettet") {
				t.Errorf("she was told %q", got)
			}
			if asked < 0 {
				tw.press("lin", "3", "start")
			}
			if q := tw.question("lin"); q.ID != "S1" {
				t.Errorf("after Start she is asked %s", q.ID)
			}
			if err := tw.does("lin", "4", Event{Text: intake.NewPrivate("ja")}); err != nil {
				t.Fatal(err)
			}
			if q := tw.question("lin"); q.ID != "A1" {
				t.Errorf("her first answer leads to %s, want A1", q.ID)
			}
		})
	}
}

func file() File {
	return File{Name: intake.NewPrivate("bilde.jpg"), Type: "image/jpeg", Open: func() (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader("kanari")), nil
	}}
}

// TestAFileAtTheCardIsOwnedUpTo: nothing of it is kept, and she is told.
func TestAFileAtTheCardIsOwnedUpTo(t *testing.T) {
	tw := newTown(t)
	for i := range 2 {
		tw.forget("lin")
		if err := tw.does("lin", fmt.Sprint(i), Event{Files: []File{file()}}); err != nil {
			t.Fatal(err)
		}
		if got := tw.said("lin"); !strings.Contains(got, "ikke lagret") {
			t.Errorf("of file %d she is told %q", i+1, got)
		}
	}
}

// TestWhatIsToldInsteadOfAnAnswerCounts: she was asked whether to delete everything,
// and goes on telling.
func TestWhatIsToldInsteadOfAnAnswerCounts(t *testing.T) {
	tw := newTown(t)
	for i, c := range []string{"start", "S1.yes"} {
		tw.press("lin", fmt.Sprint(i), c)
	}
	for i, ev := range []Event{{Text: intake.NewPrivate("Det var på middagen i går.")}, {Files: []File{file()}}} {
		tw.writes("lin", fmt.Sprint("d", i), "/slett")
		tw.forget("lin")
		if err := tw.does("lin", fmt.Sprint("t", i), ev); err != nil {
			t.Fatal(err)
		}
		if got := tw.said("lin"); !strings.Contains(got, "Ingenting er slettet") || !strings.Contains(got, "agret") {
			t.Errorf("she is told %q; want that nothing is deleted and that it is kept", got)
		}
	}
	tw.writes("lin", "d3", "/slett")
	tw.forget("lin")
	tw.writes("lin", "no", "nei")
	if got := tw.said("lin"); !strings.Contains(got, "Ingenting er slettet") || strings.Contains(got, "Takk. Det er lagret") {
		t.Errorf("a short no is answered with %q", got)
	}
}
