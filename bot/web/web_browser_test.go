package web_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"tillit/bot"
	"tillit/bot/web"
	"tillit/bot/web/webtest"
	"tillit/intake"
)

func pages() map[string][]bot.Message {
	boxes := bot.Message{Message: intake.Message{
		ID: "F3", Kind: intake.KindQuestion, Text: "Do you have messages or pictures?", Accepts: intake.AcceptsFile,
		Choices: []intake.Choice{{ID: "F3.a", Label: "Messages"}, {ID: "F3.~done", Label: "Done", Way: true}, {ID: "F3.~skip", Label: "Skip", Way: true}},
	}}
	review := bot.Message{Message: intake.Message{
		ID: "H4", Kind: intake.KindReview, Text: "Please look over.", Choices: []intake.Choice{{ID: "H4.ok", Label: "I have", Main: true}},
		Review: []intake.ReviewPart{{Part: 1, Title: "Own words", Edit: "H4.part:1", Questions: []intake.ReviewQuestion{{ID: "A1", Title: "What", State: "answered"}}}},
	}}
	receipt := bot.Message{Message: intake.Message{ID: "R", Kind: intake.KindReceipt, Text: "Received."}}
	care := bot.Message{Message: intake.Message{ID: "aftercare", Kind: intake.KindCard, Text: "Telling can stir things up."}}
	office := bot.Message{Words: intake.NewPrivate("Thank you."), At: time.Unix(1e9, 0), Message: intake.Message{Kind: intake.KindOffice, Text: "From Maren:"}}
	paper := bot.Message{Words: intake.NewPrivate("Lin told that she moved her chair.\n\nAgreed: Maren writes before Christmas."), At: time.Unix(1e9, 0), Message: intake.Message{
		ID: "minutes", Kind: intake.KindOffice, Text: "Minutes from Maren:", Help: "Is it right?",
		Choices: []intake.Choice{{ID: "ok:12@T-4K7Q2X", Label: "Correct"}, {ID: "change:12@T-4K7Q2X", Label: "Change"}},
	}}
	noted := bot.Message{Message: intake.Message{ID: "minutes_noted", Kind: intake.KindReply, Text: "It is noted."}}
	words := mine("A1", "It was at the dinner. "+strings.Repeat("a", 80))
	return map[string][]bot.Message{
		"free": {boxes, question(), words}, "boxes": {question(), words, boxes},
		"review": {question(), words, review}, "paused": {question(), {Message: intake.Message{ID: "paused", Kind: intake.KindReply, Text: "Take your time."}}}, "receipt": {words, receipt, care}, "office": {receipt, office},
		"minutes": {receipt, office, paper}, "older minutes": {receipt, paper, paper, noted, office},
	}
}

func TestBrowser(t *testing.T) {
	ctx := webtest.Browser(t, 5*time.Minute)
	if _, err := chromedp.Call(ctx, network.Enable, network.EnableParams{}); err != nil {
		t.Fatalf("network: %v", err)
	}
	own := ""
	chromedp.Listen(ctx, func(ev any) {
		if e, ok := ev.(*network.EventRequestWillBeSent); ok && own != "" && !strings.HasPrefix(e.Request.URL, own) && strings.HasPrefix(e.Request.URL, "http") {
			t.Errorf("a page asks for something elsewhere")
		}
	})
	for name, lines := range pages() {
		r := newRig(t, lines...)
		r.stands = standing()
		s := httptest.NewServer(r)
		own = s.URL
		look(t, ctx, s.URL, "/help", "/who", "/come-back", "/")
		// The walk itself needs no script: the cookie comes with the first press.
		_, err := chromedp.Call(ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
		r.show(nil)
		if err == nil {
			err = chromedp.Do(ctx, chromedp.Navigate(s.URL+"/"), chromedp.Click(`button[value=start]`))
		}
		for end := time.Now().Add(5 * time.Second); err == nil && r.count() == 0 && time.Now().Before(end); {
			time.Sleep(10 * time.Millisecond)
		}
		_, off := chromedp.Call(ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{})
		if err != nil || off != nil || r.count() != 1 {
			t.Fatalf("%s: pressing Start without script: %v, %v, %d events", name, err, off, r.count())
		}
		r.show(lines)
		look(t, ctx, s.URL, "/", "/code", "/clean", "/copy")
		s.Close()
	}
}

// TestLeaveQuicklyLeaves presses it in a browser: the form's redirect must pass
// the page's own policy.
func TestLeaveQuicklyLeaves(t *testing.T) {
	ctx := webtest.Browser(t, 5*time.Minute)
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if from := r.Referer(); from != "" {
			t.Errorf("where one leaves to learns from where: %q", from)
		}
		_, _ = w.Write([]byte("<title>weather</title>"))
	}))
	defer elsewhere.Close()
	s := httptest.NewServer(web.New(web.Config{Copies: newRig(t), Decode: bot.DecodeLine, Leave: elsewhere.URL + "/", DefaultLang: "en"}))
	defer s.Close()
	err := chromedp.Do(ctx, chromedp.Navigate(s.URL+"/"), chromedp.Click(`.leave`))
	title, terr := chromedp.Run(ctx, chromedp.Evaluate[string](`document.title`))
	for end := time.Now().Add(5 * time.Second); title != "weather" && time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		title, terr = chromedp.Run(ctx, chromedp.Evaluate[string](`document.title`))
	}
	if title != "weather" {
		t.Errorf("pressing it leads to %q (%v, %v)", title, err, terr)
	}
}

func (r *rig) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.got)
}

// look holds pages at three widths to axe and to no sideways scroll.
func look(t *testing.T, ctx context.Context, base string, paths ...string) {
	t.Helper()
	for _, p := range paths {
		for _, width := range []int64{320, 360, 1280} {
			if err := chromedp.Do(ctx, chromedp.EmulateViewport(width, 800), chromedp.Navigate(base+p)); err != nil {
				t.Fatalf("%s: %v", p, err)
			}
			over, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`document.documentElement.scrollWidth > innerWidth`))
			if err != nil || over {
				t.Errorf("%s at %d: scrolls sideways (%v)", p, width, err)
			}
			bad, err := chromedp.Run(ctx, chromedp.Evaluate[string](webtest.Axe+`;document.querySelectorAll("details").forEach(d=>d.open=true);axe.run().then(r=>r.violations.map(v=>v.id+" "+v.nodes[0].html).join("; "))`, chromedp.EvalAwaitPromise))
			if err != nil || bad != "" {
				t.Errorf("%s at %d: axe: %s (%v)", p, width, bad, err)
			}
		}
	}
}
