package handlerstest_test

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
	"pgregory.net/rapid"

	"tillit/bot/bottest/walk"
	"tillit/handlers/casework"
	"tillit/handlers/handlerstest"
	"tillit/intake"
	"tillit/store/cases"
)

// walker is a person with one browser and several tabs, who writes, presses, goes back in
// the browser, sends old pages again and changes their mind. They know where each thing
// was written, and compare that with what the office opens.
type walker struct {
	t     *rapid.T
	at    string
	http  *http.Client
	tabs  []*tab
	steps int
	// what was written where; nowhere, when each page gave it back
	oracle *walk.Oracle
	sent   map[string]bool // forms that were taken
	files  map[string]int  // how often a file is to be there
}

// tab is what stands in one tab of the browser, with the pages before it.
type tab struct{ pages []*shown }

func (t *tab) now() *shown { return t.pages[len(t.pages)-1] }

// shown is a page as a browser shows it.
type shown struct {
	forms    []*pageForm
	question string // what it asks
	text     string
}

// pageForm is a form, with the buttons that send it wherever they stand.
type pageForm struct {
	action, box string
	given       string // what stands in the box
	id, file    string
	hidden      url.Values
	boxes       []string
	ticked      []string
	buttons     [][2]string // name and value
}

// asks reports whether a form answers the question of its page.
func (f *pageForm) asks() bool {
	return f.box != "" || slices.ContainsFunc(f.buttons, func(b [2]string) bool {
		of, _, ok := strings.Cut(b[1], ".")
		return ok && of != "R" && !strings.Contains(of, ":") || b[1] == "start"
	})
}

func readShown(r io.Reader) *shown {
	root, err := html.Parse(r)
	if err != nil {
		panic(err)
	}
	s := &shown{}
	byID := map[string]*pageForm{}
	for n := range root.Descendants() {
		if n.Type == html.ElementNode && n.Data == "form" {
			f := &pageForm{action: of(n, "action"), id: of(n, "id"), hidden: url.Values{}}
			s.forms = append(s.forms, f)
			byID[of(n, "id")] = f
		}
	}
	var walk func(n *html.Node, in *pageForm, seen *int)
	seen := 0
	walk = func(n *html.Node, in *pageForm, seen *int) {
		if n.Type == html.TextNode {
			s.text += n.Data + " "
		}
		if n.Type == html.ElementNode {
			to := in
			if other := byID[of(n, "form")]; of(n, "form") != "" {
				to = other
			}
			switch {
			case n.Data == "form":
				in = s.forms[*seen]
				*seen++
			case to == nil:
			case n.Data == "textarea":
				to.box = of(n, "name")
				if n.FirstChild != nil {
					to.given = n.FirstChild.Data
				}
			case n.Data == "button":
				to.buttons = append(to.buttons, [2]string{of(n, "name"), of(n, "value")})
			case n.Data == "input" && of(n, "type") == "file":
				to.file = of(n, "name")
			case n.Data == "input" && of(n, "type") == "hidden":
				to.hidden.Add(of(n, "name"), of(n, "value"))
			case n.Data == "input" && of(n, "type") == "checkbox" && of(n, "name") == "choice":
				to.boxes = append(to.boxes, of(n, "value"))
				if slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == "checked" }) {
					to.ticked = append(to.ticked, of(n, "value"))
				}
			}
		}
		for c := range n.ChildNodes() {
			walk(c, in, seen)
		}
	}
	walk(root, nil, &seen)
	for _, f := range s.forms {
		if f.box == "" {
			continue
		}
		for _, b := range append(f.buttons, [2]string{"", strings.Join(f.boxes, "")}) {
			if of, _, ok := strings.Cut(b[1], "."); ok && !strings.Contains(of, ":") && of != "R" {
				s.question = of
			}
		}
	}
	return s
}

func of(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// do sends what is filled in, and a file after it where there is one, whose words are its
// name.
func (w *walker) do(t *tab, method, path string, fields url.Values, files ...string) *shown {
	var body bytes.Buffer
	m := multipart.NewWriter(&body)
	for name, values := range fields {
		for _, v := range values {
			_ = m.WriteField(name, v) // into memory
		}
	}
	for _, f := range files {
		if part, err := m.CreateFormFile("file", f); err == nil {
			_, _ = part.Write([]byte(f))
		}
	}
	_ = m.Close()
	req, err := http.NewRequest(method, w.at+path, &body)
	if err != nil {
		w.t.Fatal(err)
	}
	req.Header.Set("Content-Type", m.FormDataContentType())
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	req.Header.Set("Accept-Language", "nb")
	res, err := w.http.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer res.Body.Close()
	s := readShown(res.Body)
	// A server that has just begun may not take anything yet: then words come back.
	if !slices.Contains([]int{http.StatusOK, http.StatusConflict, http.StatusServiceUnavailable}, res.StatusCode) {
		w.t.Fatalf("%s answers %d: %s", path, res.StatusCode, s.text)
	}
	t.pages = append(t.pages, s)
	return s
}

// word is something that nobody wrote before.
func (w *walker) word() string {
	return w.oracle.Key() + ", skrev jeg\nog litt til"
}

// unpressed are buttons that a walk does not press: they end it, or leave it.
func unpressed(value string) bool {
	return strings.HasPrefix(value, "undo:") || strings.HasPrefix(value, "unfile:") || slices.Contains([]string{"", "delete_yes", "delete_told", "delete_copy"}, value) || strings.HasSuffix(value, ".delete") || strings.HasSuffix(value, ".send") ||
		strings.HasPrefix(value, "E3.") && value != "E3.~skip" || strings.Contains(value, ".p:") || strings.HasPrefix(value, "ask_out") || strings.HasPrefix(value, "out")
}

// press sends a form of a page, with something written where there is a box.
func (w *walker) press(t *tab) {
	page := t.now()
	var forms []*pageForm
	for _, f := range page.forms {
		if f.action == "/say" && (len(f.buttons) > 0) {
			forms = append(forms, f)
		}
	}
	if len(forms) == 0 {
		w.do(t, "GET", "/", nil)
		return
	}
	f := rapid.SampledFrom(forms).Draw(w.t, "form")
	if boxed := slices.IndexFunc(forms, (*pageForm).asks); boxed >= 0 && rapid.IntRange(0, 9).Draw(w.t, "the box") < 8 {
		f = forms[boxed]
	}
	button := rapid.SampledFrom(f.buttons).Draw(w.t, "button")
	if answers := slices.DeleteFunc(slices.Clone(f.buttons), func(b [2]string) bool { return b[1] != "" && !strings.Contains(b[1], ".") }); len(answers) > 0 && rapid.IntRange(0, 9).Draw(w.t, "an answer") < 7 {
		button = rapid.SampledFrom(answers).Draw(w.t, "button")
	}
	if unpressed(button[1]) && button[1] != "" {
		return
	}
	fields := url.Values{}
	for k, v := range f.hidden {
		fields[k] = slices.Clone(v)
	}
	var ticked []string
	for _, b := range f.boxes {
		if rapid.Bool().Draw(w.t, "tick") && !unpressed(b) {
			ticked = append(ticked, b)
		}
	}
	fields["choice"] = append(fields["choice"], ticked...)
	if button[0] != "" {
		fields.Add(button[0], button[1])
	}
	text := ""
	if f.box != "" {
		given := strings.TrimSpace(f.given)
		switch draw := rapid.IntRange(0, 3).Draw(w.t, "write"); {
		case given != "" && draw < 3:
			text = given
		case draw > 0:
			text = w.word()
		}
		fields.Set(f.box, text)
	}
	var files []string
	if f.file != "" && rapid.IntRange(0, 5).Draw(w.t, "a file") == 0 {
		files = []string{strings.SplitN(w.word(), ",", 2)[0] + ".txt"}
	}
	w.submit(t, page, fields, text, files...)
	if rapid.IntRange(0, 9).Draw(w.t, "twice") == 0 { // a double press, or an answer that was lost
		w.do(t, "POST", "/say", fields, files...)
	}
}

// submit sends what was filled in, and notes where it must be by what the page says.
func (w *walker) submit(t *tab, page *shown, fields url.Values, text string, files ...string) {
	w.t.Logf("at %q sends %v with %q and %q", page.question, fields["choice"], text, files)
	next := w.do(t, "POST", "/say", fields, files...)
	for _, f := range files {
		w.files[f] = 1
		if strings.Contains(next.text, "velge på nytt") || strings.Contains(next.text, "velje på nytt") || strings.Contains(next.text, "to be chosen again") {
			w.files[f] = 0
		}
		w.t.Logf("%s is to be there %d times", f, w.files[f])
	}
	if text == "" {
		return
	}
	given := slices.ContainsFunc(next.forms, func(f *pageForm) bool { return strings.TrimSpace(f.given) == strings.TrimSpace(text) })
	key, _, _ := strings.Cut(text, ",")
	sent := fields.Encode() + strings.Join(files, "\n") // a file more or less is another message
	switch {
	case given:
	case w.sent[sent]:
		// It is there, and came once more.
	default:
		asked := fields.Get("asked")
		if fields.Get("use") == "here" {
			asked = fields.Get("here")
		}
		question, _, _ := strings.Cut(asked, "@")
		w.oracle.Kept(key, cmp.Or(question, walk.Message))
		w.sent[sent] = true
	}
	w.t.Logf("%s is to be at %s", key, w.oracle.Stands(key))
}

// step is one thing that the person does.
func (w *walker) step(o *handlerstest.Office) {
	if w.steps++; w.steps == walkSteps*2/3 && rapid.Bool().Draw(w.t, "sends") {
		w.t.Logf("sends")
		w.send() // and goes on: the other tab does not know of it
	}
	t := rapid.SampledFrom(w.tabs).Draw(w.t, "tab")
	switch draw := rapid.IntRange(0, 99).Draw(w.t, "step"); {
	case draw < 70:
		w.press(t)
	case draw < 82 && len(t.pages) > 1:
		w.t.Logf("goes back in the browser")
		t.pages = t.pages[:len(t.pages)-1]
	case draw < 98:
		w.do(t, "GET", "/", nil)
	default:
		w.t.Logf("the server starts anew")
		o.Restart()
	}
}

// send goes the shortest way to the receipt and returns the reference.
func (w *walker) send() string {
	t := w.tabs[0]
	for range 200 {
		page := w.do(t, "GET", "/", nil)
		for _, f := range page.forms {
			if strings.Contains(page.text, "Saken heter") || slices.ContainsFunc(f.buttons, func(b [2]string) bool { return strings.HasPrefix(b[1], "wish:") }) {
				return refIn(page.text)
			}
		}
		if !w.pass(t, page) {
			w.t.Fatalf("there is no way on: %s", page.text)
		}
	}
	w.t.Fatal("the interview does not end")
	return ""
}

func refIn(text string) string {
	i := strings.Index(text, "T-")
	for i >= 0 && !strings.ContainsAny(text[i+2:i+3], "0123456789ABCDEFGHJKMNPQRSTVWXYZ") {
		i += 2 + strings.Index(text[i+2:], "T-")
	}
	return text[i : i+8]
}

// shortest is what the shortest way presses, the best first.
var shortest = []string{"start", ".send", "A3.send_now", "H4.ok", "delete_no", "lang:nb", ".go_on", ".~skip", ".no", "go_on"}

func (w *walker) pass(t *tab, page *shown) bool {
	for _, way := range shortest {
		for _, f := range page.forms {
			for _, b := range f.buttons {
				if b[1] == way || strings.HasPrefix(way, ".") && strings.HasSuffix(b[1], way) {
					fields := url.Values{}
					for k, v := range f.hidden {
						fields[k] = slices.Clone(v)
					}
					fields["choice"] = append(slices.Clone(f.ticked), b[1])
					w.do(t, "POST", "/say", fields)
					return true
				}
			}
		}
	}
	return false
}

// walkSteps is how long a walk is. Tests take a tenth of rapid's hundred walks, short ones a
// fiftieth, and half of them with TILLIT_WALKS=all.
const walkSteps = 100

// TestNothingIsLostOrElsewhere lets people wander through the members' pages with several
// tabs, and compares what they wrote where with what the office opens.
func TestNothingIsLostOrElsewhere(t *testing.T) {
	o := handlerstest.New(t)
	desk := o.Dial("maren")
	people, every := 0, 10
	switch {
	case os.Getenv("TILLIT_WALKS") == "all":
		every = 2
	case testing.Short():
		every = 50
	}
	rapid.Check(t, func(rt *rapid.T) {
		if people++; people%every != 0 {
			return
		}
		jar, _ := cookiejar.New(nil)
		w := &walker{t: rt, at: o.Pages.URL, http: &http.Client{Jar: jar}, oracle: walk.NewOracle(fmt.Sprintf("p%dp", people)), sent: map[string]bool{}, files: map[string]int{}}
		for range 2 {
			tab := &tab{}
			w.tabs = append(w.tabs, tab)
			w.do(tab, "GET", "/", nil)
		}
		w.tabs[1].pages = w.tabs[0].pages
		w.pass(w.tabs[0], w.tabs[0].now())
		for range walkSteps {
			w.step(o)
		}
		ref := w.send()
		c, err := desk.Case(context.Background(), ref)
		if err != nil {
			rt.Fatalf("%s: %v", ref, err)
		}
		for name, want := range w.files {
			got := 0
			for _, f := range c.Files {
				if f.Name.Reveal() == name && f.Size == int64(len(name)) {
					got++
				}
			}
			if got != want {
				rt.Errorf("%s is to be there %d times, and is %d times", name, want, got)
			}
		}
		for _, fault := range w.oracle.Faults(told(c)) {
			rt.Error(fault)
		}
	})
}

// told is what the reporter said, as the desk shows it.
func told(c *casework.Case) (all []walk.Told) {
	for _, a := range c.Answers {
		for _, b := range append(a.Earlier, a) {
			all = append(all, walk.Told{Place: a.Question, Text: reveal(b.Text)})
		}
	}
	for _, e := range c.Entries {
		if e.Kind != cases.TypeAnswer {
			all = append(all, walk.Told{Place: walk.Message, Text: reveal(e.Text)})
		}
	}
	return all
}

func reveal(p intake.Private) string { return p.Reveal() }
