package telegram

import (
	"context"
	"embed"
	"slices"
	"strconv"
	"time"

	"tillit/bot/network"
	"tillit/intake/words"

	tg "github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"
)

//go:embed words/*.toml office/*.toml
var wordFiles embed.FS

// menus are the commands in the menu, in its order, for the account whose folder of
// words it is: words of the members' account, office of the office's.
var menus = map[string][]string{
	"words":  {"start", "help", "status", "access", "pause", "delete", "human", "language", "new", "clean", "safer"},
	"office": {"queue", "help"},
}

// menuCodes are Telegram's names of the languages that a menu can be in; it shows the
// one without a name to everybody else.
var menuCodes = []string{"", "nb", "no", "da", "nn", "en"}

// in returns the words for a language as Telegram names it.
func (t *Telegram) in(code string) *words.Lang { return t.words.In(t.words.Match(t.Lang, code)) }

// callTime is how long a small call may take.
const callTime = 15 * time.Second

// setMenu sets the menu of commands, in each language and for everybody else. It
// tries until it has, or ctx is done; nothing waits for it.
func (t *Telegram) setMenu(ctx context.Context) {
	left := slices.Clone(menuCodes)
	for again := network.NewPatience(time.Second, 5*time.Minute); len(left) > 0 && ctx.Err() == nil; {
		left = slices.DeleteFunc(left, func(code string) bool { return t.setCommands(ctx, code, t.in(code)) == nil })
		if len(left) > 0 {
			network.Rest(ctx, again.Next())
		}
	}
}

func (t *Telegram) setCommands(ctx context.Context, code string, w *words.Lang) error {
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	p := &tg.SetMyCommandsParams{LanguageCode: code, Scope: &models.BotCommandScopeAllPrivateChats{}}
	for _, c := range t.menu {
		p.Commands = append(p.Commands, models.BotCommand{Command: w.Say("menu." + c + ".command"), Description: w.Say("menu." + c + ".says")})
	}
	_, err := t.api.SetMyCommands(ctx, p)
	return classify("setMyCommands", err)
}

// answerPress stops the turning of a button. The network forgets presses soon, so
// one that it no longer knows is answered well enough.
func (t *Telegram) answerPress(ctx context.Context, query string) {
	for range 2 {
		ctx, cancel := context.WithTimeout(ctx, callTime)
		_, err := t.api.AnswerCallbackQuery(ctx, &tg.AnswerCallbackQueryParams{CallbackQueryID: query})
		cancel()
		if err == nil {
			return
		}
	}
}

// refuseGroup says in a chat of several that this is no place for it. Nothing of
// what was written there is looked at or kept.
func (t *Telegram) refuseGroup(ctx context.Context, u *update) {
	chat, err := strconv.ParseInt(u.chat, 10, 64)
	if err != nil || u.u.CallbackQuery != nil {
		return
	}
	lang := ""
	switch m := u.u.MyChatMember; {
	case m != nil && m.NewChatMember.Type != models.ChatMemberTypeMember && m.NewChatMember.Type != models.ChatMemberTypeAdministrator:
		return // we are out already
	case m != nil:
		lang = m.From.LanguageCode
	case u.u.Message != nil && u.u.Message.From != nil:
		lang = u.u.Message.From.LanguageCode
	}
	if !t.told.May(u.chat, t.Now()) {
		return
	}
	_, _ = t.attempt(ctx, chat, t.in(lang).Say("group"), nil) // A line that does not arrive is not missed.
}
