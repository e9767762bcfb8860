package daemon

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"tillit/bot"
	"tillit/bot/web"
	"tillit/handlers/office"
	"tillit/intake"
	"tillit/store"
	"tillit/store/mailbox"
)

type service struct {
	name    string
	listen  Listen
	handler http.Handler
}

// web makes the member's pages. The adapters below translate between what the
// channel declares and what the store offers; neither knows the other.
func (d *Daemon) web() *web.Web {
	var pages *web.Web
	pages = web.New(web.Config{
		Copies: copies{d.store}, Codes: codes{d.store, d.bot}, Decode: bot.DecodeLine, Log: d.log,
		Secure: d.conf.Web.Secure || d.conf.Web.Cert != "", Hosts: d.conf.Web.Hosts, Leave: d.conf.Web.Leave,
		MaxFile: d.conf.Web.MaxMB << 20, Org: d.roster.Org, Zone: d.roster.Zone, DefaultLang: d.conf.Language,
		Langs: d.phrases.Languages(), HelpLines: d.helpLines,
		Command: d.phrases.Command, Keep: days(d.conf.KeepUnsent),
		Gone: func(lang string) string {
			return d.phrases.Day(lang, d.bot.Now().Add(days(d.conf.KeepBackups)).In(d.roster.Zone))
		},
		Via: d.bot.Via,
		Who: func(ctx context.Context, id intake.ConversationID, lang string) (bot.Message, error) {
			return d.bot.Who(ctx, pages, id, lang)
		},
		New: func(secret []byte) (bot.Mailbox, error) {
			if d.begun.Add(1)%yieldEvery == 0 {
				d.yield(context.Background())
			}
			public, wrapped, err := mailbox.New(secret)
			return bot.Mailbox{Public: public, Wrapped: wrapped}, err
		},
	})
	return pages
}

func (d *Daemon) office() http.Handler {
	return office.New(office.Config{
		Store: d.store, Roster: d.roster, Signing: d.keys.Public(), Log: d.log,
		Render: d.render,
	})
}

// render makes what a reporter gets of words of the office.
func (d *Daemon) render(reporter store.Idle, text intake.Private, by string) (words, notice store.Line, err error) {
	return d.bot.Reply(reporter, by, text)
}

// helpLines splits the set's lines, "116 117: Legevakt", into what is called and
// who answers.
func (d *Daemon) helpLines(lang string, minor bool) []web.HelpLine {
	var out []web.HelpLine
	for _, l := range d.set.HelpLines(lang, minor) {
		phone, name, _ := strings.Cut(l, ": ")
		out = append(out, web.HelpLine{Name: name, Phone: phone})
	}
	return out
}

type copies struct{ store *store.Store }

func (c copies) Copy(ctx context.Context, channel string, id intake.ConversationID, secret []byte, last int) (web.Copy, error) {
	opened, err := c.store.Copy(ctx, channel, id, secret, last)
	out := make([]web.CopyLine, len(opened.Lines))
	for i, l := range opened.Lines {
		out[i] = web.CopyLine{Body: l.Body, Mine: l.Mine}
	}
	return web.Copy{Lines: out, Unread: opened.Unread, More: opened.More}, codeError(err)
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
