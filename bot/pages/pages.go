// Package pages puts the member's pages on a bot and a store. It translates between
// what package web declares and what the store offers; neither knows the other.
package pages

import (
	"context"
	"errors"
	"strings"
	"time"

	"tillit/bot"
	"tillit/bot/web"
	"tillit/intake"
	"tillit/store"
	"tillit/store/mailbox"
)

// Config is what the pages are put on.
type Config struct {
	Store   *store.Store
	Bot     *bot.Bot
	Set     *intake.Set
	Phrases *bot.Phrases
	Backups time.Duration // how long backups are kept
	Begins  func()        // is called when somebody begins; may be nil
}

// New returns the pages. What follows from c is filled in in w, whatever stands there.
func New(c Config, w web.Config) *web.Web {
	var pages *web.Web
	w.Copies, w.Codes, w.Decode = copies{c.Store}, codes{c.Store, c.Bot}, bot.DecodeLine
	w.Langs, w.Command, w.HelpLines, w.Via = c.Phrases.Languages(), c.Phrases.Command, c.helpLines, c.Bot.Via
	w.Gone = func(lang string) string {
		return c.Phrases.Day(lang, c.Bot.Now().Add(c.Backups).In(w.Zone), c.Bot.Now().In(w.Zone))
	}
	w.Who = func(ctx context.Context, id intake.ConversationID, lang string) (bot.Message, error) {
		return c.Bot.Who(ctx, pages, id, lang)
	}
	w.Standing = func(ctx context.Context, id intake.ConversationID, lang string) (*bot.Standing, error) {
		return c.Bot.Standing(ctx, pages, id, lang)
	}
	w.Undo = func(ctx context.Context, id intake.ConversationID, lang string) (intake.Choice, bool, error) {
		return c.Bot.Undo(ctx, pages, id, lang)
	}
	w.Proof = func(ctx context.Context, id intake.ConversationID) (string, error) {
		return c.Bot.Proof(ctx, pages, id)
	}
	w.New = func(secret []byte) (bot.Mailbox, error) {
		if c.Begins != nil {
			c.Begins()
		}
		public, wrapped, err := mailbox.New(secret)
		return bot.Mailbox{Public: public, Wrapped: wrapped}, err
	}
	pages = web.New(w)
	return pages
}

// helpLines splits the set's lines, "116 117: Legevakt", into what is called and
// who answers.
func (c Config) helpLines(lang string, minor bool) []web.HelpLine {
	var out []web.HelpLine
	for _, l := range c.Set.HelpLines(lang, minor) {
		phone, name, _ := strings.Cut(l, ": ")
		out = append(out, web.HelpLine{Name: name, Phone: phone})
	}
	return out
}

type copies struct{ store *store.Store }

func (c copies) Copy(ctx context.Context, channel string, id intake.ConversationID, secret []byte, part web.Part) (web.Copy, error) {
	opened, err := c.store.CopyPart(ctx, channel, id, secret, store.Part(part))
	out := make([]web.CopyLine, len(opened.Lines))
	for i, l := range opened.Lines {
		out[i] = web.CopyLine{Body: l.Body, Mine: l.Mine}
	}
	return web.Copy{Lines: out, Unread: opened.Unread, Turns: opened.Turns, More: opened.More}, codeError(err)
}

func (c copies) EachLine(ctx context.Context, channel string, id intake.ConversationID, secret []byte, tell func(web.CopyLine) error) error {
	return codeError(c.store.EachLine(ctx, channel, id, secret, func(l store.Line) error {
		return tell(web.CopyLine{Body: l.Body, Mine: l.Mine})
	}))
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
