package desk_test

import (
	"compress/gzip"
	"html"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"tillit/handlers/casework"
	"tillit/handlers/desk"
	"tillit/handlers/handlerstest"
	"tillit/handlers/routine"
	"tillit/handlers/routine/acts"
	"tillit/store"
	"tillit/store/cases"
)

// visitIn is visit in a language.
func visitIn(t *testing.T, lang string, work desk.Casework) *visitor {
	t.Helper()
	v := visit(t, work)
	v.get("/?lang=" + lang)
	return v
}

var langs = []string{"nb", "nn", "en"}

// TestEveryActHasAPage goes through all acts as they are declared, in every language:
// what is offered is what its page does, and nothing lacks words.
func TestEveryActHasAPage(t *testing.T) {
	for _, lang := range langs {
		o := handlerstest.New(t)
		ref := o.File("lin", short)
		v, jonas := visitIn(t, lang, o.Dial("maren")), visitIn(t, lang, o.Dial("jonas"))
		// What can always be done. Who has given a case away cannot let go of it any more.
		left := slices.DeleteFunc(slices.Clone(acts.All), func(a *routine.Act) bool { return !a.Always || a == acts.Give })
		left = append(left, acts.Give)
		for range 2 { // some can be done only after another
			left = slices.DeleteFunc(left, func(a *routine.Act) bool {
				_, page := v.get("/case/" + ref + "/acts")
				return strings.Contains(page, "/case/"+ref+"/act/"+a.Name+`"`) && a != acts.Recuse && doOne(v, v, ref, lang, a)
			})
		}
		if len(left) != 1 || !doOne(v, jonas, ref, lang, acts.Recuse) {
			t.Errorf("%s: %d acts are never offered", lang, len(left)-1)
		}
		_, page := v.get("/?lang=" + lang)
		v.never(page, ref)
	}
}

// doOne does an act on its page, with a fault first where there can be one, and looks
// at it on somebody's page of the case.
func doOne(v, sees *visitor, ref, lang string, a *routine.Act) bool {
	v.t.Helper()
	said, path := acts.Words().In(lang), "/case/"+ref+"/act/"+a.Name
	has := func(page string, what string, pairs ...any) {
		v.t.Helper()
		v.want(html.UnescapeString(page), said.Say("act."+a.Name+"."+what, pairs...))
	}
	_, page := v.get(path)
	has(page, "title")
	has(page, "hint")
	fill := url.Values{}
	for _, f := range a.Fields {
		has(page, "field."+f.Name)
		fill.Set(f.Name, "siv")
		if f.Required {
			_, empty := v.submit(page, path, nil)
			v.want(html.UnescapeString(empty), `aria-invalid="true"`, `aria-describedby="hint f-`+f.Name+`-fault"`, said.Say("fault.empty"))
		}
	}
	_, page = v.act(ref, a.Name, fill)
	has(page, "done", "person", "Siv A.")
	_, page = sees.get("/case/" + ref)
	has(page, "log", "name", "Maren V.", "person", "Siv A.")
	return true
}

// TestWhoIsKeptOutIsShownSo looks at the pages on which somebody could forget it.
func TestWhoIsKeptOutIsShownSo(t *testing.T) {
	o := handlerstest.New(t)
	ref := o.File("lin", short)
	v := visit(t, o.Dial("maren"))
	for _, path := range []string{"", "/act/reply", "/act/note", "/act/grant", "/act/give", "/act/recuse"} {
		_, page := v.get("/case/" + ref + path)
		v.want(page, "Kept out: Håkon R.", "Do not mention the case there.")
		v.never(page, `value="hakon"`)
	}
	_, page := v.submit(page(v, ref, "reply"), "/case/"+ref+"/act/reply", url.Values{"text": {"x"}})
	v.want(page, "Not sent yet", "Kept out: Håkon R.")
}

func page(v *visitor, ref, act string) string {
	_, body := v.get("/case/" + ref + "/act/" + act)
	return body
}

// TestARefusalIsSaidInWords refuses what the case allowed when its page was shown, and
// keeps what was chosen.
func TestARefusalIsSaidInWords(t *testing.T) {
	for _, lang := range langs {
		o := handlerstest.New(t)
		ref := o.File("lin", short)
		v := visitIn(t, lang, o.Dial("maren"))
		form := page(v, ref, "grant")
		if err := does(t, o.Dial("siv"), ref, acts.Recuse, ""); err != nil {
			t.Fatal(err)
		}
		code, body := v.submit(form, "/case/"+ref+"/act/grant", url.Values{"to": {"siv"}})
		if code != 403 {
			t.Errorf("%s: %d", lang, code)
		}
		v.want(html.UnescapeString(body), acts.Words().In(lang).Say("refused.kept_out", "person", "Siv A."), `role="alert" id="problem"`)
	}
}

// chatted writes two notes that came through a chat. One of them is in doubt: jonas
// writes a note, and the server was told that he takes the case.
func chatted(t *testing.T, o *handlerstest.Office, ref string) {
	t.Helper()
	filled, err := acts.Note.Read(func(string) []string { return []string{"said in a chat"} })
	if err != nil {
		t.Fatal(err)
	}
	take := routine.Mark{Kind: routine.KindDuty, Duty: routine.Lead, Person: "jonas"}
	for by, mark := range map[string]routine.Mark{"jonas": take, "maren": filled.Mark("maren")} {
		err := o.Store.Act(t.Context(), store.Act{Handler: by, Ref: ref, Change: func(*cases.Facts, int64) error { return nil },
			Chat: &store.Said{Body: filled.Body(mark.Encode(), nil), Via: "telegram"}})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestWhatIsInDoubtStandsBesideTheCase looks at what no desk takes for true, and at what
// came through a chat.
func TestWhatIsInDoubtStandsBesideTheCase(t *testing.T) {
	o := handlerstest.New(t)
	ref := o.File("lin", short)
	chatted(t, o, ref)
	for lang, says := range map[string][4]string{
		"nb": {"I tvil", "signert av Jonas T.:", "saksbordet deres sa noe annet", "skrevet i Telegram, signert av serveren"},
		"nn": {"I tvil", "signert av Jonas T.:", "saksbordet deira sa noko anna", "skrive i Telegram, signert av serveren"},
		"en": {"In doubt", "signed by Jonas T.:", "their desk told the server something else", "written in Telegram, signed by the server"},
	} {
		v := visitIn(t, lang, o.Dial("maren"))
		_, body := v.get("/case/" + ref)
		v.want(body, says[:]...)
		v.want(body, `id="doubts"`, "said in a chat", "/act/note") // work goes on
	}
}

// TestWhatNobodySignedSaysSo opens the cases of version 1 that stand frozen beside
// package casework.
func TestWhatNobodySignedSaysSo(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("../casework/testdata/v1")); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "data"), 0o700); err != nil {
		t.Fatal(err)
	}
	unpack(t, filepath.Join(dir, "tillit.db.gz"), filepath.Join(dir, "data", "tillit.db"))
	o := handlerstest.New(t, handlerstest.Options{Dir: dir, Clock: handlerstest.At(time.Date(2026, 11, 16, 19, 0, 0, 0, time.UTC)),
		People: []handlerstest.Person{{ID: "maren"}, {ID: "jonas"}, {ID: "hakon"}, {ID: "eva"}}})
	maren := o.Dial("maren")
	queue, err := maren.Queue(t.Context(), casework.Query{})
	if err != nil || len(queue.Cases) == 0 {
		t.Fatalf("%d cases, %v", len(queue.Cases), err)
	}
	v, all := visit(t, maren), ""
	for _, c := range queue.Cases {
		_, body := v.get("/case/" + c.Ref)
		all += body
	}
	v.want(all, "took the case", "gave the case to", "gave access to", "from before acts were signed", "Case received", "deleted a message")
	v.never(all, `id="doubts"`)
}

func unpack(t *testing.T, from, to string) {
	t.Helper()
	in, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	r, err := gzip.NewReader(in)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestAReporterIsAskedInTheirLanguage: what is put into the handler's words for them is in
// the language that the reporter wrote in, whatever the desk's is.
func TestAReporterIsAskedInTheirLanguage(t *testing.T) {
	o := handlerstest.New(t)
	ref := o.File("lin", short) // on the pages in bokmål
	for _, lang := range langs {
		v := visitIn(t, lang, o.Dial("maren"))
		_, page := v.get("/case/" + ref + "/act/reply?ask=S2")
		v.want(html.UnescapeString(page), "Kan jeg spørre om dette: Hvor gammel er den det skjedde med?")
	}
}

// TestLabelsBeginAsLabelsDo: what the routine calls duties and people stands in the middle
// of its sentences too, and begins a line of a form with a capital.
func TestLabelsBeginAsLabelsDo(t *testing.T) {
	o := handlerstest.New(t)
	ref := o.File("lin", short)
	label := regexp.MustCompile(`(?s)<(?:label|legend|dt|option)[^>]*>(?:<input[^>]*><span>)?(\p{Ll}[^<]*)`)
	for _, lang := range langs {
		v := visitIn(t, lang, o.Dial("maren"))
		_, page := v.get("/case/" + ref)
		_, duties, _ := strings.Cut(page, `id="duties"`)
		duties, _, _ = strings.Cut(duties, "</section>")
		for _, act := range []string{"staff", "heard", "invite"} {
			_, form := v.get("/case/" + ref + "/act/" + act)
			if _, form, _ = strings.Cut(form, "<main"); act == "staff" {
				form += duties
			}
			for _, m := range label.FindAllStringSubmatch(form, -1) {
				t.Errorf("%s, %s: a label is %q", lang, act, m[1])
			}
		}
	}
}
