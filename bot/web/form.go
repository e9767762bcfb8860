package web

import (
	"bufio"
	"crypto/sha256"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"sync/atomic"

	"tillit/bot"
	"tillit/intake"
	"tillit/intake/pictures"
)

// Limits of what a form may carry besides its file.
const (
	maxText   = 64 << 10 // one message
	maxKept   = 1 << 20  // words that are given back in the box when they are too many
	maxParts  = 200
	maxFiles  = 10       // of the largest size, in one form
	beginning = 32 << 10 // of a file, by which two of one name are told apart
	maxCode   = 4 << 10  // a code with what was pasted around it
)

// form is what a page posts. Text and Code are a person's words: they go into
// the page again or into an event, nowhere else.
type form struct {
	Text, Talk, Lang, Code string
	Browser                string // the secret of a browser that comes with a code
	Cut                    bool   // Text is only the beginning of what was written
	Boxes                  bool   // the choices are all that is ticked
	Asked                  string // the question that the form was under
	Use, Here              string // where words for another one belong, and the one that is asked now
	Choices                []string
	File                   *upload
	Empty                  bool              // a file came, and there was nothing in it
	TooBig                 bool              // a file came that is larger than is taken
	NoPlace                bool              // of a picture a copy is wanted that tells no place
	nth                    int               // which of the files of its form it is; 0 is the first
	parts                  *multipart.Reader // what comes after that file
	most                   int64             // in a file
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
// until a fault is returned too, because the page gives the words back. Of a browser
// without a talk less is read: anybody can send that.
func (w *Web) readForm(rw http.ResponseWriter, r *http.Request) (form, error) {
	var f form
	r.Body = http.MaxBytesReader(rw, r.Body, 2*maxFiles*w.MaxFile+2*maxFields)
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		return f, errType
	}
	in := &fields{ReadCloser: r.Body, r: r, most: maxStranger}
	r.Body = in
	defer func() { r.Body = in.ReadCloser }() // what is left is read without being held
	if s, ok := w.session(r); ok {
		if begun, err := w.begun(r.Context(), s, ok); begun || err != nil {
			in.most = maxFields
		}
	}
	switch kind {
	case "application/x-www-form-urlencoded":
		err = f.readPlain(r)
	case "multipart/form-data":
		err = f.readParts(r, in, w.MaxFile)
	default:
		return f, errType
	}
	if err == nil && len(f.Text) > maxText {
		err = errTooLong
	}
	return f, err
}

func (f *form) readPlain(r *http.Request) error {
	raw, err := text(r.Body)
	bad, much := fault(err), errors.Is(err, errMuch)
	if i := strings.LastIndexByte(raw, '%'); err != nil && i >= len(raw)-2 && i >= 0 {
		raw = raw[:i] // half of a character
	}
	all, err := url.ParseQuery(raw)
	if err != nil {
		bad = errFields
	}
	for name, values := range all {
		for _, v := range values {
			if err := f.set(name, v); err != nil {
				bad = err // The other fields are still read, for the words.
			}
		}
	}
	f.Cut = f.Cut || much && f.Text != ""
	return bad
}

// fault says how a form is refused that could not be read to its end.
func fault(err error) error {
	var crowd *formError
	var tooMany *http.MaxBytesError
	switch {
	case err == nil, errors.As(err, &crowd):
		return err
	case errors.Is(err, errMuch), errors.As(err, &tooMany):
		return errTooLong
	}
	return errFields
}

func (f *form) readParts(r *http.Request, in *fields, maxFile int64) error {
	parts, err := r.MultipartReader()
	if err != nil {
		return errType
	}
	for range maxParts {
		p, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fault(err)
		}
		if p.FormName() == "file" {
			if p.FileName() == "" {
				continue
			}
			if r.ContentLength > maxFiles*maxFile+maxFields {
				return errTooBig
			}
			in.file, f.parts, f.most = true, parts, maxFile
			if f.File = newUpload(p, maxFile); f.File != nil {
				return nil
			}
			in.file, f.Empty = false, true
			continue
		}
		b, err := text(p)
		f.Cut = f.Cut || err != nil && p.FormName() == "text"
		if bad := f.set(p.FormName(), b); err == nil && bad != nil {
			return bad
		}
		if err != nil {
			return fault(err)
		}
	}
	return errFields
}

// next is the next file of the same form, as a form of its own; nil is that there is none. What
// came before it is read to its end or not at all.
func (f *form) next() (*form, error) {
	for range maxParts {
		if f.parts == nil {
			return nil, nil
		}
		p, err := f.parts.NextPart()
		if errors.Is(err, io.EOF) {
			f.parts = nil
			return nil, nil
		}
		if err != nil {
			return nil, fault(err)
		}
		if p.FormName() != "file" || p.FileName() == "" {
			continue
		}
		f.nth++
		one := &form{Talk: f.Talk, Lang: f.Lang, NoPlace: f.NoPlace, nth: f.nth, File: newUpload(p, f.most)}
		one.Empty = one.File == nil
		return one, nil
	}
	return nil, errFields
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
			f.Text, f.Cut = strings.ToValidUTF8(f.Text[:maxKept], ""), true
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
	if len(value) > 200 && name != "code" || len(value) > maxCode {
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
	case "asked":
		f.Asked = value
	case "use":
		f.Use = value
	case "here":
		f.Here = value
	case "many", "file": // of pages from before; the name alone of a file that does not come along
	case "boxes":
		f.Boxes = value != ""
	case "no_place":
		f.NoPlace = value != ""
	default:
		return errFields
	}
	return nil
}

// upload is the file of a form. It streams from the connection into the store.
type upload struct {
	name, kind string
	start      [sha256.Size]byte // of its first bytes
	in         *limited
	picture    bool        // of a kind that can be copied without what tells of a place
	noPlace    bool        // such a copy is wanted
	broken     atomic.Bool // none could be made, because it is no whole picture
	opened     atomic.Bool
}

// typed gives back what browsers write for a mark that would end the name of a file.
var typed = strings.NewReplacer("%22", `"`, "%0D%0A", " ", "%0D", " ", "%0A", " ")

// newUpload returns nil for a file of no bytes.
func newUpload(p *multipart.Part, most int64) *upload {
	in := bufio.NewReaderSize(p, beginning)
	start, err := in.Peek(beginning)
	if len(start) == 0 && errors.Is(err, io.EOF) {
		return nil
	}
	kind, _, err := mime.ParseMediaType(p.Header.Get("Content-Type"))
	if err != nil || len(kind) > 100 {
		kind = "application/octet-stream"
	}
	name := strings.ToValidUTF8(typed.Replace(filepath.Base(p.FileName())), "\uFFFD")
	return &upload{name: name, kind: kind, start: sha256.Sum256(start), in: &limited{in: in, left: most}, picture: pictures.CanBeWithout(start[:min(len(start), pictures.Head)])}
}

func (u *upload) event() bot.File {
	return bot.File{Name: intake.NewPrivate(u.name), Type: u.kind, Size: -1, NoPlace: u.noPlace, Open: u.open}
}

func (u *upload) open() (io.ReadCloser, error) {
	if u.opened.Swap(true) {
		return nil, errors.New("web: a file is opened once")
	}
	if !u.noPlace {
		return io.NopCloser(u.in), nil
	}
	copied, to := io.Pipe()
	c := copying{copied, make(chan struct{})}
	go func() {
		err := pictures.Without(to, u.in)
		u.broken.Store(errors.Is(err, pictures.ErrPicture))
		_ = to.CloseWithError(err) // it never fails
		close(c.done)
	}()
	return c, nil
}

// copying is a copy that is made while it is read. Closed, it has let go of the body: others
// read on there.
type copying struct {
	*io.PipeReader
	done chan struct{}
}

// Close implements [io.Closer].
func (c copying) Close() error {
	err := c.PipeReader.Close()
	<-c.done
	return err
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
