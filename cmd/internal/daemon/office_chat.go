package daemon

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"tillit/bot"
	"tillit/bot/telegram"
	"tillit/handlers"
	"tillit/handlers/chat"
	"tillit/intake"
	"tillit/store"
)

// OfficeChat is the office's own bot accounts, through which handlers learn that
// something waits. They are others than the members'.
type OfficeChat struct {
	Desk       string         `toml:"desk"`        // address of the handlers' desks, for links
	QuietFrom  int            `toml:"quiet_from"`  // hours in which only what is urgent rings;
	QuietUntil int            `toml:"quiet_until"` // equal is none
	Telegram   OfficeTelegram `toml:"telegram"`
}

// OfficeTelegram is the office's account on Telegram.
type OfficeTelegram struct {
	Telegram
	OfficeWords
}

// OfficeWords is what an office account on any network must be told.
type OfficeWords struct {
	Words string `toml:"words"` // "desk" or "chat": there is no default
	Room  string `toml:"room"`  // a chat of several for new cases; only where the network says who is in it
}

const (
	officeTelegramToken = "TILLIT_OFFICE_TELEGRAM_TOKEN"
	officeTelegramAPI   = "TILLIT_OFFICE_TELEGRAM_API"
)

// batch is the least time between two words that a handler did not ask for.
const batch = 5 * time.Minute

var (
	errWords = errors.New(`words is not chosen: write words = "desk" when handlers may write to reporters only at the desk, or words = "chat" ` +
		`when they may also do it in this chat, where those who run the network can read it; each reporter's card then says so`)
	errSameToken = errors.New("this is the members' bot; the office needs an account of its own")
)

func (o OfficeChat) validate() error {
	var errs []error
	if o.QuietFrom < 0 || o.QuietFrom > 23 || o.QuietUntil < 0 || o.QuietUntil > 23 {
		errs = append(errs, errors.New("[office_chat] quiet_from and quiet_until are hours, 0 to 23"))
	}
	if o.Desk != "" && checkAPI(o.Desk) != nil {
		errs = append(errs, errors.New("[office_chat] desk must be an address, as tillit desk prints it, without the link's end"))
	}
	if err := o.Telegram.Telegram.validate(); err != nil {
		errs = append(errs, errors.New(strings.ReplaceAll(err.Error(), "[telegram]", "[office_chat.telegram]")))
	}
	if o.Telegram != (OfficeTelegram{}) {
		if err := o.Telegram.OfficeWords.validate(); err != nil {
			errs = append(errs, fmt.Errorf("[office_chat.telegram] %w", err))
		}
	}
	return errors.Join(errs...)
}

func (w OfficeWords) validate() error {
	if w.Words != string(chat.WordsDesk) && w.Words != string(chat.WordsChat) {
		return errWords
	}
	return nil
}

// officeTelegram makes the account's configuration; nil is one that is off.
func (c Config) officeTelegram() (*telegram.Config, error) {
	t := c.OfficeChat.Telegram
	token, err := c.secret("office's Telegram", officeTelegramToken, t.TokenFile, "office-telegram.token")
	if err != nil || token.IsZero() {
		return nil, err
	}
	if err := t.OfficeWords.validate(); err != nil { // there may be a token and no table
		return nil, err
	}
	if members, err := c.telegram(); err == nil && members != nil && members.Token == token {
		return nil, errSameToken
	}
	api := t.API
	for _, name := range []string{telegramAPI, officeTelegramAPI} {
		if env := os.Getenv(name); env != "" {
			api = env
		}
	}
	return &telegram.Config{Token: token, API: api, Lang: c.Language, Webhook: t.Webhook, TakeOver: t.TakeOver, Office: true}, nil
}

// openOfficeChat makes the office's bot with all its accounts, and what they are
// served on; nil when there is none. The list of networks: a new one is a line here.
func (d *Daemon) openOfficeChat() (*chat.Office, []service, error) {
	var networks []chat.Network
	var services []service
	if conf, err := d.conf.officeTelegram(); err != nil {
		return nil, nil, fmt.Errorf("opening the office's Telegram: %w", err)
	} else if conf != nil {
		conf.Log, conf.Quarantine = d.log, d.quarantine
		tg, err := telegram.New(*conf)
		if err != nil {
			return nil, nil, fmt.Errorf("opening the office's Telegram: %w", err)
		}
		t := d.conf.OfficeChat.Telegram
		networks = append(networks, chat.Network{Name: "telegram", Channel: tg, Words: chat.Words(t.Words), Operator: "Telegram", Room: t.Room})
		services = append(services, service{"the office's telegram", t.Listen, tg})
	}
	if len(networks) == 0 {
		return nil, nil, nil
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
func (c Config) via() ([]string, error) {
	tg, err := c.officeTelegram()
	if err != nil {
		return nil, fmt.Errorf("reading the office's chat: %w", err)
	}
	if tg != nil && c.OfficeChat.Telegram.Words == string(chat.WordsChat) {
		return []string{"Telegram"}, nil
	}
	return nil, nil
}

// checkOfficeChat asks the networks whether the office's accounts would work.
func checkOfficeChat(ctx context.Context, conf Config, roster *handlers.Roster, say func(problem bool, line string)) {
	const who = "the office's telegram: "
	c, err := conf.officeTelegram()
	switch {
	case err != nil:
		say(true, who+err.Error())
		return
	case c == nil && conf.OfficeChat.Telegram != (OfficeTelegram{}):
		say(true, who+"[office_chat.telegram] is there and no token is; set token_file, or "+officeTelegramToken)
		return
	case c == nil:
		return
	}
	ch, err := telegram.New(*c)
	if err != nil {
		say(true, who+err.Error())
		return
	}
	if _, ok := bot.Channel(ch).(chat.Gatherer); conf.OfficeChat.Telegram.Room != "" && !ok {
		say(true, who+"a room cannot be used: Telegram does not tell a bot who is in one")
	}
	if roster != nil {
		none := 0
		for _, h := range roster.Handlers {
			if h.Accounts["telegram"] == "" {
				none++
			}
		}
		if none > 0 {
			say(false, fmt.Sprintf(who+"%d of %d handlers have no telegram number in the organisation file, and are told nothing there", none, len(roster.Handlers)))
		}
	}
	for _, f := range ch.Check(ctx) {
		say(f.Wrong, who+f.Says)
	}
}
