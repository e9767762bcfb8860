package mattermost

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mattermost/mattermost/server/public/model"

	"tillit/bot"
	"tillit/intake"
)

// inbox holds the chats with people. Each is read by one reader at a time, and
// none waits for another. What is in it is safe with Mattermost, so it needs no
// disk.
type inbox struct {
	m       *Mattermost
	me      string
	ctx     context.Context // ends the reading
	work    context.Context // ends a little later, so that a commit is not torn
	end     context.CancelFunc
	deliver func(context.Context, bot.Event) error

	mu      sync.Mutex
	chats   map[string]*chat // by the network's id of the chat
	closed  bool
	readers chan struct{} // how many read at once
	working sync.WaitGroup

	nudged chan struct{} // ask now
	all    atomic.Bool   // and for changes of what is old
	round  atomic.Int64  // of reading all
}

// chat is a person's own chat with us.
type chat struct {
	id, person string

	// Guarded by inbox.mu.
	heard  []*model.Post // what the websocket said, not yet looked at
	asked  bool          // it is to be read, again
	read   bool          // somebody reads it
	lastAt int64         // newest post when it was read to its end

	turn  sync.Mutex // held by who reads it, or stores a press in it
	known bool       // place is what the store has
	place place
}

const (
	// grace is how long what is being stored may go on after a stop.
	grace = 4 * time.Second
	// mostReaders is how many chats are read at once.
	mostReaders = 8
	// mostHeard bounds what is kept of what the websocket said; the rest is read.
	mostHeard = 256
)

func newInbox(ctx context.Context, m *Mattermost, me string, deliver func(context.Context, bot.Event) error) *inbox {
	in := &inbox{m: m, me: me, ctx: ctx, deliver: deliver, chats: map[string]*chat{}, readers: make(chan struct{}, mostReaders), nudged: make(chan struct{}, 1)}
	in.work, in.end = context.WithCancel(context.WithoutCancel(ctx))
	context.AfterFunc(ctx, func() { time.AfterFunc(grace, in.end) })
	return in
}

// close returns when the last delivery has.
func (in *inbox) close() {
	in.mu.Lock()
	in.closed = true
	in.mu.Unlock()
	in.working.Wait()
	in.end()
}

// chat returns a person's chat.
func (in *inbox) chat(id, person string) *chat {
	in.mu.Lock()
	defer in.mu.Unlock()
	c, ok := in.chats[id]
	if !ok {
		c = &chat{id: id, person: person}
		in.chats[id] = c
	}
	return c
}

// find returns a chat that is known already.
func (in *inbox) find(id string) *chat {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.chats[id]
}

// ask has a chat read, with what was heard of it.
func (in *inbox) ask(c *chat, heard ...*model.Post) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.closed {
		return
	}
	if len(c.heard) < mostHeard {
		c.heard = append(c.heard, heard...)
	}
	c.asked = true
	if c.read {
		return
	}
	c.read = true
	in.working.Go(func() { in.run(c) })
}

// news reports whether something was written in a chat since it was read.
func (in *inbox) news(c *chat, lastAt int64) bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	return lastAt > c.lastAt
}

// finished remembers that a chat was read up to a time.
func (in *inbox) finished(c *chat, lastAt int64) {
	in.mu.Lock()
	defer in.mu.Unlock()
	c.lastAt = max(c.lastAt, lastAt)
}

// run reads a chat until nothing more is asked for, or the channel stops.
func (in *inbox) run(c *chat) {
	for tries := 0; ; {
		heard, more := in.next(c)
		if !more {
			return
		}
		err := in.readThrough(c, heard)
		if err == nil {
			in.m.well(reading)
			tries = 0
			continue
		}
		if in.ctx.Err() == nil {
			in.m.tell(reading, err)
		}
		tries++
		in.again(c, heard)
		rest(in.ctx, patienceAfter(err, tries))
	}
}

// readThrough waits for a place among the readers, and reads.
func (in *inbox) readThrough(c *chat, heard []*model.Post) error {
	select {
	case in.readers <- struct{}{}:
	case <-in.ctx.Done():
		return in.ctx.Err()
	}
	defer func() { <-in.readers }()
	c.turn.Lock()
	defer c.turn.Unlock()
	return in.backfill(c, heard)
}

// next takes what is asked for; more is false when nothing is.
func (in *inbox) next(c *chat) (heard []*model.Post, more bool) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if !c.asked || in.ctx.Err() != nil {
		c.read = false
		return nil, false
	}
	c.asked = false
	heard, c.heard = c.heard, nil
	return heard, true
}

// again puts back what could not be read.
func (in *inbox) again(c *chat, heard []*model.Post) {
	in.mu.Lock()
	defer in.mu.Unlock()
	c.asked = true
	c.heard = append(heard, c.heard...)
}

// store delivers an event until it is stored. It gives up only when the channel
// stops.
func (in *inbox) store(event func() bot.Event, failed func(try int) bool) error {
	for try := 0; ; try++ {
		err := in.deliver(in.work, event())
		if err == nil {
			return nil
		}
		if failed(try) {
			continue // without the file that the network does not hand out
		}
		if in.ctx.Err() != nil {
			return in.ctx.Err()
		}
		if try == 0 {
			in.m.Log.Warn("mattermost: what arrived is not stored yet; it is tried again", "err", err)
		}
		rest(in.ctx, spread(min(20*time.Millisecond<<min(try, 10), 15*time.Second)))
	}
}

// conversation is a person's conversation: their id, and nothing that can change.
func conversation(person string) intake.ConversationID { return intake.NewConversationID(person) }
