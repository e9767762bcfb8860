package main_test

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"tillit/intake"
)

// TestComingBackOnAnotherDevice reports, keeps the code, and closes the browser.
// With the code another device reads the answer and downloads the copy; the first
// browser, a wrong code and no code get nothing.
func TestComingBackOnAnotherDevice(t *testing.T) {
	in := install(t)
	in.start()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	const told, answer = "canary-told-fjell", "canary-answer-fjell"
	phone := newMember(in.web, told)
	ref, err := phone.report(ctx)
	if err != nil {
		t.Fatal(err)
	}
	const plain = "application/x-www-form-urlencoded"
	_, page, err := phone.send(ctx, "/code", plain, strings.NewReader(""))
	if err != nil {
		t.Fatal(err)
	}
	shown := regexp.MustCompile(`class="ref big"[^>]*>([0-9 ]+)<`).FindStringSubmatch(page)
	if shown == nil {
		t.Fatal("no code is shown")
	}
	if err := in.desk().Reply(ctx, ref, intake.NewPrivate(answer)); err != nil {
		t.Fatal(err)
	}
	in.kill()
	in.start()

	back := func(code string) (*member, int) {
		t.Helper()
		other := newMember(in.web)
		status, _, err := other.send(ctx, "/come-back", plain, strings.NewReader(url.Values{"code": {code}}.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		return other, status
	}
	look := func(m *member) string {
		t.Helper()
		html, err := m.page(ctx)
		if err != nil {
			t.Fatal(err)
		}
		return html
	}
	if m, status := back("1234 5678 9012 3456 78"); status != http.StatusForbidden || strings.Contains(look(m), told) {
		t.Errorf("a wrong code is answered with %d", status)
	}
	library, status := back(shown[1])
	if status != http.StatusSeeOther {
		t.Fatalf("the code is answered with %d", status)
	}
	html := look(library)
	if strings.Contains(html, answer) || !strings.Contains(html, `value="show"`) {
		t.Error("the answer shows before it is asked for, or there is no word that it waits")
	}
	if err := library.say(ctx, html, "choice=show"); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(look(library), answer) {
		t.Error("the answer does not show")
	}
	if _, own, err := library.send(ctx, "/copy", plain, strings.NewReader("")); err != nil || !strings.Contains(own, told) || !strings.Contains(own, answer) {
		t.Errorf("her copy lacks what was said (%v)", err)
	}
	for name, m := range map[string]*member{"the browser that was left": phone, "a browser without a code": newMember(in.web)} {
		html := look(m)
		_, own, err := m.send(ctx, "/copy", plain, strings.NewReader(""))
		if err != nil || strings.Contains(html+own, told) || strings.Contains(html+own, answer) || strings.Contains(html+own, ref) {
			t.Errorf("%s still reads (%v)", name, err)
		}
	}
	// The code is on paper and works again; the talk is in one browser at a time.
	if _, status := back(shown[1]); status != http.StatusSeeOther || strings.Contains(look(library), answer) {
		t.Errorf("a second time the code is answered with %d, or the device before still reads", status)
	}
	in.unreadable(told, answer, shown[1], strings.ReplaceAll(shown[1], " ", ""))
}
