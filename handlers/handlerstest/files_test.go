package handlerstest_test

import (
	"strings"
	"testing"

	"tillit/handlers/handlerstest"
)

// TestFilesAreOfferedWhereTheyBelongAndListed wants a field for files where they are an
// answer, none elsewhere, and all that are kept by name before anything is sent.
func TestFilesAreOfferedWhereTheyBelongAndListed(t *testing.T) {
	o := handlerstest.New(t)
	lin := o.Reporter("lin")
	const offers = "Legg ved et bilde eller en fil"
	wants := func(at string) {
		t.Helper()
		if !lin.Offers(at+".~done") || !strings.Contains(lin.Sees(), offers) {
			t.Errorf("%s offers no file", at)
		}
	}
	lin.Tell(handlerstest.Answers{"S1": {"~skip"}})
	wants("A1")
	lin.Tell(handlerstest.Answers{"A1": {"Her er det jeg har."}}, handlerstest.File{Question: "A1", Name: "skjerm 1.png", Type: "image/png", Data: []byte("bilde")})
	lin.Tell(handlerstest.Answers{"F2": {"~skip"}})
	wants("F3")
	lin.Tell(handlerstest.Answers{"F3": {"messages"}}, handlerstest.File{Question: "F3", Name: "til møtet.pdf", Type: "application/pdf", Data: []byte("%PDF")})
	if !lin.Offers("G1.~done") || strings.Contains(lin.Sees(), offers) {
		t.Error("G1 takes files")
	}
	lin.Review()
	sees := lin.Sees()
	_, files, listed := strings.Cut(sees, "Filer du har lagt ved")
	if !listed || !strings.Contains(files, "skjerm 1.png Fjern : skjerm 1.png til møtet.pdf Fjern : til møtet.pdf") {
		t.Errorf("the review lists no files: %s", sees)
	}
}
