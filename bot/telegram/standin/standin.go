// Package standin is Telegram's Bot API as far as a members' channel meets it, in
// this process and strict: what the real one refuses, it refuses. People write
// to it from the one side, a bot calls it from the other. It keeps everything in
// memory and listens on loopback only.
package standin

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/time/rate"

	"tillit/bot/bottest/faults"
)

// Server is the stand-in. Its exported fields may be set before it is used.
type Server struct {
	URL   string // address of the API, without the token
	Token string
	BotID int64
	// Faults are planned by method name: "sendMessage", "getUpdates", "file".
	Faults faults.Plan
	// Reach says where a webhook's public address is served in this test.
	Reach func(url string) string
	// Latency is how long each call takes.
	Latency time.Duration
	// Fast lifts the limits on sending.
	Fast bool

	mu          sync.Mutex
	ahead       time.Duration // of the real clock
	nextUpdate  int64
	nextMessage int
	nextPerson  int64
	updates     []*update
	changed     chan struct{} // closed and made anew at each change
	people      map[string]*Person
	chats       map[int64]*chat
	queries     map[string]*query
	files       map[string]*file
	hook        hook
	poller      chan struct{} // closed when another poller comes
	commands    map[string][]Command
	calls       map[string]int
	overall     *rate.Limiter
	counted     []time.Time // what counted against the limit, within the last second
	worst       int
	done        chan struct{}
	working     sync.WaitGroup
}

type update struct {
	id      int64
	raw     json.RawMessage
	at      time.Time
	offered int
	chat    int64
}

type chat struct {
	id          int64
	kind        string
	messages    []*Shown
	blocked     bool
	deactivated bool
	pace        *rate.Limiter
	slow        time.Duration // how long a call about it takes
}

// Shown is a message as a person sees it.
type Shown struct {
	ID      int
	Mine    bool // the person's own
	Text    string
	Buttons []Button
	At      time.Time
	Preview bool // the network would fetch what a link leads to
}

// Button is one button under a message.
type Button struct{ Label, Data string }

// Command is one line of the bot's menu.
type Command struct {
	Command     string `json:"command"`
	Description string `json:"description"`
}

type query struct {
	at       time.Time
	answered bool
}

type file struct {
	path    string
	content []byte
	size    int64
	at      time.Time // when its path was handed out
}

// New starts a stand-in that ends with the test. Its token holds a canary.
func New(t testing.TB) *Server {
	t.Helper()
	s := &Server{
		Token: "700000001:kanari-token-" + rand.Text()[:16], BotID: 700000001, nextUpdate: 824000, nextMessage: 40,
		changed: make(chan struct{}), people: map[string]*Person{}, chats: map[int64]*chat{}, queries: map[string]*query{},
		files: map[string]*file{}, commands: map[string][]Command{}, calls: map[string]int{},
		overall: rate.NewLimiter(30, 30), done: make(chan struct{}),
	}
	srv := httptest.NewServer(http.HandlerFunc(s.serve))
	s.URL = srv.URL
	t.Cleanup(func() {
		close(s.done)
		s.working.Wait()
		srv.CloseClientConnections()
		srv.Close()
	})
	return s
}

func (s *Server) now() time.Time { return time.Now().Add(s.ahead) }

// Advance moves the network's clock.
func (s *Server) Advance(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ahead += d
}

// ring runs with mu held: whoever waits looks again.
func (s *Server) ring() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// offer runs with mu held: it queues an update.
func (s *Server) offer(chat int64, kind string, body map[string]any) int64 {
	raw, err := json.Marshal(map[string]any{"update_id": s.nextUpdate, kind: body})
	if err != nil {
		panic(fmt.Sprintf("standin: encoding an update: %v", err))
	}
	return s.queue(chat, raw)
}

func (s *Server) queue(chat int64, raw json.RawMessage) int64 {
	id := s.nextUpdate
	s.nextUpdate++
	s.updates = append(s.updates, &update{id: id, raw: raw, at: s.now(), chat: chat})
	s.ring()
	return id
}

// Offer queues an update as it is given; %d in it becomes the update's id.
func (s *Server) Offer(raw string) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.queue(0, json.RawMessage(strings.Replace(raw, "%d", fmt.Sprint(s.nextUpdate), 1)))
}

// JumpIDs makes update ids go on at another number, as they do after a quiet week.
func (s *Server) JumpIDs(next int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.nextUpdate = next
}

// Confirmed reports whether an update was offered and is confirmed.
func (s *Server) Confirmed(id int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !slices.ContainsFunc(s.updates, func(u *update) bool { return u.id == id })
}

// Pending is how many updates wait to be confirmed.
func (s *Server) Pending() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.updates)
}

// Calls is how often a method was called.
func (s *Server) Calls(method string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls[method]
}

// Commands is the menu of private chats in a language; the empty one is for everybody else.
func (s *Server) Commands(lang string) []Command {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.commands[lang])
}

// Worst is how many messages and changes came in the worst second.
func (s *Server) Worst() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.worst
}

// count runs with mu held, for each message and change that comes.
func (s *Server) count(now time.Time) {
	s.counted = append(slices.DeleteFunc(s.counted, func(at time.Time) bool { return now.Sub(at) >= time.Second }), now)
	s.worst = max(s.worst, len(s.counted))
}

// Unanswered is how many presses still turn on somebody's screen.
func (s *Server) Unanswered() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, q := range s.queries {
		if !q.answered {
			n++
		}
	}
	return n
}

// SetWebhookElsewhere is another program that has the token and takes the updates.
func (s *Server) SetWebhookElsewhere(url string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hook = hook{url: url, elsewhere: true}
}

// Revoke makes the token worthless, as BotFather does.
func (s *Server) Revoke() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Token = "revoked"
	s.ring()
}

// Secret is what the webhook was set with.
func (s *Server) Secret() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.hook.secret
}
