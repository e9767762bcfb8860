package desk_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"tillit/bot/web/webtest"
	"tillit/handlers/desk"
	"tillit/handlers/handlerstest"
	"tillit/handlers/routine/acts"
)

// browser is a real browser that can reach nothing but this machine.
type browser struct {
	t    *testing.T
	ctx  context.Context
	base atomic.Pointer[string] // the only place that pages may ask
}

func newBrowser(t *testing.T) *browser {
	t.Helper()
	b := &browser{t: t, ctx: webtest.Browser(t, 20*time.Minute)}
	b.watch()
	return b
}

// watch fails the test when a page asks for something elsewhere or the browser
// refuses something that a page wants.
func (b *browser) watch() {
	b.t.Helper()
	if _, err := chromedp.Call(b.ctx, network.Enable, network.EnableParams{}); err != nil {
		b.t.Fatal(err)
	}
	if _, err := chromedp.Call(b.ctx, cdplog.Enable, cdp.Empty{}); err != nil {
		b.t.Fatal(err)
	}
	chromedp.Listen(b.ctx, func(ev any) {
		switch e := ev.(type) {
		case *network.EventRequestWillBeSent:
			if base := b.base.Load(); base != nil && strings.HasPrefix(e.Request.URL, "http") && !strings.HasPrefix(e.Request.URL, *base+"/") {
				b.t.Error("a page asks for something elsewhere")
			}
		case *cdplog.EventEntryAdded:
			if e.Entry.Source == "security" {
				b.t.Errorf("the browser refuses something: %s", e.Entry.Text)
			}
		}
	})
}

func (b *browser) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, steps...); err != nil {
		b.t.Fatal(err)
	}
}

func (b *browser) eval(js string) string {
	b.t.Helper()
	s, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](js, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatalf("evaluating: %v", err)
	}
	return s
}

// scheme sets light or dark.
func (b *browser) scheme(name string) {
	b.t.Helper()
	_, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: name}}})
	if err != nil {
		b.t.Fatal(err)
	}
}

const faultsOf = `document.querySelectorAll("details").forEach(d=>d.open=true);
(async (only) => {
	const bad = [];
	if (document.documentElement.scrollWidth > screen.width) bad.push("scrolls sideways");
	const small = [...document.querySelectorAll("button,.button,nav a,summary,select,input:not([type=hidden])")].filter(e => {
		const r = (e.closest("label") || e).getBoundingClientRect(); // a label is hit with its box
		return r.width > 2 && (r.height < 44 || r.width < 44);
	});
	if (small.length) bad.push("too small to hit: " + small[0].outerHTML);
	const r = await axe.run({resultTypes: ["violations"], ...only});
	return bad.concat(r.violations.map(v => "axe: " + v.id + " " + v.nodes[0].html)).join("; ");
})`

// look holds the page that is open to axe, to no sideways scroll and to targets
// that a thumb can hit, at both widths, light and dark; where pictures are wanted, also on
// the narrowest phone.
func (b *browser) look(name string) {
	b.t.Helper()
	b.eval(webtest.Axe + `;""`)
	// In the dark only colours are others.
	for scheme, rules := range map[string]string{"light": `{}`, "dark": `{runOnly: ["color-contrast"]}`} {
		b.scheme(scheme)
		widths := []int64{360, 1280}
		if os.Getenv("TILLIT_SCREENS") != "" {
			widths = append(widths, 320)
		}
		for _, width := range widths {
			b.size(width)
			if bad := b.eval(faultsOf + "(" + rules + ")"); bad != "" {
				b.t.Errorf("%s, %s, %d: %s", name, scheme, width, bad)
			}
			b.keep(fmt.Sprintf("%s-%s-%d.png", name, scheme, width))
		}
	}
}

// size is that of a phone or of a desktop, by its width.
func (b *browser) size(width int64) {
	b.t.Helper()
	b.do(chromedp.EmulateViewport(width, 800, func(p *emulation.SetDeviceMetricsOverrideParams, _ *emulation.SetTouchEmulationEnabledParams) {
		p.Mobile, p.ScreenWidth, p.ScreenHeight = width < 500, width, 800
	}))
}

// keep saves what the page looks like for people to see, when they ask for it.
func (b *browser) keep(file string) {
	dir := os.Getenv("TILLIT_SCREENS")
	if dir == "" {
		return
	}
	shot, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, file), shot, 0o600)
	}
	if err != nil {
		b.t.Error(err)
	}
}

// open goes to a page of a desk.
func (b *browser) open(s serving, path string) {
	b.t.Helper()
	b.base.Store(&s.base)
	b.do(chromedp.Navigate(s.base + path))
}

// press clicks and waits for the page that follows.
func (b *browser) press(selector string) {
	b.t.Helper()
	if _, err := chromedp.RunResponse(b.ctx, chromedp.Click(chromedp.CSS(selector))); err != nil {
		b.t.Fatalf("pressing %s: %v", selector, err)
	}
}

func (b *browser) signIn(s serving) {
	b.t.Helper()
	b.base.Store(&s.base)
	b.do(chromedp.Navigate(<-s.links))
	b.press("main button")
}

func (b *browser) write(words string) {
	b.t.Helper()
	b.do(chromedp.SetValue(chromedp.CSS("textarea"), words))
}

// TestBrowser shows every page of the desk, over a real office, in every
// language, at both widths, light and dark.
func TestBrowser(t *testing.T) {
	clock := handlerstest.At(time.Now().AddDate(0, 0, -9))
	p, ref := whole(t, clock, photo(t, true))
	for i := range 26 { // some are late by now
		told := answers{"A1": {"x"}}
		if i%13 == 0 {
			told["E3"] = []string{"local"}
		}
		p.File(fmt.Sprint("more", i), told)
		clock.Add(8 * time.Hour)
	}
	clock.Set(time.Time{})
	maren := p.Dial("maren")
	for _, err := range []error{
		does(t, maren, ref, acts.Take, ""),
		does(t, maren, ref, acts.Reply, "Takk for at du forteller. Jeg heter Maren.\n\nVil du si hvor det var?"),
		does(t, maren, ref, acts.Note, "Ring henne ikke før Siv har svart."),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	p.Reporter("lin").Says("Det var på hotellet. Kan dere ringe etter klokken fire?")
	chatted(t, p, ref)
	torn := p.Copy(t) // whose log is not whole
	torn.Alter("DELETE FROM entries WHERE seq = 4", "UPDATE entries SET sig = zeroblob(64) WHERE seq = 9")
	p.Start()
	p.NewKey("jonas") // his old one is lost
	jonas := p.Dial("jonas")
	files := [2]string{fileID(t, p, ref, "IMG_2231.jpg"), fileID(t, p, ref, "Referat fra møtet.pdf")}
	for _, lang := range langs {
		line := &handlerstest.Line{}
		cut := p.DialOver("maren", line)
		t.Run(lang, func(t *testing.T) {
			if testing.Short() && lang != "nb" {
				t.Skip("one language is enough in short")
			}
			t.Parallel() // each with a browser of its own
			b := newBrowser(t)
			own := func(c *desk.Config) { c.Lang, c.Rows = lang, 25 }
			walk(b, serve(t, maren, own), lang, ref, files)
			walkCut(b, serve(t, cut, own), line, lang, ref)
			walkAside(b, serve(t, jonas, own), serve(t, torn.Dial("maren"), own), lang, ref)
		})
	}
}

// walk looks at all pages of one desk in one language.
func walk(b *browser, s serving, lang, ref string, files [2]string) {
	at := "/case/" + ref
	see := func(name, path string) {
		b.t.Helper()
		b.open(s, path)
		b.look(lang + "-" + name)
	}
	see("locked-first", "/")
	link := strings.TrimPrefix(<-s.links, s.base)
	see("in", link)
	b.press("main button")
	see("in-refused", link)
	see("queue", "/")
	b.press("nav.acts a")
	b.look(lang + "-queue-2")
	see("queue-empty", "/?view=closed")
	see("queue-narrowed", "/?level=local&holder=-")
	see("new", "/new/register")
	b.press("main button")
	b.look(lang + "-new-empty")
	see("new-relay", "/new/relay")
	see("case", at)
	see("acts", at+"/acts")
	see("log", at+"/log")
	see("overview", "/overview")
	see("certificates", "/certificates")
	b.open(s, "/")
	b.do(chromedp.SetValue(chromedp.CSS("#find"), "middagen"))
	b.press("form.search button")
	b.look(lang + "-search")
	see("unknown", "/case/T-222222")
	see("reply", at+"/act/reply?ask=B5")
	b.write("Takk. Jonas og jeg leser det du skriver.\n\nDu trenger ikke gjøre noe nå.")
	b.press("button[value=look]")
	b.look(lang + "-preview")
	see("note", at+"/act/note")
	b.press("main button.inside")
	b.look(lang + "-note-empty")
	see("give", at+"/act/give")
	b.press("main .in button.first")
	b.look(lang + "-give-empty")
	see("release", at+"/act/release")
	see("take-refused", at+"/act/take") // she has it
	see("recuse", at+"/act/recuse")
	b.write("Jeg kjenner en av dem.")
	b.press("button[value=look]")
	b.look(lang + "-recuse-sure")
	see("file", at+"/file/"+files[0])
	b.press("main a.first")
	b.look(lang + "-picture")
	see("file-other", at+"/file/"+files[1])
	see("grant", at+"/act/grant?to=siv")
	b.press("button[value=look]")
	b.look(lang + "-grant-compare")
	see("grant-recovery", at+"/act/grant?to=%23recovery")
	b.press("button[value=look]")
	b.look(lang + "-grant-recovery-sure")
	see("done", at+"?done=reply#done")
	see("no-page", "/nothing/here")
	b.open(s, at)
	b.press("header form button")
	b.look(lang + "-locked")
}

// walkCut looks at a page whose act was handed in, and no answer came.
func walkCut(b *browser, s serving, line *handlerstest.Line, lang, ref string) {
	b.signIn(s)
	b.open(s, "/case/"+ref+"/act/note")
	b.write("Ring henne ikke før Siv har svart.")
	line.Lose("POST", "/acts")
	b.press("main button.inside")
	b.look(lang + "-note-maybe")
}

// walkAside looks at what a handler sees whose key opens nothing, and at a case
// whose log is not whole.
func walkAside(b *browser, lost, torn serving, lang, ref string) {
	b.signIn(lost)
	b.open(lost, "/case/"+ref)
	b.look(lang + "-cannot-open")
	b.signIn(torn)
	b.open(torn, "/case/"+ref)
	b.look(lang + "-not-whole")
	b.open(torn, "/case/"+ref+"/act/reply")
	b.press("button[value=look]")
	b.look(lang + "-reply-empty")
}

// TestEveryActInABrowser looks, half-way through a case, at the page of every act, twice:
// on a phone and on a desktop, once light and once dark, each time in another language. The
// combinations take turns, so that among the acts each of them comes several times.
func TestEveryActInABrowser(t *testing.T) {
	t.Parallel()
	w := walking(t)
	for _, d := range path[:15] {
		w.do(t, d)
	}
	b := newBrowser(t)
	s := serve(t, w.Dial("maren"), func(c *desk.Config) { c.Now, c.Zone, c.Idle = w.clock.Now, w.zone, time.Hour })
	b.signIn(s)
	seen := map[string]int{}
	for i, a := range acts.All {
		for j, width := range []int64{360, 1280} {
			scheme, lang := []string{"light", "dark"}[(i+j)%2], langs[(i/2+j)%len(langs)]
			b.scheme(scheme)
			b.size(width)
			b.open(s, "/case/"+w.ref+"/act/"+a.Name+"?lang="+lang)
			b.eval(webtest.Axe + `;""`)
			rules := map[string]string{"light": `{}`, "dark": `{runOnly: ["color-contrast"]}`}[scheme] // as in look
			if bad := b.eval(faultsOf + "(" + rules + ")"); bad != "" {
				t.Errorf("%s, %d, %s, %s: %s", a.Name, width, scheme, lang, bad)
			}
			b.keep(fmt.Sprintf("act-%s-%d-%s-%s.png", a.Name, width, scheme, lang))
			seen[fmt.Sprint(width, scheme, lang)]++
		}
	}
	if len(seen) != 2*2*len(langs) {
		t.Errorf("the combinations are %v, of %d", seen, 2*2*len(langs))
	}
}
