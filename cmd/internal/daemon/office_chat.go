package daemon

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"tillit/bot"
	"tillit/handlers"
	"tillit/handlers/chat"
	"tillit/intake"
	"tillit/store"
)

// OfficeChat is the office's own bot accounts, through which handlers learn that
// something waits. They are others than the members'.
type OfficeChat struct {
	Desk       string           `toml:"desk"`        // address of the handlers' desks, for links
	QuietFrom  int              `toml:"quiet_from"`  // hours in which only what is urgent rings;
	QuietUntil int              `toml:"quiet_until"` // equal is none
	Telegram   OfficeTelegram   `toml:"telegram"`
	Mattermost OfficeMattermost `toml:"mattermost"`
}

// OfficeWords is what an office account on any network must be told.
type OfficeWords struct {
	Words string `toml:"words"` // "desk" or "chat": there is no default
	Room  string `toml:"room"`  // id of a chat of several for new cases; only where the network says who is in it
}

// officeAccount is one account that is on.
type officeAccount struct {
	OfficeWords
	name   string // as the organisation file has it: "telegram"
	via    string // how a card names the network, and who runs it
	listen Listen
	open   func(d *Daemon) (officeChannel, error) // nil asks without serving
	check  func(ctx context.Context, ch officeChannel, say func(problem bool, line string))
}

type officeChannel interface {
	bot.Channel
	http.Handler
}

// batch is the least time between two words that a handler did not ask for.
const batch = 5 * time.Minute

var (
	errWords = errors.New(`words is not chosen: write words = "desk" when handlers may write to reporters only at the desk, or words = "chat" ` +
		`when they may also do it in this chat, where those who run the network can read it; each reporter's card then says so`)
	errSameAccount = errors.New("the members' bot and the office's are the same account; the office needs an account of its own")
)

func (o OfficeChat) validate() error {
	var errs []error
	if o.QuietFrom < 0 || o.QuietFrom > 23 || o.QuietUntil < 0 || o.QuietUntil > 23 {
		errs = append(errs, errors.New("[office_chat] quiet_from and quiet_until are hours, 0 to 23"))
	}
	if o.Desk != "" && checkAPI(o.Desk) != nil {
		errs = append(errs, errors.New("[office_chat] desk must be an address, as tillit desk prints it, without the link's end"))
	}
	return errors.Join(append(errs, o.Telegram.validate(), o.Mattermost.validate())...)
}

// within says where an account's fault stands: its settings are those of the
// members' account, under another name.
func within(network string, of error, words OfficeWords, there bool) error {
	var errs []error
	if of != nil {
		errs = append(errs, errors.New(strings.ReplaceAll(of.Error(), "["+network+"]", "[office_chat."+network+"]")))
	}
	if there && !words.chosen() {
		errs = append(errs, fmt.Errorf("[office_chat.%s] %w", network, errWords))
	}
	return errors.Join(errs...)
}

func (w OfficeWords) chosen() bool {
	return w.Words == string(chat.WordsDesk) || w.Words == string(chat.WordsChat)
}

// officeAccounts are those that are on. The list of networks: a new one is a line
// here.
func (c Config) officeAccounts() (all []officeAccount, err error) {
	for _, find := range []func() (*officeAccount, error){c.officeTelegram, c.officeMattermost} {
		a, err := find()
		if err != nil {
			return nil, fmt.Errorf("the office's chat: %w", err)
		}
		if a != nil {
			all = append(all, *a)
		}
	}
	return all, nil
}

// openOfficeChat makes the office's bot with all its accounts, and what they are
// served on; nil when there is none.
func (d *Daemon) openOfficeChat() (*chat.Office, []service, error) {
	accounts, err := d.conf.officeAccounts()
	if err != nil || len(accounts) == 0 {
		return nil, nil, err
	}
	var networks []chat.Network
	var services []service
	for _, a := range accounts {
		ch, err := a.open(d)
		if err != nil {
			return nil, nil, fmt.Errorf("opening the office's %s: %w", a.name, err)
		}
		networks = append(networks, chat.Network{Name: a.name, Channel: ch, Words: chat.Words(a.Words), Operator: a.via, Room: a.Room})
		services = append(services, service{"the office's " + a.name, a.listen, ch})
	}
	between, look := batch, time.Duration(0)
	if d.conf.AtOnce {
		between, look = 0, 100*time.Millisecond
	}
	office, err := chat.New(chat.Config{
		Store: d.store, Roster: d.roster, Networks: networks, Desk: strings.TrimSuffix(d.conf.OfficeChat.Desk, "/"),
		Quiet: [2]int{d.conf.OfficeChat.QuietFrom, d.conf.OfficeChat.QuietUntil}, Batch: between, Look: look, Now: time.Now, Log: d.log,
		Render: func(ctx context.Context, ref string, text intake.Private, by string) (words, notice store.Line, err error) {
			return d.bot.Reply(ctx, ref, by, text)
		},
	})
	return office, services, err
}

// via names the networks that words of the office pass through before they reach a
// reporter, for each card.
func (c Config) via() (names []string, err error) {
	accounts, err := c.officeAccounts()
	for _, a := range accounts {
		if a.Words == string(chat.WordsChat) {
			names = append(names, a.via)
		}
	}
	return names, err
}

// checkOfficeChat asks the networks whether the office's accounts would work.
func checkOfficeChat(ctx context.Context, conf Config, roster *handlers.Roster, say func(problem bool, line string)) {
	accounts, err := conf.officeAccounts()
	if err != nil {
		say(true, err.Error())
		return
	}
	on := map[string]bool{}
	for _, a := range accounts {
		on[a.name] = true
		a.checkAll(ctx, roster, func(problem bool, line string) { say(problem, "the office's "+a.name+": "+line) })
	}
	if conf.OfficeChat.Telegram != (OfficeTelegram{}) && !on["telegram"] {
		say(true, "the office's telegram: [office_chat.telegram] is there and no token is; set token_file, or "+officeTelegramToken)
	}
	if conf.OfficeChat.Mattermost != (OfficeMattermost{}) && !on["mattermost"] {
		say(true, "the office's mattermost: [office_chat.mattermost] is there and no token is; set token_file, or "+officeMattermostToken)
	}
}

func (a officeAccount) checkAll(ctx context.Context, roster *handlers.Roster, say func(problem bool, line string)) {
	ch, err := a.open(nil)
	if err != nil {
		say(true, err.Error())
		return
	}
	if a.Room != "" {
		a.checkRoom(ctx, ch, roster, say)
	}
	none := 0
	for _, h := range people(roster) {
		if h.Accounts[a.name] == "" {
			none++
		}
	}
	if none > 0 {
		say(false, fmt.Sprintf("%d of %d handlers have no %s account in the organisation file, and are told nothing there", none, len(roster.Handlers), a.name))
	}
	a.check(ctx, ch, say)
}

// checkRoom asks who is in the room. How many are not known is said, and never who.
func (a officeAccount) checkRoom(ctx context.Context, ch officeChannel, roster *handlers.Roster, say func(problem bool, line string)) {
	g, ok := ch.(chat.Gatherer)
	if !ok {
		say(true, "a room cannot be used there: this channel does not say who is in one")
		return
	}
	members, err := g.Members(ctx, a.Room)
	if err != nil {
		say(true, "the room: "+err.Error())
		return
	}
	strangers := 0
	for _, account := range members {
		if roster == nil {
			break // that is said already
		}
		if _, known := roster.Account(a.name, account); !known {
			strangers++
		}
	}
	switch {
	case len(members) == 0:
		say(false, "the room: nobody is in it")
	case strangers > 0:
		say(false, fmt.Sprintf("the room: %d of the %d in it are no handlers in the organisation file; nothing is told there while they are in it", strangers, len(members)))
	}
}

func people(r *handlers.Roster) []handlers.Handler {
	if r == nil {
		return nil
	}
	return r.Handlers
}
