package bottest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
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
	endsEarly
	sharesIDs
	changesText
	pretendsSent
	tellsNobody
	changesAnew
	pretendsChanged
	forgetsWhatChanged
	takesGoneForTrouble
	showsNoButtons
	mixesButtons
	toggles
	takesUnclearForSent
	pretendsTaken
)

type post struct {
	id           int
	person, text string
	changes      int    // the post that it changes
	choice       string // what was pressed
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
	repeats bool // a refused post is told to the person, who sends it again
	copies  bool // people read from their copy
	told    map[int]chan error
	left    map[string]bool
	unclear *bool // the next send is, and whether it is done
	buttons map[string][]intake.Choice
}

func maker(f fault) Maker {
	return func(_ testing.TB, log *slog.Logger) Made {
		n := newFake(f, log)
		return Made{Channel: n, Network: n, Token: "token-8c1d"}
	}
}

// page makes a channel like a page: one request carries the words and the answer
// to them, and people read from their copy.
func page(f fault) Maker {
	return func(_ testing.TB, log *slog.Logger) Made {
		n := newFake(f, log)
		n.repeats, n.copies = true, true
		return Made{Channel: plain{n}, Network: simple{n, n, n}, Token: "token-8c1d", PersonRepeats: true}
	}
}

// plain is a channel, and simple a network, that is nothing but one.
type (
	plain  struct{ bot.Channel }
	simple struct {
		Network
		Copier
		Presser
	}
)

func newFake(f fault, log *slog.Logger) *fake {
	return &fake{
		fault: f, log: log, posts: make(chan post, 1000), acked: map[string]bool{},
		screen: map[string][]string{}, told: map[int]chan error{}, left: map[string]bool{}, buttons: map[string][]intake.Choice{},
	}
}

func (*fake) Name() string { return "fake" }
func (n *fake) Capabilities(intake.ConversationID) bot.Capabilities {
	return bot.Capabilities{LongestText: 100, Copy: n.copies, Buttons: true}
}
func (*fake) Person(person string) intake.Address { return intake.NewAddress(person) }
func (n *fake) Acknowledged(text string) bool     { n.mu.Lock(); defer n.mu.Unlock(); return n.acked[text] }
func (n *fake) Screen(person string) []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.screen[person]
}
func (n *fake) Refuse() { n.mu.Lock(); defer n.mu.Unlock(); n.refuses = true }

// Change implements [Changer]: the newest post is the one.
func (n *fake) Change(person, _, to string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.next++
	n.told[n.next] = make(chan error, 1)
	n.posts <- post{id: n.next, person: person, text: to, changes: n.next - 1}
}

// Unsure implements [Unsure].
func (n *fake) Unsure(done bool) { n.mu.Lock(); defer n.mu.Unlock(); n.unclear = &done }

// Hold implements [Holder]: it lets nothing be taken back, ever.
func (*fake) Hold() {}

// Delete implements [bot.Deleter].
func (n *fake) Delete(context.Context, intake.Address, []bot.SentID) error {
	if n.fault == pretendsTaken {
		return nil
	}
	return bot.ErrNotTaken
}

// Leave implements [Leaver].
func (n *fake) Leave(person string) { n.mu.Lock(); defer n.mu.Unlock(); n.left[person] = true }

func (n *fake) Say(person, text string) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.next++
	p, told := post{id: n.next, person: person, text: text}, make(chan error, 1)
	n.told[p.id] = told
	n.posts <- p
	if !n.repeats {
		return nil
	}
	n.mu.Unlock()
	defer n.mu.Lock()
	return <-told
}

// Keep implements [Copier].
func (n *fake) Keep(person string, m bot.Message) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.show(person, m.Text+"\n"+m.Words.Reveal())
	n.buttons[person] = m.Choices
}

// Press implements [Presser].
func (n *fake) Press(person, label string) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	for i, c := range n.buttons[person] {
		if c.Label != strings.TrimSuffix(label, " ✔") || n.fault == showsNoButtons {
			continue
		}
		if n.fault == mixesButtons {
			c = n.buttons[person][(i+1)%len(n.buttons[person])]
		}
		asks := c.Asks()
		if n.fault == toggles {
			asks = c.ID
		}
		n.next++
		n.told[n.next] = make(chan error, 1)
		n.posts <- post{id: n.next, person: person, choice: asks}
		return nil
	}
	return errors.New("there is no such button")
}

func (n *fake) show(person, text string) {
	if n.fault != splitsACharacter {
		n.screen[person] = append(n.screen[person], text)
		return
	}
	for len(text) > 0 {
		cut := min(100, len(text))
		n.screen[person] = append(n.screen[person], text[:cut])
		text = text[cut:]
	}
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
			if n.fault == endsEarly {
				go n.offer(ctx, p, deliver)
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
		Conversation: intake.NewConversationID(conversation), Address: intake.NewAddress(p.person), Message: fmt.Sprint(p.id),
	}
	if p.choice != "" {
		ev.Kind, ev.Choices = bot.EventPress, []string{p.choice}
	}
	if p.changes > 0 {
		ev.Kind = bot.EventEdit
		if n.fault != forgetsWhatChanged {
			ev.Message = fmt.Sprint(p.changes)
		}
	}
	switch n.fault {
	case sharesIDs:
		ev.ID = "1"
	case changesText:
		ev.Text = intake.NewPrivate(strings.ToValidUTF8(strings.ReplaceAll(p.text, "\u202e", ""), ""))
	}
	n.mu.Lock()
	told := n.told[p.id]
	n.mu.Unlock()
	for ctx.Err() == nil {
		err := deliver(ctx, ev)
		if err == nil {
			n.ack(p)
		}
		if err == nil || n.fault == losesOnFailure || n.repeats {
			if n.fault == tellsNobody {
				err = nil
			}
			told <- err
			return
		}
	}
}

func (n *fake) Send(_ context.Context, to intake.Address, m bot.Message) (bot.SentID, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.left[to.Reveal()] && n.fault != takesGoneForTrouble {
		return "", bot.ErrGone
	}
	if n.refuses || n.left[to.Reveal()] {
		if n.fault == leaksToken {
			return "", errors.New("POST /bottoken-8c1d/send: refused")
		}
		return "", errors.New("refused")
	}
	if n.copies && n.fault != pretendsSent {
		return "", errors.New("people read their copy")
	}
	unclear := n.unclear
	if n.unclear = nil; unclear == nil || *unclear {
		n.show(to.Reveal(), m.Text+"\n"+m.Words.Reveal())
		n.buttons[to.Reveal()] = m.Choices
	}
	if unclear != nil && n.fault != takesUnclearForSent {
		return "", bot.ErrMaybeSent
	}
	return bot.SentID(fmt.Sprint(len(n.screen[to.Reveal()]) - 1)), nil
}

// Edit implements [bot.Editor].
func (n *fake) Edit(ctx context.Context, to intake.Address, sent bot.SentID, m bot.Message) error {
	if n.fault == changesAnew {
		_, err := n.Send(ctx, to, m)
		return err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	screen := n.screen[to.Reveal()]
	i, err := strconv.Atoi(string(sent))
	if err != nil || i < 0 || i >= len(screen) {
		if n.fault == pretendsChanged {
			return nil
		}
		return errors.New("there is no such message")
	}
	screen[i] = m.Text + "\n" + m.Words.Reveal()
	return nil
}

func TestASoundChannelPasses(t *testing.T) {
	t.Run("a chat", func(t *testing.T) { Run(t, maker(sound)) })
	t.Run("a page", func(t *testing.T) { Run(t, page(sound)) })
}

// TestBrokenChannelsAreRejected holds each clause to its own fault: the clause
// that is about it must be the one that rejects it.
func TestBrokenChannelsAreRejected(t *testing.T) {
	for _, c := range []struct {
		name   string
		make   Maker
		clause func(*Rig) error
		says   string
	}{
		{"acknowledges early", maker(acknowledgesEarly), storedFirst, "acknowledged while"},
		{"logs text", maker(logsText), quiet, "text stands in a log"},
		{"leaks a token", maker(leaksToken), refused, "a token stands in"},
		{"ignores stop", maker(ignoresStop), ordered, "goes on listening"},
		{"reorders", maker(reorders), ordered, "is not the message sent as number"},
		{"loses on failure", maker(losesOnFailure), offeredAgain, "0 events arrived"},
		{"splits a character", maker(splitsACharacter), sentWhole, "cut in two"},
		{"crosses conversations", maker(crosses), apart, "not the same number"},
		{"ends before the last is stored", maker(endsEarly), lastStored, "still being stored"},
		{"gives two events one id", maker(sharesIDs), apart, "no id of its own"},
		{"changes text", maker(changesText), verbatim, "was changed on its way"},
		{"forgets which message was changed", maker(forgetsWhatChanged), edited, "does not name"},
		{"takes one who has left for trouble", maker(takesGoneForTrouble), gone, "not that they are gone"},
		{"shows no buttons", maker(showsNoButtons), pressed, "no such button"},
		{"mixes buttons up", maker(mixesButtons), pressed, "which button"},
		{"takes an unclear outcome for sent", maker(takesUnclearForSent), unsure, "taken for sent"},
		{"calls taken back what stands there", maker(pretendsTaken), held, "called taken back"},
		{"toggles", maker(toggles), says, "what shall be"},
		{"says a change anew", maker(changesAnew), changed, "3 messages"},
		{"pretends to change", maker(pretendsChanged), changed, "reported as done"},
		{"a page that says nothing when it loses", page(tellsNobody), offeredAgain, "was not told"},
		{"a page that pretends to send", page(pretendsSent), refused, "reported as sent"},
		{"a page that splits a character", page(splitsACharacter), sentWhole, "cut in two"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			err := Try(t, c.make, Check{c.name, c.clause})
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("the clause says %v, want %q", err, c.says)
			}
		})
	}
}
