package network

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"tillit/bot"
)

// Inbox is what receiving is on every network: what arrived is delivered until it is
// stored, and at the end nothing that is being stored is torn. What is in it is safe
// with the network until then, so it needs no disk. Which order what arrived has, and
// what is confirmed, is its channel's. It is safe for concurrent use.
type Inbox struct {
	Ctx  context.Context // ends the waiting
	Work context.Context // ends a little later, so that a commit is not torn

	name    string
	log     *slog.Logger
	now     func() time.Time
	deliver func(context.Context, bot.Event) error
	end     context.CancelFunc

	mu      sync.Mutex
	closed  bool
	kept    time.Time // when something was last stored
	said    time.Time // when the operator was last told that something was not
	working sync.WaitGroup
}

const (
	// grace is how long what is being stored may go on after a stop.
	grace = 4 * time.Second
	// sayAgain is how long the operator is left alone with one trouble.
	sayAgain = time.Minute
)

// NewInbox makes the inbox of a channel; name begins what the log says.
func NewInbox(ctx context.Context, name string, log *slog.Logger, now func() time.Time, deliver func(context.Context, bot.Event) error) *Inbox {
	in := &Inbox{Ctx: ctx, name: name, log: log, now: now, deliver: deliver}
	in.Work, in.end = context.WithCancel(context.WithoutCancel(ctx))
	context.AfterFunc(ctx, func() { time.AfterFunc(grace, in.end) })
	return in
}

// Close returns when all that goes on has ended; nothing new is begun.
func (in *Inbox) Close() {
	in.mu.Lock()
	in.closed = true
	in.mu.Unlock()
	in.working.Wait()
	in.end()
}

// Enter begins something from outside that Close waits for until Leave is called; false
// is that the inbox is closed.
func (in *Inbox) Enter() bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	if !in.closed {
		in.working.Add(1)
	}
	return !in.closed
}

// Leave ends what Enter began.
func (in *Inbox) Leave() { in.working.Done() }

// Go begins something beside what goes on already, and Close waits for it.
func (in *Inbox) Go(f func()) { in.working.Go(f) }

// Deliver offers an event once.
func (in *Inbox) Deliver(ctx context.Context, ev bot.Event) error { return in.deliver(ctx, ev) }

// Store delivers an event until it is stored, made anew for each attempt, without the
// files that do not come. One that says nothing counts as stored. It gives up when the
// inbox ends, or when enough, asked after each attempt that failed, has an error.
func (in *Inbox) Store(event func() (ev bot.Event, says bool), files *Files, enough func() error) error {
	patience := NewPatience(20*time.Millisecond, 15*time.Second)
	for try := 0; ; try++ {
		ev, says := event()
		if !says {
			return nil
		}
		err := in.deliver(in.Work, ev)
		if err == nil {
			in.mu.Lock()
			in.kept = in.now()
			in.mu.Unlock()
			return nil
		}
		if files.Failed(try) {
			continue // without the file that the network does not hand out
		}
		in.notStored(err)
		if in.Ctx.Err() != nil {
			return in.Ctx.Err()
		}
		if enough != nil {
			if err := enough(); err != nil {
				return err
			}
		}
		Rest(in.Ctx, patience.Next())
	}
}

func (in *Inbox) notStored(err error) {
	in.mu.Lock()
	now := in.now()
	say := in.Ctx.Err() == nil && now.Sub(in.said) >= sayAgain
	if say {
		in.said = now
	}
	in.mu.Unlock()
	if say {
		in.log.Warn(in.name+": what arrived is not stored yet and not confirmed; it is tried again", "err", err)
	}
}

// Stores reports whether something was stored after a time: then it is not the store
// that fails.
func (in *Inbox) Stores(after time.Time) bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.kept.After(after)
}
