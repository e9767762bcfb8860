package web_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"tillit/bot"
	"tillit/bot/web"
	"tillit/intake"
)

func TestLeaveAndCode(t *testing.T) {
	r := newRig(t, question())
	w := r.do("POST", "/leave", "", "Cookie", cookie)
	if w.Code != 303 || !strings.Contains(w.Header().Get("Set-Cookie"), "Max-Age=0") || w.Header().Get("Clear-Site-Data") == "" {
		t.Error("leaving keeps the talk")
	}
	if w := r.do("POST", "/code", "", "Cookie", cookie); !strings.Contains(w.Body.String(), "4820 1937") {
		t.Error("the code is not shown")
	}
	r.came = map[intake.ConversationID]bool{}
	page := r.do("GET", "/come-back", "")
	browser := regexp.MustCompile(`name="browser" value="([^"]+)"`).FindStringSubmatch(page.Body.String())
	if browser == nil || page.Header().Get("Set-Cookie") != "" {
		t.Fatal("the page has no new secret, or sets one already")
	}
	first := r.do("POST", "/come-back", "code=1&browser="+browser[1])
	if first.Code != 303 || first.Header().Get("Set-Cookie") == "" {
		t.Error("a code opens nothing")
	}
	again := r.do("POST", "/come-back", "code=1&browser="+browser[1]) // the answer was lost
	if again.Code != 303 || again.Header().Get("Set-Cookie") != first.Header().Get("Set-Cookie") {
		t.Errorf("the same form again: %d, and another talk", again.Code)
	}
	for _, other := range []string{"", "x", strings.Repeat("A", 42), strings.Repeat("A", 44), "..//"} {
		if w := r.do("POST", "/come-back", "code=1&browser="+other); w.Code != 403 {
			t.Errorf("a used code with the secret %q: %d", other, w.Code)
		}
	}
	for err, want := range map[error]int{web.ErrUnknown: 403, web.ErrBusy: 503} {
		r.code = err
		if w := r.do("POST", "/come-back", "code=12345"); w.Code != want || !strings.Contains(w.Body.String(), "12345") {
			t.Errorf("%v: got %d", err, w.Code)
		}
	}
}

// TestDeletedIsSaidOnlyWhenItIs holds the page after deletion to the truth, however
// the person said yes.
func TestDeletedIsSaidOnlyWhenItIs(t *testing.T) {
	for name, yes := range map[string][]string{"pressed": {"choice", "delete_yes"}, "typed": {"text", "Yes, delete everything"}} {
		r := newRig(t, question())
		if w := r.do("GET", "/deleted", "", "Cookie", cookie); w.Code != 303 {
			t.Errorf("%s: the page says that it is deleted, and the talk is there", name)
		}
		r.take = func(bot.Event) error { r.lines = nil; return nil }
		w := r.do("POST", "/say", form(yes...), "Cookie", cookie)
		to := w.Header().Get("Location")
		if to != "/deleted?lang=en" || !strings.Contains(w.Header().Get("Set-Cookie"), "Max-Age=0") {
			t.Errorf("%s: leads to %q with the cookie %q", name, to, w.Header().Get("Set-Cookie"))
		}
		if b := r.do("GET", to, "").Body.String(); !strings.Contains(b, "Backups are gone by 24 December.") {
			t.Errorf("%s: the page does not name the day", name)
		}
	}
}

func TestTheOpeningNamesTheTime(t *testing.T) {
	if b := newRig(t).do("GET", "/", "").Body.String(); !strings.Contains(b, "deleted after 14 days") {
		t.Error("the opening does not say how long what is not sent is kept")
	}
}

func TestTypedCommandsLeadToTheirPages(t *testing.T) {
	r := newRig(t, question())
	for text, want := range map[string]string{"/code": "/code", "/clean": "/clean"} {
		if w := r.do("POST", "/say", form("text", text), "Cookie", cookie); w.Header().Get("Location") != want {
			t.Errorf("%s leads to %q", text, w.Header().Get("Location"))
		}
	}
	if w := r.do("POST", "/say", form("choice", "R.code"), "Cookie", cookie); w.Header().Get("Location") != "/code" {
		t.Errorf("the receipt's button leads to %q", w.Header().Get("Location"))
	}
	if len(r.got) != 0 {
		t.Errorf("%d of them were told to the bot", len(r.got))
	}
	for _, text := range []string{"code", "/status", "my /code"} {
		r.do("POST", "/say", form("text", text, "talk", talkID), "Cookie", cookie)
	}
	if len(r.got) != 3 {
		t.Errorf("%d of 3 other messages were told to the bot", len(r.got))
	}
}

func TestTheLanguageIsChangedByAPress(t *testing.T) {
	r := newRig(t, question())
	if b := r.do("GET", "/", "", "Cookie", cookie).Body.String(); !strings.Contains(b, `name="choice" value="lang:nn"`) {
		t.Fatal("the page has no button for another language")
	}
	w := r.do("POST", "/say", form("choice", "lang:nn"), "Cookie", cookie)
	if len(r.got) != 1 || r.got[0].Choices[0] != "lang:nn" || !strings.Contains(w.Header().Get("Set-Cookie"), ".nn;") {
		t.Errorf("pressing it told %d events and set %q", len(r.got), w.Header().Get("Set-Cookie"))
	}
}

func TestTheReceiptCares(t *testing.T) {
	say := func(id string, kind intake.MessageKind, text string) bot.Message {
		return bot.Message{Message: intake.Message{ID: id, Kind: kind, Text: text}}
	}
	receipt, care := say("R", intake.KindReceipt, "Received."), say("aftercare", intake.KindCard, "Telling can stir things up.")
	r := newRig(t, receipt, care)
	b := r.do("GET", "/", "", "Cookie", cookie).Body.String()
	for _, want := range []string{"If you would like to talk with someone", "Telling can stir things up.", `href="tel:116117"`, "116 111"} {
		if !strings.Contains(b, want) {
			t.Errorf("the receipt's page lacks %q", want)
		}
	}
	r.show([]bot.Message{receipt, say("aftercare", intake.KindCard, "You can call.\n116 111: Children and youth, any hour")})
	b = r.do("GET", "/", "", "Cookie", cookie).Body.String()
	if strings.Count(b, "116 111</a>") != 1 || strings.Contains(b, "116 111: ") || strings.Contains(b, `href="tel:116117"`) {
		t.Error("numbers that are said with the receipt are not the ones to press, once")
	}
	r.show([]bot.Message{receipt, care, mine("", canary), say("kept", intake.KindReply, "It is saved.")})
	b = r.do("GET", "/", "", "Cookie", cookie).Body.String()
	if strings.Count(b, "Telling can stir") != 1 || !strings.Contains(b, canary) || !strings.Contains(b, "It is saved.") {
		t.Error("after she wrote more, the page does not show all of it once")
	}
}

// TestTheTimeIsTheOrganisations holds that an answer is not told to have come at
// another hour than the receipt's.
func TestTheTimeIsTheOrganisations(t *testing.T) {
	r := newRig(t, bot.Message{Words: intake.NewPrivate("Thank you."), At: time.Date(2026, 11, 28, 23, 30, 0, 0, time.UTC),
		Message: intake.Message{Kind: intake.KindOffice, Text: "From Maren:"}})
	r.Zone = time.FixedZone("", 3600)
	if body := r.do("GET", "/", "", "Cookie", cookie).Body.String(); !strings.Contains(body, "29.11.2026 00:30") {
		t.Error("the answer came at another time")
	}
}
