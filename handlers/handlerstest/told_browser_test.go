package handlerstest_test

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"golang.org/x/net/html"

	"tillit/bot/web/webtest"
	"tillit/handlers/handlerstest"
)

// presser goes through talks on the members' pages by pressing what was never pressed
// before, so that each button of the interview is pressed once.
type presser struct {
	t       *testing.T
	at      string
	lang    string // nb if empty
	http    *http.Client
	page    *html.Node
	pressed map[string]int // how often
	copy    []string       // what was said until now, as the download has it
}

func (p *presser) get(path string) *html.Node {
	p.t.Helper()
	return p.read(http.NewRequest(http.MethodGet, p.at+path, nil))
}

func (p *presser) post(path string, fields url.Values) *html.Node {
	p.t.Helper()
	req, err := http.NewRequest(http.MethodPost, p.at+path, strings.NewReader(fields.Encode()))
	if err == nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	return p.read(req, err)
}

func (p *presser) read(req *http.Request, err error) *html.Node {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
	req.Header.Set("Accept-Language", cmp.Or(p.lang, "nb"))
	res, err := p.http.Do(req)
	if err != nil {
		p.t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		p.t.Fatalf("%s %s answers %d, %v", req.Method, req.URL.Path, res.StatusCode, err)
	}
	root, err := html.Parse(strings.NewReader(string(raw)))
	if err != nil {
		p.t.Fatal(err)
	}
	return root
}

// said are the paragraphs that the robot has said so far, as the download has them.
func (p *presser) said() (all []string) {
	for n := range p.post("/copy", url.Values{"lang": {"nb"}}).Descendants() {
		if n.Type != html.ElementNode || n.Data != "section" {
			continue
		}
		var who string
		for c := range n.ChildNodes() {
			switch {
			case c.Type != html.ElementNode || c.Data != "p":
			case who == "":
				who = text(c)
			case strings.HasSuffix(who, "Robot"):
				for _, paragraph := range strings.Split(text(c), "\n") {
					if paragraph = flat(paragraph); paragraph != "" {
						all = append(all, paragraph)
					}
				}
			}
		}
	}
	return all
}

func flat(s string) string { return strings.Join(strings.Fields(s), " ") }

// question is what stands in the form of what is asked; the receipt is no question.
func (p *presser) question() string {
	for n := range p.page.Descendants() {
		if n.Type == html.ElementNode && attrOf(n, "id") == "q" && !p.sent() {
			return flat(text(n.Parent))
		}
	}
	return ""
}

// sent reports whether the page is a receipt.
func (p *presser) sent() bool {
	_, buttons, _, _ := p.asked()
	return slices.Contains(buttons, "R.status")
}

func text(n *html.Node) (s string) {
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			s += d.Data
		}
	}
	return s
}

func attrOf(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// asked is the form with the question, its hidden fields, and what can be pressed there.
func (p *presser) asked() (fields url.Values, buttons, boxes []string, box bool) {
	for f := range p.page.Descendants() {
		if f.Type != html.ElementNode || f.Data != "form" || attrOf(f, "action") != "/say" {
			continue
		}
		fields, buttons, boxes, box = url.Values{}, nil, nil, false
		for n := range f.Descendants() {
			name, value := attrOf(n, "name"), attrOf(n, "value")
			switch {
			case n.Data == "input" && attrOf(n, "type") == "hidden":
				fields.Add(name, value)
			case n.Data == "input" && attrOf(n, "type") == "checkbox":
				boxes = append(boxes, value)
			case n.Data == "textarea":
				box = true
			case n.Data == "button" && name == "choice":
				buttons = append(buttons, value)
			}
		}
		if slices.ContainsFunc(buttons, func(b string) bool { return strings.Contains(b, ".") }) {
			return fields, buttons, boxes, box
		}
	}
	return nil, nil, nil, false
}

// next presses what was pressed least, and says what that was; empty at the end.
func (p *presser) next() string {
	fields, buttons, boxes, box := p.asked()
	if fields == nil {
		return ""
	}
	var can []string
	for _, b := range append(buttons, boxes...) {
		if !strings.HasPrefix(b, "H4.part:") {
			can = append(can, b)
		}
	}
	if box && len(buttons) > 0 {
		question, _, _ := strings.Cut(buttons[len(buttons)-1], ".")
		can = append(can, question+".words")
	}
	// What moves on comes last among what was pressed, so that each question is left.
	press := ""
	for _, c := range can {
		if p.pressed[c] == 0 && !strings.HasSuffix(c, "delete") {
			press = c
			break
		}
	}
	if press == "" {
		press = p.wayOn(can)
	}
	p.pressed[press]++
	switch {
	case strings.HasSuffix(press, ".words"):
		fields.Set("text", "Det var på middagen etter møtet.")
		if q, _, _ := strings.Cut(press, "."); slices.Contains(can, q+".~done") && len(boxes) > 0 {
			fields.Add("choice", q+".~done")
		}
	case slices.Contains(boxes, press):
		q, _, _ := strings.Cut(press, ".")
		fields.Add("choice", press)
		fields.Add("choice", q+".~done")
	default:
		fields.Add("choice", press)
	}
	p.page = p.post("/say", fields)
	return press
}

// wayOn is what leads on where everything was pressed before: what was pressed least.
func (p *presser) wayOn(can []string) string {
	if slices.Contains(can, "S3.leader") && p.pressed["L1.yes"] == 0 {
		return "S3.leader"
	}
	on := slices.DeleteFunc(slices.Clone(can), func(c string) bool {
		_, key, _ := strings.Cut(c, ".")
		return slices.Contains([]string{"~back", "~pause", "pause", "~send", "send_now", "send", "advice", "keep", "save", "delete", "delete_yes", "words"}, key)
	})
	return slices.MinFunc(append(on, can[0]), func(a, b string) int { return p.pressed[a] - p.pressed[b] })
}

// inSight asks a page for each text whether the smallest element that holds it lies inside
// the window, below the bar.
const inSight = `((texts) => {
	const flat = s => s.replace(/\s+/g, " ").trim();
	const top = document.querySelector(".bar").getBoundingClientRect().bottom;
	return texts.filter(want => {
		let best = null;
		for (const e of document.querySelectorAll("main *")) {
			if (e.closest("details:not([open])") || !flat(e.innerText || "").includes(want)) continue;
			if (!best || best.contains(e)) best = e;
		}
		if (!best) return true;
		const r = best.getBoundingClientRect();
		return r.top < top - 1 || r.bottom > innerHeight + 1;
	}).join(" | ");
})(%s)`

// TestWhatWasJustSaidIsSeen presses every button of the interview, and wants each text that
// is said by it in the window on a phone and on a desktop, where the page opens.
func TestWhatWasJustSaidIsSeen(t *testing.T) {
	ctx := webtest.Browser(t, 8*time.Minute)
	o := handlerstest.New(t)
	p := &presser{t: t, at: o.Pages.URL, pressed: map[string]int{}}
	seen := map[string]bool{}
	for idle := 0; idle < 3; idle++ { // a choice that leads elsewhere takes its turn
		before := len(p.pressed)
		p.talk(ctx, seen)
		if len(p.pressed) > before {
			idle = 0
		}
	}
	if len(seen) < 30 || len(p.pressed) < 200 {
		t.Errorf("%d texts were looked for after %d different presses; are these all?", len(seen), len(p.pressed))
	}
	for _, must := range []string{"S1.no", "S1.unsure", "A4.go_on", "S2.under15", "S3.leader", "L1.yes", "D1.does_not_want", "F3.intimate_exists", "G6.help", "H1.hidden", "H5.save", "A1.words", "A1.~pause"} {
		if p.pressed[must] == 0 {
			t.Errorf("%s was never pressed", must)
		}
	}
}

// talk is one person's, from the opening page until it is sent, and what they press then.
func (p *presser) talk(ctx context.Context, seen map[string]bool) {
	p.begin()
	p.copy = p.said()
	for range 300 {
		press := p.next()
		if press == "" {
			return
		}
		p.look(ctx, press, seen)
		if p.sent() {
			p.after(ctx, seen)
			return
		}
	}
	p.t.Error("a talk does not end")
}

// begin is a new person who presses Start.
func (p *presser) begin() {
	jar, _ := cookiejar.New(nil) // never fails without options
	p.http, p.copy = &http.Client{Jar: jar, Timeout: time.Minute}, nil
	p.page = p.get("/")
	p.page = p.post("/say", url.Values{"talk": {"AAAAAAAAAAAAAAAAAAAAAAAAAA"}, "lang": {cmp.Or(p.lang, "nb")}, "choice": {"start"}})
}

// after presses what stands under a receipt and around the page.
func (p *presser) after(ctx context.Context, seen map[string]bool) {
	fields, _, _, _ := p.asked()
	for i, press := range []string{"R.status", "delete", "status", "access", "help", "more", "pause"} {
		fields.Set("talk", strings.Repeat("A", 25)+string(rune('B'+i)))
		fields.Set("choice", press)
		p.page = p.post("/say", fields)
		p.look(ctx, press, seen)
	}
}

// look wants in the window what a press has said.
func (p *presser) look(ctx context.Context, press string, seen map[string]bool) {
	now := p.said()
	fresh := slices.Clone(now[min(len(now), len(p.copy)):])
	p.copy = now
	question := p.question()
	fresh = slices.DeleteFunc(fresh, func(s string) bool { return seen[s] || question != "" && strings.Contains(question, s) })
	if len(fresh) == 0 {
		return
	}
	for _, s := range fresh {
		seen[s] = true
	}
	p.lend(ctx)
	for _, size := range [][2]int64{{360, 800}, {1280, 800}} {
		err := chromedp.Do(ctx, chromedp.EmulateViewport(size[0], size[1]), chromedp.Navigate("about:blank"), chromedp.Navigate(p.at+"/#now"))
		hidden, failed := chromedp.Run(ctx, chromedp.Evaluate[string](fmt.Sprintf(inSight, quoted(fresh))))
		if err != nil || failed != nil {
			p.t.Fatal(err, failed)
		}
		if hidden != "" {
			p.t.Errorf("after %s at %d×%d these are not in sight: %s", press, size[0], size[1], hidden)
		}
	}
}

// lend gives the browser what the person's own has.
func (p *presser) lend(ctx context.Context) {
	at, err := url.Parse(p.at)
	if err != nil {
		p.t.Fatal(err)
	}
	var all []*network.CookieParam
	for _, c := range p.http.Jar.Cookies(at) {
		all = append(all, &network.CookieParam{Name: c.Name, Value: c.Value, URL: p.at})
	}
	if _, err := chromedp.Call(ctx, network.SetCookies, network.SetCookiesParams{Cookies: all}); err != nil {
		p.t.Fatal(err)
	}
}

func quoted(all []string) string {
	var out []string
	for _, s := range all {
		out = append(out, fmt.Sprintf("%q", s))
	}
	return "[" + strings.Join(out, ",") + "]"
}

// TestStartIsInSight wants the button that begins on the first screen of a phone, in every
// language.
func TestStartIsInSight(t *testing.T) {
	ctx := webtest.Browser(t, time.Minute)
	o := handlerstest.New(t)
	for _, lang := range []string{"nb", "nn", "en"} {
		err := chromedp.Do(ctx, chromedp.EmulateViewport(360, 800), chromedp.Navigate(o.Pages.URL+"/?lang="+lang))
		bottom, failed := chromedp.Run(ctx, chromedp.Evaluate[float64](`document.querySelector("button[value=start]").getBoundingClientRect().bottom`))
		if err != nil || failed != nil || bottom > 800 || bottom < 100 {
			t.Errorf("%s: Start ends at %v (%v, %v), want it on the first screen", lang, bottom, err, failed)
		}
	}
}
