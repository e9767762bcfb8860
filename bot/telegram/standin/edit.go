package standin

import (
	"encoding/json"
	"slices"
	"strings"
	"unicode/utf16"
)

// editMessageText changes a message of the bot's own, as strictly as the real one:
// what is the same already is refused.
func (s *Server) editMessageText(p params) (any, *refusal) {
	c, no := s.chat(p)
	if no != nil {
		return nil, no
	}
	id, no := p.number("message_id", 0)
	if no != nil {
		return nil, no
	}
	text := strings.TrimSpace(p["text"])
	if text == "" || len(utf16.Encode([]rune(text))) > longestText {
		return nil, bad("message text is empty or too long")
	}
	buttons, no := keyboard(p)
	if no != nil {
		return nil, no
	}
	if no := s.tooMany(c, s.now()); no != nil {
		return nil, no
	}
	for _, m := range c.messages {
		switch {
		case m.ID != int(id):
		case m.Mine:
			return nil, bad("message can't be edited")
		case m.Text == text && slices.Equal(m.Buttons, buttons):
			return nil, bad("message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message")
		default:
			m.Text, m.Buttons = text, buttons
			s.ring()
			return json.RawMessage(`{"message_id":` + p["message_id"] + `,"date":1,"chat":{"id":` + p["chat_id"] + `,"type":"private"}}`), nil
		}
	}
	return nil, bad("message to edit not found")
}
