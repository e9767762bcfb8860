package daemon

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"tillit/bot/bottest"
	"tillit/bot/bottest/faults"
	mattermost "tillit/bot/mattermost/standin"
	telegram "tillit/bot/telegram/standin"
	"tillit/handlers/casework"
	"tillit/handlers/handlerstest"
	"tillit/intake"
	"tillit/store/seal"
	"tillit/store/storetest"
)

// stage is an installation with everybody who is in the story: a member and two
// handlers with what they have in their hands, and the handlers' keys.
type stage struct {
	t        testing.TB
	dir      string
	server   string // the office API
	page     string // the members' pages
	log      *bottest.Journal
	member   *phone
	maren    *phone
	jonas    *phone
	keys     map[string]*casework.Key
	accounts map[string]string // lines about a handler in the organisation file
	files    map[string]string // tokens
	lines    []string          // of the configuration
	secrets  []string          // what may stand nowhere, besides words
	faults   map[string]*faults.Plan
	between  func(url string) string // where a network is found instead
	theirs   func() []string         // by which a call to the network is known to be about Jonas
	now      func() time.Time        // of the server; nil is the real time
}

func newStage(t testing.TB) *stage {
	s := &stage{
		t: t, dir: t.TempDir(), log: &bottest.Journal{}, keys: map[string]*casework.Key{}, accounts: map[string]string{}, files: map[string]string{},
		faults: map[string]*faults.Plan{}, between: func(url string) string { return url }, server: freePort(t), page: freePort(t),
	}
	s.lines = append(s.lines, fmt.Sprintf("[web]\nlisten = %q\n[office]\nlisten = %q\n[operator]\nlisten = \"\"\n"+
		"[office_chat]\nquiet_from = 0\nquiet_until = 0\ndesk = \"http://127.0.0.1:7401\"\n", s.page, s.server))
	return s
}

// writes writes all of it down, once.
func (s *stage) writes() Config {
	s.t.Helper()
	path := filepath.Join(s.dir, "tillit.toml")
	if _, err := os.Stat(path); err != nil {
		s.install()
	}
	conf, err := LoadConfig(path)
	if err != nil {
		s.t.Fatal(err)
	}
	conf.AtOnce, conf.Now = true, s.now
	return conf
}

func (s *stage) install() {
	s.t.Helper()
	org := "name = \"Eksempelforbundet\"\ntime_zone = \"Europe/Oslo\"\nlanguage = \"nb\"\n[promises]\nanswer_working_days = 3\nlatest_days = 7\nresult_months = 3\n"
	for _, part := range []string{"[[handlers]]\nid = \"maren\"\nname = \"Maren\"\nrole = \"a\"\ncounty = \"\"\n", "[[handlers]]\nid = \"jonas\"\nname = \"Jonas\"\nrole = \"b\"\ncounty = \"\"\n", "[external]\nname = \"X\"\n"} {
		key, err := casework.NewKey()
		if err != nil {
			s.t.Fatal(err)
		}
		for _, id := range []string{"maren", "jonas"} {
			if strings.Contains(part, id) {
				s.keys[id] = key
				part += s.accounts[id]
			}
		}
		org += part + key.Public()
	}
	recovery, err := age.GenerateHybridIdentity()
	if err != nil {
		s.t.Fatal(err)
	}
	s.files["organisation.toml"] = org + fmt.Sprintf("[recovery]\nkey = %q\nkept = \"2-of-3\"\n", recovery.Recipient())
	s.files["server.key"] = string(seal.GenerateServerKey(time.Now()))
	s.files["tillit.toml"] = strings.Join(s.lines, "")
	for name, text := range s.files {
		if err := os.WriteFile(filepath.Join(s.dir, name), []byte(text), 0o600); err != nil {
			s.t.Fatal(err)
		}
	}
}

// opens serves until the test ends.
func (s *stage) opens() {
	s.t.Helper()
	conf := s.writes()
	d, err := Open(s.t.Context(), conf, slog.New(slog.NewTextHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	if err != nil {
		s.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- d.Serve(ctx) }()
	s.t.Cleanup(func() {
		cancel()
		if err := <-served; err != nil {
			s.t.Error(err)
		}
		if err := d.Close(); err != nil {
			s.t.Error(err)
		}
	})
	for _, p := range []*phone{s.member, s.maren, s.jonas} {
		p.log = func() { s.t.Log(s.log) }
	}
}

// desk signs a handler in at the office.
func (s *stage) desk(id string) *handlerstest.Desk {
	s.t.Helper()
	var c *handlerstest.Desk
	s.maren.until("the office to answer", func() (ok bool) {
		var err error
		c, err = handlerstest.SignIn(s.t.Context(), casework.Config{Server: "http://" + s.server, Key: s.keys[id]})
		return err == nil
	})
	return c
}

// reads has a handler open a case at the desk, and returns all words in it.
func (s *stage) reads(desk *handlerstest.Desk, ref string) (words []string) {
	s.t.Helper()
	opened, err := desk.Case(s.t.Context(), ref)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, a := range opened.Answers {
		words = append(words, a.Text.Reveal())
	}
	for _, e := range opened.Entries {
		words = append(words, e.Text.Reveal())
	}
	return words
}

const (
	moreWords = "kanari: og det var flere der"
)

// story is what all of it is for: a report, a notice, somebody who takes it, reads
// it and answers, and the answer to that. It is the same on every network.
func (s *stage) story(words string) {
	t, member, maren, jonas := s.t, s.member, s.maren, s.jonas
	t.Helper()
	if !member.page {
		member.write("/start")
	}
	if words == "chat" && !member.page {
		member.sees("Svar fra saksbehandlerne går gjennom")
	}
	member.presses("Start", "Ja")
	member.sees("egne ord")
	member.write(memberWords)
	member.presses("Ferdig", "Det skjedde med meg", "Hopp over", "Hopp over")
	if member.page {
		member.presses("Nei, alle her kan se det")
	} else { // a question that takes several changes where it stands
		member.presses("Jonas (b)")
		member.again("Jonas (b) ✔", "Nei, alle her kan se det")
	}
	member.presses("Se over og send", "Hopp over", "Hopp over")
	member.presses("Ferdig med å se over", "Send inn")
	member.sees("Kvittering")
	maren.sees("Ny sak T-")
	ref := anyRef.FindString(strings.Join(maren.reads(), "\n"))
	jonas.sees("Ny sak " + ref)
	before := len(jonas.reads())
	maren.presses("Ta")
	maren.sees(ref + " er din nå")
	jonas.sees("Maren har den")
	if got := len(jonas.reads()); got != before {
		t.Errorf("Jonas got %d messages more, want the one that he has, changed: %q", got-before, jonas.reads())
	}
	desk := s.desk("maren")
	if got := s.reads(desk, ref); !slices.Contains(got, memberWords) {
		t.Errorf("at her desk Maren reads %q", got)
	}
	s.answer(desk, ref, words)
	member.sees("Du har en beskjed")
	if member.has(replyWords) {
		t.Error("the words came before they were asked for")
	}
	member.presses("Vis beskjeden")
	member.sees(replyWords)
	member.write(moreWords)
	maren.sees(ref + ": Noe nytt venter på å bli lest")
	if got := s.reads(desk, ref); !slices.Contains(got, moreWords) || !slices.Contains(got, replyWords) {
		t.Errorf("at her desk Maren reads %q", got)
	}
	for _, p := range []*phone{maren, jonas} {
		if p.has(memberWords) || p.has(moreWords) {
			t.Errorf("%s was shown the member's words in chat", p.name)
		}
	}
	s.nothingReadable()
}

// answer writes to the reporter, in chat where that is the setting.
func (s *stage) answer(desk *handlerstest.Desk, ref, words string) {
	s.t.Helper()
	s.maren.write("svar " + ref + " " + replyWords)
	if words == "chat" {
		s.maren.sees("Ingenting sendes før")
		s.maren.presses("Send til den som meldte fra")
		s.maren.sees("Sendt til den som meldte fra")
		return
	}
	s.maren.sees("Ikke lagret")
	if err := desk.Reply(s.t.Context(), ref, intake.NewPrivate(replyWords)); err != nil {
		s.t.Fatal(err)
	}
}

func (s *stage) nothingReadable() {
	s.t.Helper()
	for _, secret := range append([]string{memberWords, moreWords, replyWords}, s.secrets...) {
		if found, err := storetest.Scan(filepath.Join(s.dir, "data"), secret); err != nil || len(found) > 0 {
			s.t.Errorf("readable on disk: %v, %v", found, err)
		}
		if strings.Contains(s.log.String(), secret) {
			s.t.Error("the log holds words, a token or the id of an account")
		}
	}
}

// onTelegramBot gives the stage an account on Telegram and returns the network.
func (s *stage) onTelegramBot(table, token, more string) *telegram.Server {
	net := telegram.New(s.t)
	net.Fast = true
	// Each account is another one.
	account := net.BotID + int64(len(s.files)) + 1
	net.Token, net.BotID = strings.Replace(net.Token, fmt.Sprint(net.BotID), fmt.Sprint(account), 1), account
	s.files[token] = net.Token
	s.lines = append(s.lines, fmt.Sprintf("[%s]\ntoken_file = %q\napi = %q\n%s", table, token, s.between(net.URL), more))
	s.faults[table] = &net.Faults
	s.secrets = append(s.secrets, net.Token)
	return net
}

func (s *stage) onMattermostBot(table, token, more string) *mattermost.Server {
	net, port := mattermost.New(s.t), freePort(s.t)
	s.files[token] = net.Token
	s.lines = append(s.lines, fmt.Sprintf("[%s]\ntoken_file = %q\nurl = %q\noperator = \"Driftshuset\"\ncallback = \"http://%s/hook\"\nlisten = %q\n%s",
		table, token, s.between(net.URL), port, port, more))
	s.faults[table] = &net.Faults
	s.secrets = append(s.secrets, net.Token)
	return net
}

// TestTheStory is told with a member on each channel, and handlers on each network,
// in both settings of words.
func TestTheStory(t *testing.T) {
	t.Parallel()
	for _, words := range []string{"chat", "desk"} {
		for _, from := range []string{"telegram", "mattermost", "web"} {
			for _, to := range []string{"mattermost", "telegram"} {
				t.Run(from+" to "+to+", words at "+words, func(t *testing.T) {
					if testing.Short() && (words == "desk") == (to == "telegram") {
						t.SkipNow()
					}
					t.Parallel()
					s := newStage(t)
					s.handlersOn(to, words)
					s.memberOn(from)
					s.opens()
					s.story(words)
				})
			}
		}
	}
}

// memberOn puts the member on a channel.
func (s *stage) memberOn(channel string) {
	switch channel {
	case "telegram":
		kari := s.onTelegramBot("telegram", "members.token", "").Person("Kari")
		s.member = onTelegram(s.t, kari)
		s.secrets = append(s.secrets, fmt.Sprint(kari.ID))
	case "mattermost":
		kari := s.onMattermostBot("mattermost", "members.token", "").Person("Kari")
		s.member = onMattermost(s.t, kari)
		s.secrets = append(s.secrets, kari.ID)
	case "web":
		s.member = onThePage(s.t, "http://"+s.page)
	}
}

func (s *stage) handlersOn(network, words string) {
	chosen := fmt.Sprintf("words = %q\n", words)
	switch network {
	case "telegram":
		net := s.onTelegramBot("office_chat.telegram", "office.token", chosen)
		maren, jonas := net.Person("Maren"), net.Person("Jonas")
		s.maren, s.jonas = onTelegram(s.t, maren), onTelegram(s.t, jonas)
		s.accounts["maren"], s.accounts["jonas"] = fmt.Sprintf("telegram = %d\n", maren.ID), fmt.Sprintf("telegram = %d\n", jonas.ID)
		s.theirs = func() []string { return []string{fmt.Sprint(jonas.ID)} }
		maren.Write("/start") // on Telegram the bot cannot write first
		jonas.Write("/start")
	case "mattermost":
		net := s.onMattermostBot("office_chat.mattermost", "office.token", chosen)
		maren, jonas := net.Person("Maren"), net.Person("Jonas")
		s.maren, s.jonas = onMattermost(s.t, maren), onMattermost(s.t, jonas)
		s.accounts["maren"], s.accounts["jonas"] = fmt.Sprintf("mattermost = %q\n", maren.ID), fmt.Sprintf("mattermost = %q\n", jonas.ID)
		s.theirs = func() (ids []string) {
			for _, m := range jonas.Screen() {
				ids = append(ids, m.ID)
			}
			return append(ids, jonas.ID, net.Chat(jonas))
		}
	}
}
