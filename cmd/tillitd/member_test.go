package main_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"regexp"
	"slices"
	"strings"
	"time"
)

// member is a reporter's browser without JavaScript. When the server does not
// answer, it does what a person does: the same form once more.
type member struct {
	base   string
	http   *http.Client
	said   int      // forms that the server acknowledged
	texts  []string // what A1 is answered with, one message each
	told   int
	deaf   bool // loses one acknowledgement in four, and says the same again
	failed int  // attempts that were not acknowledged
}

func newMember(base string, texts ...string) *member {
	jar, _ := cookiejar.New(nil) // It has no error without options.
	return &member{base: base, texts: texts, http: &http.Client{
		Jar: jar, Timeout: 10 * time.Second,
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

var (
	talkField   = regexp.MustCompile(`name="talk" value="([^"]*)"`)
	choiceField = regexp.MustCompile(`name="choice" value="([^"]*)"`)
	reference   = regexp.MustCompile(`T-[0-9A-Z]{6}`)
)

// errGaveUp is a server that did not answer for too long.
var errGaveUp = errors.New("the server did not come back")

// page reads the conversation, again until there is an answer.
func (m *member) page(ctx context.Context) (string, error) {
	for ctx.Err() == nil {
		req, _ := http.NewRequestWithContext(ctx, http.MethodGet, m.base+"/", nil)
		if res, err := m.http.Do(req); err == nil {
			body, err := io.ReadAll(res.Body)
			res.Body.Close()
			if err == nil && res.StatusCode == http.StatusOK {
				return string(body), nil
			}
		}
		m.failed++
		time.Sleep(5 * time.Millisecond)
	}
	return "", errGaveUp
}

// post sends one form once. Only a redirect is an acknowledgement.
func (m *member) post(ctx context.Context, talk string, fields ...string) (status int, answer string, err error) {
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for _, f := range append(fields, "talk="+talk) {
		name, value, _ := strings.Cut(f, "=")
		if err := form.WriteField(name, value); err != nil {
			return 0, "", err
		}
	}
	if err := form.Close(); err != nil {
		return 0, "", err
	}
	return m.send(ctx, "/say", form.FormDataContentType(), &body)
}

// send posts to one of the pages, as that page itself would.
func (m *member) send(ctx context.Context, path, kind string, body io.Reader) (status int, answer string, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, m.base+path, body)
	if err != nil {
		return 0, "", err
	}
	req.Header.Set("Content-Type", kind)
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	res, err := m.http.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	return res.StatusCode, string(text), err
}

// say sends one form until it is acknowledged.
func (m *member) say(ctx context.Context, html string, fields ...string) error {
	talk := talkOf(html)
	for ctx.Err() == nil {
		status, answer, err := m.post(ctx, talk, fields...)
		switch {
		case err == nil && status == http.StatusSeeOther && m.deaf && rand.N(4) == 0:
			m.failed++ // It happened, but the answer was lost on the way.
			continue
		case err == nil && status == http.StatusSeeOther:
			m.said++
			return nil
		case err == nil && status != http.StatusServiceUnavailable:
			return fmt.Errorf("saying %s was answered with %d: %s", fields[0], status, answer)
		}
		m.failed++
		time.Sleep(5 * time.Millisecond)
	}
	return errGaveUp
}

func talkOf(html string) string {
	if found := talkField.FindStringSubmatch(html); found != nil {
		return found[1]
	}
	return ""
}

func choices(html string) (all []string) {
	for _, found := range choiceField.FindAllStringSubmatch(html, -1) {
		all = append(all, found[1])
	}
	return all
}

// next is the form that answers a page, and whether it hands the report in.
func (m *member) next(html string) (field string, last bool) {
	offers := choices(html)
	has := func(id string) bool { return slices.Contains(offers, id) }
	switch {
	case has("start"):
		return "choice=start", false
	case has("H5.send"):
		return "choice=H5.send", true
	case has("A1.~done") && m.told < len(m.texts):
		m.told++
		return "text=" + m.texts[m.told-1], false
	}
	for _, id := range []string{"H4.ok", "A1.~done", "S1.yes", "C0.nobody"} {
		if has(id) {
			return "choice=" + id, false
		}
	}
	for _, id := range offers {
		if strings.HasSuffix(id, ".~skip") {
			return "choice=" + id, false
		}
	}
	return "choice=" + offers[0], false
}

// report holds a whole interview and returns the reference of the case.
func (m *member) report(ctx context.Context) (ref string, err error) {
	for range 100 {
		html, err := m.page(ctx)
		if err != nil {
			return "", err
		}
		field, last := m.next(html)
		if err := m.say(ctx, html, field); err != nil {
			return "", err
		}
		if last {
			html, err = m.page(ctx)
			return reference.FindString(html), err
		}
	}
	return "", errors.New("the interview does not end")
}
