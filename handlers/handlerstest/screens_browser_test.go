package handlerstest_test

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"tillit/bot/web/webtest"
	"tillit/handlers/casework"
	"tillit/handlers/handlerstest"
	"tillit/handlers/routine/acts"
)

// screens looks at pages as people have them: on the narrowest phone, on an ordinary one and
// on a desktop, light and dark. Each is held to axe, and nothing may stand outside the
// window's width.
type screens struct {
	*presser
	ctx  context.Context
	dir  string // where pictures are kept; none if empty
	seen map[string]bool
	few  bool // two sizes are enough
}

// faulty says what is wrong with a page: what stands outside the window, and what axe finds.
const faulty = `(async (only) => {
	const closed = [...document.querySelectorAll("details:not([open])")];
	closed.forEach(d => d.open = true);
	const bad = [];
	if (document.documentElement.scrollWidth > screen.width) bad.push("scrolls sideways");
	const out = [...document.querySelectorAll("main *, .bar *")].filter(e => {
		const r = e.getBoundingClientRect();
		return r.width > 2 && r.height > 2 && (r.right > screen.width + 1 || r.left < -1);
	});
	if (out.length) bad.push("stands outside: " + out[0].outerHTML.slice(0, 120));
	const cut = [...document.querySelectorAll("main button, main .button, main code, main summary")].filter(e => e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 2);
	if (cut.length) bad.push("is cut: " + cut[0].outerHTML.slice(0, 120));
	const r = await axe.run({resultTypes: ["violations"], ...only});
	closed.forEach(d => d.open = false);
	return bad.concat(r.violations.map(v => "axe: " + v.id + " " + v.nodes[0].html)).join("; ");
})(%s)`

// scheme sets light or dark.
func (s *screens) scheme(name string) {
	s.t.Helper()
	_, err := chromedp.Call(s.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: name}}})
	if err != nil {
		s.t.Fatal(err)
	}
}

// see looks at a page by its address, once for each name.
func (s *screens) see(name, path string) {
	s.t.Helper()
	if s.seen[name] {
		return
	}
	s.lend(s.ctx)
	if err := chromedp.Do(s.ctx, chromedp.Navigate("about:blank"), chromedp.Navigate(s.at+path)); err != nil {
		s.t.Fatalf("%s: %v", name, err)
	}
	s.shown(name)
}

// shown looks at what the browser shows.
func (s *screens) shown(name string) {
	s.t.Helper()
	s.seen[name] = true
	for _, scheme := range []string{"light", "dark"} {
		s.scheme(scheme)
		for _, width := range []int64{320, 360, 1280} {
			if s.few && (width == 360 || (scheme == "dark") == (width == 1280)) {
				continue
			}
			s.look(name, scheme, width)
		}
	}
}

func (s *screens) look(name, scheme string, width int64) {
	s.t.Helper()
	err := chromedp.Do(s.ctx, chromedp.EmulateViewport(width, 800, func(p *emulation.SetDeviceMetricsOverrideParams, _ *emulation.SetTouchEmulationEnabledParams) {
		p.Mobile, p.ScreenWidth, p.ScreenHeight = width < 500, width, 800
	}))
	if err != nil {
		s.t.Fatal(err)
	}
	rules := `{}`
	if scheme == "dark" { // only colours are others
		rules = `{runOnly: ["color-contrast"]}`
	}
	s.keep(fmt.Sprintf("%s-%s-%s-%d.png", s.lang, name, scheme, width))
	bad, err := chromedp.Run(s.ctx, chromedp.Evaluate[string](webtest.Axe+";"+fmt.Sprintf(faulty, rules), chromedp.EvalAwaitPromise))
	if err != nil || bad != "" {
		s.t.Errorf("%s in %s, %s, %d wide: %s (%v)", name, s.lang, scheme, width, bad, err)
	}
}

func (s *screens) keep(file string) {
	s.t.Helper()
	if s.dir == "" {
		return
	}
	shot, err := chromedp.Run(s.ctx, chromedp.FullScreenshot(100))
	if err == nil {
		err = os.WriteFile(filepath.Join(s.dir, file), shot, 0o600)
	}
	if err != nil {
		s.t.Error(err)
	}
}

// asks is the question that is asked; empty if none is.
func (s *screens) asks() string {
	_, buttons, boxes, _ := s.asked()
	for _, b := range append(buttons, boxes...) {
		if id, _, ok := strings.Cut(b, "."); ok {
			return id
		}
	}
	return ""
}

// talks goes through the interview until no question is new, and looks at each. A talk is of
// somebody with another answer to what leads elsewhere.
func (s *screens) talks(most int) {
	s.t.Helper()
	for range most {
		before := len(s.seen)
		s.begin()
		for range 300 {
			s.see("question-"+s.asks(), "/")
			if s.next() == "" || s.sent() {
				break
			}
		}
		if len(s.seen) == before {
			return
		}
	}
}

// words is an account as people write it, with what does not break by itself.
const words = "Det var på middagen etter møtet i går. Han skrev til meg: https://eksempel.example/en/veldig/lang/adresse/som/ikke/slutter?og=fortsetter&helt=til&den=er&ferdig=nå\n\nDonaudampfschifffahrtsgesellschaftskapitänskajütenschlüssel."

// story is one person's, who tells, sends and hears from the office.
func (s *screens) story(o *handlerstest.Office, maren *handlerstest.Desk) {
	s.t.Helper()
	s.http = nil
	s.begin()
	for s.asks() != "A1" {
		s.skip()
	}
	s.say(words)
	s.see("told", "/")
	s.browserAt("/")
	s.say("", "A1.~done")
	s.elsewhere()
	s.see("paused", s.press("pause"))
	for _, page := range []string{"help", "who", "code", "clean", "copy", "come-back", "ikke-her"} {
		s.see(page, "/"+page)
	}
	s.click("/code", "form[action='/code'] button.go", "code-made")
	for !s.sent() {
		s.skip()
	}
	s.see("receipt", "/")
	ref := refIn(text(s.page))
	s.office(o, maren, ref)
	for _, press := range []string{"status", "delete", "access", "more", "help"} {
		s.see("after-"+press, s.press(press))
	}
	s.click("/come-back", "main form button", "code-missing")
}

// office is what the person hears of it.
func (s *screens) office(o *handlerstest.Office, maren *handlerstest.Desk, ref string) {
	s.t.Helper()
	does := func(act string, fields map[string]string) {
		s.t.Helper()
		filled, err := acts.Find(act).Read(func(name string) []string {
			if fields[name] == "" {
				return nil
			}
			return []string{fields[name]}
		})
		if err == nil {
			err = maren.Do(s.t.Context(), ref, casework.Doing{Act: filled})
		}
		if err != nil {
			s.t.Fatalf("%s: %v", act, err)
		}
	}
	does("take", nil)
	does("reply", map[string]string{"text": "Takk for at du forteller. Jeg heter Maren.\n\nVil du si hvor det var?"})
	s.see("waits", "/")
	s.see("answer", s.press("show"))
	does("declare", map[string]string{"tie": "none"})
	does("staff", map[string]string{"part": "contact_a=maren"})
	began := o.Clock.Now().Add(-time.Hour).Format("2006-01-02T15:04")
	does("heard", map[string]string{"seat": "r", "how": "phone", "where": "x", "present": "r", "began": began})
	does("minutes", map[string]string{"which": "tr", "text": "Lin fortalte at hun byttet plass.\n\nAvtalt: Maren skriver før jul."})
	s.see("minutes", s.press("show"))
	for _, wish := range []string{"wish:meet", "wish:access", "wish:withdrawal", "say:time", "say:support"} {
		if b := s.offered(wish); b != "" {
			s.see("after-"+strings.ReplaceAll(wish, ":", "-"), s.press(b))
		}
	}
}

// offered is a button of the page whose value begins so.
func (s *screens) offered(begins string) string {
	s.page = s.get("/")
	for n := range s.page.Descendants() {
		if v := attrOf(n, "value"); n.Data == "button" && strings.HasPrefix(v, begins) {
			return v
		}
	}
	return ""
}

// fields are those of the form that asks, or of any form.
func (s *screens) fields() url.Values {
	fields, _, _, _ := s.asked()
	if fields == nil {
		fields = url.Values{"lang": {s.lang}}
	}
	s.pressed["form"]++
	fields.Set("talk", fmt.Sprintf("SCREEN%020d", s.pressed["form"]))
	return fields
}

// press presses a button, and returns where the page is that comes.
func (s *screens) press(value string) string {
	s.t.Helper()
	fields := s.fields()
	fields.Set("choice", value)
	s.page = s.post("/say", fields)
	return "/"
}

// say writes, and presses something with it.
func (s *screens) say(words string, press ...string) {
	s.t.Helper()
	fields := s.fields()
	fields.Set("text", words)
	fields["choice"] = append(fields["choice"], press...)
	s.page = s.post("/say", fields)
}

// skip goes the shortest way past a question.
func (s *screens) skip() {
	s.t.Helper()
	s.page = s.get("/")
	_, buttons, _, _ := s.asked()
	for _, way := range append(slices.Clone(shortest), "start") {
		for _, b := range buttons {
			if b == way || strings.HasPrefix(way, ".") && strings.HasSuffix(b, way) {
				s.press(b)
				return
			}
		}
	}
	s.t.Fatalf("there is no way past %v", buttons)
}

// browserAt has the browser show a page of the person's.
func (s *screens) browserAt(path string) {
	s.t.Helper()
	s.lend(s.ctx)
	if err := chromedp.Do(s.ctx, chromedp.Navigate("about:blank"), chromedp.Navigate(s.at+path)); err != nil {
		s.t.Fatal(err)
	}
}

// elsewhere sends what stands in the browser, which is a page from before.
func (s *screens) elsewhere() {
	s.t.Helper()
	if s.seen["astray"] {
		return
	}
	err := chromedp.Do(s.ctx, chromedp.SetValue(chromedp.CSS("textarea"), words))
	if err == nil {
		_, err = chromedp.RunResponse(s.ctx, chromedp.Click(chromedp.CSS("form:has(textarea) button.go")))
	}
	if err != nil {
		s.t.Fatal(err)
	}
	s.shown("astray")
	s.page = s.get("/")
}

// click presses a button in the browser and looks at what comes.
func (s *screens) click(path, selector, name string) {
	s.t.Helper()
	if s.seen[name] {
		return
	}
	s.browserAt(path)
	if _, err := chromedp.RunResponse(s.ctx, chromedp.Click(chromedp.CSS(selector))); err != nil {
		s.t.Fatalf("%s: %v", name, err)
	}
	s.shown(name)
}

// TestScreens looks at the members' pages. All of them, in every language and size, are
// looked at when tools/screens asks for their pictures; else those of one story, at two sizes.
func TestScreens(t *testing.T) {
	dir := os.Getenv("TILLIT_SCREENS")
	most, talks, langs := 3*time.Minute, 0, []string{"nn"}
	if dir != "" {
		most, talks, langs = time.Hour, 12, []string{"nb", "nn", "en"}
	}
	ctx := webtest.Browser(t, most)
	_, err := chromedp.Call(ctx, network.Enable, network.EnableParams{})
	if err == nil {
		_, err = chromedp.Call(ctx, emulation.SetScrollbarsHidden, emulation.SetScrollbarsHiddenParams{Hidden: true})
	}
	if err != nil {
		t.Fatal(err)
	}
	o := handlerstest.New(t)
	maren := o.Dial("maren")
	for _, lang := range langs {
		p := &presser{t: t, at: o.Pages.URL, lang: lang, pressed: map[string]int{}}
		s := &screens{presser: p, ctx: ctx, dir: dir, seen: map[string]bool{}, few: dir == ""}
		if _, err := chromedp.Call(ctx, network.ClearBrowserCookies, cdp.Empty{}); err != nil {
			t.Fatal(err)
		}
		s.first()
		s.story(o, maren)
		s.talks(talks)
		t.Logf("%s: %d pages", lang, len(s.seen))
	}
}

// first is what somebody sees who was never there.
func (s *screens) first() {
	s.t.Helper()
	for _, path := range []string{"/", "/help", "/who", "/come-back"} {
		if err := chromedp.Do(s.ctx, chromedp.Navigate(s.at+path+"?lang="+s.lang)); err != nil {
			s.t.Fatal(err)
		}
		s.shown("first" + strings.ReplaceAll(path, "/", "-"))
	}
}
