package desk_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"tillit/intake"
	"tillit/store/cases"
)

const focused = `(() => {
	const e = document.activeElement, r = e.getBoundingClientRect(), s = getComputedStyle(e);
	const at = document.elementFromPoint(r.x + r.width / 2, r.y + r.height / 2);
	const name = e.labels && e.labels.length ? e.labels[0].innerText : e.innerText;
	return JSON.stringify({Name: (name || e.tagName).trim().split("\n")[0], Ring: s.outlineStyle !== "none" && parseFloat(s.outlineWidth) >= 2,
		Seen: r.top >= 0 && r.bottom <= innerHeight && at !== null && (e === at || e.contains(at) || at.contains(e))});
})()`

// tab presses Tab until something is reached, and returns the names of all that
// had the focus on the way. Each must be seen, and be seen to have it.
func (b *browser) tab(to string) []string {
	b.t.Helper()
	var way []string
	for range 60 {
		b.do(chromedp.KeyEvent("\t"))
		var on struct {
			Name       string
			Ring, Seen bool
		}
		if err := json.Unmarshal([]byte(b.eval(focused)), &on); err != nil {
			b.t.Fatal(err)
		}
		if way = append(way, on.Name); !on.Ring || !on.Seen {
			b.t.Errorf("%q has the focus: ring %v, in sight %v", on.Name, on.Ring, on.Seen)
		}
		if on.Name == to {
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
	p := newPlace(t)
	ref := p.file(late())
	p.says("lin", "Kan dere ringe?")
	s := serve(t, p.dial("maren"))
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
	bar := []string{"Gå til innholdet", "Kø", "Lås"}
	write := "Skriv til den som meldte fra"

	b.do(chromedp.EmulateViewport(1280, 800), chromedp.Navigate(<-s.links))
	step("Åpne", enter, "Gå til innholdet", "Åpne")
	step("Gå til innholdet", "", "Gå til innholdet")
	b.do(chromedp.KeyEvent(enter)) // past the bar
	step(ref+" Fylke", enter, "Alle åpne", "Uleste", "Mine", "Avsluttede", "Referanse", "Finn", ref+" Fylke")
	step(write, enter, append(slices.Clone(bar), "Kø", "Les det nye", write)...)
	step("Ordene dine til den som meldte fra", "", append(slices.Clone(bar), ref, "Ordene dine til den som meldte fra")...)
	b.do(chromedp.KeyEvent("Takk. Jeg ringer."))
	step("Se det slik det blir vist", space, "Se det slik det blir vist")
	step("Send til den som meldte fra", enter, append(slices.Clone(bar), ref, "Send til den som meldte fra")...)

	if done := b.eval(`document.querySelector("#done").innerText`); !strings.Contains(done, "Sendt til den som meldte fra.") {
		t.Errorf("the page says %q", done)
	}
	cs, err := p.dial("jonas").Case(t.Context(), ref, "read")
	if err != nil {
		t.Fatal(err)
	}
	if last := cs.Entries[len(cs.Entries)-1]; last.Kind != cases.TypeReply || last.Text.Reveal() != "Takk. Jeg ringer." {
		t.Errorf("the newest entry is a %s", last.Kind)
	}
	step(write, "", write) // what was done is where the reader is, and the way on from there
	b.tab("Gi noen tilgang")
	b.do(chromedp.KeyEvent(space))
	b.tab("Kollega")
	b.tab("Sammenlign nøkkelen")
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
	p := newPlace(t)
	ref := p.file(short)
	maren := p.dial("maren")
	if err := maren.Reply(t.Context(), ref, intake.NewPrivate("ut")); err != nil {
		t.Fatal(err)
	}
	if err := maren.Note(t.Context(), ref, intake.NewPrivate("inn")); err != nil {
		t.Fatal(err)
	}
	s := serve(t, maren)
	b.signIn(s)
	for _, scheme := range []string{"light", "dark"} {
		b.scheme(scheme)
		b.open(s, "/case/"+ref)
		pairs := map[string][2]cue{"entries": {b.cue(".entry.out"), b.cue(".entry.inside")}, "buttons": {b.cue(".button.out"), b.cue(".button.inside")}}
		b.open(s, "/case/"+ref+"/reply")
		reply := b.cue(".frame.out")
		b.open(s, "/case/"+ref+"/note")
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
