package desk

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"tillit/handlers/handlerstest"
)

// TestAMissingRightIsSaid holds that a case which may not be given to somebody
// else is not called a failure.
func TestAMissingRightIsSaid(t *testing.T) {
	people := handlerstest.People()
	people[0].Rights = nil
	r := newRig(t, handlerstest.Options{People: people}).signIn("first")
	if body := r.do("GET", r.at, nil).Body.String(); strings.Contains(body, "/act/give") || !strings.Contains(body, "/act/take") {
		t.Error("the page offers what the file does not allow, or not what it does")
	}
	w := r.do("POST", r.act("give"), url.Values{"id": {"a1"}, "to": {"jonas"}, "do": {"do"}})
	if w.Code != http.StatusForbidden || !strings.Contains(w.Body.String(), "The organisation file does not give you this right.") {
		t.Errorf("%d: %s", w.Code, w.Body)
	}
}
