package bot

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cenkalti/backoff/v5"

	"tillit/intake"
	"tillit/store"
	"tillit/store/cases"
)

// Outbox is what the courier needs of the store.
type Outbox interface {
	// Lease hands out the oldest undelivered line of each conversation of a channel,
	// for a time; who dies with a lease loses it.
	Lease(ctx context.Context, channel string, n int, ttl time.Duration) ([]store.Delivery, error)
	// Release gives back what is leased and was not tried; Reclaim what a process that
	// died held, and says how many lines that were.
	Release(ctx context.Context) error
	Reclaim(ctx context.Context) (int64, error)
	Delivered(ctx context.Context, id int64) error
	Retry(ctx context.Context, d store.Delivery, at time.Time) error
	Wait(ctx context.Context, d store.Delivery, at time.Time) error
	// MaybeSent is Retry for what may have arrived.
	MaybeSent(ctx context.Context, id int64, at time.Time) error
	// Gone says that the line's person cannot be reached any more. The entry goes
	// into each case that they have sent.
	Gone(ctx context.Context, id int64, entry store.Entry) error
	// Sent is Delivered, and keeps what the network calls the messages.
	Sent(ctx context.Context, id int64, messages ...string) error
	// Messages returns what stands in the chat that a line goes to, as far as it is
	// known, and what forgets it.
	Messages(ctx context.Context, id int64) (messages []string, forget func(context.Context) error, err error)
	// Wake is sent to when a line may be due.
	Wake() <-chan struct{}
}

// Courier drains the outbox: it retries with back-off, honours a network's own wait, and
// gives up loudly. One line of each conversation is on its way at a time, so that order is
// kept there, and nobody waits for somebody else's; the pace is the channel's. What it sends
// was committed with the event that led to it, so a crash delays a word and loses none.
type Courier struct {
	Outbox   Outbox
	Channels map[string]Channel
	Now      func() time.Time
	Log      *slog.Logger
}

const (
	// leaseFor is longer than any attempt takes, with its waiting for a turn. A clean stop
	// gives back what is leased, and a start takes back what a process that died held.
	leaseFor = 10 * time.Minute
	// atOnce is how many conversations of a channel may be written to at a time.
	atOnce = 512
	// idleCheck is how often the courier looks without being woken: for lines
	// whose retry time has come.
	idleCheck = time.Second
	// giveUpAfter is how many attempts make a line that the network refuses
	// undeliverable: with the back-off below that is about an hour, in which the
	// lines after it wait.
	giveUpAfter = 20
	// longestWait bounds the back-off, so that what waited for a network that was away
	// leaves soon after it is back.
	longestWait = 5 * time.Minute
	// maybeWait is the first wait before something is said again that may have arrived;
	// each is four times the one before, up to longestMaybe. It is never given up: somebody
	// is owed it.
	maybeWait    = 2 * time.Second
	longestMaybe = time.Hour
)

// Run delivers until ctx is done. Each channel has its own way out: one that hangs
// holds up no other.
func (c *Courier) Run(ctx context.Context) error {
	switch n, err := c.Outbox.Reclaim(ctx); {
	case err != nil && ctx.Err() == nil:
		return fmt.Errorf("taking back what was on its way: %w", err)
	case n > 0:
		c.Log.Warn("courier: the server ended while words were on their way; what may have arrived is said again, where the network cannot tell", "lines", n)
	}
	var ways sync.WaitGroup
	wakes := make([]chan struct{}, 0, len(c.Channels))
	for _, ch := range c.Channels {
		wake := make(chan struct{}, 1)
		wakes = append(wakes, wake)
		ways.Go(func() { c.way(ctx, ch, wake) })
	}
	for {
		select {
		case <-ctx.Done():
			ways.Wait()
			if err := c.Outbox.Release(context.WithoutCancel(ctx)); err != nil {
				c.Log.Error("courier: what did not leave could not be given back; it is said at the next start", "err", err)
			}
			return nil
		case <-c.Outbox.Wake():
			for _, wake := range wakes {
				nudge(wake)
			}
		}
	}
}

func nudge(wake chan<- struct{}) {
	select {
	case wake <- struct{}{}:
	default:
	}
}

// way empties the outbox of one channel until ctx is done, and returns when nothing of it is
// on its way any more.
func (c *Courier) way(ctx context.Context, ch Channel, wake chan struct{}) {
	var flying sync.WaitGroup
	defer flying.Wait()
	var inHand atomic.Int64
	for ctx.Err() == nil {
		if free := atOnce - int(inHand.Load()); free > 0 {
			_, err := c.take(ctx, ch, free, func(deliver func()) {
				inHand.Add(1)
				flying.Go(func() {
					deliver()
					inHand.Add(-1)
					nudge(wake) // what comes after it may be due
				})
			})
			if err != nil && ctx.Err() == nil {
				c.Log.Error("courier: the outbox cannot be read", "err", err)
			}
		}
		select {
		case <-ctx.Done():
		case <-wake:
		case <-time.After(idleCheck):
		}
	}
}

// take has the oldest line of each conversation delivered, as begin says.
func (c *Courier) take(ctx context.Context, ch Channel, most int, begin func(deliver func())) (int, error) {
	due, err := c.Outbox.Lease(ctx, ch.Name(), most, leaseFor)
	if err != nil {
		return 0, fmt.Errorf("leasing: %w", err)
	}
	for _, d := range due {
		begin(func() { c.deliver(ctx, ch, d) })
	}
	return len(due), nil
}

// deliver makes one attempt and records what came of it, until that is on disk or ctx is
// done; then the line is offered again under the same key after the next start.
func (c *Courier) deliver(ctx context.Context, ch Channel, d store.Delivery) {
	record := c.attempt(ctx, ch, d)
	for try := 0; ; try++ {
		err := record(context.WithoutCancel(ctx))
		if err == nil {
			return
		}
		if try == 0 {
			c.Log.Error("courier: what became of a line could not be noted; it is tried again", "channel", d.Channel, "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(idleCheck):
		}
	}
}

// attempt makes one attempt and returns what records its outcome.
func (c *Courier) attempt(ctx context.Context, ch Channel, d store.Delivery) func(context.Context) error {
	delivered := func(ctx context.Context) error { return c.Outbox.Delivered(ctx, d.ID) }
	m, err := DecodeLine(d.Body)
	if err != nil {
		c.Log.Error("courier: a line does not decode", "channel", d.Channel)
		return delivered // it never will
	}
	if next, err := DecodeLine(d.Next); err == nil && len(d.Next) > 0 && m.saidBy(next) {
		return delivered
	}
	m.Key, m.Maybe = d.Key, d.Maybe
	within, cancel := context.WithTimeout(ctx, leaseFor/2)
	defer cancel()
	sent, err := c.send(within, ch, d, m)
	return func(ctx context.Context) error { return c.record(ctx, d, sent, err) }
}

// record notes what became of an attempt.
func (c *Courier) record(ctx context.Context, d store.Delivery, sent SentID, err error) error {
	var retry *RetryError
	switch {
	case err == nil && sent != "":
		return c.Outbox.Sent(ctx, d.ID, string(sent))
	case err == nil:
		return c.Outbox.Delivered(ctx, d.ID)
	case errors.Is(err, ErrGone):
		c.Log.Warn("courier: the person cannot be reached any more", "channel", d.Channel)
		return c.Outbox.Gone(ctx, d.ID, store.Entry{Body: cases.Log{Event: cases.EventGone}})
	case errors.Is(err, ErrMaybeSent):
		c.Log.Warn("courier: whether a line arrived is not known; it is said again in a while", "channel", d.Channel)
		return c.Outbox.MaybeSent(ctx, d.ID, c.Now().Add(maybeAgain(d)))
	case errors.As(err, &retry):
		return c.Outbox.Wait(ctx, d, c.Now().Add(retry.After))
	case d.Tries >= giveUpAfter && !errors.Is(err, ErrTrouble):
		c.Log.Error("courier: the network refuses a line again and again; it is dropped, and the next ones go on", "channel", d.Channel)
		return c.Outbox.Delivered(ctx, d.ID)
	default:
		return c.Outbox.Retry(ctx, d, c.Now().Add(wait(d.Tries)))
	}
}

// maybeAgain is how long to wait after an attempt that may have arrived.
func maybeAgain(d store.Delivery) time.Duration {
	wait := maybeWait
	for range min(d.Tries, 10) {
		if d.Maybe { // it was not the first
			wait *= 4
		}
	}
	return min(wait, longestMaybe)
}

// saidBy reports whether the message that follows says all that this one does: another look
// at the same question, or the same short answer to the next of many messages.
func (m Message) saidBy(next Message) bool {
	if m.Clean || next.Clean || len(m.Takes)+len(next.Takes) > 0 || !m.Words.IsZero() || !next.Words.IsZero() || m.Replaces != next.Replaces {
		return false
	}
	if m.Replaces != "" {
		return true
	}
	return m.Kind == intake.KindReply && m.Kind == next.Kind && len(m.Choices)+len(next.Choices) == 0 &&
		m.ID == next.ID && m.Text == next.Text && m.Help == next.Help
}

// send sends a line, after what it takes back. The name of what was sent is worth
// keeping only where it can be taken back.
func (c *Courier) send(ctx context.Context, ch Channel, d store.Delivery, m Message) (SentID, error) {
	deleter, ok := ch.(Deleter)
	if ok && m.Clean {
		err := c.clean(ctx, deleter, d)
		switch {
		case errors.Is(err, ErrNotTaken) && m.Otherwise != "": // words follow what was done
			m.Text = m.Otherwise
		case err != nil && !errors.Is(err, ErrNotTaken):
			return "", err
		}
	}
	if ok && len(m.Takes) > 0 {
		if err := deleter.Delete(ctx, d.Address, m.Takes); err != nil && !errors.Is(err, ErrNotTaken) {
			return "", err
		}
	}
	if m.silent() {
		return "", nil
	}
	if done, err := replace(ctx, ch, d, m); done {
		return "", err // it has the name of the one in whose place it stands
	}
	sent, err := ch.Send(ctx, d.Address, m)
	if !ok {
		sent = ""
	}
	return sent, err
}

// replace puts a message in the place of an older one. It is not done where the
// network cannot, or the older one is not there any more.
func replace(ctx context.Context, ch Channel, d store.Delivery, m Message) (done bool, err error) {
	editor, ok := ch.(Editor)
	if !ok || m.Replaces == "" {
		return false, nil
	}
	err = editor.Edit(ctx, d.Address, m.Replaces, m)
	var later *RetryError
	return err == nil || errors.Is(err, ErrGone) || errors.As(err, &later), err
}

// clean takes back what is known to stand in the chat, and what the channel itself
// finds there. Whoever dies in it does it
// again: what is taken back already is passed over.
func (c *Courier) clean(ctx context.Context, ch Deleter, d store.Delivery) error {
	known, forget, err := c.Outbox.Messages(ctx, d.ID)
	if err != nil {
		return err
	}
	messages := make([]SentID, len(known))
	for i, m := range known {
		messages[i] = SentID(m)
	}
	take := ch.Delete
	if s, ok := ch.(Sweeper); ok {
		take = s.Sweep
	}
	if err := take(ctx, d.Address, messages); err != nil {
		return err
	}
	return forget(ctx)
}

// wait is the back-off before the next attempt: from half a second to [longestWait],
// with jitter so that many lines do not come back at once.
func wait(tries int) time.Duration {
	b := backoff.NewExponentialBackOff()
	b.MaxInterval = longestWait
	for range min(tries, 20) {
		b.NextBackOff()
	}
	return b.NextBackOff()
}
