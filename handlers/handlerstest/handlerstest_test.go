package handlerstest_test

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"tillit/handlers/handlerstest"
	"tillit/intake"
)

// TestWhatIsToldIsWhatIsRead tells by each kind of question, and reads it at the desk.
func TestWhatIsToldIsWhatIsRead(t *testing.T) {
	o := handlerstest.New(t)
	large := bytes.Repeat([]byte("0123456789abcdef"), 70_000)
	ref := o.File("lin", handlerstest.Answers{
		"S1": {"yes"}, "C0": {"p:hakon", "p:siv"}, "A1": {"en", "to"}, "B2": {"week", "på fredag"}, "B4": {"social", "digital"},
		"B5": {"~unknown"}, "E2": {"Fylkesleder"}, "F3": {"pictures", "på telefonen"}, "E6": {"no"},
	}, handlerstest.File{Question: "A1", Name: "Møte.jpg", Type: "image/jpeg", Data: large})
	maren := o.Dial("maren")
	c, err := maren.Case(t.Context(), ref)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, a := range c.Answers {
		if a.Way != "skip" {
			got[a.Question] += strings.Join(a.Labels, "+") + a.Text.Reveal() + a.Way
		}
	}
	want := map[string]string{
		"S1": "Ja", "C0": "Håkon R. (fylkessekretær)+Siv A. (personalleder)", "A1": "ento", "B2": "De siste 7 dagenepå fredag", "B4": "Sosialt etterpå+På nett eller mobil",
		"B5": "unknown", "E2": "Fylkesleder", "F3": "Bilder eller videopå telefonen", "E6": "Nei",
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("Maren reads\n%v, want\n%v", got, want)
	}
	if len(c.Kept) != 2 || len(c.Files) != 1 || c.Files[0].Name.Reveal() != "Møte.jpg" {
		t.Fatalf("kept out are %v; there are %d files", c.Kept, len(c.Files))
	}
	var data bytes.Buffer
	if err := maren.File(t.Context(), ref, c.Files[0].ID, &data); err != nil || !bytes.Equal(data.Bytes(), large) {
		t.Errorf("the file has %d bytes, %v", data.Len(), err)
	}
}

// TestTheyWriteToEachOther has an answer go to the reporter and one come back.
func TestTheyWriteToEachOther(t *testing.T) {
	o := handlerstest.New(t)
	ref := o.Report("lin", "Det var på middagen.")
	lin, maren := o.Reporter("lin"), o.Dial("maren")
	if lin.Waits() {
		t.Error("something waits that nobody wrote")
	}
	if err := maren.Reply(t.Context(), ref, intake.NewPrivate("Vi ringer deg.")); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(lin.Sees(), "Vi ringer deg.") || !strings.Contains(lin.Opens(), "Vi ringer deg.") || lin.Waits() {
		t.Error("the words do not come when they are asked for, and only then")
	}
	lin.Says("Det var bra.")
	c, err := maren.Case(t.Context(), ref)
	if err != nil || c.Entries[len(c.Entries)-1].Text.Reveal() != "Det var bra." {
		t.Errorf("Maren reads something else, %v", err)
	}
}

// TestALineFails before a request arrives, and after.
func TestALineFails(t *testing.T) {
	o := handlerstest.New(t)
	ref, line := o.Report("lin", "en"), &handlerstest.Line{}
	maren := o.DialOver("maren", line)
	notes := func() (n int) {
		c, err := o.Dial("jonas").Case(context.Background(), ref)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range c.Entries {
			if e.Kind == "note" {
				n++
			}
		}
		return n
	}
	for name, tt := range map[string]struct {
		fail func()
		more int
	}{"before": {line.Cut, 0}, "after": {func() { line.LoseAnswer("POST ", "") }, 1}} {
		was := notes()
		tt.fail()
		if err := maren.Note(t.Context(), ref, intake.NewPrivate("x")); err == nil {
			t.Errorf("%s: nothing fails", name)
		}
		line.Mend()
		if n := notes() - was; n != tt.more {
			t.Errorf("%s: %d notes more, want %d", name, n, tt.more)
		}
	}
}

// TestACopyGoesItsOwnWay and has the same people.
func TestACopyGoesItsOwnWay(t *testing.T) {
	o := handlerstest.New(t)
	ref := o.Report("lin", "en")
	one, two := o.Copy(t), o.Copy(t)
	one.Reporter("lin").Says("to")
	for o, want := range map[*handlerstest.Office][]string{one: {"en", "to"}, two: {"en"}} {
		c, err := o.Dial("siv").Case(t.Context(), ref)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, e := range c.Entries {
			if w := e.Text.Reveal(); w != "" {
				got = append(got, w)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("Siv reads %q, want %q", got, want)
		}
	}
}
