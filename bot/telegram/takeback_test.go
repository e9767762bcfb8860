package telegram_test

import (
	"slices"
	"strings"
	"testing"
)

// TestWhatWasJustWrittenIsTakenBack by the button under it and by a word, before sending and
// after: the office does not read it, and it is taken out of the chat as well.
func TestWhatWasJustWrittenIsTakenBack(t *testing.T) {
	t.Parallel()
	tw := newTown(t)
	lin := tw.net.Person("Lin")
	tw.begin(lin)
	lin.Write("Det første.")
	tw.sees(lin, "lagret")
	tw.press(lin, "Ta tilbake det siste")
	tw.sees(lin, "Meldingen din her er også slettet")
	lin.Write("Det andre.")
	tw.sees(lin, "lagret")
	lin.Send(map[string]any{"document": tw.net.Upload("a.txt", "text/plain", []byte("x"), 1)})
	tw.settled()
	tw.send(lin)
	ref := tw.ref(lin)
	lin.Write("Det tredje.")
	tw.sees(lin, "lagt til saken din")
	lin.Write("/angre")
	tw.sees(lin, "Ingen har åpnet saken siden")
	for _, m := range lin.Screen() {
		if strings.Contains(m.Text, "Det første.") || strings.Contains(m.Text, "Det tredje.") {
			t.Errorf("in the chat stands what was taken back")
		}
	}
	if got := tw.words(ref); !slices.Equal(got, []string{"Det andre."}) {
		t.Errorf("the office reads %q", got)
	}
}
