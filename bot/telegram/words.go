package telegram

import (
	"context"
	"embed"
	"strconv"
	"strings"
	"time"

	"tillit/bot/wordfile"

	tg "github.com/go-telegram/bot"
	"github.com/go-telegram/bot/models"
)

//go:embed words/*.toml office/*.toml
var wordFiles embed.FS

// words are what only Telegram needs to be told, in one language.
type words struct {
	Codes    []string `toml:"codes"` // Telegram's names of the language
	Group    string   `toml:"group"` // the one line in a chat of several
	Commands []struct {
		Command string `toml:"command"`
		Says    string `toml:"says"`
	} `toml:"commands"`
}

// readWords reads a folder: words for the members' account, office for the office's.
func readWords(folder string) (map[string]words, error) {
	return wordfile.Read[words](wordFiles, folder)
}

// in returns the words for a language as Telegram names it.
func (t *Telegram) in(code string) words {
	code, _, _ = strings.Cut(strings.ToLower(code), "-")
	for _, w := range t.words {
		for _, c := range w.Codes {
			if c == code {
				return w
			}
		}
	}
	if w, ok := t.words[t.Lang]; ok {
		return w
	}
	return t.words["nb"]
}

// callTime is how long a small call may take.
const callTime = 15 * time.Second

// setMenu sets the menu of commands, in each language and for everybody else. It
// tries until it has, or ctx is done; nothing waits for it.
func (t *Telegram) setMenu(ctx context.Context) {
	menus := map[string]words{"": t.in("")}
	for _, w := range t.words {
		for _, code := range w.Codes {
			menus[code] = w
		}
	}
	for try := 0; len(menus) > 0 && ctx.Err() == nil; try++ {
		for code, w := range menus {
			if t.setCommands(ctx, code, w) == nil {
				delete(menus, code)
			}
		}
		if len(menus) > 0 {
			rest(ctx, spread(min(time.Second<<min(try, 9), 5*time.Minute)))
		}
	}
}

func (t *Telegram) setCommands(ctx context.Context, code string, w words) error {
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	p := &tg.SetMyCommandsParams{LanguageCode: code, Scope: &models.BotCommandScopeAllPrivateChats{}}
	for _, c := range w.Commands {
		p.Commands = append(p.Commands, models.BotCommand{Command: c.Command, Description: c.Says})
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

const (
	// groupsAgain is how long a group is left alone after it has been told.
	groupsAgain = time.Hour
	// mostGroups bounds what is remembered of them.
	mostGroups = 1024
)

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
	if !t.mayTellGroup(chat) {
		return
	}
	_, _ = t.attempt(ctx, chat, t.in(lang).Group, nil) // A line that does not arrive is not missed.
}

func (t *Telegram) mayTellGroup(chat int64) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.Now()
	if told, ok := t.refused[chat]; ok && now.Sub(told) < groupsAgain {
		return false
	}
	if len(t.refused) >= mostGroups {
		clear(t.refused)
	}
	t.refused[chat] = now
	return true
}
