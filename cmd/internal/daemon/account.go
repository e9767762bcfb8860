package daemon

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"reflect"
	"strings"

	"tillit/bot/network"
	"tillit/handlers"
	"tillit/handlers/chat"
	"tillit/intake"
)

// botAccount is one account of ours on a network, the members' or the office's. It is on
// when there is a token.
type botAccount struct {
	of     network.Network
	office bool
	table  network.Settings // as the file has it
}

// name is the account's in rows and of its credential: "telegram", "office-telegram".
func (a botAccount) name() string { return a.choose("", "office-") + a.of.Name }

// place is the account's table.
func (a botAccount) place() string { return a.choose("", "office_chat.") + a.of.Name }

// called is what an operator reads.
func (a botAccount) called() string { return a.choose("", "the office's ") + a.of.Name }

// env is a name in the environment: TILLIT_OFFICE_TELEGRAM_TOKEN.
func (a botAccount) env(what string) string {
	return strings.ToUpper("TILLIT_" + a.choose("", "OFFICE_") + a.of.Name + "_" + what)
}

func (a botAccount) choose(members, office string) string {
	if a.office {
		return office
	}
	return members
}

// given reports whether the file says anything of the account.
func (a botAccount) given() bool { return !reflect.ValueOf(a.table).Elem().IsZero() }

func (a botAccount) chosen() bool {
	words := chat.Words(a.table.Common().Words)
	return words == chat.WordsDesk || words == chat.WordsChat
}

// via is how a card names the network and who runs it.
func (a botAccount) via() string {
	if reader := a.table.Reader(); reader != a.of.Title {
		return a.of.Title + " (" + reader + ")"
	}
	return a.of.Title
}

var (
	errTokenIn = errors.New("token_file: write the path of a file that holds the token, not the token")
	errWords   = errors.New(`words is not chosen: write words = "desk" when handlers may write to reporters only at the desk, or words = "chat" ` +
		`when they may also do it in this chat, where those who run the network can read it; each reporter's card then says so`)
	errOfficeOnly  = errors.New("words and room are for the office's account, in [office_chat]")
	errSameAccount = errors.New("the members' bot and the office's are the same account; the office needs an account of its own")
)

// validate finds what is wrong with the table without asking anybody.
func (a botAccount) validate(isToken func(string) bool) error {
	t, faults := a.table.Common(), []error{}
	fault := func(err error) {
		if err != nil {
			faults = append(faults, fmt.Errorf("[%s] %w", a.place(), err))
		}
	}
	if isToken(t.TokenFile) {
		fault(errTokenIn)
		return faults[0]
	}
	key, server := a.table.Server()
	if err := network.CheckServer(server); err != nil {
		fault(fmt.Errorf("%s: %w", key, err))
	}
	if err := network.CheckServer(os.Getenv(a.env(key))); err != nil {
		faults = append(faults, fmt.Errorf("%s: %w", a.env(key), err))
	}
	fault(a.table.Validate())
	fault(t.Listen.Validate(false))
	fault(t.ValidatePace())
	switch {
	case a.office && a.given() && !a.chosen():
		fault(errWords)
	case !a.office && (t.Words != "" || t.Room != ""):
		fault(errOfficeOnly)
	}
	return errors.Join(faults...)
}

// token reads an account's token; empty is one that is off. One of the office that is
// the members' is refused, as far as a token says whose it is.
func (c Config) token(a botAccount) (intake.Private, error) {
	token, err := c.secret(a.choose("", "office's ")+a.of.Title, a.env("token"), a.table.Common().TokenFile, a.name()+".token")
	if err != nil || token.IsZero() || !a.office {
		return token, err
	}
	members, _ := c.token(c.members(a)) // That it cannot be read is said of that account.
	switch {
	case token == members, a.of.SameAccount != nil && a.of.SameAccount(token, members):
		return token, fmt.Errorf("%s: %w", a.of.Title, errSameAccount)
	case !a.chosen(): // there may be a token and no table
		return token, errWords
	}
	return token, nil
}

// members is the members' account on the same network.
func (c Config) members(a botAccount) botAccount {
	for _, other := range c.accounts {
		if other.of.Name == a.of.Name && !other.office {
			return other
		}
	}
	return a
}

// server is where a network is: the environment's address goes before the file's, and
// the one for the office before the one for members.
func (c Config) server(a botAccount) string {
	key, address := a.table.Server()
	return cmp.Or(os.Getenv(a.env(key)), os.Getenv(c.members(a).env(key)), address)
}

// open makes an account's channel, to serve or, without a daemon, to be asked; nil is
// one that is off.
func (c Config) open(a botAccount, d *Daemon) (network.Channel, error) {
	token, err := c.token(a)
	if err != nil || token.IsZero() {
		return nil, err
	}
	with := network.Account{Office: a.office, Token: token, Server: c.server(a), Lang: c.Language, MaxFile: c.Web.MaxMB << 20}
	if d != nil {
		with.Log, with.Quarantine = d.log.With("account", a.choose("members", "office")), d.quarantine
		with.Own = d.apart(a.of.Name).open()
		with.Cursor = func(ctx context.Context, person intake.ConversationID) ([]byte, error) {
			return d.store.Cursor(ctx, a.name(), person)
		}
	}
	return a.table.Open(with)
}

// check says of one account whether it would work, and asks its network, live.
func (c Config) check(ctx context.Context, a botAccount, roster *handlers.Roster, out func(problem bool, line string)) {
	say := func(problem bool, line string) { out(problem, a.called()+": "+line) }
	ch, err := c.open(a, nil)
	switch {
	case err != nil:
		say(true, err.Error())
		return
	case ch == nil && a.given():
		say(true, fmt.Sprintf("[%s] is there and no token is; set token_file, or %s", a.place(), a.env("token")))
	}
	if ch == nil {
		return
	}
	if a.office {
		a.checkOffice(ctx, ch, roster, say)
	}
	c.ask(ctx, a, ch, say)
	if a.office && c.membersAre(ctx, a, ch) {
		say(true, errSameAccount.Error())
	}
}

// ask asks a network. While it is asked, the account stands where the server would, if
// nobody does: what the network brings by itself is tried from outside.
func (c Config) ask(ctx context.Context, a botAccount, ch network.Channel, say func(problem bool, line string)) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	at := a.table.Common().Listen
	// Opening a unix socket would take it from a server that runs.
	if at.Address != "" && !strings.HasPrefix(at.Address, "unix:") {
		if ln, err := c.listen(at); err == nil {
			served := make(chan error, 1)
			go func() { served <- serve(ctx, ln, service{a.called(), at, ch}) }()
			defer func() {
				cancel()
				<-served
			}()
		}
	}
	for _, f := range ch.Check(ctx) {
		say(f.Wrong, f.Says)
	}
}

// membersAre reports whether the members' account is this one of the office, where a
// token does not say whose it is: both are asked, and what cannot be asked is told
// elsewhere.
func (c Config) membersAre(ctx context.Context, a botAccount, office network.Channel) bool {
	members, err := c.open(c.members(a), nil)
	if err != nil || members == nil {
		return false
	}
	one, asked := office.(network.Identified)
	other, too := members.(network.Identified)
	if !asked || !too {
		return false
	}
	theirs, err := other.Account(ctx)
	ours, errOurs := one.Account(ctx)
	return err == nil && errOurs == nil && theirs == ours
}
