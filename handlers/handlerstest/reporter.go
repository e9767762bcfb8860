package handlerstest

import "tillit/bot/web/visitor"

// Answers are what a reporter presses and writes, by question.
type Answers = visitor.Answers

// File is a file that a reporter adds while a question is asked.
type File = visitor.File

// Reporter is a person on the member's pages. A fault in what they see fails the test.
type Reporter struct {
	*visitor.Visitor
	office *Office
	name   string
}

// Reporter returns the person of a name, who is the same each time.
func (o *Office) Reporter(name string) *Reporter {
	r := o.reporters[name]
	if r == nil {
		r = &Reporter{visitor.New(o.Pages.URL), o, name}
		o.reporters[name] = r
	}
	return r
}

// must fails the test with what somebody met on the pages.
func (r *Reporter) must(err error) {
	r.office.T.Helper()
	if err != nil {
		r.office.T.Fatalf("%s: %v", r.name, err)
	}
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
	r.must(r.Visitor.Tell(said, files...))
	return r
}

// Send goes the shortest way to the end of the interview and sends it. It returns the
// reference that the receipt names.
func (r *Reporter) Send() string {
	r.office.T.Helper()
	ref, err := r.Visitor.Send()
	r.must(err)
	return ref
}

// Review goes the shortest way to the review, and stays there.
func (r *Reporter) Review() *Reporter {
	r.office.T.Helper()
	r.must(r.Visitor.Review())
	return r
}

// Ref is the reference that the page names.
func (r *Reporter) Ref() string {
	r.office.T.Helper()
	ref, err := r.Visitor.Ref()
	r.must(err)
	return ref
}

// Says writes something more, when the office has the case.
func (r *Reporter) Says(words string) {
	r.office.T.Helper()
	r.must(r.Visitor.Says(words))
}

// Sees is what the page says now, on one line.
func (r *Reporter) Sees() string {
	r.office.T.Helper()
	return r.SeesAt("/")
}

// SeesAt is what another page of theirs says, as [Reporter.Sees] does.
func (r *Reporter) SeesAt(path string) string {
	r.office.T.Helper()
	text, err := r.Visitor.SeesAt(path)
	r.must(err)
	return text
}

// Press presses a button by what it carries ("H4.part:5") or by what it says.
func (r *Reporter) Press(what string) {
	r.office.T.Helper()
	r.PressAt("/", what)
}

// PressAt presses a button of another page of theirs, and returns what comes.
func (r *Reporter) PressAt(path, what string) string {
	r.office.T.Helper()
	text, err := r.Visitor.PressAt(path, what)
	r.must(err)
	return text
}

// Offers says whether a button is there, by what it carries or says.
func (r *Reporter) Offers(what string) bool {
	r.office.T.Helper()
	there, err := r.Visitor.Offers(what)
	r.must(err)
	return there
}

// Waits says whether something of the office's waits to be opened.
func (r *Reporter) Waits() bool {
	r.office.T.Helper()
	return r.Offers("show")
}

// Opens opens what waits and returns the page's text.
func (r *Reporter) Opens() string {
	r.office.T.Helper()
	return r.PressAt("/", "show")
}
