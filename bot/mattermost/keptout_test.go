package mattermost_test

import (
	"errors"
	"strings"
	"testing"

	"tillit/store"
)

// TestSomebodyIsKeptOutLater keeps out, by the buttons of a case that is with the office,
// a handler who has read it.
func TestSomebodyIsKeptOutLater(t *testing.T) {
	tw := newTown(t)
	lin := tw.net.Person("Lin")
	ref := tw.report(lin, "Det var på middagen.")
	opens := func(handler string) error {
		_, err := tw.store.Read(t.Context(), handler, ref, 0, nil)
		return err
	}
	if err := opens("jonas"); err != nil {
		t.Fatal(err)
	}
	// Until then it is said of each what they can, and asked once more.
	tw.press(lin, "Hvem kan lese dette")
	tw.sees(lin, "Jonas T.: har åpnet den ")
	tw.press(lin, "Hold Jonas T. utenfor")
	tw.sees(lin, "kan huske det som sto der")
	if err := opens("jonas"); err != nil {
		t.Fatalf("before she has answered: %v", err)
	}
	tw.press(lin, "Hold Jonas T. utenfor")
	tw.sees(lin, "Jonas T. er holdt utenfor nå")
	if err := opens("jonas"); !errors.Is(err, store.ErrUnknown) {
		t.Errorf("jonas: %v", err)
	}
	lin.Write("En ting til.")
	tw.until("maren reads on", func() bool { return strings.Contains(strings.Join(tw.words(ref), " "), "En ting til.") })
	if err := opens("jonas"); !errors.Is(err, store.ErrUnknown) {
		t.Errorf("jonas, afterwards: %v", err)
	}
	if log := tw.log.String(); strings.Contains(strings.ToLower(log), "jonas") {
		t.Error("the log says who is kept out")
	}
}
