package web_test

import (
	"errors"
	"strings"
	"testing"

	"tillit/bot"
	"tillit/intake"
)

func TestWordsBesideButton(t *testing.T) {
	r := newRig(t, question())
	r.do("POST", "/say", form("text", canary, "choice", "A1.~done", "asked", "A1@1"), "Cookie", cookie)
	if len(r.got) != 1 || r.got[0].Text.IsZero() || len(r.got[0].Choices) != 1 || r.got[0].Asked != "A1@1" {
		t.Errorf("words beside Done made %d events", len(r.got))
	}
	w := r.do("POST", "/say", form("text", canary, "choice", "lang:nn", "asked", "A1@1"), "Cookie", cookie)
	if len(r.got) != 2 || !r.got[1].Text.IsZero() || !strings.Contains(w.Body.String(), canary) {
		t.Error("words beside a language are not given back")
	}
}

// TestAPageWithBoxesTellsAllOfThem wants "nobody" to be heard when nothing is ticked
// any more, also from the page that offers a form again.
func TestAPageWithBoxesTellsAllOfThem(t *testing.T) {
	q := bot.Message{Message: intake.Message{ID: "E5", Kind: intake.KindQuestion, Accepts: intake.AcceptsMulti, Text: "Who?", Choices: []intake.Choice{
		{ID: "E5.p:ola", Label: "Ola", Picked: true}, {ID: "E5.~done", Label: "Done", Way: true},
	}}}
	const boxes = `name="boxes" value="1"`
	r := newRig(t, q)
	if b := r.do("GET", "/", "", "Cookie", cookie).Body.String(); !strings.Contains(b, boxes) || !strings.Contains(b, `value="E5.p:ola" checked`) {
		t.Errorf("the page does not say that its boxes are all: %s", b)
	}
	r.fail = errors.New("full")
	if b := r.do("POST", "/say", form("choice", "E5.~done", "boxes", "1"), "Cookie", cookie).Body.String(); !strings.Contains(b, boxes) {
		t.Error("the form that is offered again does not say it")
	}
	r.fail = nil
	r.do("POST", "/say", form("choice", "E5.~done", "boxes", "1"), "Cookie", cookie)
	r.do("POST", "/say", form("choice", "E5.~done"), "Cookie", cookie)
	if len(r.got) != 2 || !r.got[0].Boxes || r.got[1].Boxes {
		t.Errorf("%d events", len(r.got))
	}
	r.show([]bot.Message{question()})
	if b := r.do("GET", "/", "", "Cookie", cookie).Body.String(); strings.Contains(b, boxes) {
		t.Error("a page without boxes speaks of some")
	}
}

// TestWordsComeAlongToEarlierTurns wants the way to earlier turns not to leave behind what
// stands in the box.
func TestWordsComeAlongToEarlierTurns(t *testing.T) {
	r := newRig(t, question())
	r.more = true
	page := r.do("GET", "/", "", "Cookie", cookie).Body.String()
	if !strings.Contains(page, `value="page:earlier-1"`) || strings.Contains(page, `href="/?earlier=`) {
		t.Error("a page with a box leads away from it by a link")
	}
	w := r.do("POST", "/say", form("text", canary, "choice", "page:earlier-1", "asked", "A1@1"), "Cookie", cookie)
	if len(r.got) != 0 || w.Code != 200 || !strings.Contains(w.Body.String(), canary) || !strings.Contains(w.Body.String(), `name="text"`) {
		t.Errorf("the words are not in the box of the earlier part: %d, %d events", w.Code, len(r.got))
	}
	for _, nonsense := range []string{"page:earlier-", "page:earlier-x", "page:earlier--1", "page:earlier-99999999999999999999"} {
		if w := r.do("POST", "/say", form("text", canary, "choice", nonsense, "asked", "A1@1"), "Cookie", cookie); w.Code != 200 || !strings.Contains(w.Body.String(), canary) {
			t.Errorf("%s answers %d", nonsense, w.Code)
		}
	}
}
