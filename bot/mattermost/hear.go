package mattermost

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/gorilla/websocket"
	"github.com/mattermost/mattermost/server/public/model"

	"tillit/bot/network"
)

const (
	// largestEvent bounds what is read of one event: a post with its metadata.
	largestEvent = 4 << 20
	// steady is how long a connection must have held to be tried anew at once.
	steady = 10 * time.Second
)

// listen holds a websocket and connects anew whenever it ends, whatever the
// reason. Each connection begins with reading all chats: what was said in between
// was said to nobody.
func (in *inbox) listen() {
	away := network.NewPatience(100*time.Millisecond, 20*time.Second)
	brief := network.NewPatience(100*time.Millisecond, 800*time.Millisecond) // it is there, and does not hold
	for in.Ctx.Err() == nil {
		began := time.Now()
		if !in.hear() {
			network.Rest(in.Ctx, away.Next())
			continue
		}
		away.Reset()
		if time.Since(began) > steady {
			brief.Reset()
		}
		network.Rest(in.Ctx, brief.Next())
	}
}

// hear connects and listens until the connection ends. It reports whether there
// was one. A client that ended is not used again.
func (in *inbox) hear() bool {
	dialer := *websocket.DefaultDialer
	dialer.HandshakeTimeout = callTime
	at := "ws" + strings.TrimPrefix(in.m.URL, "http")
	ws, err := model.NewWebSocketClientWithDialer(&dialer, at, in.m.Token.Reveal())
	if err != nil {
		return false // the sweeps say what is wrong
	}
	ws.Conn.SetReadLimit(largestEvent)
	ws.Listen()
	defer drain(ws)
	for expected := int64(-1); ; {
		select {
		case <-in.Ctx.Done():
			return expected >= 0
		case <-ws.PingTimeoutChannel:
			return expected >= 0
		case _, open := <-ws.ResponseChannel:
			if !open {
				return expected >= 0
			}
		case ev, open := <-ws.EventChannel:
			if !open {
				return expected >= 0
			}
			// The server counts what it says; what it left out is read.
			if ev.GetSequence() != expected || ev.EventType() == model.WebsocketEventHello {
				in.nudge(true)
			}
			expected = ev.GetSequence() + 1
			in.said(ev)
		}
	}
}

// drain ends a client and lets its reader go.
func drain(ws *model.WebSocketClient) {
	go ws.Close()
	for range ws.EventChannel {
	}
}

// said looks at what the websocket said. It decides only which chat is read; a
// post that is heard is kept until that is done, in case it is changed or taken
// away before.
func (in *inbox) said(ev *model.WebSocketEvent) {
	id := ""
	if b := ev.GetBroadcast(); b != nil {
		id = b.ChannelId
	}
	switch ev.EventType() {
	case model.WebsocketEventPosted, model.WebsocketEventPostEdited:
		p := heard(ev)
		if p == nil {
			in.nudge(false)
			return
		}
		if ev.EventType() == model.WebsocketEventPosted && text(ev, "channel_type") != string(model.ChannelTypeDirect) {
			in.elsewhere(ev, p)
			return
		}
		c := in.find(p.ChannelId)
		if person, ok := in.other(text(ev, "channel_name")); c == nil && ok && model.IsValidId(p.ChannelId) {
			c = in.chat(p.ChannelId, person)
		}
		switch {
		case c == nil:
			in.nudge(false)
		case p.UserId == c.person:
			in.ask(c, p)
		}
		return
	case model.WebsocketEventPostDeleted:
	case model.WebsocketEventDirectAdded:
		in.nudge(false)
		return
	default:
		return
	}
	if c := in.find(id); c != nil {
		in.ask(c)
	}
}

// heard reads the post that an event carries; nil is none.
func heard(ev *model.WebSocketEvent) *model.Post {
	p, whole := readPost(json.RawMessage(text(ev, "post")))
	if !whole {
		return nil
	}
	return p
}

func text(ev *model.WebSocketEvent, name string) string {
	s, _ := ev.GetData()[name].(string)
	return s
}

// elsewhere is a post in a chat of several. Nothing of it is looked at; who writes
// to us there is told where to.
func (in *inbox) elsewhere(ev *model.WebSocketEvent, p *model.Post) {
	var mentioned []string
	_ = json.Unmarshal([]byte(text(ev, "mentions")), &mentioned) // Left empty.
	group := text(ev, "channel_type") == string(model.ChannelTypeGroup)
	if p.UserId == in.me || p.ChannelId == in.m.Room || !model.IsValidId(p.ChannelId) || !group && !slices.Contains(mentioned, in.me) ||
		strings.HasPrefix(p.Type, model.PostSystemMessagePrefix) {
		return
	}
	root := p.RootId
	if root == "" {
		root = p.Id
	}
	in.Go(func() { in.m.refuseGroup(in.Work, p.ChannelId, p.UserId, root) })
}
