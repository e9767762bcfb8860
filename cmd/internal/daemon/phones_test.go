package daemon

import (
	"bytes"
	"html"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	mattermost "tillit/bot/mattermost/standin"
	telegram "tillit/bot/telegram/standin"
)

// phone is what a person has in their hand: a chat with one of our accounts, on any
// network, or our pages in a browser.
type phone struct {
	t      testing.TB
	name   string
	screen func() []shown // oldest first
	write  func(text string)
	last   int  // place of the message whose button was pressed last
	page   bool // what is shown is one page, and is the present
	// asks is set for a person of flesh and blood: they are told what to do, and only
	// they see what is shown.
	asks     func(what string)
	patience time.Duration
	log      func() // says what the server said, when something is waited for in vain
}

// shown is a message, or a page.
type shown struct {
	mine    bool
	text    string
	buttons []button
}

type button struct {
	label string
	press func()
}

// patience is how long a person waits for anything. Networks have their pace.
const patience = 40 * time.Second

func (p *phone) until(what string, ok func() bool) {
	p.t.Helper()
	for end := time.Now().Add(max(p.patience, patience)); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			p.log()
			p.t.Fatalf("%s waited in vain: %s; they see: %q", p.name, what, p.reads())
		}
	}
}

// reads is all that the person was told, oldest first.
func (p *phone) reads() (texts []string) {
	for _, s := range p.screen() {
		if !s.mine {
			texts = append(texts, s.text)
		}
	}
	return texts
}

func (p *phone) has(words string) bool { return strings.Contains(strings.Join(p.reads(), "\n"), words) }

func (p *phone) sees(words string) {
	p.t.Helper()
	if p.asks != nil {
		p.asks("You should see: " + words)
		return
	}
	p.until("to see "+words, func() bool { return p.has(words) })
}

// again presses buttons of the message that was pressed last, which changes where it
// stands.
func (p *phone) again(labels ...string) {
	p.t.Helper()
	for _, label := range labels {
		if p.asks != nil {
			p.asks("Press, in the same message: " + label)
			continue
		}
		p.last--
		p.presses(label)
	}
}

// presses presses buttons, each of a message that came after the one before.
func (p *phone) presses(labels ...string) {
	p.t.Helper()
	for _, label := range labels {
		if p.asks != nil {
			p.asks("Press: " + label)
			continue
		}
		p.until("a button "+label, func() bool {
			all := p.screen()
			for i, s := range slices.Backward(all) {
				n := slices.IndexFunc(s.buttons, func(b button) bool { return b.label == label })
				if n >= 0 && (p.page || i > p.last) {
					p.last = i
					s.buttons[n].press()
					return true
				}
			}
			return false
		})
	}
}

func onTelegram(t testing.TB, who *telegram.Person) *phone {
	return &phone{t: t, name: who.Name, last: -1, write: func(text string) { who.Write(text) }, screen: func() (all []shown) {
		for _, m := range who.Screen() {
			s := shown{mine: m.Mine, text: m.Text}
			for _, b := range m.Buttons {
				s.buttons = append(s.buttons, button{b.Label, func() { who.PressData(m.ID, b.Data) }})
			}
			all = append(all, s)
		}
		return all
	}}
}

func onMattermost(t testing.TB, who *mattermost.Person) *phone {
	return &phone{t: t, name: who.Name, last: -1, write: func(text string) { who.Write(text) }, screen: func() (all []shown) {
		for _, m := range who.Screen() {
			s := shown{mine: m.Mine, text: m.Text}
			for _, b := range m.Buttons {
				s.buttons = append(s.buttons, button{b.Label, func() {
					if told, err := who.PressAt(m.ID, b.Action); err != nil || told != "" {
						t.Errorf("pressing %s: %q, %v", b.Label, told, err)
					}
				}})
			}
			all = append(all, s)
		}
		return all
	}}
}

var (
	pageChoice = regexp.MustCompile(`(?s)<(?:button|input)[^>]*name="choice" value="([^"]*)"[^>]*>(.*?)</(?:button|label)>`)
	pageTag    = regexp.MustCompile(`(?s)<style.*?</style>|<[^>]*>`)
)

// onThePage is a browser with cookies.
func onThePage(t testing.TB, base string) *phone {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{Jar: jar, Timeout: 10 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	fetch := func() string {
		res, err := browser.Get(base + "/")
		if err != nil {
			return ""
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		if err != nil {
			return ""
		}
		return string(body)
	}
	p := &phone{t: t, name: "browser", last: -1, page: true}
	p.write = func(text string) { post(t, browser, base, fetch(), "text", text) }
	p.screen = func() []shown {
		raw := fetch()
		s := shown{text: plain(raw)}
		for _, found := range pageChoice.FindAllStringSubmatch(raw, -1) {
			s.buttons = append(s.buttons, button{plain(found[2]), func() { post(t, browser, base, raw, "choice", html.UnescapeString(found[1])) }})
		}
		return []shown{s}
	}
	return p
}

func plain(markup string) string {
	return strings.TrimSpace(html.UnescapeString(pageTag.ReplaceAllString(markup, "")))
}

// post sends a page's form.
func post(t testing.TB, browser *http.Client, base, page, name, value string) {
	t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	fields := [][2]string{{name, value}}
	if found := talkField.FindStringSubmatch(page); found != nil {
		fields = append(fields, [2]string{"talk", found[1]})
	}
	for _, f := range fields {
		if err := form.WriteField(f[0], f[1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := form.Close(); err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequest(http.MethodPost, base+"/say", &body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", form.FormDataContentType())
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	res, err := browser.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusSeeOther {
		t.Fatalf("saying %s is answered with %d", name, res.StatusCode)
	}
}
