package desk_test

import (
	"html"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"tillit/handlers/handlerstest"
)

func TestAccessIsGivenToWhoCameLater(t *testing.T) {
	p, ref := late(t)
	v, siv := visit(t, p.Dial("maren")), visit(t, p.Dial("siv"))
	if code, _ := siv.get("/case/" + ref); code != http.StatusNotFound {
		t.Fatalf("before: %d", code)
	}
	_, page := v.get("/case/" + ref)
	v.want(page, `<option value="siv">Siv A.</option>`, `<option value="jonas">Jonas T., for a new key</option>`)
	_, give, _ := strings.Cut(page, `id="give"`)
	v.never(give, `value="hakon"`, `value="maren"`)

	code, page := v.get("/case/" + ref + "/grant?to=siv")
	if code != http.StatusOK || !strings.Contains(html.UnescapeString(page), p.Key("siv").Fingerprint()) {
		t.Fatalf("the page to compare keys: %d", code)
	}
	if code, _ := v.submit(page, "/case/"+ref+"/grant", url.Values{"key": {p.Key("jonas").Fingerprint()}}); code != http.StatusBadRequest {
		t.Errorf("a key that was not compared: %d", code)
	}
	if code, _ := siv.get("/case/" + ref); code != http.StatusNotFound {
		t.Errorf("before it was given: %d", code)
	}
	if code, body := v.submit(page, "/case/"+ref+"/grant", nil); code != http.StatusOK {
		t.Fatalf("giving: %d", code)
	} else {
		v.want(body, "Access is given.")
	}
	code, body := siv.get("/case/" + ref)
	if code != http.StatusOK {
		t.Fatalf("after: %d", code)
	}
	siv.want(body, "It was at the dinner.")
}

func TestAccessIsNeverGivenToWhoIsKeptOut(t *testing.T) {
	p, ref := late(t)
	v := visit(t, p.Dial("maren"))
	_, page := v.get("/case/" + ref + "/grant?to=hakon") // no page links there
	code, body := v.submit(page, "/case/"+ref+"/grant", nil)
	if code != http.StatusForbidden {
		t.Errorf("giving: %d", code)
	}
	v.want(body, "Kept out", "No access was given.")
	if code, _ := visit(t, p.Dial("hakon")).get("/case/" + ref); code != http.StatusNotFound {
		t.Errorf("who is kept out: %d", code)
	}
	for _, to := range []string{"", "maren", "#recovery", "nobody"} {
		_, body := v.get("/case/" + ref + "/grant?to=" + url.QueryEscape(to))
		v.never(body, "read this aloud")
		if code, _ := v.post("/case/"+ref+"/grant", url.Values{"id": {"x" + to}, "to": {to}, "key": {""}}); code != http.StatusBadRequest {
			t.Errorf("giving to %q: %d", to, code)
		}
	}
}

func TestANewKeyNeedsAccessAnew(t *testing.T) {
	p := handlerstest.New(t)
	ref := p.File("lin", short)
	memory := filepath.Join(t.TempDir(), "seen")
	give := func(id string) (int, string) {
		v := visit(t, p.DialAt("maren", memory))
		_, page := v.get("/case/" + ref + "/grant?to=" + id)
		return v.submit(page, "/case/"+ref+"/grant", nil)
	}
	p.NewKey("siv")
	if code, _ := visit(t, p.Dial("siv")).get("/case/" + ref); code != http.StatusForbidden {
		t.Fatalf("with a new key: %d", code)
	}
	if code, _ := give("siv"); code != http.StatusOK {
		t.Fatalf("giving: %d", code)
	}
	if code, _ := visit(t, p.Dial("siv")).get("/case/" + ref); code != http.StatusOK {
		t.Errorf("after it was given: %d", code)
	}
	p.NewKey("siv") // a third one, compared like the second
	if code, _ := visit(t, p.Dial("siv")).get("/case/" + ref); code != http.StatusForbidden {
		t.Errorf("with the third key: %d", code)
	}
	if code, _ := give("siv"); code != http.StatusOK {
		t.Errorf("to a third key, compared: %d", code)
	}
	if code, _ := visit(t, p.Dial("siv")).get("/case/" + ref); code != http.StatusOK {
		t.Errorf("with the third key, after it was given: %d", code)
	}
}
