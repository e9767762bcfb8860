// Package bottest is the contract that every channel passes. A channel's own
// test gives [Run] a way to make the channel beside a stand-in of its network;
// the suite then does to both what people and networks do. A fresh pair is made
// for each subtest. The package's own test gives the suite broken channels, each
// of which it must reject.
//
// Nothing is skipped. Where a channel is different by nature, [Made] and
// [bot.Capabilities] say so, and the clause then holds it to what is true of such a
// channel instead.
package bottest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unicode/utf8"

	"tillit/bot"
	"tillit/intake"
)

// Network is the stand-in that a channel talks to, seen from a person's side.
type Network interface {
	// Say makes a person's message reach the network, which offers it to the
	// channel until it is acknowledged. It returns once the message is with the
	// network, or, for a channel that answers in the same request, with an error
	// if the person was told that it was not kept.
	Say(person, text string) error
	// Acknowledged reports whether the network, or the person, was told that a
	// message is kept.
	Acknowledged(text string) bool
	// Screen returns what a person sees, in order: what was sent to them, or the
	// page that shows their copy.
	Screen(person string) []string
	// Person returns the address of someone who has written.
	Person(person string) intake.Address
	// Refuse makes the network answer the next send with a failure.
	Refuse()
}

// Copier is a network whose people read from their own copy ([bot.Capabilities].Copy):
// it puts into the copy what the store would have.
type Copier interface {
	Keep(person string, m bot.Message)
}

// Changer is a network where people can change what they wrote.
type Changer interface {
	// Change makes a person's message, which they wrote in these words, say others.
	Change(person, from, to string)
}

// Presser is a network where people press buttons, or type what stands before them.
type Presser interface {
	// Press presses the newest button with a label.
	Press(person, label string) error
}

// Unsure is a network over which an answer can be lost.
type Unsure interface {
	// Unsure breaks the next send: its answer is cut, before the work is done or after it.
	Unsure(done bool)
}

// Holder is a network that lets messages be taken back, and can refuse to.
type Holder interface {
	// Hold makes it let nothing be taken back.
	Hold()
}

// Leaver is a network where people can end it: they block us, or close their account.
type Leaver interface {
	Leave(person string)
}

// Made is a channel with its network.
type Made struct {
	Channel bot.Channel
	Network Network
	// Token is a secret that the channel holds; it may stand in no log or error.
	Token string
	// PersonRepeats says that a message that was not kept is sent again by the
	// person, not by the network.
	PersonRepeats bool
	// OnePerson says that the channel has a single conversation, whoever writes:
	// a terminal.
	OnePerson bool
}

// Maker makes a fresh channel that logs to log.
type Maker func(t testing.TB, log *slog.Logger) Made

// Check is one clause of the contract. It returns what is wrong, or nil.
type Check struct {
	Name string
	Do   func(r *Rig) error
}

// Run checks a channel against the whole contract.
func Run(t *testing.T, make Maker) {
	for _, c := range Contract {
		t.Run(c.Name, func(t *testing.T) {
			if err := Try(t, make, c); err != nil {
				t.Error(err)
			}
		})
	}
}

// Try checks one clause and returns what is wrong; broken channels use it.
func Try(t testing.TB, make Maker, c Check) error {
	r := &Rig{logs: &safeBuffer{}}
	r.Made = make(t, slog.New(slog.NewTextHandler(r.logs, &slog.HandlerOptions{Level: slog.LevelDebug})))
	r.start()
	err := c.Do(r)
	return errors.Join(err, r.stop(), r.clean())
}

// Rig is a running channel under test.
type Rig struct {
	Made
	mu      sync.Mutex
	got     []bot.Event
	answer  func(bot.Event) error
	logs    *safeBuffer
	errs    []error
	inside  atomic.Int32 // deliveries that have not returned
	cancel  context.CancelFunc
	stopped chan error
}

// canary stands in every text that the suite sends.
const canary = "kanari-7f3a"

func (r *Rig) start() {
	ctx, cancel := context.WithCancel(context.Background())
	r.cancel, r.stopped = cancel, make(chan error, 1)
	go func() { r.stopped <- r.Channel.Listen(ctx, r.deliver) }()
}

func (r *Rig) deliver(_ context.Context, ev bot.Event) error {
	r.inside.Add(1)
	defer r.inside.Add(-1)
	if ev.Text.IsZero() && len(ev.Choices) == 0 && ev.Pressed == nil && len(ev.Files) == 0 {
		return nil // somebody is there and has said nothing yet
	}
	r.mu.Lock()
	answer := r.answer
	r.mu.Unlock()
	if answer != nil {
		if err := answer(ev); err != nil {
			return err
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.got = append(r.got, ev)
	return nil
}

// stop ends the channel and holds it to ending. It may be called again.
func (r *Rig) stop() error {
	r.cancel()
	select {
	case err := <-r.stopped:
		r.stopped <- err
		if err != nil {
			return fmt.Errorf("listening ended with an error after its context ended: %w", err)
		}
		if r.inside.Load() > 0 {
			return errors.New("listening ended while an event was still being stored")
		}
		return nil
	case <-time.After(5 * time.Second):
		return errors.New("the channel goes on listening after its context ended")
	}
}

// clean holds that nothing private was logged or stands in an error.
func (r *Rig) clean() error {
	logged := r.logs.String()
	for _, e := range r.errs {
		logged += "\n" + e.Error()
	}
	if strings.Contains(logged, canary) {
		return errors.New("a person's text stands in a log or an error")
	}
	if r.Token != "" && strings.Contains(logged, r.Token) {
		return errors.New("a token stands in a log or an error")
	}
	return nil
}

func (r *Rig) events(n int) ([]bot.Event, error) {
	for end := time.Now().Add(5 * time.Second); ; time.Sleep(time.Millisecond) {
		r.mu.Lock()
		got := append([]bot.Event(nil), r.got...)
		r.mu.Unlock()
		if len(got) >= n {
			return got, nil
		}
		if time.Now().After(end) {
			return got, fmt.Errorf("%d events arrived, want %d", len(got), n)
		}
	}
}

func (r *Rig) set(answer func(bot.Event) error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer = answer
}

// whole reports whether a screen holds a text, over however many messages, with
// no character cut in two.
func whole(screen []string, text string) error {
	for _, s := range screen {
		if !utf8.ValidString(s) || strings.ContainsRune(s, utf8.RuneError) {
			return errors.New("a character was cut in two")
		}
	}
	squeeze := func(s string) string { return strings.Join(strings.Fields(s), "") }
	if !strings.Contains(squeeze(strings.Join(screen, "")), squeeze(text)) {
		return errors.New("the words did not arrive whole and in order")
	}
	return nil
}

type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

var _ io.Writer = (*safeBuffer)(nil)

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}
