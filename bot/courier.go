package bot

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"

	"tillit/store"
	"tillit/store/cases"
)

// Outbox is what the courier needs of the store.
type Outbox interface {
	// Lease hands out the oldest undelivered line of each conversation of a channel,
	// for a time; who dies with a lease loses it.
	Lease(ctx context.Context, channel string, n int, ttl time.Duration) ([]store.Delivery, error)
	Delivered(ctx context.Context, id int64) error
	Retry(ctx context.Context, id int64, at time.Time) error
	Wait(ctx context.Context, id int64, at time.Time) error
	MaybeSent(ctx context.Context, id int64) error
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

// Courier drains the outbox: it paces, retries with back-off, honours a
// network's own wait, and gives up loudly. What it sends was committed with the
// event that led to it, so a crash delays a word and loses none.
type Courier struct {
	Outbox   Outbox
	Channels map[string]Channel
	Now      func() time.Time
	Log      *slog.Logger
}

const (
	leaseFor  = 30 * time.Second
	leaseSize = 32
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
)

// Run delivers until ctx is done. Each channel has its own way out: one that hangs
// holds up no other.
func (c *Courier) Run(ctx context.Context) error {
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
			return nil
		case <-c.Outbox.Wake():
			for _, wake := range wakes {
				select {
				case wake <- struct{}{}:
				default:
				}
			}
		}
	}
}

// way empties the outbox of one channel until ctx is done.
func (c *Courier) way(ctx context.Context, ch Channel, wake <-chan struct{}) {
	for {
		n, err := c.round(ctx, ch)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			c.Log.Error("courier: the outbox cannot be read", "err", err)
		}
		if n > 0 && err == nil {
			continue
		}
		select {
		case <-ctx.Done():
			return
		case <-wake:
		case <-time.After(idleCheck):
		}
	}
}

func (c *Courier) round(ctx context.Context, ch Channel) (int, error) {
	due, err := c.Outbox.Lease(ctx, ch.Name(), leaseSize, leaseFor)
	if err != nil {
		return 0, fmt.Errorf("leasing: %w", err)
	}
	for _, d := range due {
		if err := c.deliver(ctx, ch, d); err != nil {
			return len(due), err
		}
	}
	return len(due), nil
}

// deliver makes one attempt and records what came of it. It returns an error
// only when that record could not be written; then the lease runs out and the
// line is offered again under the same key.
func (c *Courier) deliver(ctx context.Context, ch Channel, d store.Delivery) error {
	m, err := DecodeLine(d.Body)
	if err != nil {
		c.Log.Error("courier: a line does not decode", "channel", d.Channel)
		return c.Outbox.Delivered(ctx, d.ID) // it never will
	}
	m.Key = d.Key
	sent, err := c.send(ctx, ch, d, m)
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
		return c.Outbox.MaybeSent(ctx, d.ID)
	case errors.As(err, &retry):
		return c.Outbox.Wait(ctx, d.ID, c.Now().Add(retry.After))
	case d.Tries >= giveUpAfter && !errors.Is(err, ErrTrouble):
		c.Log.Error("courier: the network refuses a line again and again; it is dropped, and the next ones go on", "channel", d.Channel)
		return c.Outbox.Delivered(ctx, d.ID)
	default:
		return c.Outbox.Retry(ctx, d.ID, c.Now().Add(wait(d.Tries)))
	}
}

// send sends a line, after what it takes back. The name of what was sent is worth
// keeping only where it can be taken back.
func (c *Courier) send(ctx context.Context, ch Channel, d store.Delivery, m Message) (SentID, error) {
	deleter, ok := ch.(Deleter)
	if ok && m.Clean {
		if err := c.clean(ctx, deleter, d); err != nil {
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
	if err := ch.Delete(ctx, d.Address, messages); err != nil {
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
