// Package standin is a Mattermost server as far as a members' channel meets it, in
// this process and strict: what the real one refuses, forgets or leaves out without
// a word, it does too. People write to it from the one side, a bot calls it from
// the other. It keeps everything in memory and listens on loopback only.
package standin

import (
	"crypto/rand"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mattermost/mattermost/server/public/model"
	"golang.org/x/time/rate"

	"tillit/bot/bottest/faults"
)

// Server is the stand-in. Its exported fields may be set before it is used.
type Server struct {
	URL   string // address of the server
	Token string // of the bot account
	BotID string
	// Faults are planned by the name of the call: "me", "users", "channels" (the
	// bot's), "channel" (one), "members", "direct", "posts" (writing), "read", "after",
	// "before", "since", "post", "patch", "delete", "file", "config", "roles",
	// "websocket", "press".
	Faults faults.Plan
	// Longest is how many runes a post may have.
	Longest int
	// Slow is how many events a websocket may lag behind before it is closed.
	Slow int
	// PerSecond limits the calls, as a server does that is told to; 0 does not.
	PerSecond rate.Limit
	// Unmarked is a server that does not note who took a post away.
	Unmarked bool
	// NotABot makes the token that of a person's account.
	NotABot bool
	// Twist changes a list of posts before it is handed out.
	Twist func(posts string) string
	// Between is done after each page of the people in a chat was read.
	Between func()
	// Roles are the permissions of each role.
	Roles map[string][]string

	mu       sync.Mutex
	ahead    time.Duration // of the real clock
	still    bool          // it stands still
	stamp    int64         // newest time that was given out, in milliseconds
	tokens   []string      // besides Token
	users    map[string]*model.User
	people   map[string]*Person
	channels map[string]*channel
	posts    map[string]*stored
	files    map[string]*upload
	pending  map[string]pending
	sockets  map[*socket]bool
	mute     bool
	calls    map[string]int
	limiter  *rate.Limiter
	problems []string
	done     chan struct{}
	working  sync.WaitGroup
}

type channel struct {
	id, name string
	kind     model.ChannelType
	members  []string
	posts    []*stored // in the order of writing
	lastAt   int64
	closedAt int64 // archived
	shared   bool  // with another server
}

type stored struct {
	*model.Post
	actions map[string]*model.PostAction // what the server keeps to itself
}

type upload struct {
	info    model.FileInfo
	content []byte
	gone    bool
}

type pending struct {
	post string
	at   time.Time
}

// New starts a stand-in that ends with the test.
func New(t testing.TB) *Server {
	t.Helper()
	s := &Server{
		Token: model.NewId(), BotID: model.NewId(), Longest: 16383, Slow: 256,
		users: map[string]*model.User{}, people: map[string]*Person{}, channels: map[string]*channel{},
		posts: map[string]*stored{}, files: map[string]*upload{}, pending: map[string]pending{},
		sockets: map[*socket]bool{}, calls: map[string]int{}, done: make(chan struct{}),
		Roles: map[string][]string{
			"system_user":  {"create_direct_channel", "view_members", "list_public_teams"},
			"channel_user": {"create_post", "read_channel", "read_channel_content", "delete_post", "edit_post", "upload_file"},
		},
	}
	s.users[s.BotID] = &model.User{Id: s.BotID, Username: "tillit", IsBot: true, Roles: "system_user", Locale: "en"}
	srv := httptest.NewServer(http.HandlerFunc(s.serve))
	s.URL = srv.URL
	t.Cleanup(func() {
		s.mu.Lock()
		close(s.done) // No websocket begins after it.
		s.mu.Unlock()
		s.CloseSockets()
		srv.CloseClientConnections()
		srv.Close()
		s.working.Wait()
		for _, p := range s.Problems() {
			t.Errorf("the network shows what was not meant: %s", p)
		}
	})
	return s
}

// Problems are texts of the bot that the network would show as something else
// than they are.
func (s *Server) Problems() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.problems...)
}

// now runs with mu held: a new millisecond for each thing that happens, unless the
// clock stands still.
func (s *Server) now() int64 {
	if s.still {
		return s.stamp
	}
	at := time.Now().Add(s.ahead).UnixMilli()
	s.stamp = max(at, s.stamp+1)
	return s.stamp
}

// Still stops the network's clock, or lets it go on: what happens meanwhile happens
// in the same millisecond.
func (s *Server) Still(stands bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.still = stands
}

// Advance moves the network's clock.
func (s *Server) Advance(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ahead += d
}

// Calls is how often a call was made.
func (s *Server) Calls(name string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls[name]
}

// Revoke makes the token worthless.
func (s *Server) Revoke() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Token = model.NewId()
}

// Disable deactivates the bot account.
func (s *Server) Disable() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.users[s.BotID].DeleteAt = s.now()
}

// Person is somebody with an account.
type Person struct {
	s    *Server
	ID   string
	Name string
}

// Person returns somebody by name, at first without any chat and with no name that
// the network knows.
func (s *Server) Person(name string) *Person {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p, ok := s.people[name]; ok {
		return p
	}
	p := &Person{s: s, ID: model.NewId(), Name: name}
	s.people[name] = p
	s.users[p.ID] = &model.User{Id: p.ID, Username: "u" + strings.ToLower(rand.Text()[:8]), Locale: "nb", Roles: "system_user"}
	return p
}

// Speak sets the language of a person's app; Robot makes the account a bot's.
func (p *Person) Speak(locale string) { p.s.change(p.ID, func(u *model.User) { u.Locale = locale }) }

// Robot makes the account a bot's.
func (p *Person) Robot() { p.s.change(p.ID, func(u *model.User) { u.IsBot = true }) }

// Deactivate closes a person's account; Activate opens it again.
func (p *Person) Deactivate() { p.s.change(p.ID, func(u *model.User) { u.DeleteAt = p.s.now() }) }

// Activate opens an account again.
func (p *Person) Activate() { p.s.change(p.ID, func(u *model.User) { u.DeleteAt = 0 }) }

func (s *Server) change(id string, how func(*model.User)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	how(s.users[id])
}

// direct runs with mu held: the direct chat of two, made when it is not there.
func (s *Server) direct(a, b string) *channel {
	name := model.GetDMNameFromIds(a, b)
	for _, c := range s.channels {
		if c.name == name {
			return c
		}
	}
	c := &channel{id: model.NewId(), name: name, kind: model.ChannelTypeDirect, members: []string{a, b}}
	s.channels[c.id] = c
	s.emit(c, model.WebsocketEventDirectAdded, map[string]any{"creator_id": a, "teammate_id": b})
	return c
}

// Seen is what the bot has written in a chat of several.
func (s *Server) Seen(channel string) (texts []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.channels[channel].posts {
		if p.UserId == s.BotID && p.DeleteAt == 0 {
			shown, _ := Render(p.Message)
			texts = append(texts, shown)
		}
	}
	return texts
}

// Chat is the network's id of a person's chat with the bot.
func (s *Server) Chat(p *Person) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.direct(p.ID, s.BotID).id
}
