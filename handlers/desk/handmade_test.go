package desk_test

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"tillit/handlers/desk"
)

// held is what has the focus, as far as one who types must know it.
type held struct {
	Tag, Type, Name, Value, Href, Do string
	Checked, Body, Form              bool
}

const holding = `(e => JSON.stringify({Tag: e.tagName, Type: e.type || "", Name: e.name || "", Value: e.value || "", Href: e.getAttribute("href") || "",
	Do: e.tagName === "BUTTON" ? e.name + "=" + e.value : "", Checked: !!e.checked, Body: e === document.body, Form: !!e.closest("main form.frame")}))(document.activeElement)`

// typist works a desk with keys alone.
type typist struct {
	*browser
}

const (
	keyTab, keyEnter, keySpace = "\t", "\r", " "
	keyDown, keyRight          = kb.ArrowDown, kb.ArrowRight
)

func (y *typist) type_(keys string) {
	y.t.Helper()
	y.do(chromedp.KeyEvent(keys))
}

func (y *typist) held() (h held) {
	y.t.Helper()
	if err := json.Unmarshal([]byte(y.eval(holding)), &h); err != nil {
		y.t.Fatal(err)
	}
	return h
}

// reach presses Tab until what is wanted has the focus; false once it went round the page.
func (y *typist) reach(wanted func(held) bool) bool {
	y.t.Helper()
	for ends := 0; ends < 2; {
		y.type_(keyTab)
		h := y.held()
		if h.Body {
			ends++
		} else if wanted(h) {
			return true
		}
	}
	return false
}

// follow reaches a link and opens it; false if there is none.
func (y *typist) follow(wanted func(href string) bool) bool {
	y.t.Helper()
	if !y.reach(func(h held) bool { return h.Tag == "A" && wanted(h.Href) }) {
		return false
	}
	y.key(keyEnter)
	return true
}

func (y *typist) body() string {
	y.t.Helper()
	return y.eval(`document.body.innerText`)
}

// fill goes through the form of an act with Tab, fills in what is to be filled in, and
// presses the button that leads on.
func (y *typist) fill(fill url.Values, button string) {
	y.t.Helper()
	left := url.Values{}
	for name, values := range fill {
		left[name] = slices.Clone(values)
	}
	for range 150 {
		y.type_(keyTab)
		h := y.held()
		switch {
		case !h.Form:
		case h.Do == button:
			for name, values := range left {
				if len(values) > 0 && !(name == "agree") {
					y.t.Fatalf("the keys never reach %s", name)
				}
			}
			y.key(keySpace)
			return
		case len(left[h.Name]) > 0 && h.Tag != "BUTTON":
			left[h.Name] = y.enter(h, left[h.Name])
		}
	}
	y.t.Fatalf("the keys never reach the button %q", button)
}

// enter fills in what has the focus with one of some values, and returns the others.
func (y *typist) enter(h held, values []string) []string {
	y.t.Helper()
	value := values[0]
	switch {
	case h.Tag == "SELECT":
		i := slices.IndexFunc(values, func(v string) bool {
			return strings.Contains(y.eval(`[...document.activeElement.options].map(o => "|" + o.value + "|").join()`), "|"+v+"|")
		})
		if i < 0 {
			return values // another list of the same field
		}
		value = values[i]
		for n := 0; y.held().Value != value; n++ {
			if y.type_(keyDown); n > 60 {
				y.t.Fatalf("no key chooses %s", value)
			}
		}
		return slices.Delete(slices.Clone(values), i, i+1)
	case h.Type == "radio":
		for n := 0; y.held().Value != value; n++ {
			if y.type_(keyDown); n > 20 {
				y.t.Fatalf("no key chooses %s", value)
			}
		}
		if !y.held().Checked {
			y.type_(keySpace)
		}
	case h.Type == "checkbox":
		if i := slices.Index(values, h.Value); i >= 0 {
			if !h.Checked {
				y.type_(keySpace)
			}
			return slices.Delete(slices.Clone(values), i, i+1)
		}
		return values
	case h.Type == "date", h.Type == "datetime-local":
		y.date(h.Type, value)
	default:
		if h.Value != "" { // a letter stands there, or what was typed before
			y.do(chromedp.KeyEvent("a", chromedp.KeyModifiers(chromedp.ModifierCtrl)))
		}
		y.do(chromedp.KeyEvent(value))
	}
	if got := y.held(); got.Name == h.Name && got.Value != value {
		y.t.Errorf("%s is %q, want %q", h.Name, got.Value, value)
	}
	return values[1:]
}

// date types a day, or a moment, part by part.
func (y *typist) date(kind, value string) {
	y.t.Helper()
	layout := time.DateOnly
	if kind != "date" {
		layout = "2006-01-02T15:04"
	}
	at, err := time.Parse(layout, value)
	if err != nil {
		y.t.Fatal(err)
	}
	y.type_(at.Format("01022006"))
	if kind != "date" {
		y.type_(keyRight)
		y.type_(at.Format("0304PM"))
	}
}

// TestAWholeCaseWithoutAMouse works the path of a whole case in a browser with keys alone,
// from the sign-in of three handlers to the closing: every act is reached from the page of
// the case, either as what comes next or among all acts, and filled in where it stands.
func TestAWholeCaseWithoutAMouse(t *testing.T) {
	t.Parallel()
	y := &typist{browser: newBrowser(t)}
	w := officeOfPath(t)
	zone := w.zone
	desks := map[string]serving{}
	for _, id := range []string{"maren", "jonas", "siv"} {
		desks[id] = serve(t, w.Dial(id), func(c *desk.Config) {
			c.Now, c.Zone, c.Idle, c.Lang = w.clock.Now, zone, 10000*time.Hour, "en"
		})
	}
	y.do(chromedp.EmulateViewport(1280, 800))
	signed, at, phase := map[string]bool{}, "", ""
	for _, d := range path {
		w.to(d.at)
		s := desks[d.who]
		if at != d.who { // sits down at their desk
			at = d.who
			y.base.Store(&s.base)
			if !signed[at] {
				signed[at] = true
				y.do(chromedp.Navigate(<-s.links))
				y.reach(func(h held) bool { return h.Tag == "BUTTON" })
				y.key(keyEnter)
			} else {
				y.do(chromedp.Navigate(s.base + "/"))
			}
			if !y.follow(func(href string) bool { return strings.HasPrefix(href, "/case/") }) {
				t.Fatalf("%s: %s does not find the case", d.at, d.who)
			}
		}
		there := y.deed(w.ref, d)
		switch body := y.body(); {
		case d.refused != "":
			if !strings.Contains(body, d.refused) && there {
				t.Fatalf("%s, %s: it is not said that %q", d.at, d.act, d.refused)
			}
			if !y.follow(func(href string) bool { return href == "/case/"+w.ref }) {
				t.Fatalf("%s, %s: there is no way back", d.at, d.act)
			}
		case y.eval(`document.querySelector("#done") ? "yes" : "no"`) != "yes":
			t.Fatalf("%s, %s: it is not said that it was done", d.at, d.act)
		default:
			phase = d.stands(t, y.eval(`document.documentElement.outerHTML`), phase)
		}
	}
}

// deed does a deed from the page of the case; false if no page of the act is offered, and
// the browser is at the page of all acts.
func (y *typist) deed(ref string, d deed) bool {
	y.t.Helper()
	to := "/case/" + ref + "/act/" + d.act
	act := func(href string) bool { return href == to || strings.HasPrefix(href, to+"?") }
	if !y.nextIs(to) || !y.follow(act) {
		if !y.follow(func(href string) bool { return href == "/case/"+ref+"/acts" }) {
			y.t.Fatalf("%s: there is no way to all acts", d.act)
		}
		if !y.follow(act) {
			if d.refused == "" {
				y.t.Fatalf("%s, %s: it is not offered", d.at, d.act)
			}
			return false
		}
	}
	if d.fill == nil && d.refused != "" {
		return true
	}
	y.fill(d.fill, y.eval(`(e => e ? e.name + "=" + e.value : "")(document.querySelector('main form.frame button[name=agree][value=yes], main form.frame button[value=look], main form.frame button[value=do]'))`))
	if y.eval(`document.querySelector("input[name=seen]") ? "yes" : "no"`) == "yes" {
		y.fill(nil, "do=do")
	}
	return true
}

// nextIs says whether what comes next is the page of an act.
func (y *typist) nextIs(to string) bool {
	y.t.Helper()
	return y.eval(`(e => e ? e.getAttribute("href").split("?")[0] : "")(document.querySelector(".next-box a.button"))`) == to
}
