package daemon

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"tillit/bot"
	"tillit/bot/network"
	"tillit/intake"
	"tillit/intake/words"
)

// Where tokens are found, as OPERATING names it.
const (
	telegramToken         = "TILLIT_TELEGRAM_TOKEN"
	officeTelegramToken   = "TILLIT_OFFICE_TELEGRAM_TOKEN"
	mattermostToken       = "TILLIT_MATTERMOST_TOKEN"
	officeMattermostToken = "TILLIT_OFFICE_MATTERMOST_TOKEN"
)

// isOn reports whether an account is on, by its name in rows.
func (c Config) isOn(name string) (bool, error) {
	for _, a := range c.accounts {
		if a.name() == name {
			token, err := c.token(a)
			return err == nil && !token.IsZero(), err
		}
	}
	return false, nil
}

// paper is a network in this file alone: whoever can read it needs to change nothing
// else for another one but the list.
type paper struct {
	mu    sync.Mutex
	desks map[bool]*sheet // the members' and the office's
}

// sheet is an account on paper.
type sheet struct {
	paperSettings
	network.Account
	words *words.Book
	in    chan bot.Event

	mu   sync.Mutex
	said []string
}

type paperSettings struct {
	network.Table
	Drawer string `toml:"drawer"`
	on     *paper
}

func (*sheet) Health() network.Health { return network.Health{Heard: time.Now()} }

func (s *paperSettings) Server() (key, address string) { return "drawer", "" }
func (s *paperSettings) Reader() string                { return s.Drawer }

func (s *paperSettings) Validate() error {
	if s.Drawer == "open" {
		return errors.New("drawer must have a lock")
	}
	return nil
}

func (s *paperSettings) Open(a network.Account) (network.Channel, error) {
	book, err := words.Read(fstest.MapFS{
		"w/nb.toml": {Data: []byte("readers = \"{reader} leser arket.\"\nmore = \"Arket er A4.\"\n")},
		"w/nn.toml": {Data: []byte("readers = \"{reader} les arket.\"\nmore = \"Arket er A4.\"\n")},
		"w/en.toml": {Data: []byte("readers = \"{reader} reads the sheet.\"\nmore = \"The sheet is A4.\"\n")},
	}, "w")
	made := &sheet{paperSettings: *s, Account: a, words: book, in: make(chan bot.Event, 9)}
	s.on.mu.Lock()
	defer s.on.mu.Unlock()
	s.on.desks[a.Office] = made
	return made, err
}

func (p *paper) at(office bool) *sheet {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.desks[office]
}

func (p *paper) network() network.Network {
	return network.Network{
		Name: "paper", Title: "Paper", Token: regexp.MustCompile(`stamp-[a-z]+`),
		Settings: func() network.Settings { return &paperSettings{on: p} },
		Account: func(value any) (string, error) {
			if name, ok := value.(string); ok && name == strings.ToUpper(name) {
				return name, nil
			}
			return "", errors.New("must be in capitals")
		},
	}
}

func (s *sheet) Name() string { return "paper" }

func (s *sheet) Capabilities(intake.ConversationID) bot.Capabilities {
	return bot.Capabilities{Reader: s.Drawer, Words: s.words}
}

func (s *sheet) Listen(ctx context.Context, deliver func(context.Context, bot.Event) error) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case ev := <-s.in:
			if err := deliver(ctx, ev); err != nil {
				return err
			}
		}
	}
}

func (s *sheet) Send(_ context.Context, to intake.Address, m bot.Message) (bot.SentID, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.said = append(s.said, to.Reveal()+": "+bot.Plain(m))
	return "1", nil
}

func (s *sheet) ServeHTTP(http.ResponseWriter, *http.Request) {}

func (s *sheet) Check(context.Context) []network.Finding {
	return []network.Finding{network.Thought("there is dust on %s", s.Drawer)}
}

func (s *sheet) write(who, text string) {
	s.in <- bot.Event{ID: who + text, Kind: bot.EventMessage, Conversation: intake.NewConversationID(who), Address: intake.NewAddress(who),
		Text: intake.NewPrivate(text), At: time.Now()}
}

func (s *sheet) sees(t *testing.T, words string) {
	t.Helper()
	for end := time.Now().Add(15 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		s.mu.Lock()
		all := strings.Join(s.said, "\n")
		s.mu.Unlock()
		if strings.Contains(all, words) {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("waited in vain for %q; it says %s", words, all)
		}
	}
}

// TestANetworkIsItsFolderAndALine adds one that nothing else knows, and writes through
// it as a member and as a handler.
func TestANetworkIsItsFolderAndALine(t *testing.T) {
	p := &paper{desks: map[bool]*sheet{}}
	dir, _, err := installed(t, "")
	if err != nil {
		t.Fatal(err)
	}
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	load := func(lines string, all ...network.Network) (Config, error) {
		t.Helper()
		write("tillit.toml", "[web]\nlisten = \"\"\n[office]\nlisten = \"\"\n[operator]\nlisten = \"\"\n"+lines)
		return loadConfig(filepath.Join(dir, "tillit.toml"), all)
	}
	all := append([]network.Network{p.network()}, networks...)
	const good = "[paper]\ndrawer = \"the top drawer\"\n[office_chat.paper]\nwords = \"chat\"\ndrawer = \"the safe\"\ntoken_file = \"office.token\"\n"
	for lines, says := range map[string]string{
		"[paper]\ndrawers = 1\n":                                       "keys that mean nothing here",
		"[paper]\ndrawer = \"open\"\n":                                 "[paper] drawer must have a lock",
		"[paper]\ntoken_file = \"stamp-kanari\"\n":                     "[paper] token_file: write the path of a file that holds the token",
		"[paper]\nstamp = \"stamp-kanari\"\n":                          "keys that mean nothing here",
		"[paper]\nwords = \"chat\"\n":                                  "[paper] words and room are for the office's account",
		"[office_chat.paper]\ndrawer = \"the safe\"\n":                 "[office_chat.paper] words is not chosen",
		"[office_chat.paper]\nwords = \"desk\"\ndrawer = \"open\"\n":   "[office_chat.paper] drawer must have a lock",
		"[office_chat]\nquiet_from = 25\n[paper]\ndrawer = \"open\"\n": "[paper] drawer must have a lock",
	} {
		if _, err := load(lines, all...); err == nil || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), "kanari") {
			t.Errorf("%q: %v, want %q", lines, err, says)
		}
	}
	if _, err := load(good, networks...); err == nil || !strings.Contains(err.Error(), "keys that mean nothing here") {
		t.Errorf("without its line in the list: %v", err)
	}

	account(t, dir, "maren", "paper = \"MAREN\"\n")
	account(t, dir, "jonas", "paper = \"Jonas\"\n")
	conf, err := load(good, all...)
	if err != nil {
		t.Fatal(err)
	}
	write("office.token", "stamp-office")
	check := func() string {
		var out bytes.Buffer
		err := Check(t.Context(), conf, &out)
		return out.String() + fmt.Sprint(err)
	}
	got := check()
	for _, want := range []string{"paper of handler jonas must be in capitals", "paper: [paper] is there and no token is; set token_file, or TILLIT_PAPER_TOKEN",
		"warning: the office's paper: there is dust on the safe"} {
		if !strings.Contains(got, want) {
			t.Errorf("check does not say %q:\n%s", want, got)
		}
	}
	org, err := os.ReadFile(filepath.Join(dir, "organisation.toml"))
	if err != nil {
		t.Fatal(err)
	}
	write("organisation.toml", strings.Replace(string(org), "paper = \"Jonas\"\n", "", 1))
	t.Setenv("TILLIT_PAPER_TOKEN", "stamp-office")
	if got := check(); !strings.Contains(got, errSameAccount.Error()) {
		t.Errorf("with one token for both, check says %s", got)
	}
	t.Setenv("TILLIT_PAPER_TOKEN", "stamp-members")
	if got := check(); !strings.Contains(got, "ready to serve") || !strings.Contains(got, "1 of 2 handlers have no paper account") || strings.Contains(got, "stamp-") {
		t.Errorf("check says %s", got)
	}

	conf.AtOnce = true
	d, err := Open(t.Context(), conf, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error, 1)
	p.mu.Lock()
	clear(p.desks)
	p.mu.Unlock()
	go func() { served <- d.Serve(ctx) }()
	for p.at(false) == nil || p.at(true) == nil {
		time.Sleep(time.Millisecond)
	}
	members, office := p.at(false), p.at(true)
	if members.Token.Reveal() != "stamp-members" || office.Token.Reveal() != "stamp-office" {
		t.Error("the accounts were opened with other tokens")
	}
	members.write("lin", "hei")
	members.sees(t, "lin: ")
	members.sees(t, "the top drawer leser arket.")
	members.sees(t, "Svar fra saksbehandlerne går gjennom Paper (the safe)")
	office.write("MAREN", "kø")
	office.sees(t, "MAREN: ")
	office.write("STRANGER", "kø")
	cancel()
	if err := errors.Join(<-served, d.Close()); err != nil {
		t.Error(err)
	}
}
