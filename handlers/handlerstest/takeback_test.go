package handlerstest_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"tillit/handlers/casework"
	"tillit/handlers/handlerstest"
)

// reads are all words and names of files that a desk shows of a case, which must be whole.
func reads(t *testing.T, desk *handlerstest.Desk, ref string) (c *casework.Case, all []string) {
	t.Helper()
	c, err := desk.Case(t.Context(), ref)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range c.Entries {
		if text := e.Text.Reveal(); e.By == "reporter" && text != "" && !strings.Contains(text, "\n") {
			all = append(all, text)
		}
	}
	for _, f := range c.Files {
		all = append(all, f.Name.Reveal())
	}
	return c, all
}

// TestThePageTakesBack what was told and brought, before sending and after, at the desk of who
// has it open too; nothing of it is left on the disk or on the page.
func TestThePageTakesBack(t *testing.T) {
	o := handlerstest.New(t)
	o.Clock.Set(time.Date(2026, 11, 26, 10, 0, 0, 0, time.UTC))
	lin := o.Reporter("lin")
	picture := bytes.Repeat([]byte("0123456789abcdef"), 40_000)
	file := func(name string, data []byte) handlerstest.File {
		return handlerstest.File{Name: name, Type: "image/png", Data: data}
	}
	lin.Tell(handlerstest.Answers{"A1": {"Dette blir."}})
	sealed := func() (n int) {
		return o.Count("SELECT count(*) FROM entries WHERE kind = 'reporter' AND length(data) > 0")
	}
	before := sealed()
	lin.Press("Ta tilbake det siste")
	if sees := lin.Sees(); !strings.Contains(sees, "tatt tilbake, og slettet hos oss") || strings.Contains(sees, "Dette blir.") || sealed() >= before {
		t.Errorf("%d entries are left of %d, and the page says %s", sealed(), before, sees)
	}
	if o.Count("SELECT count(*) FROM entries WHERE length(taken) > 0 AND length(data) > 0") > 0 {
		t.Error("something of what was taken back is there")
	}
	if err := lin.Brings("Dette sendes.", file("en.png", picture), file("tom.png", nil), file("to.png", picture[:9]), file("tre.png", picture[:7])); err != nil {
		t.Fatal(err)
	}
	if sees := lin.Sees(); !strings.Contains(sees, "Filen er tom") {
		t.Errorf("of an empty file among others it says %s", sees)
	}
	lin.Review()
	for _, name := range []string{"en.png", "to.png", "tre.png"} {
		if !strings.Contains(lin.Sees(), "Fjern : "+name) {
			t.Errorf("the review cannot remove %s: %s", name, lin.Sees())
		}
	}
	o.Clock.Add(time.Hour)
	o.Restart()
	lin.Press("Fjern: en.png")
	if sees := lin.Sees(); !strings.Contains(sees, "Filen er fjernet, og slettet hos oss") || strings.Contains(sees, "en.png") || !strings.Contains(sees, "to.png") {
		t.Errorf("when a file is removed the page says %s", sees)
	}
	ref := lin.Send()
	maren := o.Dial("maren")
	c, got := reads(t, maren, ref)
	if want := []string{"Dette sendes.", "to.png", "tre.png"}; !slices.Equal(got, want) || len(c.Doubts) > 0 {
		t.Errorf("Maren reads %q, want %q; in doubt are %v", got, want, c.Doubts)
	}
	o.Clock.Add(2 * time.Hour)
	lin.Says("Dette angres.")
	if _, got := reads(t, maren, ref); !slices.Contains(got, "Dette angres.") {
		t.Errorf("Maren reads %q", got)
	}
	lin.Press("Ta tilbake det siste")
	if sees := lin.Sees(); !strings.Contains(sees, "Maren") || !strings.Contains(sees, "kan være lest") || strings.Contains(sees, "Dette angres.") {
		t.Errorf("after sending the page says %s", sees)
	}
	for _, desk := range []*handlerstest.Desk{maren, o.Dial("jonas")} {
		c, got := reads(t, desk, ref)
		if slices.Contains(got, "Dette angres.") || len(c.Doubts) > 0 || !slices.ContainsFunc(c.Entries, func(e casework.Entry) bool { return e.Event == "taken_back" }) {
			t.Errorf("a desk reads %q, in doubt are %v", got, c.Doubts)
		}
		if faults, err := desk.Verify(t.Context(), ref); err != nil || len(faults) > 0 {
			t.Errorf("the log: %v, %v", faults, err)
		}
	}
	o.Clock.Add(5 * time.Minute)
	if lin.Offers("Ta tilbake det siste") {
		t.Error("what is too late is offered")
	}
}

// TestABrokenFileTakesNoneAlong: of several that come at once one is too large.
func TestABrokenFileTakesNoneAlong(t *testing.T) {
	o := handlerstest.New(t)
	lin := o.Reporter("lin")
	ref := o.Report("lin", "Hei")
	large := bytes.Repeat([]byte("0123456789abcdef"), 1<<17*11)
	err := lin.Brings("Her er de.",
		handlerstest.File{Name: "stor.bin", Type: "application/zip", Data: large}, handlerstest.File{Name: "en.txt", Type: "text/plain", Data: []byte("1")},
		handlerstest.File{Name: "stor2.bin", Type: "application/zip", Data: large}, handlerstest.File{Name: "to.txt", Type: "text/plain", Data: []byte("2")})
	if err != nil {
		t.Fatal(err)
	}
	_, got := reads(t, o.Dial("maren"), ref)
	if want := []string{"Hei", "Her er de.", "en.txt", "to.txt"}; !slices.Equal(got, want) {
		t.Errorf("Maren reads %q, want %q", got, want)
	}
	if sees := lin.Sees(); !strings.Contains(sees, "større enn") {
		t.Errorf("nothing is said of what is too large: %s", sees)
	}
}
