// Package console is the channel of a terminal: one person, one conversation,
// numbered choices. It serves the demo, and whoever wants to read the interview
// without a network. Nothing is kept outside the store.
package console

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"

	"tillit/bot"
	"tillit/intake"
)

// Console is a [bot.Channel] over a reader and a writer.
type Console struct {
	in  io.Reader
	out io.Writer

	mu      sync.Mutex
	choices []intake.Choice // of the last question, for answers by number
	start   string          // makes event ids unique to this run
}

// New makes the channel. Closing in ends [Console.Listen].
func New(in io.Reader, out io.Writer) *Console {
	return &Console{in: in, out: out, start: rand.Text()}
}

// Name implements [bot.Channel].
func (*Console) Name() string { return "console" }

// Traits implements [bot.Channel]: whoever controls the machine can read.
func (*Console) Traits(intake.ConversationID) bot.Traits { return bot.Traits{} }

// errClosed says that the person closed the terminal's input.
var errClosed = errors.New("the terminal's input has ended")

// Listen implements [bot.Channel]: a line is an event. A line that cannot be
// stored is said so and is not lost on the screen; the person sends it again.
func (c *Console) Listen(ctx context.Context, deliver func(context.Context, bot.Event) error) error {
	lines := make(chan string)
	go func() {
		defer close(lines)
		for s := bufio.NewScanner(c.in); s.Scan(); {
			select {
			case lines <- s.Text():
			case <-ctx.Done():
				return
			}
		}
	}()
	for n := 0; ; n++ {
		ev := c.event(n)
		if n > 0 {
			line, err := next(ctx, lines)
			if err != nil {
				if errors.Is(err, errClosed) {
					<-ctx.Done() // the office may still write; the screen stays
				}
				return nil
			}
			c.read(line, &ev)
		}
		if err := deliver(ctx, ev); err != nil && ctx.Err() == nil {
			fmt.Fprintln(c.out, "\n[!] We could not save that. Please send it again. / Vi fikk ikke lagret det. Send det en gang til.")
		}
	}
}

func next(ctx context.Context, lines <-chan string) (string, error) {
	select {
	case <-ctx.Done():
		return "", ctx.Err()
	case l, ok := <-lines:
		if !ok {
			return "", errClosed
		}
		return l, nil
	}
}

func (c *Console) event(n int) bot.Event {
	return bot.Event{
		ID: c.start + "-" + strconv.Itoa(n), Kind: bot.EventMessage, At: time.Now(),
		Conversation: intake.NewConversationID("terminal"), Address: intake.NewAddress("terminal"),
	}
}

// read makes an event of a line: a number presses the choice that the screen
// shows under it; everything else is text.
func (c *Console) read(line string, ev *bot.Event) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if n, err := strconv.Atoi(strings.TrimSpace(line)); err == nil && n >= 1 && n <= len(c.choices) {
		ev.Kind, ev.Choices = bot.EventPress, []string{c.choices[n-1].ID}
		return
	}
	ev.Text = intake.NewPrivate(line)
}

// Send implements [bot.Channel]. The screen has no idempotency key: after a
// crash the same words may stand twice.
func (c *Console) Send(_ context.Context, _ intake.Address, m bot.Message) (bot.SentID, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(m.Choices) > 0 {
		c.choices = m.Choices
	}
	if _, err := fmt.Fprintf(c.out, "\n%s\n> ", clean(bot.Plain(m))); err != nil {
		return "", errors.New("writing to the terminal")
	}
	return bot.SentID(m.Key), nil
}

// clean keeps a person's text from steering the terminal: no control characters
// but line breaks, no bidi overrides.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r)) {
			return -1
		}
		return r
	}, s)
}
