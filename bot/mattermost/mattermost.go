// Package mattermost is the members' channel on Mattermost. It is a [bot.Channel]
// that hears quickly through the websocket and believes only what it reads through
// the REST API: how far a chat was read is committed together with each of its
// posts, so that whatever the network forgets to say is found again. A person is
// the id of their account alone, and neither words, ids nor the bot's token get
// into a log or an error.
//
// It uses the client of github.com/mattermost/mattermost/server/public/model and
// is the only package that knows it.
package mattermost

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/mattermost/mattermost/server/public/model"

	"tillit/bot"
	"tillit/bot/network"
	"tillit/intake"
	"tillit/intake/words"
)

// Config is all that the channel is made of; nothing is ambient.
type Config struct {
	URL      string         // of the Mattermost server
	Token    intake.Private // of the bot account
	Operator string         // who runs the server and so can read: named on the card
	Lang     string         // for those whose language we do not speak
	Log      *slog.Logger
	Now      func() time.Time
	Pace     *network.Pacer // how fast may be sent; nil is what a server allows that nobody tuned
	MaxFile  int64          // in bytes

	// Callback is the address that Mattermost brings presses of buttons to. Empty,
	// there are no buttons and choices are numbered.
	Callback string

	// Own is told the id of our own account when it is known, before anything is read.
	// Its error ends Listen: it is for what must not go on.
	Own func(ctx context.Context, id string) error

	// Room is a chat of several that is written to with [Mattermost.Post]: what people
	// write there is theirs, and nobody is told that it is no place for it.
	Room string

	// Cursor returns the newest [bot.Event.Cursor] that was committed for a person.
	Cursor func(ctx context.Context, person intake.ConversationID) ([]byte, error)

	// Look is how often the server is asked what is new while it says nothing by
	// itself; zero is five seconds.
	Look time.Duration
}

// Mattermost is the channel. It is safe for concurrent use.
type Mattermost struct {
	Config
	tokens tokens
	api    *model.Client4
	calm   *calm
	words  *words.Book

	troubles *network.Troubles
	told     *network.Told            // chats of several
	people   network.Known[person]    // by id
	direct   network.Known[string]    // the chat with a person, by id
	said     network.Known[*standing] // what stands in a chat already, by chat; what is in it is guarded by mu
	latest   network.Known[int64]     // when we posted last, by chat
	threads  network.Known[thread]    // where a person wrote last

	mu      sync.Mutex
	me      string // the bot's own id, once it is known
	longest limit  // of a post, as the server says
	inbox   *inbox // nil until Listen runs
}

// channelName is the channel's short name in the queue and in rows.
const channelName = "mattermost"

// A Mattermost server limits nothing by itself (RateLimitSettings.Enable is false). One that
// does says so when it is too much, and then all calls rest as long as it wants.
var (
	allowed     = network.Rate{PerSecond: 60, Burst: 20}
	allowedChat = network.Rate{PerSecond: 10, Burst: 10}
)

// Errors of a configuration, for the operator.
var (
	ErrNoURL       = errors.New("the address of the Mattermost server is empty")
	ErrBadURL      = errors.New("the address of the Mattermost server must be https://name, or http:// on this machine")
	ErrNoToken     = errors.New("the bot token is empty")
	ErrBadToken    = errors.New("the bot token does not look like one: Mattermost makes 26 letters and digits")
	ErrBadCallback = errors.New("the callback must be a http:// or https:// address that the Mattermost server can reach")
	ErrNoOperator  = errors.New("operator is empty: people must be told who runs the Mattermost server and can read it")
)

// New makes the channel. It calls nobody.
func New(c Config) (*Mattermost, error) {
	token := c.Token.Reveal()
	c.URL = strings.TrimSuffix(c.URL, "/")
	switch {
	case c.URL == "":
		return nil, ErrNoURL
	case !httpAddress(c.URL):
		return nil, ErrBadURL
	case token == "":
		return nil, ErrNoToken
	case !model.IsValidId(token):
		return nil, ErrBadToken
	case c.Callback != "" && !httpAddress(c.Callback):
		return nil, ErrBadCallback
	case strings.TrimSpace(c.Operator) == "":
		return nil, ErrNoOperator
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
	if c.Look <= 0 {
		c.Look = 5 * time.Second
	}
	if c.Cursor == nil {
		c.Cursor = func(context.Context, intake.ConversationID) ([]byte, error) { return nil, nil }
	}
	m := &Mattermost{
		Config: c, tokens: newTokens(token), calm: &calm{now: c.Now}, troubles: network.NewTroubles(channelName, c.Log, c.Now), told: network.NewTold(),
		people: network.NewKnown[person](mostKnown), direct: network.NewKnown[string](mostKnown),
		said: network.NewKnown[*standing](mostKnown), threads: network.NewKnown[thread](mostKnown), latest: network.NewKnown[int64](mostKnown),
	}
	var err error
	if m.words, err = words.Read(wordFiles, "words"); err != nil {
		return nil, err
	}
	m.api = model.NewAPIv4Client(c.URL)
	m.api.SetToken(token)
	m.api.HTTPClient = newHTTP(m.calm)
	return m, nil
}

func httpAddress(s string) bool {
	u, err := url.Parse(s)
	return err == nil && u.Host != "" && u.User == nil && (u.Scheme == "https" || u.Scheme == "http")
}

// Name implements [bot.Channel].
func (*Mattermost) Name() string { return channelName }

// redelivers is for how long a chat that was read may be read again. How far it
// was read is committed with each post, so that it never is; this is for a
// cursor that was lost with a backup.
const redelivers = 72 * time.Hour

// Health implements [network.Channel].
func (m *Mattermost) Health() network.Health { return m.troubles.Health() }

// Capabilities implements [bot.Channel].
func (m *Mattermost) Capabilities(intake.ConversationID) bot.Capabilities {
	return bot.Capabilities{
		LongestText: defaultLongest, Buttons: m.Callback != "", EndToEnd: false, Reader: m.Operator,
		LargestFile: m.MaxFile, Redelivers: redelivers, CanDelete: true, DeletesOurs: true, Words: m.words,
	}
}

var (
	_ http.Handler = (*Mattermost)(nil)
	_ bot.Deleter  = (*Mattermost)(nil)
	_ bot.Editor   = (*Mattermost)(nil)
)

// person is what is known of somebody, for a while. Names are not looked at.
type person struct {
	locale string
	bot    bool
	at     time.Time
}

const (
	// knownFor is how long what is known of a person is believed.
	knownFor = 10 * time.Minute
	// mostKnown bounds what is remembered of people and chats.
	mostKnown = 4096
)

// about looks up a person's language, and whether it is one at all. What cannot
// be looked up is left open.
func (m *Mattermost) about(ctx context.Context, id string) person {
	known, ok := m.people.Get(id)
	if ok && m.Now().Sub(known.at) < knownFor {
		return known
	}
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	u, res, err := m.api.GetUser(ctx, id, "")
	if classify("users", res, err) != nil {
		return known
	}
	known = person{locale: u.Locale, bot: u.IsBot, at: m.Now()}
	m.people.Add(id, known)
	return known
}

// Account asks the server for the id of the bot's account, which is no secret.
func (m *Mattermost) Account(ctx context.Context) (string, error) { return m.self(ctx) }

// self is the bot's own id.
func (m *Mattermost) self(ctx context.Context) (string, error) {
	m.mu.Lock()
	me := m.me
	m.mu.Unlock()
	if me != "" {
		return me, nil
	}
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	u, res, err := m.api.GetMe(ctx, "")
	if err := classify("users/me", res, err); err != nil {
		return "", err
	}
	if !model.IsValidId(u.Id) {
		return "", errStrange
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.me = u.Id
	return u.Id, nil
}
