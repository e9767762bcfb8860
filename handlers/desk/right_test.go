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
	w := r.do("POST", r.at+"/assign", url.Values{"id": {"a1"}, "to": {"jonas"}})
	if w.Code != http.StatusForbidden || !strings.Contains(w.Body.String(), "not among your rights") || !strings.Contains(w.Body.String(), "organisation file") {
		t.Errorf("%d: %s", w.Code, w.Body)
	}
}
