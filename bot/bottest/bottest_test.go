package bottest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"tillit/bot"
	"tillit/intake"
)

// fault is what a broken channel does wrong.
type fault int

const (
	sound fault = iota
	acknowledgesEarly
	logsText
	leaksToken
	ignoresStop
	reorders
	losesOnFailure
	splitsACharacter
	crosses
)

type post struct {
	id           int
	person, text string
}

// fake is a network and its channel in one: a queue of posts, offered until
// acknowledged.
type fake struct {
	fault   fault
	log     *slog.Logger
	posts   chan post
	mu      sync.Mutex
	next    int
	acked   map[string]bool
	screen  map[string][]string
	refuses bool
}

func maker(f fault) Maker {
	return func(_ testing.TB, log *slog.Logger) Made {
		n := &fake{fault: f, log: log, posts: make(chan post, 1000), acked: map[string]bool{}, screen: map[string][]string{}}
		return Made{Channel: n, Network: n, Token: "token-8c1d"}
	}
}

func (*fake) Name() string                            { return "fake" }
func (*fake) Traits(intake.ConversationID) bot.Traits { return bot.Traits{LongestText: 100} }
func (*fake) Person(person string) intake.Address     { return intake.NewAddress(person) }
func (n *fake) Acknowledged(text string) bool         { n.mu.Lock(); defer n.mu.Unlock(); return n.acked[text] }
func (n *fake) Screen(person string) []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.screen[person]
}
func (n *fake) Refuse() { n.mu.Lock(); defer n.mu.Unlock(); n.refuses = true }

func (n *fake) Say(person, text string) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.next++
	n.posts <- post{n.next, person, text}
	return nil
}

func (n *fake) ack(p post) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.acked[p.text] = true
}

func (n *fake) Listen(ctx context.Context, deliver func(context.Context, bot.Event) error) error {
	var held *post
	for {
		if n.fault == ignoresStop {
			ctx = context.WithoutCancel(ctx)
		}
		select {
		case <-ctx.Done():
			return nil
		case p := <-n.posts:
			if n.fault == reorders && held == nil && strings.HasSuffix(p.text, " 00") {
				held = &p
				continue
			}
			n.offer(ctx, p, deliver)
			if held != nil {
				n.offer(ctx, *held, deliver)
				held = nil
			}
		}
	}
}

func (n *fake) offer(ctx context.Context, p post, deliver func(context.Context, bot.Event) error) {
	if n.fault == acknowledgesEarly {
		n.ack(p)
	}
	if n.fault == logsText {
		n.log.Debug("got", "text", p.text)
	}
	conversation := p.person
	if n.fault == crosses {
		conversation = "everyone"
	}
	ev := bot.Event{
		ID: fmt.Sprint(p.id), Kind: bot.EventMessage, Text: intake.NewPrivate(p.text),
		Conversation: intake.NewConversationID(conversation), Address: intake.NewAddress(p.person),
	}
	for ctx.Err() == nil {
		if deliver(ctx, ev) == nil {
			n.ack(p)
			return
		}
		if n.fault == losesOnFailure {
			return
		}
	}
}

func (n *fake) Send(_ context.Context, to intake.Address, m bot.Message) (bot.SentID, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.refuses {
		if n.fault == leaksToken {
			return "", errors.New("POST /bottoken-8c1d/send: refused")
		}
		return "", errors.New("refused")
	}
	text := m.Text + "\n" + m.Words.Reveal()
	if n.fault != splitsACharacter {
		n.screen[to.Reveal()] = append(n.screen[to.Reveal()], text)
		return "1", nil
	}
	for len(text) > 0 {
		cut := min(100, len(text))
		n.screen[to.Reveal()] = append(n.screen[to.Reveal()], text[:cut])
		text = text[cut:]
	}
	return "1", nil
}

func TestASoundChannelPasses(t *testing.T) { Run(t, maker(sound)) }

func TestBrokenChannelsAreRejected(t *testing.T) {
	for name, f := range map[string]fault{
		"acknowledges early": acknowledgesEarly, "logs text": logsText, "leaks a token": leaksToken,
		"ignores stop": ignoresStop, "reorders": reorders, "loses on failure": losesOnFailure,
		"splits a character": splitsACharacter, "crosses conversations": crosses,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, c := range Contract {
				if err := Try(t, maker(f), c); err != nil {
					return
				}
			}
			t.Error("the contract accepts it")
		})
	}
}
