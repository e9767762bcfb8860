package standin

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"golang.org/x/time/rate"
)

// Person is somebody with the app.
type Person struct {
	s    *Server
	ID   int64
	Name string
	Lang string // what the app says of the language; empty says nothing
	chat *chat
}

// Person returns somebody by name, at first with a chat of their own and no username.
func (s *Server) Person(name string) *Person {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p, ok := s.people[name]; ok {
		return p
	}
	s.nextPerson++
	p := &Person{s: s, ID: 5_000_000_000 + 7919*s.nextPerson, Name: name, Lang: "nb"}
	p.chat = s.newChat(p.ID, "private")
	s.people[name] = p
	return p
}

// newChat runs with mu held.
func (s *Server) newChat(id int64, kind string) *chat {
	c := &chat{id: id, kind: kind, pace: rate.NewLimiter(1, 5)}
	s.chats[id] = c
	return c
}

func (p *Person) from() map[string]any {
	u := map[string]any{"id": p.ID, "is_bot": false, "first_name": p.Name}
	if p.Lang != "" {
		u["language_code"] = p.Lang
	}
	return u
}

// message runs with mu held: a message of a person in a chat.
func (s *Server) message(p *Person, c *chat, fields map[string]any) (map[string]any, *Shown) {
	s.nextMessage++
	m := map[string]any{
		"message_id": s.nextMessage, "date": s.now().Unix(), "from": p.from(),
		"chat": map[string]any{"id": c.id, "type": c.kind},
	}
	maps.Copy(m, fields)
	text, _ := fields["text"].(string)
	shown := &Shown{ID: s.nextMessage, Mine: true, Text: text, At: s.now()}
	c.messages = append(c.messages, shown)
	return m, shown
}

// Write sends a text and returns the message's id and the update's.
func (p *Person) Write(text string) (message int, update int64) {
	return p.Send(map[string]any{"text": strings.TrimSpace(text)})
}

// Send sends a message with these fields of the API.
func (p *Person) Send(fields map[string]any) (message int, update int64) {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	m, shown := p.s.message(p, p.chat, fields)
	return shown.ID, p.s.offer(p.chat.id, "message", m)
}

// Reply writes an answer to a message that stands in the chat, as the app does when one
// is pulled aside.
func (p *Person) Reply(to Shown, text string) (message int, update int64) {
	of := map[string]any{"message_id": to.ID, "date": to.At.Unix(), "text": to.Text, "chat": map[string]any{"id": p.ID, "type": "private"}}
	if to.Mine {
		of["from"] = p.from()
	} else {
		of["from"] = map[string]any{"id": p.s.BotID, "is_bot": true, "first_name": "Tillit"}
	}
	var rows [][]map[string]any
	for _, b := range to.Buttons {
		rows = append(rows, []map[string]any{{"text": b.Label, "callback_data": b.Data}})
	}
	if rows != nil {
		of["reply_markup"] = map[string]any{"inline_keyboard": rows}
	}
	return p.Send(map[string]any{"text": text, "reply_to_message": of})
}

// Album sends several files at once, as the app does: one message each, the
// words under the first.
func (p *Person) Album(caption string, fields ...map[string]any) (updates []int64) {
	p.s.mu.Lock()
	group := fmt.Sprint(900000 + p.s.nextMessage)
	p.s.mu.Unlock()
	for i, f := range fields {
		f = maps.Clone(f)
		f["media_group_id"] = group
		if i == 0 && caption != "" {
			f["caption"] = caption
		}
		_, id := p.Send(f)
		updates = append(updates, id)
	}
	return updates
}

// EditFields changes fields of an own message, as the app does by itself while somebody
// shares where they are.
func (p *Person) EditFields(message int, fields map[string]any) (update int64) {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	m := map[string]any{
		"message_id": message, "date": p.s.now().Unix(), "edit_date": p.s.now().Unix(), "from": p.from(), "chat": map[string]any{"id": p.chat.id, "type": p.chat.kind},
	}
	maps.Copy(m, fields)
	return p.s.offer(p.chat.id, "edited_message", m)
}

// Edit changes an own message.
func (p *Person) Edit(message int, text string) (update int64) {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	for _, m := range p.chat.messages {
		if m.ID == message {
			m.Text = text
		}
	}
	return p.s.offer(p.chat.id, "edited_message", map[string]any{
		"message_id": message, "date": p.s.now().Unix(), "edit_date": p.s.now().Unix(), "from": p.from(),
		"chat": map[string]any{"id": p.chat.id, "type": p.chat.kind}, "text": text,
	})
}

// Press presses the newest button with this label and returns the update's id.
// Buttons of old messages work too, as in the app.
func (p *Person) Press(label string) (update int64, err error) {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	for _, m := range slices.Backward(p.chat.messages) {
		for _, b := range m.Buttons {
			if b.Label == label {
				return p.press(m.ID, b.Data), nil
			}
		}
	}
	return 0, fmt.Errorf("standin: no button says %q", label)
}

// PressData presses a button that carries data, whether it was ever shown or not:
// what a changed app can do.
func (p *Person) PressData(message int, data string) (update int64) {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	return p.press(message, data)
}

// press runs with mu held.
func (p *Person) press(message int, data string) int64 {
	id := fmt.Sprint(40_000_000 + p.s.nextUpdate)
	p.s.queries[id] = &query{at: p.s.now()}
	return p.s.offer(p.chat.id, "callback_query", map[string]any{
		"id": id, "from": p.from(), "chat_instance": "1", "data": data,
		"message": map[string]any{
			"message_id": message, "date": p.s.now().Unix(), "chat": map[string]any{"id": p.chat.id, "type": p.chat.kind},
		},
	})
}

// Block stops the bot, as the app's button does; Unblock lets it write again.
func (p *Person) Block() (update int64)   { return p.member(true, "member", "kicked") }
func (p *Person) Unblock() (update int64) { return p.member(false, "kicked", "member") }

func (p *Person) member(blocked bool, was, is string) int64 {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	p.chat.blocked = blocked
	return p.s.offer(p.chat.id, "my_chat_member", p.s.membership(p, p.chat, was, is))
}

// membership runs with mu held.
func (s *Server) membership(p *Person, c *chat, was, is string) map[string]any {
	me := map[string]any{"id": s.BotID, "is_bot": true, "first_name": "Tillit"}
	return map[string]any{
		"chat": map[string]any{"id": c.id, "type": c.kind}, "from": p.from(), "date": s.now().Unix(),
		"old_chat_member": map[string]any{"status": was, "user": me, "until_date": 0},
		"new_chat_member": map[string]any{"status": is, "user": me, "until_date": 0},
	}
}

// Slow makes each call about the person's chat take so long.
func (p *Person) Slow(d time.Duration) {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	p.chat.slow = d
}

// Deactivate deletes the account.
func (p *Person) Deactivate() {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	p.chat.deactivated = true
}

// Screen is what the person sees, oldest first.
func (p *Person) Screen() (shown []Shown) {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	for _, m := range p.chat.messages {
		shown = append(shown, *m)
	}
	return shown
}

// Got is what the bot has written to the person.
func (p *Person) Got() (texts []string) {
	for _, m := range p.Screen() {
		if !m.Mine {
			texts = append(texts, m.Text)
		}
	}
	return texts
}

// Upload puts a file with the network and returns what a message says of it.
// A size that is not its length is what the network claims.
func (s *Server) Upload(name, mime string, content []byte, size int64) map[string]any {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := fmt.Sprintf("AgAC-%d", len(s.files)+1)
	s.files[id] = &file{content: content, size: size, path: fmt.Sprintf("documents/file_%d", len(s.files)+1)}
	return map[string]any{"file_id": id, "file_unique_id": "u" + id, "file_name": name, "mime_type": mime, "file_size": size}
}

// Lose makes the network forget a file.
func (s *Server) Lose(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.files, id)
}

// Group is a chat of several.
type Group struct {
	s    *Server
	chat *chat
}

// Group makes a group with the bot in it, added by a person.
func (s *Server) Group(by *Person) *Group {
	s.mu.Lock()
	defer s.mu.Unlock()
	g := &Group{s, s.newChat(-1_000_000_000_000-int64(len(s.chats)), "supergroup")}
	s.offer(g.chat.id, "my_chat_member", s.membership(by, g.chat, "left", "member"))
	return g
}

// Write is a person's message in the group.
func (g *Group) Write(p *Person, text string) (update int64) {
	g.s.mu.Lock()
	defer g.s.mu.Unlock()
	m, _ := g.s.message(p, g.chat, map[string]any{"text": text})
	return g.s.offer(g.chat.id, "message", m)
}

// Got is what the bot has written to the group.
func (g *Group) Got() (texts []string) {
	g.s.mu.Lock()
	defer g.s.mu.Unlock()
	for _, m := range g.chat.messages {
		if !m.Mine {
			texts = append(texts, m.Text)
		}
	}
	return texts
}

// Ago makes a message look as old as this, for what the network forbids later.
func (p *Person) Ago(message int, d time.Duration) {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	for _, m := range p.chat.messages {
		if m.ID == message {
			m.At = p.s.now().Add(-d)
		}
	}
}
