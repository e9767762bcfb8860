package web_test

import (
	"strings"
	"testing"

	"tillit/bot"
)

func TestGetMakesNoState(t *testing.T) {
	r := newRig(t)
	for _, p := range []string{"/", "/help", "/who", "/code", "/come-back", "/clean", "/leave", "/deleted", "/?lang=nn", "/member.css", "/nowhere"} {
		w := r.do("GET", p, "", "Cookie", cookie)
		if w.Header().Get("Set-Cookie") != "" || w.Header().Get("Clear-Site-Data") != "" || len(r.got) > 0 {
			t.Errorf("GET %s changes what the browser or the bot holds", p)
		}
		for _, h := range []string{"Content-Security-Policy", "Referrer-Policy", "X-Content-Type-Options", "Permissions-Policy", "X-Robots-Tag", "Cross-Origin-Opener-Policy"} {
			if w.Header().Get(h) == "" {
				t.Errorf("GET %s has no %s", p, h)
			}
		}
		if w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("GET %s may be cached", p)
		}
	}
}

func TestStartAndTwice(t *testing.T) {
	r := newRig(t)
	w := r.do("POST", "/say", form("choice", "start", "lang", "nn"))
	if w.Code != 303 || w.Header().Get("Location") != "/#now" || !strings.Contains(w.Header().Get("Set-Cookie"), "SameSite=Strict") {
		t.Fatalf("start gave %d %v", w.Code, w.Header())
	}
	if ev := r.got[0]; ev.Mailbox == nil || ev.Kind != bot.EventPress || ev.Language != "nn" {
		t.Errorf("the first event is a %s with mailbox %v in %q", ev.Kind, ev.Mailbox != nil, ev.Language)
	}
	r.lines = []bot.Message{question()}
	for range 2 {
		r.do("POST", "/say", form("text", canary), "Cookie", cookie)
	}
	if r.got[1].ID != r.got[2].ID || r.got[1].Text.Reveal() != canary || r.got[1].Mailbox != nil {
		t.Error("a form that is sent twice does not make the same event")
	}
}

// TestEarlierTurnsAreALinkAway offers the whole talk where only its end is shown.
func TestEarlierTurnsAreALinkAway(t *testing.T) {
	r := newRig(t)
	r.lines = []bot.Message{question(), mine("A1", "earlier"), question(), mine("A1", "words"), question()}
	for _, more := range []bool{false, true} {
		r.more = more
		if page := r.do("GET", "/", "", "Cookie", cookie).Body.String(); strings.Contains(page, `value="page:earlier-5"`) != more {
			t.Errorf("with earlier turns %t, the page offers them: %t", more, !more)
		}
	}
}

func TestRefused(t *testing.T) {
	r := newRig(t, question())
	for name, c := range map[string]struct {
		status int
		body   string
		header []string
	}{
		"no talk":      {400, "text=" + canary, nil},
		"unknown":      {400, form("text", canary, "colour", "red"), nil},
		"too long":     {413, form("text", canary+strings.Repeat("a", 70<<10)), nil},
		"content type": {415, "{}", []string{"Content-Type", "application/json"}},
		"foreign page": {403, form("text", "x"), []string{"Sec-Fetch-Site", "cross-site"}},
		"foreign host": {421, form("text", "x"), []string{"X-Host", "evil.example"}},
		"no cookie":    {409, form("text", canary), []string{"Cookie", ""}},
	} {
		w := r.do("POST", "/say", c.body, append([]string{"Cookie", cookie}, c.header...)...)
		if w.Code != c.status {
			t.Errorf("%s: got %d, want %d", name, w.Code, c.status)
		}
		if strings.Contains(c.body, canary) && !strings.Contains(w.Body.String(), canary) {
			t.Errorf("%s: the words are not given back", name)
		}
	}
	if len(r.got) != 0 {
		t.Errorf("%d refused forms were delivered", len(r.got))
	}
}

func TestEscaped(t *testing.T) {
	hostile := `</textarea><script>alert(1)</script>` + "\u202e\u0000"
	r := newRig(t, question(), mine("A1", hostile))
	if b := r.do("GET", "/", "", "Cookie", cookie).Body.String(); strings.Contains(b, "<script") {
		t.Error("words became markup")
	}
	if w := r.do("POST", "/copy", "", "Cookie", cookie); strings.Contains(w.Body.String(), "<script") || !strings.Contains(w.Header().Get("Content-Disposition"), "attachment") {
		t.Error("the download is not safe")
	}
}

func FuzzForm(f *testing.F) {
	body, kind := upload(10, nil)
	f.Add(kind, body)
	f.Add("application/x-www-form-urlencoded", form("text", "x", "choice", "start"))
	r := newRig(f, question())
	f.Fuzz(func(t *testing.T, kind, body string) {
		r.got = nil
		w := r.do("POST", "/say", body, "Content-Type", kind, "Cookie", cookie)
		if w.Code == 500 || w.Code == 0 {
			t.Errorf("a form gave %d", w.Code)
		}
		for _, ev := range r.got {
			if ev.ID == "" || ev.Text.Len() > 64<<10 {
				t.Error("a form passed its limits")
			}
		}
	})
}
