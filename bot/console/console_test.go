package console_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tillit/bot"
	"tillit/bot/bottest"
	"tillit/bot/console"
	"tillit/intake"
)

// terminal is a keyboard and a screen. The console asks the keyboard for the next
// line when the one before is kept.
type terminal struct {
	mu      sync.Mutex
	typed   chan string
	left    []byte
	asked   int      // lines that were asked for
	lines   []string // in the order typed
	lost    []bool   // of those, which the person was told are not kept
	shown   []string
	refuses bool
}

func newTerminal() *terminal { return &terminal{typed: make(chan string, 100)} }

func (t *terminal) Read(p []byte) (int, error) {
	if len(t.left) == 0 {
		t.mu.Lock()
		t.asked++
		t.mu.Unlock()
		line, ok := <-t.typed
		if !ok {
			return 0, io.EOF
		}
		t.left = []byte(line)
	}
	n := copy(p, t.left)
	t.left = t.left[n:]
	return n, nil
}

func (t *terminal) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.refuses {
		return 0, errors.New("the window is closed; token-8c1d")
	}
	t.shown = append(t.shown, string(p))
	return len(p), nil
}

// Say types a line and waits for what the person sees come of it.
func (t *terminal) Say(_, text string) error {
	t.mu.Lock()
	before := t.told()
	at := len(t.lines)
	t.lines, t.lost = append(t.lines, text), append(t.lost, false)
	t.mu.Unlock()
	t.typed <- text + "\n"
	for end := time.Now().Add(time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
		t.mu.Lock()
		told, kept := t.told() > before, t.asked > at+1
		t.mu.Unlock()
		if told {
			t.mu.Lock()
			t.lost[at] = true
			t.mu.Unlock()
			return errors.New("we could not save that")
		}
		if kept {
			return nil
		}
	}
	return nil
}

func (t *terminal) told() int { return strings.Count(strings.Join(t.shown, ""), "[!]") }

// Acknowledged reports whether the line after text was asked for, and nothing else
// said of it.
func (t *terminal) Acknowledged(text string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i, l := range t.lines {
		if l == text && t.asked > i+1 && !t.lost[i] {
			return true
		}
	}
	return false
}

func (t *terminal) Screen(string) []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]string(nil), t.shown...)
}

// Press types the number that stands before a label.
func (t *terminal) Press(person, label string) error {
	for _, shown := range slices.Backward(t.Screen("")) {
		for line := range strings.Lines(shown) {
			if fields := strings.Fields(line); len(fields) > 1 && strings.Join(fields[1:], " ") == label {
				return t.Say(person, fields[0])
			}
		}
	}
	return errors.New("there is no such choice")
}

func (*terminal) Person(string) intake.Address { return intake.NewAddress("terminal") }

func (t *terminal) Refuse() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.refuses = true
}

func TestContract(t *testing.T) {
	bottest.Run(t, func(testing.TB, *slog.Logger) bottest.Made {
		term := newTerminal()
		return bottest.Made{
			Channel: console.New(term, term), Network: term, Token: "token-8c1d", PersonRepeats: true, OnePerson: true,
		}
	})
}

// listen runs a console over an input and returns what it delivered.
func listen(t *testing.T, in string, before func(*console.Console)) (events []bot.Event, screen string) {
	t.Helper()
	var out bytes.Buffer
	c := console.New(strings.NewReader(in), &out)
	if before != nil {
		before(c)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	err := c.Listen(ctx, func(_ context.Context, ev bot.Event) error {
		if events = append(events, ev); len(events) == strings.Count(in, "\n")+1 {
			cancel()
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return events, out.String()
}

func TestANumberPressesWhatStandsUnderIt(t *testing.T) {
	ask := bot.Message{Message: intake.Message{Text: "Are you safe?", Choices: []intake.Choice{{ID: "S1.yes", Label: "Yes"}, {ID: "S1.no", Label: "No"}}}}
	events, screen := listen(t, "2\n3\nno\n", func(c *console.Console) {
		if _, err := c.Send(t.Context(), intake.NewAddress("terminal"), ask); err != nil {
			t.Fatal(err)
		}
	})
	if !strings.Contains(screen, "2  No") {
		t.Errorf("the screen shows %q", screen)
	}
	if got := events[1]; got.Kind != bot.EventPress || len(got.Choices) != 1 || got.Choices[0] != "S1.no" {
		t.Errorf("2 is a %s of %v, want the second choice", got.Kind, got.Choices)
	}
	for _, i := range []int{2, 3} {
		if got := events[i]; got.Kind != bot.EventMessage || got.Text.IsZero() {
			t.Errorf("line %d is a %s, want text: it stands under no choice", i, got.Kind)
		}
	}
}

func TestALongLineAndTheLastOneArrive(t *testing.T) {
	long := strings.Repeat("æ", 100_000)
	events, _ := listen(t, long+"\nsist\n", nil)
	if len(events) != 3 || events[1].Text.Reveal() != long || events[2].Text.Reveal() != "sist" {
		t.Errorf("%d events arrived, want a greeting, the long line whole and the last one", len(events))
	}
}

func TestWordsCannotSteerTheTerminal(t *testing.T) {
	var out bytes.Buffer
	c := console.New(strings.NewReader(""), &out)
	words := intake.NewPrivate("a\x1b[2Jb\u202ec\nd")
	if _, err := c.Send(t.Context(), intake.NewAddress("terminal"), bot.Message{Words: words}); err != nil {
		t.Fatal(err)
	}
	if got := out.String(); !strings.Contains(got, "a[2Jbc\nd") {
		t.Errorf("the screen got %q", got)
	}
}

// TestAStopDoesNotTearWhatIsBeingStored holds that only the reading is stopped: the
// person has pressed return, and is told nothing more.
func TestAStopDoesNotTearWhatIsBeingStored(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	c := console.New(strings.NewReader("hei\n"), io.Discard)
	var torn error
	err := c.Listen(ctx, func(ctx context.Context, ev bot.Event) error {
		if !ev.Text.IsZero() {
			cancel()
			torn = ctx.Err()
		}
		return nil
	})
	if err != nil || torn != nil {
		t.Errorf("stopped while storing, the store sees %v; listening ends with %v", torn, err)
	}
}
