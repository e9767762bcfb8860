package web

import (
	"bufio"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"path/filepath"
	"strings"
	"sync/atomic"

	"tillit/bot"
	"tillit/intake"
)

// Limits of what a form may carry besides its file.
const (
	maxText   = 64 << 10 // one message
	maxKept   = 1 << 20  // words that are given back in the box when they are too many
	maxFields = 2 << 20  // all fields together
	maxParts  = 200
)

// form is what a page posts. Text and Code are a person's words: they go into
// the page again or into an event, nowhere else.
type form struct {
	Text, Talk, Lang, Code string
	Browser                string // the secret of a browser that comes with a code
	Many                   bool   // words and a button are two things said, in that order
	Boxes                  bool   // the choices are all that is ticked
	Choices                []string
	File                   *upload
}

// formError says how a form is refused: a status, and the key of the words.
type formError struct {
	status int
	words  string
}

func (e *formError) Error() string { return "form: " + e.words }

var (
	errFields  = &formError{http.StatusBadRequest, "bad_form"}
	errType    = &formError{http.StatusUnsupportedMediaType, "bad_form"}
	errTooLong = &formError{http.StatusRequestEntityTooLarge, "too_long"}
	errTooBig  = &formError{http.StatusRequestEntityTooLarge, "too_big"}
)

// readForm reads a posted form. With a file it stops at the file, which is then
// read while it is stored; so the fields must stand before it. What was read
// until a fault is returned too, because the page gives the words back.
func (w *Web) readForm(rw http.ResponseWriter, r *http.Request) (form, error) {
	var f form
	r.Body = http.MaxBytesReader(rw, r.Body, 2*w.MaxFile+2*maxFields)
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		return f, errType
	}
	switch kind {
	case "application/x-www-form-urlencoded":
		err = f.readPlain(rw, r)
	case "multipart/form-data":
		err = f.readParts(r, w.MaxFile)
	default:
		return f, errType
	}
	if err == nil && len(f.Text) > maxText {
		err = errTooLong
	}
	return f, err
}

func (f *form) readPlain(rw http.ResponseWriter, r *http.Request) error {
	r.Body = http.MaxBytesReader(rw, r.Body, 3*maxFields) // percent form is up to three times as long
	if err := r.ParseForm(); err != nil {
		var tooMany *http.MaxBytesError
		if errors.As(err, &tooMany) {
			return errTooLong
		}
		return errFields
	}
	var bad error
	for name, values := range r.PostForm {
		for _, v := range values {
			if err := f.set(name, v); err != nil {
				bad = err // The other fields are still read, for the words.
			}
		}
	}
	return bad
}

func (f *form) readParts(r *http.Request, maxFile int64) error {
	parts, err := r.MultipartReader()
	if err != nil {
		return errType
	}
	left := int64(maxFields)
	for range maxParts {
		p, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return errFields
		}
		if p.FormName() == "file" {
			if p.FileName() == "" {
				continue
			}
			if r.ContentLength > maxFile+maxFields {
				return errTooBig
			}
			if f.File = newUpload(p, maxFile); f.File != nil {
				return nil
			}
			continue
		}
		b, err := io.ReadAll(io.LimitReader(p, min(left, maxKept)+1))
		if left -= int64(len(b)); left < 0 {
			return errTooLong
		}
		if err != nil {
			return errFields
		}
		if err := f.set(p.FormName(), string(b)); err != nil {
			return err
		}
	}
	return errFields
}

func (f *form) set(name, value string) error {
	value = strings.ToValidUTF8(value, "\uFFFD")
	switch name {
	case "text":
		f.Text = strings.ReplaceAll(value, "\r\n", "\n")
		if strings.TrimSpace(f.Text) == "" {
			f.Text = ""
		}
		if len(f.Text) > maxKept {
			f.Text = strings.ToValidUTF8(f.Text[:maxKept], "")
			return errTooLong
		}
		return nil
	case "choice":
		if value == "" || len(value) > 200 || len(f.Choices) >= 100 {
			return errFields
		}
		f.Choices = append(f.Choices, value)
		return nil
	}
	if len(value) > 200 {
		return errFields
	}
	switch name {
	case "talk":
		f.Talk = value
	case "lang":
		f.Lang = value
	case "code":
		f.Code = value
	case "browser":
		f.Browser = value
	case "many":
		f.Many = value != ""
	case "boxes":
		f.Boxes = value != ""
	default:
		return errFields
	}
	return nil
}

// upload is the file of a form. It streams from the connection into the store.
type upload struct {
	name, kind string
	in         *limited
	opened     atomic.Bool
}

// newUpload returns nil for a file of no bytes.
func newUpload(p *multipart.Part, most int64) *upload {
	in := bufio.NewReader(p)
	if _, err := in.Peek(1); errors.Is(err, io.EOF) {
		return nil
	}
	kind, _, err := mime.ParseMediaType(p.Header.Get("Content-Type"))
	if err != nil || len(kind) > 100 {
		kind = "application/octet-stream"
	}
	name := strings.ToValidUTF8(filepath.Base(p.FileName()), "")
	for len(name) > 200 {
		name = strings.ToValidUTF8(name[:200], "")
	}
	return &upload{name: name, kind: kind, in: &limited{in: in, left: most}}
}

func (u *upload) event() bot.File {
	return bot.File{Name: intake.NewPrivate(u.name), Type: u.kind, Size: -1, Open: u.open}
}

func (u *upload) open() (io.ReadCloser, error) {
	if u.opened.Swap(true) {
		return nil, errors.New("web: a file is opened once")
	}
	return io.NopCloser(u.in), nil
}

// limited fails, rather than ends, after the most that a file may hold: a file
// that was cut must not look whole.
type limited struct {
	in   io.Reader
	left int64
	over atomic.Bool
}

// Read implements [io.Reader].
func (l *limited) Read(p []byte) (int, error) {
	n, err := l.in.Read(p)
	if l.left -= int64(n); l.left < 0 {
		l.over.Store(true)
		return 0, errTooBig
	}
	return n, err
}
