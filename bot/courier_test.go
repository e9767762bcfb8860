package bot

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"tillit/intake"
	"tillit/store"
	"tillit/store/cases"
)

// box is an outbox with one line, which records what came of it.
type box struct {
	lines []store.Delivery
	did   []string
	next  time.Time
	fail  error
	known []string // what stands in the chat
}

func (b *box) Lease(context.Context, string, int, time.Duration) ([]store.Delivery, error) {
	l := b.lines
	b.lines = nil
	return l, nil
}
func (b *box) Delivered(context.Context, int64) error {
	b.did = append(b.did, "delivered")
	return b.fail
}
func (b *box) Retry(_ context.Context, _ store.Delivery, at time.Time) error {
	b.did, b.next = append(b.did, "retry"), at
	return nil
}
func (b *box) Wait(_ context.Context, _ store.Delivery, at time.Time) error {
	b.did, b.next = append(b.did, "wait"), at
	return nil
}
func (b *box) MaybeSent(_ context.Context, _ int64, at time.Time) error {
	b.did, b.next = append(b.did, "maybe"), at
	return nil
}
func (*box) Release(context.Context) error          { return nil }
func (*box) Reclaim(context.Context) (int64, error) { return 0, nil }
func (b *box) Gone(_ context.Context, _ int64, e store.Entry) error {
	if e.Body.Kind() == cases.EntryLog {
		b.did = append(b.did, "gone")
	}
	return nil
}
func (b *box) Sent(_ context.Context, _ int64, messages ...string) error {
	b.known = append(b.known, messages...)
	b.did = append(b.did, "sent")
	return nil
}
func (b *box) Messages(context.Context, int64) ([]string, func(context.Context) error, error) {
	return b.known, func(context.Context) error { b.known = nil; return nil }, nil
}
func (b *box) Wake() <-chan struct{} { return nil }

// answering is a channel whose Send answers with one error.
type answering struct {
	err error
	got []Message
}

func (*answering) Name() string                                    { return "test" }
func (*answering) Capabilities(intake.ConversationID) Capabilities { return Capabilities{} }
func (*answering) Listen(ctx context.Context, _ func(context.Context, Event) error) error {
	<-ctx.Done()
	return nil
}
func (a *answering) Send(_ context.Context, _ intake.Address, m Message) (SentID, error) {
	a.got = append(a.got, m)
	return "", a.err
}

func TestCourierRecordsWhatCameOfIt(t *testing.T) {
	tests := []struct {
		name  string
		err   error
		tries int
		want  string
		after time.Duration // at least
	}{
		{"sent", nil, 0, "delivered", 0},
		{"blocked by the person", ErrGone, 0, "gone", 0},
		{"outcome unknown is said again after a while", ErrMaybeSent, 1, "maybe", 2 * time.Second},
		{"and is never given up", ErrMaybeSent, 2 * giveUpAfter, "maybe", time.Hour},
		{"the network says when", &RetryError{After: 42 * time.Second}, 0, "wait", 42 * time.Second},
		{"any other failure backs off", errors.New("refused"), 8, "retry", 2 * time.Second},
		{"what the network refuses for an hour is dropped, loudly", errors.New("refused"), giveUpAfter, "delivered", 0},
		{"a network that is away is waited for", fmt.Errorf("sending: %w", ErrTrouble), 10 * giveUpAfter, "retry", time.Minute},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				line := EncodeLine(Message{Words: intake.NewPrivate("hei")})
				out := &box{lines: []store.Delivery{{ID: 1, Key: "k1", Channel: "test", Body: line, Tries: tt.tries, Maybe: tt.tries > giveUpAfter}}}
				ch := &answering{err: tt.err}
				c := &Courier{Outbox: out, Channels: map[string]Channel{"test": ch}, Now: time.Now, Log: slog.New(slog.NewTextHandler(io.Discard, nil))}
				began := time.Now()
				go func() { time.Sleep(3 * time.Second); cancel() }()
				if err := c.Run(ctx); err != nil {
					t.Fatal(err)
				}
				if len(out.did) != 1 || out.did[0] != tt.want {
					t.Errorf("recorded %v, want %s", out.did, tt.want)
				}
				if len(ch.got) != 1 || ch.got[0].Key != "k1" {
					t.Errorf("sent %d times, want once under its key", len(ch.got))
				}
				if tt.after > 0 && out.next.Sub(began) < tt.after {
					t.Errorf("tries again after %s, want at least %s", out.next.Sub(began), tt.after)
				}
			})
		})
	}
}

// round delivers one line of each conversation, one after another.
func (c *Courier) round(ctx context.Context, ch Channel) (int, error) {
	return c.take(ctx, ch, atOnce, func(deliver func()) { deliver() })
}

// deleting is a channel that takes back what it sent.
type deleting struct {
	answering
	deleted [][]SentID
	no      error
}

func (d *deleting) Send(ctx context.Context, to intake.Address, m Message) (SentID, error) {
	_, err := d.answering.Send(ctx, to, m)
	return SentID("m" + m.Text), err
}

func (d *deleting) Delete(_ context.Context, _ intake.Address, messages []SentID) error {
	d.deleted = append(d.deleted, messages)
	return d.no
}

func TestCleaningComesBeforeItIsSaid(t *testing.T) {
	ch := &deleting{}
	out := &box{known: []string{"1"}}
	c := &Courier{Outbox: out, Channels: map[string]Channel{"test": ch}, Now: time.Now, Log: slog.New(slog.NewTextHandler(io.Discard, nil))}
	say := func(text string, clean bool) {
		t.Helper()
		out.lines = []store.Delivery{{Channel: "test", Body: EncodeLine(Message{Clean: clean, Message: intake.Message{Text: text}})}}
		if _, err := c.round(t.Context(), ch); err != nil {
			t.Fatal(err)
		}
	}
	say("a", false)
	ch.no = errors.New("not now")
	say("b", true)
	if len(ch.got) != 1 || len(out.known) != 2 {
		t.Fatalf("it was said, or forgotten, though nothing was taken back: %d sent, %q known", len(ch.got), out.known)
	}
	ch.no = nil
	say("b", true)
	want := []SentID{"1", "ma"}
	if !slices.Equal(ch.deleted[1], want) || !slices.Equal(out.known, []string{"mb"}) {
		t.Errorf("taken back %q, want %q; %q stands there, want what was said last", ch.deleted[1], want, out.known)
	}
	if got := []string{"sent", "retry", "sent"}; !slices.Equal(out.did, got) {
		t.Errorf("the outbox noted %q, want %q", out.did, got)
	}
}

// editing is a channel that can change what it said.
type editing struct {
	answering
	edited []SentID
	no     error
}

func (e *editing) Edit(_ context.Context, _ intake.Address, sent SentID, _ Message) error {
	e.edited = append(e.edited, sent)
	return e.no
}

func TestWhatReplacesIsSaidAnewOnlyWhereTheOldOneStands(t *testing.T) {
	for _, tt := range []struct {
		name string
		no   error
		sent int // times it is said anew
		want string
	}{
		{"changed", nil, 0, "delivered"},
		{"the old one is not there any more", errors.New("no such message"), 1, "delivered"},
		{"the network asks for patience", &RetryError{After: time.Second}, 0, "wait"},
		{"the person has blocked us", ErrGone, 0, "gone"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ch := &editing{no: tt.no}
			out := &box{lines: []store.Delivery{{Channel: "test", Body: EncodeLine(Message{Replaces: "7", Message: intake.Message{Text: "a"}})}}}
			c := &Courier{Outbox: out, Channels: map[string]Channel{"test": ch}, Now: time.Now, Log: slog.New(slog.DiscardHandler)}
			if _, err := c.round(t.Context(), ch); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(ch.edited, []SentID{"7"}) || len(ch.got) != tt.sent || !slices.Equal(out.did, []string{tt.want}) {
				t.Errorf("changed %q, said anew %d times, noted %q; want message 7, %d times, %s", ch.edited, len(ch.got), out.did, tt.sent, tt.want)
			}
		})
	}
}

func TestAChannelThatCannotChangeSaysItAnew(t *testing.T) {
	ch := &answering{}
	out := &box{lines: []store.Delivery{{Channel: "test", Body: EncodeLine(Message{Replaces: "7", Message: intake.Message{Text: "a"}})}}}
	c := &Courier{Outbox: out, Channels: map[string]Channel{"test": ch}, Now: time.Now, Log: slog.New(slog.DiscardHandler)}
	if _, err := c.round(t.Context(), ch); err != nil {
		t.Fatal(err)
	}
	if len(ch.got) != 1 || !slices.Equal(out.did, []string{"delivered"}) {
		t.Errorf("said %d times, noted %q", len(ch.got), out.did)
	}
}

// hanging is a network that does not answer.
type hanging struct {
	answering
	mu   sync.Mutex
	name string
	wait time.Duration
}

func (h *hanging) Name() string { return h.name }
func (h *hanging) Send(ctx context.Context, to intake.Address, m Message) (SentID, error) {
	time.Sleep(h.wait)
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.answering.Send(ctx, to, m)
}

// boxes are an outbox for each channel.
type boxes struct {
	box
	mu sync.Mutex
	of map[string][]store.Delivery
}

func (b *boxes) Lease(_ context.Context, channel string, _ int, _ time.Duration) ([]store.Delivery, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	due := b.of[channel]
	b.of[channel] = nil
	return due, nil
}
func (b *boxes) Delivered(context.Context, int64) error { return nil }

// TestNobodyWaitsForSomebodyElse: a chat that hangs holds up no other of its network.
func TestNobodyWaitsForSomebodyElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		line := store.Delivery{Body: EncodeLine(Message{Message: intake.Message{Text: "a"}})}
		out := &boxes{of: map[string][]store.Delivery{"slow": {line, line, line, line}}}
		slow := &hanging{name: "slow", wait: 20 * time.Second}
		c := &Courier{Outbox: out, Channels: map[string]Channel{"slow": slow}, Now: time.Now, Log: slog.New(slog.DiscardHandler)}
		done := make(chan error)
		go func() { done <- c.Run(ctx) }()
		time.Sleep(21 * time.Second)
		synctest.Wait()
		slow.mu.Lock()
		if len(slow.got) != 4 {
			t.Errorf("%d of 4 chats were written to in the time that one takes", len(slow.got))
		}
		slow.mu.Unlock()
		cancel()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	})
}

// TestABurstIsThankedForOnce: of the same short answers that wait, the last is said; of
// several looks at one question the newest.
func TestABurstIsThankedForOnce(t *testing.T) {
	reply := func(id, text string) Message {
		return Message{Message: intake.Message{ID: id, Kind: intake.KindReply, Text: text}}
	}
	look := func(of SentID, text string) Message {
		return Message{Replaces: of, Message: intake.Message{ID: "C0", Kind: intake.KindQuestion, Text: text}}
	}
	clean, words := reply("kept", "Lagret."), reply("kept", "Lagret.")
	clean.Clean, words.Words = true, intake.NewPrivate("hei")
	for _, tt := range []struct {
		name string
		a, b Message
		want bool // a is left out
	}{
		{"the same answer", reply("kept", "Lagret."), reply("kept", "Lagret."), true},
		{"another answer", reply("kept", "Lagret."), reply("edited", "Lagret."), false},
		{"words of the office", words, words, false},
		{"a cleaning", clean, reply("kept", "Lagret."), false},
		{"another look at the question", look("7", "a"), look("7", "b"), true},
		{"a look at another one", look("7", "a"), look("8", "b"), false},
		{"the question, and a look at it", look("", "a"), look("7", "a"), false},
	} {
		if got := tt.a.saidBy(tt.b); got != tt.want {
			t.Errorf("%s: left out is %v", tt.name, got)
		}
	}
}

// TestANetworkThatHangsHoldsUpNoOther: an urgent word on one network does not wait
// for the time-outs of another.
func TestANetworkThatHangsHoldsUpNoOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		line := store.Delivery{Body: EncodeLine(Message{Message: intake.Message{Text: "a"}})}
		out := &boxes{of: map[string][]store.Delivery{"slow": {line, line, line, line}, "quick": {line}}}
		slow, quick := &hanging{name: "slow", wait: 20 * time.Second}, &hanging{name: "quick"}
		c := &Courier{Outbox: out, Channels: map[string]Channel{"slow": slow, "quick": quick}, Now: time.Now, Log: slog.New(slog.DiscardHandler)}
		done := make(chan error)
		go func() { done <- c.Run(ctx) }()
		time.Sleep(time.Second)
		synctest.Wait()
		if len(quick.got) != 1 {
			t.Error("a line waits behind another network")
		}
		cancel()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if len(slow.got) != 4 {
			t.Errorf("%d of 4 lines left the slow one before the courier stopped", len(slow.got))
		}
	})
}
