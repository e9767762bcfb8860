package desk_test

import (
	"context"
	"net"
	"slices"
	"strings"
	"testing"

	"tillit/handlers/casework"
	"tillit/handlers/desk"
	"tillit/handlers/handlerstest"
	"tillit/handlers/routine"
)

var _ desk.Casework = (*casework.Client)(nil)

type answers = handlerstest.Answers

// short is told by someone who keeps Håkon out.
var short = answers{"C0": {"p:hakon"}, "A1": {"It was at the dinner."}}

// late is an office with a report that was filed before Siv came to it.
func late(t *testing.T) (o *handlerstest.Office, ref string) {
	t.Helper()
	people := handlerstest.People()
	o = handlerstest.New(t, handlerstest.Options{People: slices.Delete(handlerstest.People(), 2, 3)})
	ref = o.File("lin", short)
	o.Join(people[2])
	return o, ref
}

// whole tells a report with all kinds of answers, in the office as it was before Siv
// came, by someone who keeps Håkon out and changes an answer before sending.
func whole(t *testing.T, clock *handlerstest.Clock, picture []byte) (o *handlerstest.Office, ref string) {
	t.Helper()
	people := handlerstest.People()
	o = handlerstest.New(t, handlerstest.Options{People: slices.Delete(handlerstest.People(), 2, 3), Clock: clock})
	lin := o.Reporter("lin").Tell(answers{
		"S1": {"yes"}, "C0": {"p:hakon"}, "S3": {"me"},
		"A1": {"Det var på middagen etter årsmøtet. Han satt ved siden av meg og la hånden på låret mitt.",
			"Jeg flyttet meg.\nHan lo av det, og sa det høyt til de andre: " + strings.Repeat("uavbrutt", 12)},
		"A2": {"~rather_not"},
	}, handlerstest.File{Question: "A1", Name: "IMG_2231.jpg", Type: "image/jpeg", Data: picture},
		handlerstest.File{Question: "A1", Name: "Referat fra møtet.pdf", Type: "application/pdf", Data: []byte("%PDF-1.7 not a picture")}).Review()
	// The rest is told from the review, part by part, so that little is skipped.
	lin.Press("H4.part:2")
	lin.Tell(answers{"B1": {"several"}, "B3": {"ongoing"}, "B4": {"social", "digital"}, "B5": {"~unknown"}}).Press("B6.~back")
	lin.Press("H4.part:5")
	lin.Tell(answers{"E2": {"Fylkesleder"}, "E3": {"county"}}).Press("E3b.~back")
	lin.Press("H4.part:5")
	lin.Tell(answers{"E2": {"Tidligere fylkesleder"}}).Press("E3.~back")
	ref = lin.Send()
	o.Join(people[2])
	return o, ref
}

// fileID is the id that a kept file of this name has.
func fileID(t *testing.T, o *handlerstest.Office, ref, name string) string {
	t.Helper()
	c, err := o.Dial("maren").Case(t.Context(), ref)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range c.Files {
		if f.Name.Reveal() == name {
			return f.ID
		}
	}
	t.Fatalf("of %d files none has the name", len(c.Files))
	return ""
}

// serving runs a desk on loopback for the length of a test.
type serving struct {
	base  string
	links chan string
}

func serve(t *testing.T, work desk.Casework, change ...func(*desk.Config)) serving {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := serving{"http://" + ln.Addr().String(), make(chan string, 50)}
	conf := desk.Config{Work: work, Lang: "nb", OnLink: func(u string) { s.links <- u }}
	for _, c := range change {
		c(&conf)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- desk.Serve(ctx, conf, ln) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return s
}

// does does an act whose only field is filled with a value.
func does(t *testing.T, c *handlerstest.Desk, ref string, a *routine.Act, value string) error {
	t.Helper()
	filled, err := a.Read(func(string) []string { return []string{value} })
	if err != nil {
		return err
	}
	return c.Do(t.Context(), ref, casework.Doing{Act: filled})
}
