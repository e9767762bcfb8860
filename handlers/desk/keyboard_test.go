package desk_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"tillit/handlers/handlerstest"
	"tillit/handlers/routine/acts"
	"tillit/store/cases"
)

// focused looks at what has the focus once the browser has drawn it: whether one sees
// that it has it, and whether all of it, ring included, is in the window. Of a box for
// words it is where one writes, and what is taller than the window only has to be in it.
const focused = `new Promise(drawn => requestAnimationFrame(() => requestAnimationFrame(drawn))).then(() => {
	const e = document.activeElement, r = e.tagName === "TEXTAREA" ? {...e.getBoundingClientRect().toJSON(), height: 44} : e.getBoundingClientRect(), s = getComputedStyle(e), high = visualViewport.height;
	const ring = s.outlineStyle === "none" ? 0 : parseFloat(s.outlineWidth), out = ring + parseFloat(s.outlineOffset);
	const end = r.top + r.height, top = Math.max(r.top, 0), bottom = Math.min(end, high);
	const at = document.elementFromPoint(r.x + r.width / 2, (top + bottom) / 2);
	const name = e.labels && e.labels.length ? e.labels[0].innerText : e.innerText;
	return JSON.stringify({Name: (name || e.tagName).trim().split("\n")[0], Body: e === document.body, Ring: ring >= 2,
		Seen: (r.height + 2 * out > high ? bottom > top : r.top - out >= -1 && end + out <= high + 1) && at !== null && (e === at || e.contains(at) || at.contains(e)),
		Where: [r.top, r.bottom, high].map(Math.round).join(" ")});
})`

// focus is what has the focus.
type focus struct {
	Name, Where      string
	Body, Ring, Seen bool
}

// focus looks at what has the focus. It must be seen, and be seen to have it.
func (b *browser) focus() (on focus) {
	b.t.Helper()
	if err := json.Unmarshal([]byte(b.eval(focused)), &on); err != nil {
		b.t.Fatal(err)
	}
	if !on.Body && (!on.Ring || !on.Seen) {
		b.t.Errorf("%q has the focus: ring %v, in sight %v, at %s", on.Name, on.Ring, on.Seen, on.Where)
	}
	return on
}

// tab presses Tab until something is reached, and returns the names of all that
// had the focus on the way. Each must be seen, and be seen to have it.
func (b *browser) tab(to string) []string {
	b.t.Helper()
	var way []string
	for range 60 {
		b.do(chromedp.KeyEvent("\t"))
		on := b.focus()
		if way = append(way, on.Name); on.Name == to {
			return way
		}
	}
	b.t.Fatalf("Tab never reaches %q: %q", to, way)
	return nil
}

// key presses a key that leads to another page.
func (b *browser) key(k string) {
	b.t.Helper()
	if _, err := chromedp.RunResponse(b.ctx, chromedp.KeyEvent(k)); err != nil {
		b.t.Fatal(err)
	}
}

// TestKeyboard signs in, opens a case and answers it with Tab, Enter, Space and
// letters alone.
func TestKeyboard(t *testing.T) {
	b := newBrowser(t)
	p, ref := late(t)
	p.Reporter("lin").Says("Kan dere ringe?")
	s := serve(t, p.Dial("maren"))
	b.base.Store(&s.base)
	step := func(to, key string, want ...string) {
		t.Helper()
		if way := b.tab(to); !slices.Equal(way, want) {
			t.Errorf("the way to %q is %q, want %q", to, way, want)
		}
		if key != "" {
			b.key(key)
		}
	}
	const enter, space = "\r", " "
	bar := []string{"Gå til innholdet", "Kø", "Oversikt", "Lås"}
	write, back := "Skriv til den som meldte fra", ref+" «It was at the dinner.»"

	b.do(chromedp.EmulateViewport(1280, 800), chromedp.Navigate(<-s.links))
	step("Åpne", enter, "Gå til innholdet", "Åpne")
	step("Gå til innholdet", "", "Gå til innholdet")
	b.do(chromedp.KeyEvent(enter)) // past the bar
	step(ref+" Sentralt", enter, "Registrer en melding", "Alle åpne", "Uleste", "Mine", "Avsluttede", "Ord eller referanse", "Finn", "Hvem som har saken", "Nivå", "Fase", "Husk", "Kanal", "Vis", ref+" Sentralt")
	step(write, enter, append(slices.Clone(bar), "Kø", "Vurder fare", "Ta saken", "Les det nye", "Merk som lest", "Alle handlinger", "Det som er fortalt", "Ikke besvart", "Siste ord",
		"Logg", "Åpne steg", "Filer", "Hvem som kan åpne", "Trygg nå", "Din tilknytning", "Alder", "Mer du husker", "Hvem du er", "Når vi kan skrive", "Spør om disse", write)...)
	step("Ordene dine til den som meldte fra", "", append(slices.Clone(bar), back, "Begynn med et brev", "Sett inn brevet", "Ordene dine til den som meldte fra")...)
	b.do(chromedp.KeyEvent("Takk. Jeg ringer."))
	step("Se det slik det blir vist", space, "Se det slik det blir vist")
	step("Send til den som meldte fra", enter, append(slices.Clone(bar), back, "Send til den som meldte fra")...)

	if done := b.eval(`document.querySelector("#done").innerText`); !strings.Contains(done, "Sendt til den som meldte fra.") {
		t.Errorf("the page says %q", done)
	}
	cs, err := p.Dial("jonas").Case(t.Context(), ref)
	if err != nil {
		t.Fatal(err)
	}
	if last := cs.Entries[len(cs.Entries)-1]; last.Kind != cases.TypeReply || last.Text.Reveal() != "Takk. Jeg ringer." {
		t.Errorf("the newest entry is a %s", last.Kind)
	}
	step(write, "", write) // what was done is where the reader is, and the way on from there
	b.open(s, "/case/"+ref)
	b.tab("Gi noen tilgang")
	b.key(enter)
	b.tab("Kollega")
	b.do(chromedp.KeyEvent("S"))
	b.tab("Sammenlign nøkkelen")
	b.key(space)
	b.tab("Det stemmer. Gi tilgang")
}

// TestTheFocusIsInSight goes through a long case with Tab, with everything unfolded,
// in windows of a phone, a desktop and a low one.
func TestTheFocusIsInSight(t *testing.T) {
	p, ref := whole(t, &handlerstest.Clock{}, photo(t, true))
	b := newBrowser(t)
	s := serve(t, p.Dial("maren"))
	b.signIn(s)
	for name, size := range map[string][2]int64{"phone": {360, 640}, "desktop": {1280, 800}, "low": {1280, 420}} {
		for page, least := range map[string]int{"/case/" + ref: 25, "/case/" + ref + "/act/reply": 6, "/": 12} {
			if least < 25 && name != "phone" {
				continue // there it is the narrow window that is hard
			}
			b.do(chromedp.EmulateViewport(size[0], size[1]))
			b.open(s, page)
			b.eval(`document.querySelectorAll("details").forEach(d => d.open = true);""`)
			n := 0
			for b.do(chromedp.KeyEvent("\t")); !b.focus().Body; b.do(chromedp.KeyEvent("\t")) {
				if n++; n > 200 {
					t.Fatalf("%s: Tab never leaves the page", name)
				}
			}
			if n < least {
				t.Errorf("%s: Tab reaches %d places of %s, want at least %d", name, n, page[:min(len(page), 6)], least)
			}
		}
	}
}

const cues = `(sel) => {
	const e = document.querySelector(sel), head = e.querySelector(".of, .band") || e, words = e.querySelector(".words, textarea") || e;
	const grey = c => { const [r, g, b, a] = c.match(/[\d.]+/g).map(Number); return a === 0 ? -1 : (.2126 * r + .7152 * g + .0722 * b) / 255; };
	let back = head; while (grey(getComputedStyle(back).backgroundColor) < 0) back = back.parentElement;
	return JSON.stringify({Line: getComputedStyle(e).borderTopStyle, Icon: e.querySelector("svg").innerHTML, Words: head.innerText.trim(),
		Font: getComputedStyle(words).fontFamily, Hatch: getComputedStyle(e).backgroundImage !== "none",
		Fill: Math.abs(grey(getComputedStyle(back).backgroundColor) - grey(getComputedStyle(document.body).backgroundColor))});
}`

// cue is by what one sees where words go, colours aside.
type cue struct {
	Line, Icon, Words, Font string
	Hatch                   bool
	Fill                    float64 // how far the ground is from the page's, in grey
}

func (b *browser) cue(selector string) (c cue) {
	b.t.Helper()
	if err := json.Unmarshal([]byte(b.eval("("+cues+")("+"`"+selector+"`)")), &c); err != nil {
		b.t.Fatal(err)
	}
	return c
}

// TestOutAndInsideNeverLookAlike compares what goes to the reporter with what
// stays inside, without their colours.
func TestOutAndInsideNeverLookAlike(t *testing.T) {
	b := newBrowser(t)
	p := handlerstest.New(t)
	ref := p.File("lin", short)
	maren := p.Dial("maren")
	if err := does(t, maren, ref, acts.Reply, "ut"); err != nil {
		t.Fatal(err)
	}
	if err := does(t, maren, ref, acts.Note, "inn"); err != nil {
		t.Fatal(err)
	}
	s := serve(t, maren)
	b.signIn(s)
	for _, scheme := range []string{"light", "dark"} {
		b.scheme(scheme)
		b.open(s, "/case/"+ref)
		pairs := map[string][2]cue{"entries": {b.cue(".entry.out"), b.cue(".entry.inside")}, "buttons": {b.cue(".button.out"), b.cue(".button.inside")}}
		b.open(s, "/case/"+ref+"/act/reply")
		reply := b.cue(".frame.out")
		b.open(s, "/case/"+ref+"/act/note")
		pairs["pages"] = [2]cue{reply, b.cue(".frame.inside")}
		for what, pair := range pairs {
			out, in := pair[0], pair[1]
			if out.Line != "solid" || in.Line != "dashed" || out.Icon == in.Icon || out.Words == in.Words || out.Fill < 0.4 || in.Fill > 0.15 {
				t.Errorf("%s, %s: out %+v, inside %+v", scheme, what, out, in)
			}
			if what != "buttons" && (out.Font == in.Font || out.Hatch || !in.Hatch) {
				t.Errorf("%s, %s: out %+v, inside %+v", scheme, what, out, in)
			}
		}
	}
}
