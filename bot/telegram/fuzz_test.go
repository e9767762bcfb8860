package telegram

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"tillit/bot"
	"tillit/intake"
)

// FuzzUpdate reads foreign bytes as an update. Whatever they are: no panic, a
// private event belongs to its chat, and no error or name shows what was in it.
func FuzzUpdate(f *testing.F) {
	message := `"message_id":1,"date":1,"from":{"id":7,"is_bot":false,"first_name":"L"},"chat":{"id":7,"type":"private"}`
	for _, s := range []string{
		`{"update_id":1,"message":{` + message + `,"text":"hei"}}`,
		`{"update_id":2,"edited_message":{` + message + `,"edit_date":2,"text":"hei"}}`,
		`{"update_id":3,"message":{` + message + `,"media_group_id":"9","caption":"c","photo":[{"file_id":"a","width":1,"height":1}]}}`,
		`{"update_id":4,"message":{` + message + `,"paid_media":{"star_count":1,"paid_media":[{"type":"hologram"}]}}}`,
		`{"update_id":5,"callback_query":{"id":"1","from":{"id":7},"data":"x","message":{"message_id":1,"date":0,"chat":{"id":7,"type":"private"}}}}`,
		`{"update_id":6,"my_chat_member":{"chat":{"id":7,"type":"private"},"from":{"id":7},"date":1,"new_chat_member":{"status":"kicked","user":{"id":1}},"old_chat_member":{"status":"member","user":{"id":1}}}}`,
		`{"update_id":7,"message":{"message_id":1,"date":1,"chat":{"id":-7,"type":"supergroup"},"text":"hei"}}`,
		`{"update_id":8,"message":{` + message + `,"forward_origin":{"type":"user","date":1,"sender_user":{"id":1}},"quote":{"text":"q","position":0}}}`,
		`{"update_id":9,"message":{` + message + `,"document":{"file_id":"d","file_name":"../../x","mime_type":"a/b","file_size":99999999999}}}`,
		`{"update_id":1e3,"message":null}`, `[]`, `null`, `{"update_id":10,"callback_query":{"id":7,"from":null}}`,
	} {
		f.Add([]byte(s))
	}
	t0, err := New(Config{Token: intake.NewPrivate("700000001:kanari-token-AAAAAAAA")})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		u, ok := readUpdate(json.RawMessage(raw))
		if !ok {
			return
		}
		if u.id <= 0 || u.private && (u.chat == "" || strings.HasPrefix(u.chat, "-")) {
			t.Fatalf("update %d in chat %q is private", u.id, u.chat)
		}
		if !u.private {
			return // refused before anything of it is read
		}
		ev, any := t0.event([]*update{u}, newFetch(t.Context(), t0))
		if !any {
			return
		}
		if ev.Conversation.Reveal() != u.chat || ev.ID == "" || ev.Kind == "" {
			t.Fatal("an event of nobody, or without an id or a kind")
		}
		if ev.Kind != bot.EventGone && ev.Address.Reveal() != u.chat {
			t.Fatal("an answer would go elsewhere")
		}
		if text := ev.Text.Reveal(); !utf8.ValidString(text) {
			t.Fatal("text that is none")
		}
		for _, file := range ev.Files {
			if file.Size > largestFile || file.Type == "" {
				t.Fatalf("a file of %d bytes, of type %q", file.Size, file.Type)
			}
		}
		if shown := fmt.Sprintf("%v %+v", ev.Text, ev.Conversation); strings.Contains(shown, u.chat) {
			t.Fatal("a person's number shows")
		}
	})
}
