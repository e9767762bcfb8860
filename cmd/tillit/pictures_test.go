package main

import (
	"bytes"
	"context"
	"flag"
	"image"
	"image/color"
	"image/png"
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"tillit/bot/web/webtest"
	"tillit/handlers/casework"
	"tillit/handlers/desk"
)

var pictures = flag.String("pictures", "", "make the pictures of the documents, in this folder")

// mostPicture is how large a picture of the documents may be.
const mostPicture = 150 << 10

// TestPictures makes the pictures of README and docs/ROUTINE.md, when tools/pictures asks
// for them: what a newcomer sees of the house.
func TestPictures(t *testing.T) {
	if *pictures == "" {
		t.Skip("tools/pictures asks for them")
	}
	ctx := webtest.Browser(t, 4*time.Minute)
	if _, err := chromedp.Call(ctx, emulation.SetScrollbarsHidden, emulation.SetScrollbarsHiddenParams{Hidden: true}); err != nil {
		t.Fatal(err)
	}
	zone, err := time.LoadLocation(demoZone)
	if err != nil {
		t.Fatal(err)
	}
	h := tell(t, time.Date(2026, 11, 27, 14, 0, 0, 0, zone))
	maren := h.as(t, "maren")
	c := camera{t, ctx, h.desk(t, ctx, maren)}
	to := func(id string) string { return "/case/" + h.with(t, maren, id) }
	c.take("case", to("confirm"), 1280, 900)
	c.take("phone", to("confirm"), 390, 800)
	c.take("acts", to("level")+"/acts", 1280, 900)
	c.take("decide", to("decide"), 1280, 900)
	c.take("queue", "/", 1280, 900) // with the first lines of what was opened
	c.take("overview", "/overview", 1280, 800)
}

// desk serves somebody's desk, signs the browser in, and returns its address.
func (h toldHouse) desk(t *testing.T, browser context.Context, c *casework.Client) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	links, ended := make(chan string, 1), make(chan error, 1)
	ctx, stop := context.WithCancel(t.Context())
	go func() {
		ended <- desk.Serve(ctx, desk.Config{Work: c, Lang: "en", Zone: h.now.Location(), Now: func() time.Time { return h.now },
			OnLink: func(link string) { links <- link }}, ln)
	}()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	if err := chromedp.Do(browser, chromedp.Navigate(<-links)); err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.RunResponse(browser, chromedp.Click(chromedp.CSS("main button"))); err != nil {
		t.Fatal(err)
	}
	return "http://" + ln.Addr().String()
}

// with is the reference of a case in which a step is open.
func (h toldHouse) with(t *testing.T, c *casework.Client, step string) string {
	t.Helper()
	all := h.cases(t, c)
	for _, ref := range slices.Sorted(maps.Keys(all)) {
		if slices.ContainsFunc(c.Where(all[ref], h.now).Open, func(task casework.Task) bool { return task.ID == step }) {
			return ref
		}
	}
	t.Fatalf("in no case is %s open", step)
	return ""
}

// camera takes pictures of a desk's pages.
type camera struct {
	t    *testing.T
	ctx  context.Context
	base string
}

// take keeps a picture of the top of a page.
func (c camera) take(name, path string, width, height int64) {
	c.t.Helper()
	err := chromedp.Do(c.ctx,
		chromedp.EmulateViewport(width, height, func(p *emulation.SetDeviceMetricsOverrideParams, _ *emulation.SetTouchEmulationEnabledParams) {
			p.Mobile, p.ScreenWidth, p.ScreenHeight = width < 500, width, height
		}), chromedp.Navigate(c.base+path))
	if err != nil {
		c.t.Fatal(err)
	}
	shot, err := chromedp.Run(c.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		c.t.Fatal(err)
	}
	small, err := fewColours(shot)
	if err == nil {
		err = os.WriteFile(filepath.Join(*pictures, name+".png"), small, 0o644)
	}
	if err != nil || len(small) > mostPicture {
		c.t.Errorf("%s has %d bytes: %v", name, len(small), err)
	}
}

// fewColours writes a picture with the 256 colours that it has most of, and the nearest
// of them for the others: of a page these are the edges of letters.
func fewColours(shot []byte) ([]byte, error) {
	from, err := png.Decode(bytes.NewReader(shot))
	if err != nil {
		return nil, err
	}
	count, b := map[color.RGBA]int{}, from.Bounds()
	at := func(x, y int) color.RGBA { return color.RGBAModel.Convert(from.At(x, y)).(color.RGBA) }
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			count[at(x, y)]++
		}
	}
	most := slices.SortedFunc(maps.Keys(count), func(a, b color.RGBA) int { return count[b] - count[a] })
	var palette color.Palette
	for _, c := range most[:min(256, len(most))] {
		palette = append(palette, c)
	}
	nearest, to := map[color.RGBA]uint8{}, image.NewPaletted(b, palette)
	for _, c := range most {
		nearest[c] = uint8(palette.Index(c))
	}
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			to.SetColorIndex(x, y, nearest[at(x, y)])
		}
	}
	var out bytes.Buffer
	err = (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&out, to)
	return out.Bytes(), err
}
