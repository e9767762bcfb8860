package handlerstest

import (
	"bytes"
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

// Answers are what a reporter presses and writes, by question: what the page offers
// there is pressed or ticked, everything else is written. A way out is "~skip",
// "~unknown" or "~rather_not". All other questions are skipped.
type Answers map[string][]string

// File is a file that a reporter adds while a question is asked.
type File struct {
	Question, Name, Type string
	Data                 []byte
}

// Reporter is a person with a browser of their own, without script. A fault in what
// they see fails the test.
type Reporter struct {
	Lang   string // what the browser asks for; nb if empty
	office *Office
	name   string
	http   *http.Client
	page   page
}

// Reporter returns the person of a name, who is the same each time.
func (o *Office) Reporter(name string) *Reporter {
	o.T.Helper()
	if r := o.reporters[name]; r != nil {
		return r
	}
	jar, err := cookiejar.New(nil)
	o.must(err)
	r := &Reporter{Lang: "nb", office: o, name: name, http: &http.Client{Jar: jar, Timeout: time.Minute}}
	o.reporters[name] = r
	return r
}

// File is a report told and sent in one go. It returns the reference.
func (o *Office) File(name string, said Answers, files ...File) string {
	o.T.Helper()
	return o.Reporter(name).Tell(said, files...).Send()
}

// Report is a report of these words alone, told and sent.
func (o *Office) Report(name string, words ...string) string {
	o.T.Helper()
	return o.File(name, Answers{"A1": words})
}

// Tell goes through the interview until all of it is said, and no further. It begins
// one where there is none.
func (r *Reporter) Tell(said Answers, files ...File) *Reporter {
	r.office.T.Helper()
	left := maps.Clone(said)
	for _, f := range files {
		if _, ok := left[f.Question]; !ok {
			left[f.Question] = nil // a question that gets a file alone
		}
	}
	for steps := 0; len(left) > 0; steps++ {
		ask := r.ask()
		if steps > 200 || ask.question == "H4" {
			r.office.T.Fatalf("the interview of %s does not ask %v", r.name, slices.Sorted(maps.Keys(left)))
		}
		words, asked := left[ask.question]
		if !asked {
			r.pass(ask, false)
			continue
		}
		for _, f := range files {
			if f.Question == ask.question {
				r.submit(ask.form, "", "", nil, &f)
				ask = r.ask()
			}
		}
		r.answer(ask, words)
		delete(left, ask.question)
	}
	return r
}

// Send goes the shortest way to the end of the interview and sends it. It returns the
// reference that the receipt names.
func (r *Reporter) Send() string {
	r.office.T.Helper()
	for range 100 {
		ask := r.ask()
		if ask.question == "R" {
			return r.Ref()
		}
		r.pass(ask, true)
	}
	r.office.T.Fatalf("the interview of %s does not end", r.name)
	return ""
}

// Review goes the shortest way to the review, and stays there.
func (r *Reporter) Review() *Reporter {
	r.office.T.Helper()
	for range 100 {
		ask := r.ask()
		if ask.question == "H4" {
			return r
		}
		r.pass(ask, true)
	}
	r.office.T.Fatalf("the interview of %s has no review", r.name)
	return nil
}

var reference = regexp.MustCompile(`T-[0-9A-Z]{6}`)

// Ref is the reference that the page names.
func (r *Reporter) Ref() string {
	r.office.T.Helper()
	ref := reference.FindString(r.Sees())
	if ref == "" {
		r.office.T.Fatalf("the page of %s names no case", r.name)
	}
	return ref
}

// Says writes something more, when the office has the case.
func (r *Reporter) Says(words string) {
	r.office.T.Helper()
	r.reload()
	r.submit(r.more(), "", words, nil, nil)
}

// Sees is what the page says now, on one line.
func (r *Reporter) Sees() string {
	r.office.T.Helper()
	return r.SeesAt("/")
}

// SeesAt is what another page of theirs says, as [Reporter.Sees] does.
func (r *Reporter) SeesAt(path string) string {
	r.office.T.Helper()
	r.get(path)
	return r.page.text
}

// Press presses a button by what it carries ("H4.part:5") or by what it says.
func (r *Reporter) Press(what string) {
	r.office.T.Helper()
	r.PressAt("/", what)
}

// PressAt presses a button of another page of theirs.
func (r *Reporter) PressAt(path, what string) {
	r.office.T.Helper()
	r.get(path)
	for _, f := range r.page.forms {
		for _, b := range f.buttons {
			if b.value == what || b.label == what {
				r.submit(f, b.value, "", nil, nil)
				return
			}
		}
	}
	r.office.T.Fatalf("the page of %s has no button %q", r.name, what)
}

// Offers says whether a button is there, by what it carries or says.
func (r *Reporter) Offers(what string) bool {
	r.office.T.Helper()
	r.reload()
	return slices.ContainsFunc(r.page.forms, func(f form) bool {
		return f.offers(what) || slices.ContainsFunc(f.buttons, func(b button) bool { return b.label == what })
	})
}

// Waits says whether something of the office's waits to be opened.
func (r *Reporter) Waits() bool { return r.Offers("show") }

// Opens opens what waits and returns the page's text.
func (r *Reporter) Opens() string {
	r.office.T.Helper()
	r.Press("show")
	return r.page.text
}

// asked is the form of what is asked now.
type asked struct {
	question string
	form
}

// ask is what the page asks; a person who has not begun begins.
func (r *Reporter) ask() asked {
	r.office.T.Helper()
	if r.page.forms == nil {
		r.reload()
	}
	for _, f := range r.page.forms {
		if f.own && f.offers("start") {
			r.submit(f, "start", "", nil, nil)
			return r.ask()
		}
	}
	for _, f := range r.page.forms {
		for _, b := range f.buttons {
			if id, _, ok := strings.Cut(b.value, "."); ok && f.own {
				return asked{id, f}
			}
		}
	}
	r.office.T.Fatalf("the page of %s asks nothing", r.name)
	return asked{}
}

// shortcut leads past most questions, where nothing more is to be said.
const shortcut = "A3.send_now"

// pass goes past a question without an answer, the short way if nothing more is to
// be said.
func (r *Reporter) pass(ask asked, short bool) {
	r.office.T.Helper()
	for _, way := range []string{shortcut, ask.question + ".~skip"} {
		if ask.button(way) != nil && (short || way != shortcut) {
			r.submit(ask.form, way, "", nil, nil)
			return
		}
	}
	for _, b := range ask.buttons {
		if b.main && b.value != "" {
			r.submit(ask.form, b.value, "", nil, nil)
			return
		}
	}
	r.office.T.Fatalf("%s cannot pass %s", r.name, ask.question)
}

// answer presses, ticks and writes what is said to one question.
func (r *Reporter) answer(ask asked, said []string) {
	r.office.T.Helper()
	ticks, texts, press := []string{}, []string(nil), ""
	for _, what := range said {
		id := ask.question + "." + what
		switch {
		case slices.Contains(ask.boxes, id):
			ticks = append(ticks, id)
		case ask.button(id) != nil:
			press = id
		case ask.text == "" || strings.HasPrefix(what, "p:") || strings.HasPrefix(what, "~"):
			r.office.T.Fatalf("%s does not offer %s what was to be said", ask.question, r.name)
		default:
			texts = append(texts, what)
		}
	}
	done := ask.question + ".~done"
	if press == "" && ask.button(done) != nil {
		press = done
	}
	for len(texts) > 1 {
		r.submit(ask.form, "", texts[0], nil, nil)
		texts, ask = texts[1:], r.ask()
	}
	r.submit(ask.form, press, strings.Join(texts, ""), ticks, nil)
}

// more is the form in which more is written.
func (r *Reporter) more() form {
	r.office.T.Helper()
	for _, f := range r.page.forms {
		if f.own && f.text != "" {
			return f
		}
	}
	r.office.T.Fatalf("the page of %s has no box for words", r.name)
	return form{}
}

func (r *Reporter) reload() { r.get("/") }

func (r *Reporter) get(path string) {
	r.office.T.Helper()
	req, err := http.NewRequest(http.MethodGet, r.office.Pages.URL+path, nil)
	r.office.must(err)
	r.do(req)
}

// submit sends a form as a browser does: its fields in their order, a file last, and
// the button that was pressed. Boxes stay as the page has them, unless ticks says what
// is ticked. It follows to the next page.
func (r *Reporter) submit(f form, press, text string, ticks []string, file *File) {
	r.office.T.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	field := func(name, value string) { r.office.must(w.WriteField(name, value)) }
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
	if file != nil {
		part, err := w.CreatePart(textproto.MIMEHeader{
			"Content-Disposition": {fmt.Sprintf("form-data; name=%q; filename=%q", f.file, file.Name)}, "Content-Type": {file.Type}})
		r.office.must(err)
		_, err = part.Write(file.Data)
		r.office.must(err)
	}
	r.office.must(w.Close())
	req, err := http.NewRequest(http.MethodPost, r.office.Pages.URL+f.action, &body)
	r.office.must(err)
	req.Header.Set("Content-Type", w.FormDataContentType())
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	r.do(req)
}

// do asks and reads the page that comes, after a redirect if there is one.
func (r *Reporter) do(req *http.Request) {
	r.office.T.Helper()
	req.Header.Set("Accept-Language", r.Lang)
	res, err := r.http.Do(req)
	r.office.must(err)
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	r.office.must(err)
	if res.StatusCode != http.StatusOK {
		r.office.T.Fatalf("%s gets %d for %s %s", r.name, res.StatusCode, req.Method, req.URL.Path)
	}
	r.page, err = readPage(bytes.NewReader(raw))
	r.office.must(err)
}
