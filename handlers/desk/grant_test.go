package desk_test

import (
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"tillit/handlers/casework"
	"tillit/handlers/handlerstest"
)

func TestAccessIsGivenToWhoCameLater(t *testing.T) {
	p, ref := late(t)
	v, siv := visit(t, p.Dial("maren")), visit(t, p.Dial("siv"))
	if code, _ := siv.get("/case/" + ref); code != http.StatusNotFound {
		t.Fatalf("before: %d", code)
	}
	_, page := v.get("/case/" + ref)
	v.want(page, "/act/grant")
	at := "/case/" + ref + "/act/grant"
	_, page = v.get(at)
	v.want(page, `<option value="siv">Siv A.</option>`, `<option value="jonas">Jonas T., for a new key</option>`,
		`<option value="#external">`, `<option value="#recovery">Recovery key, for a new key</option>`)
	v.never(page, `value="hakon"`, `value="maren"`)

	code, page := v.submit(page, at, url.Values{"to": {"siv"}})
	if code != http.StatusOK || !strings.Contains(page, p.Key("siv").Fingerprint()) {
		t.Fatalf("the page to compare keys: %d", code)
	}
	if _, body := v.submit(page, at, url.Values{"to": {"jonas"}}); !strings.Contains(body, p.Key("jonas").Fingerprint()) || !strings.Contains(body, "Look at it again") {
		t.Error("a key that was not compared is given")
	}
	if code, _ := siv.get("/case/" + ref); code != http.StatusNotFound {
		t.Errorf("before it was given: %d", code)
	}
	if code, body := v.submit(page, at, nil); code != http.StatusOK {
		t.Fatalf("giving: %d", code)
	} else {
		v.want(body, "Siv A. can open the case now.", "Maren V. gave access to Siv A.")
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
	code, body := v.act(ref, "grant", url.Values{"to": {"hakon"}}) // no page offers him
	if code != http.StatusForbidden {
		t.Errorf("giving: %d", code)
	}
	v.want(body, "Kept out: Håkon R.", "Håkon R. must not get at this case.")
	if code, _ := visit(t, p.Dial("hakon")).get("/case/" + ref); code != http.StatusNotFound {
		t.Errorf("who is kept out: %d", code)
	}
	for _, to := range []string{"", "maren", "nobody"} {
		code, body := v.act(ref, "grant", url.Values{"to": {to}})
		v.never(body, "read this aloud")
		if code < 400 {
			t.Errorf("giving to %q: %d", to, code)
		}
	}
}

// TestRecoveryAndTheExternalReceiverGetAccess holds that a key can be given to those,
// too, who are no colleagues.
func TestRecoveryAndTheExternalReceiverGetAccess(t *testing.T) {
	p, ref := late(t)
	v := visit(t, p.Dial("maren"))
	for to, said := range map[string]string{"#recovery": "Maren V. gave access to Recovery key", "#external": "Maren V. gave access to "} {
		code, body := v.act(ref, "grant", url.Values{"to": {to}})
		if code != http.StatusOK {
			t.Errorf("giving to %s: %d", to, code)
		}
		v.want(body, said, "can open the case now.")
	}
	if _, err := p.Dial("#external").Case(t.Context(), ref); err != nil {
		t.Errorf("the external receiver: %v", err)
	}
}

func TestANewKeyNeedsAccessAnew(t *testing.T) {
	p := handlerstest.New(t)
	ref := p.File("lin", short)
	memory := filepath.Join(t.TempDir(), "seen")
	give := func(id string) (int, string) {
		v := visit(t, p.DialAt("maren", memory))
		return v.act(ref, "grant", url.Values{"to": {id}})
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

// TestACaseOfVersion1IsReadBeforeAccessIsGiven holds that the page says so where the log
// may not say who is kept out, and nowhere else.
func TestACaseOfVersion1IsReadBeforeAccessIsGiven(t *testing.T) {
	const said = "may not say everybody whom the reporter keeps out"
	p := handlerstest.FrozenV1(t)
	old := visit(t, p.Dial("maren"))
	q, err := p.Dial("maren").Queue(t.Context(), casework.Query{})
	if err != nil || len(q.Cases) == 0 {
		t.Fatal(err)
	}
	at := "/case/" + q.Cases[0].Ref + "/act/grant"
	_, page := old.get(at)
	_, page = old.submit(page, at, url.Values{"to": {"#recovery"}})
	old.want(page, said)

	o, ref := late(t)
	v := visit(t, o.Dial("maren"))
	at = "/case/" + ref + "/act/grant"
	_, page = v.get(at)
	_, page = v.submit(page, at, url.Values{"to": {"siv"}})
	v.want(page, o.Key("siv").Fingerprint())
	v.never(page, said)
}
