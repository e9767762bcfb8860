package web_test

import (
	"bytes"
	"errors"
	"io"
	"mime/multipart"
	"strings"
	"testing"

	"tillit/bot"
)

func upload(size int, before func(*multipart.Writer)) (string, string) {
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	_ = m.WriteField("talk", talkID)
	_ = m.WriteField("text", canary)
	if before != nil {
		before(m)
	}
	f, _ := m.CreateFormFile("file", "x.png")
	_, _ = f.Write(bytes.Repeat([]byte("a"), size))
	_ = m.Close()
	return b.String(), m.FormDataContentType()
}

func TestUpload(t *testing.T) {
	r := newRig(t, question())
	read := int64(0)
	r.take = func(ev bot.Event) error {
		in, err := ev.Files[0].Open()
		if err != nil {
			return err
		}
		read, err = io.Copy(io.Discard, in)
		return err
	}
	for size, want := range map[int]int{1000: 303, 20 << 20: 303, 20<<20 + 1: 413, 30 << 20: 413} {
		body, kind := upload(size, nil)
		w := r.do("POST", "/say", body, "Cookie", cookie, "Content-Type", kind)
		if w.Code != want || want == 303 && read != int64(size) {
			t.Errorf("%d bytes: got %d after reading %d, want %d", size, w.Code, read, want)
		}
		if want == 413 && !strings.Contains(w.Body.String(), canary) {
			t.Error("the words beside a file too big are lost")
		}
	}
}

func TestNotSavedKeepsWords(t *testing.T) {
	r := newRig(t, question())
	r.fail = errors.New(canary)
	w := r.do("POST", "/say", form("text", canary+` <b>"'`+"\u202e", "choice", "A1.~skip"), "Cookie", cookie)
	b := w.Body.String()
	if w.Code != 503 || !strings.Contains(b, `role="alert"`) || !strings.Contains(b, canary+" &lt;b&gt;") || !strings.Contains(b, `value="`+talkID) {
		t.Errorf("got %d and a page without the words", w.Code)
	}
}
