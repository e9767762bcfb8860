package handlerstest_test

import (
	"context"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
	"testing"

	"tillit/handlers/handlerstest"
)

// browser is a person's browser, one page of which is read after the other.
type browser struct {
	t    *testing.T
	at   string
	http *http.Client
}

func (b browser) send(method, path string, fields url.Values) *shown {
	b.t.Helper()
	req, err := http.NewRequest(method, b.at+path, strings.NewReader(fields.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	req.Header.Set("Accept-Language", "nb")
	res, err := b.http.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	return readShown(res.Body)
}

// form is the form that a button belongs to, with its fields and the button pressed.
func (s *shown) form(t *testing.T, button string) url.Values {
	t.Helper()
	for _, f := range s.forms {
		for _, b := range f.buttons {
			if b[1] == button {
				fields := url.Values{"choice": append(slices.Clone(f.ticked), button)}
				for k, v := range f.hidden {
					fields[k] = append(fields[k], v...)
				}
				if f.given != "" {
					fields.Set(f.box, strings.TrimPrefix(f.given, "\n"))
				}
				return fields
			}
		}
	}
	t.Fatalf("no button %s on a page that says %s", button, s.text)
	return nil
}

// TestWordsAreKeptByWhoLeaves leaves quickly with words in the box, comes back with a code
// that was shown while other words stood in it, and finds both.
func TestWordsAreKeptByWhoLeaves(t *testing.T) {
	o := handlerstest.New(t)
	jar, _ := cookiejar.New(nil)
	b := browser{t, o.Pages.URL, &http.Client{Jar: jar, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		if r.URL.Host != strings.TrimPrefix(o.Pages.URL, "http://") {
			return http.ErrUseLastResponse // there is no such page here
		}
		return nil
	}}}
	page := b.send("POST", "/say", b.send("GET", "/", nil).form(t, "start"))
	page = b.send("POST", "/say", page.form(t, "S1.yes"))
	fields := page.form(t, "page:code")
	fields.Set("text", "Det første, ved siden av koden")
	page = b.send("POST", "/say", fields)
	var made *pageForm
	for _, f := range page.forms {
		if f.given != "" {
			made = f
		}
	}
	if made == nil || !strings.Contains(made.given, "Det første") {
		t.Fatal("the words are not on the page of the code")
	}
	fields = url.Values{"text": {strings.TrimPrefix(made.given, "\n")}}
	for k, v := range made.hidden {
		fields[k] = v
	}
	page = b.send("POST", "/code", fields)
	i := strings.IndexFunc(page.text, func(r rune) bool { return r >= '0' && r <= '9' })
	code := page.text[i : i+22]
	page = b.send("POST", "/say", page.form(t, "page:talk"))
	for _, press := range []string{"A1.~done", "S3.me", "S2.~skip"} {
		page = b.send("POST", "/say", page.form(t, press))
	}
	fields = page.form(t, "A2.~pause")
	fields.Del("choice")
	fields.Set("text", "Det andre, med en gang")
	fields.Set("file", "bilde.png") // which a browser sends of a form without its file
	b.send("POST", "/leave", fields)
	if page = b.send("GET", "/", nil); !strings.Contains(page.text, "Start") {
		t.Error("who left is still there")
	}
	for _, f := range b.send("GET", "/come-back", nil).forms {
		if f.action == "/come-back" {
			fields = f.hidden
			fields.Set("code", code)
		}
	}
	page = b.send("POST", "/come-back", fields)
	for _, press := range []string{"A2.~done", "C0.~done", "A3.send_now", "H1.~skip", "H3.~skip", "H5.send"} {
		page = b.send("POST", "/say", page.form(t, press))
	}
	c, err := o.Dial("maren").Case(context.Background(), refIn(page.text))
	if err != nil {
		t.Fatal(err)
	}
	var told []string
	for _, a := range c.Answers {
		if !a.Text.IsZero() {
			told = append(told, a.Question+": "+a.Text.Reveal())
		}
	}
	if want := []string{"A1: Det første, ved siden av koden", "A2: Det andre, med en gang"}; !slices.Equal(told, want) {
		t.Errorf("the office reads %q, want %q", told, want)
	}
}

// TestTicksComeBack wants what is ticked to be ticked still after another page was looked at.
func TestTicksComeBack(t *testing.T) {
	o := handlerstest.New(t)
	jar, _ := cookiejar.New(nil)
	b := browser{t, o.Pages.URL, &http.Client{Jar: jar}}
	page := b.send("POST", "/say", b.send("GET", "/", nil).form(t, "start"))
	for _, press := range []string{"S1.yes", "A1.~skip", "S3.me", "S2.~skip", "A2.~skip"} {
		page = b.send("POST", "/say", page.form(t, press))
	}
	fields := page.form(t, "page:help")
	fields["choice"] = append(fields["choice"], "C0.other_leader")
	page = b.send("POST", "/say", fields)
	page = b.send("POST", "/say", page.form(t, "page:talk"))
	for _, f := range page.forms {
		if slices.Contains(f.boxes, "C0.other_leader") && slices.Contains(f.ticked, "C0.other_leader") {
			return
		}
	}
	t.Errorf("the ticks are gone: %s", page.text)
}
