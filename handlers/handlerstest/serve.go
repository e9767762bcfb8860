package handlerstest

import (
	"context"
	"crypto/ed25519"
	"errors"
	"net/http"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"tillit/bot"
	"tillit/bot/web"
	"tillit/handlers/office"
	"tillit/intake"
	"tillit/store"
	"tillit/store/mailbox"
)

// questions and phrases are read once: they never change.
var questions = sync.OnceValue(intake.Default)

var phrases = sync.OnceValue(func() *bot.Phrases {
	p, err := bot.LoadPhrases()
	if err != nil {
		panic(err)
	}
	return p
})

const keep = 30 * 24 * time.Hour

// bot, pages and office are wired as the daemon does it.
func (o *Office) bot() *bot.Bot {
	return bot.New(bot.Config{
		Store: o.Store, Office: o.Roster, Set: questions(), Phrases: phrases(),
		Org: o.Roster.Org, Zone: o.Roster.Zone, Lang: o.Roster.Lang, Terms: bot.Terms(o.Roster.Promises),
		Values: map[string]string{"emergency": "112", "doctor": "116 117", "police": "02800", "max": "20 MB"},
		Keep:   keep, Backups: keep, Now: o.Clock.Now, Random: o.Random, Log: o.Log,
	})
}

func (o *Office) pages() *web.Web {
	var pages *web.Web
	pages = web.New(web.Config{
		Copies: copies{o.Store}, Codes: codes{o.Store, o.Bot}, Decode: bot.DecodeLine, Log: o.Log,
		Org: o.Roster.Org, Zone: o.Roster.Zone, DefaultLang: o.Roster.Lang, Langs: phrases().Languages(), Command: phrases().Command, Keep: keep, Now: o.Clock.Now,
		Gone: func(lang string) string { return phrases().Day(lang, o.Clock.Now().Add(keep).In(o.Roster.Zone)) },
		HelpLines: func(lang string, minor bool) (lines []web.HelpLine) {
			for _, l := range questions().HelpLines(lang, minor) {
				phone, name, _ := strings.Cut(l, ": ")
				lines = append(lines, web.HelpLine{Name: name, Phone: phone})
			}
			return lines
		},
		Who: func(ctx context.Context, id intake.ConversationID, lang string) (bot.Message, error) {
			return o.Bot.Who(ctx, pages, id, lang)
		},
		New: func(secret []byte) (bot.Mailbox, error) {
			public, wrapped, err := mailbox.New(secret)
			return bot.Mailbox{Public: public, Wrapped: wrapped}, err
		},
	})
	return pages
}

func (o *Office) office() http.Handler {
	signing := o.Server.Public()
	if o.Signing != nil {
		signing = ed25519.PublicKey(o.Signing)
	}
	c := office.Config{
		Store: o.Store, Roster: o.Roster, Signing: signing, Log: o.Log, Now: o.Clock.Now, Certificate: o.Certificate, Render: o.Render,
	}
	if o.Hasty {
		c.Refuse, c.Limit, c.Acts = -1, rate.Inf, rate.Inf
	}
	return office.New(c)
}

// Render makes of a reply what its reporter gets.
func (o *Office) Render(reporter store.Idle, text intake.Private, by string) (line, notice store.Line, err error) {
	return o.Bot.Reply(reporter, by, text)
}

type copies struct{ store *store.Store }

func (c copies) Copy(ctx context.Context, channel string, id intake.ConversationID, secret []byte, last int) (web.Copy, error) {
	opened, err := c.store.Copy(ctx, channel, id, secret, last)
	lines := make([]web.CopyLine, len(opened.Lines))
	for i, l := range opened.Lines {
		lines[i] = web.CopyLine{Body: l.Body, Mine: l.Mine}
	}
	return web.Copy{Lines: lines, Unread: opened.Unread, More: opened.More}, codeError(err)
}

func (c copies) Begun(ctx context.Context, channel string, id intake.ConversationID) (bool, error) {
	return c.store.Begun(ctx, channel, id)
}

type codes struct {
	store *store.Store
	bot   *bot.Bot
}

func (c codes) NewCode(ctx context.Context, channel string, id intake.ConversationID, secret []byte) (intake.Private, error) {
	code, err := c.store.NewCode(ctx, channel, id, secret)
	return code, codeError(err)
}

func (c codes) UseCode(ctx context.Context, ch bot.Channel, ev bot.Event, code intake.Private) error {
	return codeError(c.bot.ComeBack(ctx, ch, ev, code))
}

func codeError(err error) error {
	switch {
	case errors.Is(err, store.ErrUnknown):
		return web.ErrUnknown
	case errors.Is(err, store.ErrBusy):
		return web.ErrBusy
	}
	return err
}
