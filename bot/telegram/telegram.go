// Package telegram is the members' channel on Telegram. It is a [bot.Channel]
// that confirms an update to the network only after the store has it, names a
// person by the number of their chat alone, and lets neither words, numbers nor
// the bot's token into a log or an error.
//
// It sends through github.com/go-telegram/bot, with its own HTTP client beneath,
// and receives with its own loop: the library confirms updates before they are
// handled.
package telegram

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	tg "github.com/go-telegram/bot"

	"tillit/bot"
	"tillit/bot/network"
	"tillit/intake"
	"tillit/intake/words"
)

// Config is all that the channel is made of; nothing is ambient.
type Config struct {
	Token intake.Private // from BotFather
	API   string         // the server's address; empty is Telegram's own
	Lang  string         // of the menu for those whose language we do not speak
	Log   *slog.Logger
	Now   func() time.Time
	Pace  *network.Pacer // how fast may be sent; nil is what Telegram allows

	// Webhook is the public https address that Telegram brings updates to; empty
	// is asking for them, which needs no open port.
	Webhook string
	// TakeOver ends a webhook that is set elsewhere instead of waiting for the
	// operator.
	TakeOver bool

	// Office says that the account is the office's own, for handlers: its menu is
	// another one.
	Office bool

	// Quarantine keeps an update that could not be read, so that it can be looked
	// at and the others go on. It returns nil only when it is on disk.
	Quarantine func(ctx context.Context, raw []byte) error
}

// Telegram is the channel. It is safe for concurrent use.
type Telegram struct {
	Config
	account string // the bot's own number, which is no secret
	tokens  tokens
	api     *tg.Bot
	http    *caller
	words   *words.Book
	menu    []string // commands in their order

	troubles *network.Troubles
	told     *network.Told            // groups
	started  network.Known[halfway]   // parts of a long message that have left, by its key
	unclear  network.Known[bool]      // chats where an attempt to take back may have done so
	latest   network.Known[int]       // the newest message of ours, by chat
	places   network.Known[time.Time] // when a place that is told anew was kept last
	album    time.Duration            // how long to wait for the rest of an album

	mu    sync.Mutex
	inbox *inbox // nil until Listen runs
}

// channelName is the channel's short name in the queue and in rows.
const channelName = "telegram"

// officialAPI is Telegram's own server.
const officialAPI = "https://api.telegram.org"

// About thirty messages in a second to all, and one to a chat, are what Telegram allows
// (core.telegram.org/bots/faq): flow and burst together stay below, and calls on their way
// come together. The burst of a chat is what a turn of the interview says.
var (
	allowed     = network.Rate{PerSecond: 25, Burst: 2}
	allowedChat = network.Rate{PerSecond: 1, Burst: 4}
)

// Errors of a configuration, for the operator.
var (
	ErrNoToken  = errors.New("the bot token is empty")
	ErrBadToken = errors.New("the bot token does not look like one: BotFather writes a number, a colon and 35 characters")
)

// New makes the channel. It calls nobody.
func New(c Config) (*Telegram, error) {
	token := c.Token.Reveal()
	account, secret, ok := strings.Cut(token, ":")
	switch _, err := strconv.ParseInt(account, 10, 64); {
	case token == "":
		return nil, ErrNoToken
	case err != nil || !ok || len(secret) < 16 || strings.ContainsAny(token, "/?# \t\r\n"):
		return nil, ErrBadToken
	}
	if c.API == "" {
		c.API = officialAPI
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Pace == nil {
		c.Pace = network.NewPacer(allowed, allowedChat)
	}
	t := &Telegram{
		Config: c, account: account, tokens: newTokens(token), http: newCaller(),
		troubles: network.NewTroubles(channelName, c.Log, c.Now), told: network.NewTold(),
		started: network.NewKnown[halfway](mostStarted), places: network.NewKnown[time.Time](mostPlaces), latest: network.NewKnown[int](mostPlaces), unclear: network.NewKnown[bool](mostPlaces), album: time.Second,
	}
	var err error
	folder := "words"
	if c.Office {
		folder = "office"
	}
	if t.words, err = words.Read(wordFiles, folder); err != nil {
		return nil, err
	}
	t.menu = menus[folder]
	// The library's handlers log what they are given; none of them is ever run, and
	// what it says of faults of its own is dropped.
	t.api, err = tg.New(token, tg.WithSkipGetMe(), tg.WithServerURL(strings.TrimSuffix(c.API, "/")),
		tg.WithHTTPClient(time.Minute, t.http), tg.WithErrorsHandler(func(error) {}), tg.WithDebugHandler(func(string, ...any) {}))
	if err != nil {
		return nil, ErrBadToken
	}
	return t, nil
}

// Name implements [bot.Channel].
func (*Telegram) Name() string { return channelName }

// redelivers is how long Telegram keeps an update that is not confirmed.
const redelivers = 24 * time.Hour

// deletesFor is how long Telegram lets a bot take messages back, its own and a
// person's.
const deletesFor = 48 * time.Hour

// Health implements [network.Channel].
func (t *Telegram) Health() network.Health { return t.troubles.Health() }

// Capabilities implements [bot.Channel].
func (t *Telegram) Capabilities(intake.ConversationID) bot.Capabilities {
	return bot.Capabilities{
		LongestText: longestText, Buttons: true, EndToEnd: false, Reader: "Telegram",
		LargestFile: largestFile, CanDelete: true, DeletesFor: deletesFor, Redelivers: redelivers, Words: t.words,
	}
}

var (
	_ http.Handler = (*Telegram)(nil)
	_ bot.Deleter  = (*Telegram)(nil)
	_ bot.Sweeper  = (*Telegram)(nil)
	_ bot.Editor   = (*Telegram)(nil)
)
