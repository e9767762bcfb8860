package mattermost_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"tillit/bot"
	"tillit/bot/bottest"
	"tillit/bot/mattermost"
	"tillit/bot/mattermost/standin"
	"tillit/intake"
)

// memory is a store without a disk: an event and its cursor are kept together,
// once, or not at all. It outlives the processes that write to it.
type memory struct {
	t   *testing.T
	net *standin.Server
	mm  *mattermost.Mattermost
	log *bottest.Journal

	mu      sync.Mutex
	events  []bot.Event
	files   [][]byte // contents, in the order of arrival
	ids     map[string]bool
	twice   int // deliveries that were known already
	cursors map[intake.ConversationID][]byte
	refuse  func(bot.Event) error
	stop    func()
}

func newMemory(t *testing.T, change ...func(*mattermost.Config)) *memory {
	t.Helper()
	m := &memory{t: t, net: standin.New(t), log: &bottest.Journal{}, ids: map[string]bool{}, cursors: map[intake.ConversationID][]byte{}}
	m.start(change...)
	t.Cleanup(func() { m.stop() })
	return m
}

// start is a new process.
func (m *memory) start(change ...func(*mattermost.Config)) {
	m.t.Helper()
	log := slog.New(slog.NewTextHandler(m.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	mine := func(c *mattermost.Config) { c.Cursor = m.cursor }
	m.mm = channel(m.t, m.net, log, append([]func(*mattermost.Config){mine}, change...)...)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- m.mm.Listen(ctx, m.deliver) }()
	m.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			m.t.Error(err)
		}
	})
}

func (m *memory) cursor(_ context.Context, person intake.ConversationID) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.cursors[person], nil
}

func (m *memory) deliver(_ context.Context, ev bot.Event) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.ids[ev.ID] {
		m.twice++
		return nil
	}
	if m.refuse != nil {
		if err := m.refuse(ev); err != nil {
			return err
		}
	}
	var files [][]byte
	for _, f := range ev.Files {
		r, err := f.Open()
		if err != nil {
			return fmt.Errorf("storing: %w", err)
		}
		content, err := io.ReadAll(r)
		r.Close()
		if err != nil {
			return fmt.Errorf("storing: %w", err)
		}
		files = append(files, content)
	}
	m.ids[ev.ID] = true
	m.events, m.files = append(m.events, ev), append(m.files, files...)
	if ev.Cursor != nil {
		m.cursors[ev.Conversation] = ev.Cursor
	}
	return nil
}

func (m *memory) got() []bot.Event {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.events)
}

// wait returns the events once there are so many, and a moment later, for those
// that should not come.
func (m *memory) wait(n int) []bot.Event {
	m.t.Helper()
	end := time.Now().Add(20 * time.Second)
	for len(m.got()) < n && time.Now().Before(end) {
		time.Sleep(time.Millisecond)
	}
	for time.Now().Before(end) && !m.mm.Idle() {
		time.Sleep(time.Millisecond)
	}
	time.Sleep(5 * time.Millisecond)
	got := m.got()
	if len(got) != n {
		m.t.Fatalf("%d events arrived, want %d: %v\n%s", len(got), n, kinds(got[max(0, len(got)-8):]), m.log)
	}
	return got
}

// connected waits until a websocket is open and everything was read once.
func (m *memory) connected() {
	m.t.Helper()
	for end := time.Now().Add(10 * time.Second); m.net.Listening() == 0 || m.net.Calls("channels") == 0 || !m.mm.Idle(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			m.t.Fatalf("the channel does not listen\n%s", m.log)
		}
	}
}

// until waits for something to become true.
func (m *memory) until(what string, ok func() bool) {
	m.t.Helper()
	for end := time.Now().Add(10 * time.Second); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			m.t.Fatalf("waited in vain: %s\n%s", what, m.log)
		}
	}
}

func kinds(events []bot.Event) (all []string) {
	for _, ev := range events {
		all = append(all, string(ev.Kind)+" "+ev.Text.Reveal())
	}
	return all
}

func texts(events []bot.Event) (all []string) {
	for _, ev := range events {
		all = append(all, ev.Text.Reveal())
	}
	return all
}
