package standin

import (
	"net/http"
	"slices"
	"time"

	"github.com/gorilla/websocket"
	"github.com/mattermost/mattermost/server/public/model"
)

// socket is one websocket.
type socket struct {
	conn   *websocket.Conn
	out    chan []byte
	closed bool
	seq    int64
}

// challenge is the first thing that a client says.
type challenge struct {
	Seq    int64             `json:"seq"`
	Action string            `json:"action"`
	Data   map[string]string `json:"data"`
}

func (s *Server) socket(rw http.ResponseWriter, r *http.Request) {
	up := websocket.Upgrader{}
	conn, err := up.Upgrade(rw, r, nil)
	if err != nil {
		return
	}
	defer conn.Close()
	_ = conn.SetReadDeadline(time.Now().Add(5 * time.Second)) // Fails only on a closed connection.
	var c challenge
	if conn.ReadJSON(&c) != nil || c.Action != "authentication_challenge" || !s.takes(c.Data["token"]) {
		return
	}
	_ = conn.SetReadDeadline(time.Time{}) // Fails only on a closed connection.
	k := s.attach(conn, c.Seq)
	if k == nil {
		return
	}
	for {
		if _, _, err := conn.ReadMessage(); err != nil {
			break
		}
	}
	s.mu.Lock()
	s.hangUp(k)
	s.mu.Unlock()
}

// attach begins to tell a websocket what happens; nil is a network that has ended.
func (s *Server) attach(conn *websocket.Conn, seq int64) *socket {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.done:
		return nil
	default:
	}
	k := &socket{conn: conn, out: make(chan []byte, s.Slow)}
	s.sockets[k] = true
	s.push(k, model.NewWebSocketEvent(model.WebsocketEventHello, "", "", s.BotID, nil, ""))
	k.out <- []byte(encode(map[string]any{"status": "OK", "seq_reply": seq}))
	s.working.Go(func() {
		for raw := range k.out {
			if conn.WriteMessage(websocket.TextMessage, raw) != nil {
				break
			}
		}
		_ = conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(websocket.CloseNormalClosure, ""), time.Now().Add(time.Second)) // It may be gone.
		conn.Close()
	})
	return k
}

// emit runs with mu held: it tells the bot's websockets of a thing in a chat.
func (s *Server) emit(c *channel, kind model.WebsocketEventType, data map[string]any) {
	if s.mute || !slices.Contains(c.members, s.BotID) {
		return
	}
	for k := range s.sockets {
		ev := model.NewWebSocketEvent(kind, "", c.id, "", nil, "")
		for name, v := range data {
			ev.Add(name, v)
		}
		s.push(k, ev)
	}
}

// push runs with mu held. Who reads too slowly loses what does not fit, and the
// connection, with a friendly close.
func (s *Server) push(k *socket, ev *model.WebSocketEvent) {
	ev = ev.SetSequence(k.seq)
	raw, err := ev.ToJSON()
	if err != nil {
		panic("standin: encoding an event: " + err.Error())
	}
	select {
	case k.out <- raw:
		k.seq++
	default:
		s.hangUp(k)
	}
}

// hangUp runs with mu held.
func (s *Server) hangUp(k *socket) {
	if !k.closed {
		k.closed = true
		delete(s.sockets, k)
		close(k.out)
	}
}

// CloseSockets ends all websockets, as a server that is restarted does.
func (s *Server) CloseSockets() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for k := range s.sockets {
		s.hangUp(k)
	}
}

// Skip makes the websockets leave out the next event without a word, and count on.
func (s *Server) Skip() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for k := range s.sockets {
		k.seq++
	}
}

// Mute makes the websockets say nothing of what happens.
func (s *Server) Mute(silent bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mute = silent
}

// Listening is how many websockets are open.
func (s *Server) Listening() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.sockets)
}
