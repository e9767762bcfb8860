// Package console is the channel of a terminal: one person, one conversation,
// numbered choices. It serves the demo, and whoever wants to read the interview
// without a network. Nothing is kept outside the store.
package console

import (
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
	in io.Reader

	mu      sync.Mutex
	out     io.Writer
	prompts bool            // the terminal shows by itself where to type
	choices []intake.Choice // of the last question, for answers by number
	start   string          // makes event ids unique to this run
}

// New makes the channel. Closing in ends [Console.Listen].
func New(in io.Reader, out io.Writer) *Console {
	return &Console{in: in, out: out, start: rand.Text()}
}

// Name implements [bot.Channel].
func (*Console) Name() string { return "console" }

// Capabilities implements [bot.Channel]: whoever controls the machine can read.
func (*Console) Capabilities(intake.ConversationID) bot.Capabilities { return bot.Capabilities{} }

// errClosed says that the person closed the terminal's input.
var errClosed = errors.New("the terminal's input has ended")

// Listen implements [bot.Channel]: a line is an event. A line that cannot be
// stored is said so and is not lost on the screen; the person sends it again. The
// next line is read only when the one before is stored, so that what has been
// typed ahead waits in the terminal and not in this process.
func (c *Console) Listen(ctx context.Context, deliver func(context.Context, bot.Event) error) error {
	lines, end := c.reader(ctx)
	defer end()
	for n := 0; ; n++ {
		ev := c.event(n)
		if n > 0 {
			line, err := lines()
			if errors.Is(err, errClosed) {
				<-ctx.Done() // the office may still write; the screen stays
			}
			if err != nil {
				return nil
			}
			c.read(line, &ev)
		}
		// What is being stored is not torn by a stop: only the reading is.
		if err := deliver(context.WithoutCancel(ctx), ev); err != nil && ctx.Err() == nil {
			c.notSaved()
		}
	}
}

// reader returns what waits for the next line until ctx is done, and what is done at the
// end. A terminal cannot be told to stop reading, so that happens beside; the goroutine ends
// with its line, or with the program.
func (c *Console) reader(ctx context.Context) (next func() (string, error), end func()) {
	type read struct {
		line string
		err  error
	}
	in := newLiner(c.in, c.out)
	c.mu.Lock()
	c.out, c.prompts = in.out, in.prompts
	c.mu.Unlock()
	ask, got := make(chan struct{}), make(chan read, 1)
	go func() {
		for range ask {
			line, err := in.next()
			got <- read{line, err}
		}
	}()
	return func() (string, error) {
		select {
		case ask <- struct{}{}:
		case <-ctx.Done():
			return "", ctx.Err()
		}
		select {
		case r := <-got:
			if r.err != nil {
				return "", errClosed
			}
			return r.line, nil
		case <-ctx.Done():
			return "", ctx.Err()
		}
	}, in.end
}

func (c *Console) notSaved() {
	c.mu.Lock()
	defer c.mu.Unlock()
	fmt.Fprintln(c.out, "\n[!] We could not save that. Please send it again. / Vi fikk ikke lagret det. Send det en gang til.")
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
		ev.Kind, ev.Choices = bot.EventPress, []string{c.choices[n-1].Asks()}
		return
	}
	ev.Text = intake.NewPrivate(line)
}

// Send implements [bot.Channel]. The screen has no idempotency key: after a
// crash the same words may stand twice.
func (c *Console) Send(_ context.Context, _ intake.Address, m bot.Message) (bot.SentID, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case m.ID == "paused": // a number that is typed after a break presses nothing
		c.choices = nil
	case len(bot.Numbered(m)) > 0:
		c.choices = bot.Numbered(m)
	}
	prompt := "> "
	if c.prompts {
		prompt = ""
	}
	if _, err := fmt.Fprintf(c.out, "\n%s\n%s", clean(bot.Plain(m)), prompt); err != nil {
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
