// Package visitor is a person on the member's pages, with a browser of their own and
// without script: they read the page, press and write. It knows the pages by their forms
// alone and imports nothing of ours.
package visitor

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/textproto"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Answers are what somebody presses and writes, by question: what the page offers
// there is pressed or ticked, everything else is written. A way out is "~skip",
// "~unknown" or "~rather_not". All other questions are skipped.
type Answers map[string][]string

// File is a file that is added while a question is asked.
type File struct {
	Question, Name, Type string
	Data                 []byte
	NoPlace              bool // the box is ticked that asks for a copy without the place
}

// Visitor is one person. What they do fails where the page does not offer it; no error
// holds what they write. It is for one goroutine.
type Visitor struct {
	Lang string // what the browser asks for; nb if empty
	at   string
	http *http.Client
	page page
}

// New returns somebody who has not been on the pages at an address yet.
func New(at string) *Visitor {
	jar, _ := cookiejar.New(nil) // never fails without options
	return &Visitor{Lang: "nb", at: strings.TrimSuffix(at, "/"), http: &http.Client{Jar: jar, Timeout: time.Minute}}
}

// At is the same person with the same browser, where the same pages are at another
// address now.
func (v *Visitor) At(at string) *Visitor {
	same := *v
	same.at = strings.TrimSuffix(at, "/")
	return &same
}

// Most of what a person goes through before something is wrong with the interview.
const (
	mostQuestions = 200
	mostPassed    = 100
)

// The questions at which an interview ends.
const (
	review  = "H4"
	receipt = "R"
)

// Tell goes through the interview until all of it is said, and no further. It begins
// one where there is none.
func (v *Visitor) Tell(said Answers, files ...File) error {
	left := maps.Clone(said)
	for _, f := range files {
		if _, ok := left[f.Question]; !ok {
			left[f.Question] = nil // a question that gets a file alone
		}
	}
	for steps := 0; len(left) > 0; steps++ {
		ask, err := v.ask()
		if err != nil {
			return err
		}
		if steps > mostQuestions || ask.question == review {
			return fmt.Errorf("the interview does not ask %v", slices.Sorted(maps.Keys(left)))
		}
		words, asked := left[ask.question]
		if !asked {
			if err := v.pass(ask, false); err != nil {
				return err
			}
			continue
		}
		delete(left, ask.question)
		if ask, err = v.add(ask, files); err == nil {
			err = v.answer(ask, words)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// add adds the files of a question, which is asked on.
func (v *Visitor) add(ask asked, files []File) (asked, error) {
	for _, f := range files {
		if f.Question != ask.question {
			continue
		}
		if err := v.submit(ask.form, "", "", nil, f); err != nil {
			return ask, err
		}
		var err error
		if ask, err = v.ask(); err != nil {
			return ask, err
		}
	}
	return ask, nil
}

// Send goes the shortest way to the end of the interview and sends it. It returns the
// reference that the receipt names.
func (v *Visitor) Send() (string, error) {
	if err := v.passTo(receipt); err != nil {
		return "", err
	}
	return v.Ref()
}

// Review goes the shortest way to the review, and stays there.
func (v *Visitor) Review() error { return v.passTo(review) }

func (v *Visitor) passTo(question string) error {
	for range mostPassed {
		ask, err := v.ask()
		if err != nil || ask.question == question {
			return err
		}
		if err := v.pass(ask, true); err != nil {
			return err
		}
	}
	return fmt.Errorf("the interview does not come to %s", question)
}

var reference = regexp.MustCompile(`T-[0-9A-Z]{6}`)

// Ref is the reference that the page names.
func (v *Visitor) Ref() (string, error) {
	text, err := v.SeesAt("/")
	if err != nil {
		return "", err
	}
	ref := reference.FindString(text)
	if ref == "" {
		return "", errors.New("the page names no case")
	}
	return ref, nil
}

// Says writes something more, when the office has the case.
func (v *Visitor) Says(words string) error {
	if err := v.get("/"); err != nil {
		return err
	}
	for _, f := range v.page.forms {
		if f.own && f.text != "" {
			return v.submit(f, "", words, nil)
		}
	}
	return errors.New("the page has no box for words")
}

// Brings adds files to what is asked or written now, all of them at once.
func (v *Visitor) Brings(words string, files ...File) error {
	if err := v.get("/"); err != nil {
		return err
	}
	for _, f := range v.page.forms {
		if f.own && f.file != "" {
			return v.submit(f, "", words, nil, files...)
		}
	}
	return errors.New("the page takes no files")
}

// SeesAt is what a page says now, on one line.
func (v *Visitor) SeesAt(path string) (string, error) {
	err := v.get(path)
	return v.page.text, err
}

// PressAt presses a button of a page by what it carries ("H4.part:5") or by what it says,
// and returns the text of the page that comes.
func (v *Visitor) PressAt(path, what string) (string, error) {
	if err := v.get(path); err != nil {
		return "", err
	}
	for _, f := range v.page.forms {
		for _, b := range f.buttons {
			if b.value == what || b.label == what {
				err := v.submit(f, b.value, "", nil)
				return v.page.text, err
			}
		}
	}
	return "", fmt.Errorf("the page has no button %q", what)
}

// Offers says whether a button is there, by what it carries or says.
func (v *Visitor) Offers(what string) (bool, error) {
	err := v.get("/")
	return slices.ContainsFunc(v.page.forms, func(f form) bool {
		return f.offers(what) || slices.ContainsFunc(f.buttons, func(b button) bool { return b.label == what })
	}), err
}

// asked is the form of what is asked now.
type asked struct {
	question string
	form
}

// ask is what the page asks; a person who has not begun begins.
func (v *Visitor) ask() (asked, error) {
	if v.page.forms == nil {
		if err := v.get("/"); err != nil {
			return asked{}, err
		}
	}
	for _, f := range v.page.forms {
		if f.own && f.offers("start") {
			if err := v.submit(f, "start", "", nil); err != nil {
				return asked{}, err
			}
			return v.ask()
		}
	}
	for _, f := range v.page.forms {
		for _, b := range f.buttons {
			if id, _, ok := strings.Cut(b.value, "."); ok && f.own {
				return asked{id, f}, nil
			}
		}
	}
	return asked{}, errors.New("the page asks nothing")
}

// shortcuts lead past most questions, where nothing more is to be said.
var shortcuts = []string{"A3.send_now", "A4.send_now"}

// rest is where who needs help first is offered to answer more.
const rest = "A4.go_on"

// pass goes past a question without an answer, the short way if nothing more is to
// be said.
func (v *Visitor) pass(ask asked, short bool) error {
	ways := append(slices.Clone(shortcuts), ask.question+".~skip")
	if !short {
		ways = []string{rest, ask.question + ".~skip"}
	}
	for _, way := range ways {
		if ask.button(way) != nil {
			return v.submit(ask.form, way, "", nil)
		}
	}
	for _, b := range ask.buttons {
		if b.main && b.value != "" {
			return v.submit(ask.form, b.value, "", nil)
		}
	}
	return fmt.Errorf("there is no way past %s", ask.question)
}

// answer presses, ticks and writes what is said to one question.
func (v *Visitor) answer(ask asked, said []string) error {
	ticks, texts, press := []string{}, []string(nil), ""
	for _, what := range said {
		id := ask.question + "." + what
		switch {
		case slices.Contains(ask.boxes, id):
			ticks = append(ticks, id)
		case ask.button(id) != nil:
			press = id
		case ask.text == "" || strings.HasPrefix(what, "p:") || strings.HasPrefix(what, "~"):
			return fmt.Errorf("%s does not offer what was to be said", ask.question)
		default:
			texts = append(texts, what)
		}
	}
	done := ask.question + ".~done"
	if press == "" && ask.button(done) != nil {
		press = done
	}
	for len(texts) > 1 {
		if err := v.submit(ask.form, "", texts[0], nil); err != nil {
			return err
		}
		texts = texts[1:]
		var err error
		if ask, err = v.ask(); err != nil {
			return err
		}
	}
	return v.submit(ask.form, press, strings.Join(texts, ""), ticks)
}

func (v *Visitor) get(path string) error {
	req, err := http.NewRequest(http.MethodGet, v.at+path, nil)
	if err != nil {
		return err
	}
	return v.do(req)
}

// submit sends a form as a browser does, and follows to the next page.
func (v *Visitor) submit(f form, press, text string, ticks []string, files ...File) error {
	body, kind, err := f.filled(press, text, ticks, files)
	if err != nil {
		return err
	}
	req, err := http.NewRequest(http.MethodPost, v.at+f.action, body)
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", kind)
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	return v.do(req)
}

// filled is a form as it is sent: its fields in their order, a file last, and the button
// that was pressed. Boxes stay as the page has them, unless ticks says what is ticked.
func (f form) filled(press, text string, ticks []string, files []File) (body io.Reader, kind string, err error) {
	var out bytes.Buffer
	w := multipart.NewWriter(&out)
	field := func(name, value string) { err = errors.Join(err, w.WriteField(name, value)) }
	for _, had := range f.fields {
		if ticks == nil || !slices.Contains(f.boxes, had[1]) {
			field(had[0], had[1])
		}
	}
	for _, t := range ticks {
		field("choice", t)
	}
	if text != "" {
		field(f.text, text)
	}
	if press != "" {
		field("choice", press)
	}
	if slices.ContainsFunc(files, func(f File) bool { return f.NoPlace }) {
		field("no_place", "1")
	}
	for _, file := range files {
		part, made := w.CreatePart(textproto.MIMEHeader{
			"Content-Disposition": {fmt.Sprintf("form-data; name=%q; filename=%q", f.file, file.Name)}, "Content-Type": {file.Type}})
		if made != nil {
			return nil, "", made
		}
		_, wrote := part.Write(file.Data)
		err = errors.Join(err, wrote)
	}
	return &out, w.FormDataContentType(), errors.Join(err, w.Close())
}

// do asks and reads the page that comes, after a redirect if there is one.
func (v *Visitor) do(req *http.Request) error {
	req.Header.Set("Accept-Language", v.Lang)
	res, err := v.http.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("%s %s answers %d", req.Method, req.URL.Path, res.StatusCode)
	}
	if strings.HasPrefix(res.Header.Get("Content-Type"), "text/plain") { // a file
		v.page.text = string(raw)
		return nil
	}
	v.page, err = readPage(bytes.NewReader(raw))
	return err
}
