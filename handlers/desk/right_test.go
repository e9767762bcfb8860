package desk

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"tillit/handlers/casework"
)

// TestAMissingRightIsSaid holds that a case which may not be given to somebody
// else is not called a failure.
func TestAMissingRightIsSaid(t *testing.T) {
	r := newRig(t).signIn("first")
	r.f.err = casework.ErrRight
	w := r.do("POST", "/case/T-4K7Q2X/assign", url.Values{"id": {"a1"}, "to": {"jonas"}})
	if w.Code != http.StatusForbidden || !strings.Contains(w.Body.String(), "not among your rights") || !strings.Contains(w.Body.String(), "organisation file") {
		t.Errorf("%d: %s", w.Code, w.Body)
	}
}
