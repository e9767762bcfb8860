package handlerstest_test

import (
	"slices"
	"strings"
	"testing"

	"tillit/handlers/casework"
	"tillit/handlers/handlerstest"
)

// TestAWishToTalkGoesAlong with what is sent: asked for on the page before sending, it is
// answered with a day, and the desk counts it.
func TestAWishToTalkGoesAlong(t *testing.T) {
	o := handlerstest.New(t)
	lin := o.Reporter("lin")
	lin.Tell(handlerstest.Answers{"A1": {"Det var så."}})
	lin.Press("Snakk med et menneske")
	lin.Press("Be om å få snakke med en saksbehandler")
	if sees := lin.Sees(); !strings.Contains(sees, "Ingenting er sendt ennå") {
		t.Errorf("the page says %s", sees)
	}
	ref := lin.Send()
	if sees := lin.Sees(); !strings.Contains(sees, "De skal snakke med deg innen") || !strings.Contains(sees, "Lovet: noen snakker med deg") {
		t.Errorf("the page says %s", sees)
	}
	c, got := reads(t, o.Dial("maren"), ref)
	if len(c.Doubts) > 0 || !slices.Equal(got, []string{"Det var så."}) || !slices.ContainsFunc(c.Entries, func(e casework.Entry) bool { return e.Event == "wish_meet" }) {
		t.Errorf("Maren reads %q, in doubt are %v", got, c.Doubts)
	}
}
