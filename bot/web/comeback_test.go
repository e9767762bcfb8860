package web_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"tillit/bot"
	"tillit/intake"
)

// TestWordsOfATalkThatIsNotHereComeAlong: another device has the talk now, or the cookie is
// gone. The words that were written go to the form for the code, come back with a wrong
// one, and stand in the box under the same question when the talk is open.
func TestWordsOfATalkThatIsNotHereComeAlong(t *testing.T) {
	r := newRig(t, question())
	r.came = map[intake.ConversationID]bool{}
	page := r.do("POST", "/say", form("text", canary, "asked", "A1", "lang", "nn"), "Cookie", "").Body.String()
	if !strings.Contains(page, canary+"</textarea>") || !strings.Contains(page, `formaction="/come-back"`) || !strings.Contains(page, "value=\"start\"") {
		t.Fatalf("without a talk: %s", page)
	}
	back := r.do("POST", "/come-back", form("text", canary, "asked", "A1", "lang", "nn"), "Cookie", "")
	if back.Code != http.StatusOK || !strings.Contains(back.Body.String(), canary+"</textarea>") || strings.Contains(back.Body.String(), `role="alert"`) {
		t.Fatalf("the form for the code: %d", back.Code)
	}
	browser := regexp.MustCompile(`name="browser" value="([^"]+)"`).FindStringSubmatch(back.Body.String())[1]
	open := r.do("POST", "/come-back", form("text", canary, "asked", "A1", "code", "4820 1937", "browser", browser, "lang", "nn"), "Cookie", "")
	if b := open.Body.String(); open.Code != http.StatusOK || open.Header().Get("Set-Cookie") == "" || !strings.Contains(b, canary+"</textarea>") || !strings.Contains(b, `name="asked" value="A1"`) || !strings.Contains(b, "Velkomen") {
		t.Errorf("with the code: %d", open.Code)
	}
	if r.count() != 0 {
		t.Error("they were said before she sent them")
	}
}

// TestTheLanguageHoldsBeforeTheStart follows every link and form that leads on, from the
// opening in a language that the browser did not ask for.
func TestTheLanguageHoldsBeforeTheStart(t *testing.T) {
	r := newRig(t)
	r.came = map[intake.ConversationID]bool{}
	link, seen := regexp.MustCompile(`href="(/[^"#]*)"`), map[string]bool{}
	var follow func(path string)
	follow = func(path string) {
		path = strings.ReplaceAll(path, "&amp;", "&")
		if seen[path] || strings.HasSuffix(path, ".css") || strings.Contains(path, "lang=nb") || strings.Contains(path, "lang=en") {
			return
		}
		seen[path] = true
		w := r.do("GET", path, "", "Accept-Language", "en")
		if b := w.Body.String(); !strings.Contains(b, `<html lang="nn">`) {
			t.Errorf("%s is not in the language that was chosen", path)
		} else {
			for _, m := range link.FindAllStringSubmatch(b, -1) {
				follow(m[1])
			}
		}
	}
	follow("/?lang=nn")
	if len(seen) < 4 {
		t.Errorf("only %v were found", seen)
	}
	for name, body := range map[string]string{"a page": form("text", "/who", "lang", "nn"), "nothing": form("lang", "nn"), "no talk": form("text", "hei", "lang", "nn")} {
		w := r.do("POST", "/say", body, "Accept-Language", "en")
		if to := w.Header().Get("Location"); w.Code == http.StatusSeeOther && !strings.Contains(to, "lang=nn") || w.Code != http.StatusSeeOther && !strings.Contains(w.Body.String(), `<html lang="nn">`) {
			t.Errorf("%s leads to %d %q", name, w.Code, to)
		}
	}
}

// TestABreakOffersTheWayBack, with what happens otherwise, and not before.
func TestABreakOffersTheWayBack(t *testing.T) {
	paused := bot.Message{Message: intake.Message{ID: "paused", Kind: intake.KindReply, Text: "Take your time."}}
	r := newRig(t, question(), paused)
	if b := r.do("GET", "/", "", "Cookie", cookie).Body.String(); !strings.Contains(b, "I do not want to come back here") || !strings.Contains(b, "Without a code nobody can open the talk") {
		t.Error("a break does not offer a code, or not to come back")
	}
	r.show([]bot.Message{question()})
	if b := r.do("GET", "/", "", "Cookie", cookie).Body.String(); strings.Contains(b, "I do not want to come back here") {
		t.Error("it is offered in the middle of a question")
	}
}
