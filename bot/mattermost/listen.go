package mattermost

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/mattermost/mattermost/server/public/model"

	"tillit/bot"
	"tillit/bot/network"
)

// fullLook is how often all chats are read again, whatever the websocket says: it
// is best effort. It is also done whenever one begins.
const fullLook = 2 * time.Hour

// Listen implements [bot.Channel]. A fault of the network or of the token never
// ends it, since the other channels must go on: it is told to the operator, once,
// and tried again. Only what [Config.Own] has against our account does.
func (m *Mattermost) Listen(ctx context.Context, deliver func(context.Context, bot.Event) error) error {
	me, ok := m.begin(ctx)
	if !ok {
		return nil
	}
	if m.Own != nil {
		if err := m.Own(ctx, me); err != nil {
			return err
		}
	}
	in := newInbox(ctx, m, me, deliver)
	m.mu.Lock()
	m.inbox = in
	m.mu.Unlock()
	in.Go(in.listen)
	in.Go(in.look)
	<-ctx.Done()
	m.mu.Lock()
	m.inbox = nil
	m.mu.Unlock()
	in.Close()
	return nil
}

// begin asks who we are until the server says so; ok is false when ctx ended.
func (m *Mattermost) begin(ctx context.Context) (me string, ok bool) {
	for again := network.AskAgain(); ctx.Err() == nil; {
		me, err := m.self(ctx)
		if err == nil {
			m.well(asking)
			return me, true
		}
		if ctx.Err() == nil {
			m.tell(asking, err)
		}
		network.Rest(ctx, again.After(err))
	}
	return "", false
}

// nudge has the server asked at once what is new; for changes of what is old, too,
// if all is to be read.
func (in *inbox) nudge(all bool) {
	if all {
		in.all.Store(true)
	}
	select {
	case in.nudged <- struct{}{}:
	default:
	}
}

// look asks again and again what is new, for what the websocket did not say.
func (in *inbox) look() {
	full := in.m.Now()
	again, next := network.AskAgain(), network.NewPatience(in.m.Look, in.m.Look)
	for in.Ctx.Err() == nil {
		select {
		case <-in.Ctx.Done():
			return
		case <-in.nudged:
		case <-time.After(next.Next()):
		}
		all := in.all.Swap(false) || in.m.Now().Sub(full) > fullLook
		err := in.sweep(all)
		if err == nil {
			in.m.troubles.Heard()
			in.m.well(asking)
			again.Reset()
			if all {
				full = in.m.Now()
			}
			continue
		}
		if in.Ctx.Err() == nil {
			in.m.tell(asking, err)
		}
		if all {
			in.all.Store(true)
		}
		network.Rest(in.Ctx, again.After(err))
	}
}

// sweep has chats read in which something is new. If all are asked for, the others
// are read after them, one by one. Chats that were opened while nobody listened are
// found so, too.
func (in *inbox) sweep(all bool) error {
	ctx, cancel := context.WithTimeout(in.Ctx, 4*callTime)
	defer cancel()
	channels, res, err := in.m.api.GetChannelsForUserWithLastDeleteAt(ctx, in.me, 0)
	if err := classify("channels", res, err); err != nil {
		return err
	}
	slices.SortFunc(channels, func(a, b *model.Channel) int { return int(min(max(b.LastPostAt-a.LastPostAt, -1), 1)) })
	var others []*chat
	for _, ch := range channels {
		person, ok := in.other(ch.Name)
		if !ok || ch.Type != model.ChannelTypeDirect || !model.IsValidId(ch.Id) || ch.LastPostAt == 0 {
			continue
		}
		c := in.chat(ch.Id, person)
		if in.news(c, ch.LastPostAt) {
			in.ask(c)
		} else if all {
			others = append(others, c)
		}
	}
	if len(others) > 0 {
		round := in.round.Add(1)
		in.Go(func() { in.readAll(round, others) })
	}
	return nil
}

// readAll reads chats one by one, until a later round does.
func (in *inbox) readAll(round int64, chats []*chat) {
	for _, c := range chats {
		if in.Ctx.Err() != nil || in.round.Load() != round {
			return
		}
		if in.readThrough(c, nil) != nil {
			in.ask(c)
		}
	}
}

// other is the person of a direct chat, whose name is both ids.
func (in *inbox) other(name string) (person string, ok bool) {
	a, b, ok := strings.Cut(name, "__")
	switch {
	case !ok || !model.IsValidId(a) || !model.IsValidId(b) || a == b:
		return "", false
	case a == in.me:
		return b, true
	case b == in.me:
		return a, true
	}
	return "", false
}
