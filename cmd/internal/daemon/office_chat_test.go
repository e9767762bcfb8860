package daemon

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"tillit/bot/bottest"
	"tillit/bot/bottest/faults"
	mattermost "tillit/bot/mattermost/standin"
	"tillit/bot/telegram/standin"
	"tillit/store/storetest"
)

// officeTown is a server with the office's account on Telegram, a handler's
// telephone, and a member's browser.
type officeTown struct {
	t      *testing.T
	dir    string
	net    *standin.Server
	daemon *Daemon
	log    *bottest.Journal
	maren  *standin.Person
	jonas  *standin.Person
	base   string
	http   *http.Client
	seen   map[*standin.Person]int // message that they pressed last
}

// extra is what an installation has besides the office's account on Telegram.
type extra struct {
	lines string // of the configuration
	token string // in more.token
	maren string // lines about Maren in the organisation file
	jonas string
}

func newOfficeTown(t *testing.T, words string, more extra) *officeTown {
	t.Helper()
	ot := &officeTown{t: t, net: standin.New(t), log: &bottest.Journal{}, seen: map[*standin.Person]int{}}
	ot.net.Fast = true
	ot.maren, ot.jonas = ot.net.Person("Maren"), ot.net.Person("Jonas")
	port := freePort(t)
	ot.base = "http://" + port
	lines := fmt.Sprintf("[web]\nlisten = %q\n[office]\nlisten = \"\"\n[operator]\nlisten = \"\"\n[office_chat]\nquiet_from = 0\nquiet_until = 0\n"+
		"desk = \"http://127.0.0.1:7401\"\n[office_chat.telegram]\ntoken_file = \"office.token\"\nwords = %q\napi = %q\n", port, words, ot.net.URL)
	dir, conf, err := installed(t, lines+more.lines)
	if err != nil {
		t.Fatal(err)
	}
	ot.dir = dir
	account(t, dir, "maren", fmt.Sprintf("telegram = %d\n", ot.maren.ID)+more.maren)
	account(t, dir, "jonas", fmt.Sprintf("telegram = %d\n", ot.jonas.ID)+more.jonas)
	for name, content := range map[string]string{"office.token": ot.net.Token, "more.token": more.token} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	conf.AtOnce = true
	ot.serve(conf)
	ot.another()
	return ot
}

// account writes lines about a handler into the organisation file.
func account(t *testing.T, dir, id, lines string) {
	t.Helper()
	path := filepath.Join(dir, "organisation.toml")
	org, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	of := fmt.Sprintf("id = %q\n", id)
	if err := os.WriteFile(path, []byte(strings.Replace(string(org), of, of+lines, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
}

// another is another member's browser.
func (ot *officeTown) another() {
	ot.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		ot.t.Fatal(err)
	}
	ot.http = &http.Client{Jar: jar, Timeout: 5 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

func (ot *officeTown) serve(conf Config) {
	ot.t.Helper()
	var err error
	if ot.daemon, err = Open(ot.t.Context(), conf, slog.New(slog.NewTextHandler(ot.log, &slog.HandlerOptions{Level: slog.LevelDebug}))); err != nil {
		ot.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- ot.daemon.Serve(ctx) }()
	ot.t.Cleanup(func() {
		cancel()
		if err := <-served; err != nil {
			ot.t.Error(err)
		}
		if err := ot.daemon.Close(); err != nil {
			ot.t.Error(err)
		}
	})
}

func (ot *officeTown) until(what string, ok func() bool) {
	ot.t.Helper()
	for end := time.Now().Add(15 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			ot.t.Fatalf("waited in vain: %s\nmaren: %q\njonas: %q\n%s", what, ot.maren.Got(), ot.jonas.Got(), ot.log)
		}
	}
}

func (ot *officeTown) sees(p *standin.Person, words string) {
	ot.t.Helper()
	ot.until(p.Name+" sees "+words, func() bool {
		return slices.ContainsFunc(p.Got(), func(s string) bool { return strings.Contains(s, words) })
	})
}

// press presses a button that came after the one that this person pressed last.
func (ot *officeTown) press(p *standin.Person, label string) {
	ot.t.Helper()
	ot.until("a button "+label, func() bool {
		for _, m := range slices.Backward(p.Screen()) {
			for _, b := range m.Buttons {
				if b.Label == label && m.ID > ot.seen[p] {
					ot.seen[p] = m.ID
					p.PressData(m.ID, b.Data)
					return true
				}
			}
		}
		return false
	})
}

// page is what the member's browser shows.
func (ot *officeTown) page() (html string) {
	ot.t.Helper()
	ot.until("the page", func() bool {
		res, err := ot.http.Get(ot.base + "/")
		if err != nil {
			return false
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		html = string(body)
		return err == nil && res.StatusCode == http.StatusOK
	})
	return html
}

var (
	talkField   = regexp.MustCompile(`name="talk" value="([^"]*)"`)
	choiceField = regexp.MustCompile(`name="choice" value="([^"]*)"`)
	anyRef      = regexp.MustCompile(`T-[0-9A-Z]{6}`)
)

func (ot *officeTown) say(html, name, value string) {
	ot.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	talk := ""
	if found := talkField.FindStringSubmatch(html); found != nil {
		talk = found[1]
	}
	for k, v := range map[string]string{name: value, "talk": talk} {
		if err := form.WriteField(k, v); err != nil {
			ot.t.Fatal(err)
		}
	}
	if err := form.Close(); err != nil {
		ot.t.Fatal(err)
	}
	req, err := http.NewRequest(http.MethodPost, ot.base+"/say", &body)
	if err != nil {
		ot.t.Fatal(err)
	}
	req.Header.Set("Content-Type", form.FormDataContentType())
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	res, err := ot.http.Do(req)
	if err != nil {
		ot.t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusSeeOther {
		ot.t.Fatalf("saying %s is answered with %d", value, res.StatusCode)
	}
}

const memberWords = "kanari: det var på middagen"

// report is a whole interview that keeps out whom it is told to. It returns the case.
func (ot *officeTown) report(excluded ...string) string {
	ot.t.Helper()
	told := false
	for range 100 {
		html := ot.page()
		var offers []string
		for _, found := range choiceField.FindAllStringSubmatch(html, -1) {
			offers = append(offers, found[1])
		}
		pick := func() string {
			if slices.Contains(offers, "C0.nobody") && len(excluded) > 0 {
				id := excluded[0]
				if excluded = excluded[1:]; len(excluded) == 0 {
					excluded = []string{"~done"}
				}
				return offers[slices.IndexFunc(offers, func(o string) bool { return strings.HasSuffix(o, id) })]
			}
			for _, id := range []string{"start", "H5.send", "H4.ok", "A1.~done", "S1.yes", "C0.nobody"} {
				if slices.Contains(offers, id) {
					return id
				}
			}
			for _, id := range offers {
				if strings.HasSuffix(id, ".~skip") {
					return id
				}
			}
			return offers[0]
		}()
		if pick == "A1.~done" && !told {
			told = true
			ot.say(html, "text", memberWords)
			continue
		}
		ot.say(html, "choice", pick)
		if pick == "H5.send" {
			return anyRef.FindString(ot.page())
		}
	}
	ot.t.Fatal("the interview does not end")
	return ""
}

const replyWords = "kanari: takk for at du forteller"

func TestAHandlerAnswersFromTheOfficesChat(t *testing.T) {
	t.Parallel()
	ot := newOfficeTown(t, "chat", extra{})
	if html := ot.page(); !strings.Contains(html, "Svar fra saksbehandlerne går gjennom Telegram") {
		t.Error("the member's card does not say that answers pass through Telegram")
	}
	ref := ot.report()
	ot.sees(ot.maren, "Ny sak "+ref)
	ot.sees(ot.jonas, "Ny sak "+ref)
	ot.press(ot.maren, "Ta")
	ot.sees(ot.maren, ref+" er din nå")
	ot.sees(ot.jonas, "Maren har den")
	ot.maren.Write("svar " + ref + " " + replyWords)
	ot.sees(ot.maren, replyWords)
	if head, err := ot.daemon.store.Head(t.Context(), "maren", ref); err != nil || head.Status != "taken" {
		t.Errorf("before the button is pressed the case is %q, %v", head.Status, err)
	}
	ot.press(ot.maren, "Send til den som meldte fra")
	ot.sees(ot.maren, "Sendt til den som meldte fra")
	html := ot.page()
	ot.say(html, "choice", "show")
	if html = ot.page(); !strings.Contains(html, replyWords) || !strings.Contains(html, "Maren") {
		t.Errorf("the member's copy does not show the reply")
	}
	ot.nothingReadable(ot.maren, ot.jonas)
}

func TestAtTheDeskAloneNothingTypedInChatLeaves(t *testing.T) {
	t.Parallel()
	ot := newOfficeTown(t, "desk", extra{})
	if html := ot.page(); strings.Contains(html, "går gjennom Telegram") {
		t.Error("the member's card speaks of a chat that no answer passes through")
	}
	ref := ot.report()
	ot.press(ot.maren, "Ta")
	ot.sees(ot.maren, ref+" er din nå")
	ot.maren.Write("svar " + ref + " " + replyWords)
	ot.sees(ot.maren, "Ikke lagret. Skriv dette på saksbordet: http://127.0.0.1:7401.")
	if slices.ContainsFunc(ot.maren.Got(), func(s string) bool { return strings.Contains(s, replyWords) }) {
		t.Error("what was typed is shown as if it could be sent")
	}
	ot.say(ot.page(), "text", "/status")
	if html := ot.page(); strings.Contains(html, replyWords) {
		t.Error("what was typed in chat reached the member")
	}
	if head, err := ot.daemon.store.Head(t.Context(), "maren", ref); err != nil || head.Status != "taken" {
		t.Errorf("the case is %q, %v; want it taken and not answered", head.Status, err)
	}
	ot.nothingReadable(ot.maren, ot.jonas)
}

// nothingReadable holds that no words, and no number of an account, got to the disk
// or into the log, and that no handler was shown what the member wrote.
func (ot *officeTown) nothingReadable(people ...*standin.Person) {
	ot.t.Helper()
	secrets := []string{memberWords, replyWords}
	for _, p := range people {
		secrets = append(secrets, fmt.Sprint(p.ID))
		if strings.Contains(strings.Join(p.Got(), "\n"), memberWords) {
			ot.t.Errorf("%s was shown the member's words in chat", p.Name)
		}
	}
	for _, secret := range secrets {
		if found, err := storetest.Scan(filepath.Join(ot.dir, "data"), secret); err != nil || len(found) > 0 {
			ot.t.Errorf("readable on disk: %v, %v", found, err)
		}
		if strings.Contains(ot.log.String(), secret) {
			ot.t.Error("the log holds words or the number of an account")
		}
	}
}

// TestOnePersonIsAReporterAndAHandlerApart: Maren reports through the members' bot
// and works through the office's, on one network, with one account.
func TestOnePersonIsAReporterAndAHandlerApart(t *testing.T) {
	t.Parallel()
	members := standin.New(t)
	members.Fast = true
	members.Token, members.BotID = strings.Replace(members.Token, fmt.Sprint(members.BotID), "700000002", 1), 700000002
	reporter := members.Person("Maren")
	ot := newOfficeTown(t, "chat", extra{lines: fmt.Sprintf("[telegram]\ntoken_file = \"more.token\"\napi = %q\n", members.URL), token: members.Token})
	if reporter.ID != ot.maren.ID {
		t.Fatal("she has two accounts, so there is nothing to prove")
	}
	theirs := ot.report() // somebody else's case
	ot.press(ot.maren, "Ta")
	ot.sees(ot.maren, theirs+" er din nå")
	reporter.Write("/start")
	for _, label := range []string{"Start", "Ja"} {
		ot.press(reporter, label)
	}
	ot.sees(reporter, "egne ord")
	reporter.Write(memberWords)
	ot.sees(reporter, "Svar fra saksbehandlerne går gjennom Telegram")
	for _, label := range []string{"Ferdig", "Det skjedde med meg", "Hopp over", "Hopp over", "Nei, alle her kan se det", "Se over og send", "Hopp over", "Hopp over", "Ferdig med å se over", "Send inn"} {
		ot.press(reporter, label)
	}
	ot.sees(reporter, "Kvittering")
	own := anyRef.FindString(strings.Join(reporter.Got(), "\n"))
	ot.sees(ot.jonas, "Ny sak "+own)
	reporter.Write("kø") // a command with the one, words with the other
	ot.maren.Write("/status")
	ot.sees(ot.maren, "Ikke lagret")
	ot.sees(reporter, "lagret")
	asMember, asHandler := strings.Join(reporter.Got(), "\n"), strings.Join(ot.maren.Got(), "\n")
	if strings.Contains(asMember, theirs) || strings.Contains(asMember, "Køen") {
		t.Error("the members' bot knows what she does as a handler")
	}
	if strings.Contains(asHandler, memberWords) || strings.Contains(asHandler, "Kvittering") || strings.Contains(asHandler, own+" er mottatt") {
		t.Error("the office's bot knows what she does as a member")
	}
	ot.nothingReadable(ot.maren, ot.jonas)
}

// TestWhoIsKeptOutHearsNothingOnTheirTelephone: Jonas is kept out by a button. He
// asks for the case by its name all the same.
func TestWhoIsKeptOutHearsNothingOnTheirTelephone(t *testing.T) {
	t.Parallel()
	ot := newOfficeTown(t, "chat", extra{})
	ref := ot.report("jonas")
	ot.press(ot.maren, "Ta")
	ot.sees(ot.maren, ref+" er din nå")
	if got := ot.jonas.Screen(); len(got) > 0 {
		t.Errorf("Jonas sees %+v", got)
	}
	ot.jonas.Write("ta " + ref)
	ot.sees(ot.jonas, ref+" er ikke blant sakene du kan åpne.")
	ot.jonas.Write("ta T-222222")
	ot.sees(ot.jonas, "T-222222 er ikke blant sakene du kan åpne.")
	ot.jonas.Write("kø")
	ot.sees(ot.jonas, "Ingen saker venter på deg nå.")
}

// TestEachNetworkHasItsOwnRule: Maren has an account on both. On Mattermost, where
// there are no buttons here, she may answer; on Telegram she may not.
func TestEachNetworkHasItsOwnRule(t *testing.T) {
	t.Parallel()
	mm := mattermost.New(t)
	maren := mm.Person("Maren")
	ot := newOfficeTown(t, "desk", extra{
		lines: fmt.Sprintf("[office_chat.mattermost]\ntoken_file = \"more.token\"\nwords = \"chat\"\noperator = \"Driftshuset\"\nurl = %q\n", mm.URL),
		token: mm.Token, maren: fmt.Sprintf("mattermost = %q\n", maren.ID),
	})
	sees := func(words string) {
		t.Helper()
		ot.until(fmt.Sprintf("Maren reads %s on Mattermost", words), func() bool { return strings.Contains(strings.Join(maren.Got(), "\n"), words) })
	}
	if html := ot.page(); !strings.Contains(html, "går gjennom Mattermost (Driftshuset)") || strings.Contains(html, "Telegram") {
		t.Error("the card does not say which network answers pass through, or says too many")
	}
	ref := ot.report()
	ot.sees(ot.maren, "Ny sak "+ref)
	sees("For å ta den, skriv: ta " + ref)
	maren.Write("ta " + ref)
	sees(ref + " er din nå")
	ot.sees(ot.maren, "Du har den")
	ot.sees(ot.jonas, "Maren har den")
	ot.maren.Write("svar " + ref + " " + replyWords)
	ot.sees(ot.maren, "Ikke lagret")
	maren.Write("svar " + ref + " " + replyWords)
	sees("Ingenting sendes før du skriver: send ")
	_, after, _ := strings.Cut(strings.Join(maren.Got(), "\n"), "Ingenting sendes før du skriver: ")
	maren.Write(strings.Split(after, ".")[0])
	sees("Sendt til den som meldte fra")
	ot.say(ot.page(), "choice", "show")
	if html := ot.page(); !strings.Contains(html, replyWords) {
		t.Error("the member's copy does not show the reply")
	}
	ot.nothingReadable(ot.maren, ot.jonas)
	if problems := mm.Problems(); len(problems) > 0 {
		t.Errorf("the network complains: %q", problems)
	}
}

// TestAPreviewThatDidNotArriveCannotBeSent: the network loses it, and nobody knows. It is said
// again, with its button, and no button that sends stands under anything else.
func TestAPreviewThatDidNotArriveCannotBeSent(t *testing.T) {
	t.Parallel()
	ot := newOfficeTown(t, "chat", extra{})
	ref := ot.report()
	ot.press(ot.maren, "Ta")
	ot.sees(ot.maren, ref+" er din nå")
	ot.sees(ot.jonas, "Maren har den")
	ot.sees(ot.maren, "Du har den")
	lost := ot.net.Calls("sendMessage")
	ot.net.Faults.On("sendMessage", faults.Fault{})
	ot.maren.Write("svar " + ref + " " + replyWords)
	ot.until("the preview is lost", func() bool { return ot.net.Calls("sendMessage") > lost })
	ot.maren.Write("kø") // what comes after it is there
	ot.sees(ot.maren, "Køen")
	for _, m := range ot.maren.Screen() {
		for _, b := range m.Buttons {
			if b.Label == "Send til den som meldte fra" && !strings.Contains(m.Text, replyWords) {
				t.Errorf("under %q there is a button that sends", m.Text)
			}
		}
	}
	ot.nothingReadable(ot.maren, ot.jonas)
}
