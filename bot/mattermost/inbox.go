package mattermost

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/mattermost/mattermost/server/public/model"

	"tillit/bot"
	"tillit/bot/network"
	"tillit/intake"
)

// inbox holds the chats with people. Each is read by one reader at a time, and
// none waits for another.
type inbox struct {
	*network.Inbox
	m  *Mattermost
	me string

	mu      sync.Mutex
	chats   map[string]*chat // by the network's id of the chat
	readers chan struct{}    // how many read at once

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
	// mostReaders is how many chats are read at once.
	mostReaders = 8
	// mostHeard bounds what is kept of what the websocket said; the rest is read.
	mostHeard = 256
)

func newInbox(ctx context.Context, m *Mattermost, me string, deliver func(context.Context, bot.Event) error) *inbox {
	return &inbox{
		Inbox: network.NewInbox(ctx, channelName, m.Log, m.Now, deliver), m: m, me: me,
		chats: map[string]*chat{}, readers: make(chan struct{}, mostReaders), nudged: make(chan struct{}, 1),
	}
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
	if !in.Enter() {
		return
	}
	defer in.Leave()
	if len(c.heard) < mostHeard {
		c.heard = append(c.heard, heard...)
	}
	c.asked = true
	if c.read {
		return
	}
	c.read = true
	in.Go(func() { in.run(c) })
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
	for again := network.AskAgain(); ; {
		heard, more := in.next(c)
		if !more {
			return
		}
		err := in.readThrough(c, heard)
		if err == nil {
			in.m.well(reading)
			again.Reset()
			continue
		}
		if in.Ctx.Err() == nil {
			in.m.tell(reading, err)
		}
		in.again(c, heard)
		network.Rest(in.Ctx, again.After(err))
	}
}

// readThrough waits for a place among the readers, and reads.
func (in *inbox) readThrough(c *chat, heard []*model.Post) error {
	select {
	case in.readers <- struct{}{}:
	case <-in.Ctx.Done():
		return in.Ctx.Err()
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
	if !c.asked || in.Ctx.Err() != nil {
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

// conversation is a person's conversation: their id, and nothing that can change.
func conversation(person string) intake.ConversationID { return intake.NewConversationID(person) }
