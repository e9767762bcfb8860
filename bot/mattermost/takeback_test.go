package mattermost_test

import (
	"slices"
	"testing"
)

// TestWhatWasJustWrittenIsTakenBack by the button under it and by a word, before sending and
// after: the office does not read it. What stands in the chat only its person can delete.
func TestWhatWasJustWrittenIsTakenBack(t *testing.T) {
	tw := newTown(t)
	lin := tw.net.Person("Lin")
	tw.begin(lin)
	lin.Write("Det første.")
	tw.sees(lin, "lagret")
	tw.press(lin, "Ta tilbake det siste")
	tw.sees(lin, "Der må du slette det selv")
	lin.Write("Det andre.")
	tw.quiet(lin)
	tw.send(lin)
	ref := tw.ref(lin)
	lin.Write("Det tredje.")
	tw.sees(lin, "lagt til saken din")
	lin.Write("/angre")
	tw.sees(lin, "Ingen har åpnet saken siden")
	if got := tw.words(ref); !slices.Equal(got, []string{"Det andre."}) {
		t.Errorf("the office reads %q", got)
	}
}
