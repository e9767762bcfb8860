package daemon

import (
	"context"
	"fmt"
	"os"

	"tillit/bot/mattermost"
	"tillit/bot/telegram"
	"tillit/handlers/chat"
	"tillit/intake"
)

// OfficeTelegram is the office's account on Telegram.
type OfficeTelegram struct {
	Telegram
	OfficeWords
}

// OfficeMattermost is the office's account on a Mattermost server.
type OfficeMattermost struct {
	Mattermost
	OfficeWords
}

const (
	officeTelegramToken   = "TILLIT_OFFICE_TELEGRAM_TOKEN"
	officeTelegramAPI     = "TILLIT_OFFICE_TELEGRAM_API"
	officeMattermostToken = "TILLIT_OFFICE_MATTERMOST_TOKEN"
	officeMattermostURL   = "TILLIT_OFFICE_MATTERMOST_URL"
)

func (t OfficeTelegram) validate() error {
	return within("telegram", t.Telegram.validate(), t.OfficeWords, t != OfficeTelegram{})
}

func (m OfficeMattermost) validate() error {
	return within("mattermost", m.Mattermost.validate(), m.OfficeWords, m != OfficeMattermost{})
}

// A room needs a network that says who is in it.
var _ chat.Gatherer = (*mattermost.Mattermost)(nil)

// address is where a network is: an environment's goes before the configuration's,
// and the one for the office before the one for members.
func address(conf string, env ...string) string {
	for _, name := range env {
		if at := os.Getenv(name); at != "" {
			return at
		}
	}
	return conf
}

// officeToken reads an account's token, and refuses one of the members' account, as
// far as a token says whose it is.
func (c Config) officeToken(network, env, file, credential string, members intake.Private, words OfficeWords) (intake.Private, error) {
	token, err := c.secret("office's "+network, env, file, credential)
	switch {
	case err != nil || token.IsZero():
		return token, err
	case token == members, sameTelegram(token.Reveal(), members.Reveal()):
		return token, fmt.Errorf("%s: %w", network, errSameAccount)
	case !words.chosen(): // there may be a token and no table
		return token, errWords
	}
	return token, nil
}

func (c Config) officeTelegram() (*officeAccount, error) {
	t := c.OfficeChat.Telegram
	var members intake.Private
	if conf, err := c.telegram(); err == nil && conf != nil {
		members = conf.Token
	}
	token, err := c.officeToken("Telegram", officeTelegramToken, t.TokenFile, "office-telegram.token", members, t.OfficeWords)
	if err != nil || token.IsZero() {
		return nil, err
	}
	conf := telegram.Config{
		Token: token, API: address(t.API, officeTelegramAPI, telegramAPI), Lang: c.Language,
		Webhook: t.Webhook, TakeOver: t.TakeOver, Office: true,
	}
	return &officeAccount{
		OfficeWords: t.OfficeWords, name: "telegram", via: "Telegram", listen: t.Listen,
		open: func(d *Daemon) (officeChannel, error) {
			if d != nil {
				conf.Log, conf.Quarantine = d.log.With("account", "office"), d.quarantine
			}
			return telegram.New(conf)
		},
		check: func(ctx context.Context, ch officeChannel, say func(bool, string)) {
			for _, f := range ch.(*telegram.Telegram).Check(ctx) {
				say(f.Wrong, f.Says)
			}
		},
	}, nil
}

func (c Config) officeMattermost() (*officeAccount, error) {
	m := c.OfficeChat.Mattermost
	var members intake.Private
	if conf, err := c.mattermost(); err == nil && conf != nil {
		members = conf.Token
	}
	token, err := c.officeToken("Mattermost", officeMattermostToken, m.TokenFile, "office-mattermost.token", members, m.OfficeWords)
	if err != nil || token.IsZero() {
		return nil, err
	}
	conf := mattermost.Config{
		URL: address(m.URL, officeMattermostURL, mattermostURL), Token: token, Operator: m.Operator, Lang: c.Language,
		Callback: m.Callback, MaxFile: c.Web.MaxMB << 20, Room: m.Room,
	}
	return &officeAccount{
		OfficeWords: m.OfficeWords, name: "mattermost", via: "Mattermost (" + m.Operator + ")", listen: m.Listen,
		open: func(d *Daemon) (officeChannel, error) {
			if d != nil {
				conf.Log, conf.Own = d.log.With("account", "office"), d.apart.open()
				conf.Cursor = func(ctx context.Context, person intake.ConversationID) ([]byte, error) {
					return d.store.Cursor(ctx, "office-mattermost", person)
				}
			}
			return mattermost.New(conf)
		},
		check: func(ctx context.Context, ch officeChannel, say func(bool, string)) {
			mm := ch.(*mattermost.Mattermost)
			askMattermost(ctx, c, m.Listen, mm, say)
			if c.membersAre(ctx, mm) {
				say(true, errSameAccount.Error())
			}
		},
	}, nil
}

// membersAre reports whether the members' account on Mattermost is this one. A token
// does not say whose it is, so both are asked; what cannot be asked is told elsewhere.
func (c Config) membersAre(ctx context.Context, office *mattermost.Mattermost) bool {
	conf, err := c.mattermost()
	if err != nil || conf == nil {
		return false
	}
	members, err := mattermost.New(*conf)
	if err != nil {
		return false
	}
	theirs, err := members.Account(ctx)
	ours, errOurs := office.Account(ctx)
	return err == nil && errOurs == nil && theirs == ours
}
