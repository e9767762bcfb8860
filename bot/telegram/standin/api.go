package standin

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"tillit/bot/bottest/faults"
)

// refusal is the API's no.
type refusal struct {
	code  int
	says  string
	after time.Duration
}

func bad(says string) *refusal {
	return &refusal{code: http.StatusBadRequest, says: "Bad Request: " + says}
}

// params are a call's fields, however they were sent.
type params map[string]string

// number reads a field; a missing one is what otherwise says.
func (p params) number(name string, otherwise int64) (int64, *refusal) {
	v, ok := p[name]
	if !ok || v == "" {
		return otherwise, nil
	}
	n, err := strconv.ParseInt(v, 10, 64)
	if err != nil {
		return 0, bad("can't parse field \"" + name + "\"")
	}
	return n, nil
}

// list reads a JSON field into v.
func (p params) list(name string, v any) *refusal {
	if raw := p[name]; raw != "" && json.Unmarshal([]byte(raw), v) != nil {
		return bad("can't parse " + name + " JSON object")
	}
	return nil
}

func readParams(r *http.Request) params {
	p := params{}
	if strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		var fields map[string]json.RawMessage
		_ = json.NewDecoder(r.Body).Decode(&fields) // What is not JSON has no fields.
		for k, v := range fields {
			text := string(v)
			if json.Unmarshal(v, &text) != nil {
				text = string(v)
			}
			p[k] = text
		}
		return p
	}
	_ = r.ParseMultipartForm(1 << 20) // What does not parse has no fields.
	for k, v := range r.Form {
		p[k] = v[0]
	}
	return p
}

func (s *Server) serve(rw http.ResponseWriter, r *http.Request) {
	token := "/bot" + s.token() + "/"
	if path, ok := strings.CutPrefix(r.URL.Path, "/file"+token); ok {
		s.download(rw, path)
		return
	}
	method, ok := strings.CutPrefix(r.URL.Path, token)
	p := readParams(r)
	if !ok {
		answer(rw, nil, &refusal{code: http.StatusUnauthorized, says: "Unauthorized"})
		return
	}
	s.mu.Lock()
	s.calls[method]++
	s.mu.Unlock()
	s.mu.Lock()
	id, _ := p.number("chat_id", 0) // refused below, if it is none
	slow := s.Latency
	if c := s.chats[id]; c != nil && c.slow > 0 {
		slow = c.slow
	}
	s.mu.Unlock()
	if slow > 0 && method != "getUpdates" {
		s.wait(r, slow)
	}
	fault, faulty := s.Faults.Next(method)
	if faulty {
		s.wait(r, fault.Delay)
		if !fault.After {
			fail(rw, fault)
			return
		}
	}
	result, no := s.call(r, method, p)
	if faulty && fault.Status == 0 && fault.Body == "" {
		faults.Break(rw)
		return
	}
	if faulty {
		fail(rw, fault)
		return
	}
	answer(rw, result, no)
}

// wait holds a request up, until the caller or the test ends.
func (s *Server) wait(r *http.Request, d time.Duration) {
	select {
	case <-time.After(d):
	case <-r.Context().Done():
	case <-s.done:
	}
}

func (s *Server) token() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.Token
}

func fail(rw http.ResponseWriter, f faults.Fault) {
	switch {
	case f.Body != "":
		rw.WriteHeader(max(f.Status, http.StatusOK))
		_, _ = rw.Write([]byte(f.Body)) // The caller may be gone.
	case f.Status != 0:
		answer(rw, nil, &refusal{code: f.Status, says: f.Says, after: f.RetryAfter})
	default:
		faults.Break(rw)
	}
}

func answer(rw http.ResponseWriter, result any, no *refusal) {
	body := map[string]any{"ok": no == nil, "result": result}
	rw.Header().Set("Content-Type", "application/json")
	if no != nil {
		body = map[string]any{"ok": false, "error_code": no.code, "description": no.says}
		if no.after > 0 {
			body["parameters"] = map[string]any{"retry_after": int(no.after.Seconds())}
		}
		rw.WriteHeader(no.code)
	}
	_ = json.NewEncoder(rw).Encode(body) // The caller may be gone.
}

func (s *Server) call(r *http.Request, method string, p params) (any, *refusal) {
	switch method {
	case "getUpdates":
		return s.getUpdates(r.Context(), p)
	case "getMe":
		return map[string]any{"id": s.BotID, "is_bot": true, "first_name": "Tillit", "username": "tillit_bot"}, nil
	}
	methods := map[string]func(params) (any, *refusal){
		"sendMessage": s.sendMessage, "editMessageText": s.editMessageText, "answerCallbackQuery": s.answerCallbackQuery, "deleteMessages": s.deleteMessages,
		"getFile": s.getFile, "setMyCommands": s.setMyCommands,
		"setWebhook": s.setWebhook, "deleteWebhook": s.deleteWebhook, "getWebhookInfo": s.getWebhookInfo,
	}
	do, ok := methods[method]
	if !ok {
		return nil, &refusal{code: http.StatusNotFound, says: "Not Found"}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return do(p)
}

// chat runs with mu held, as do the methods below.
func (s *Server) chat(p params) (*chat, *refusal) {
	id, no := p.number("chat_id", 0)
	if no != nil {
		return nil, no
	}
	c, ok := s.chats[id]
	switch {
	case id == 0:
		return nil, bad("chat_id is empty")
	case !ok:
		return nil, bad("chat not found")
	case c.blocked:
		return nil, &refusal{code: http.StatusForbidden, says: "Forbidden: bot was blocked by the user"}
	case c.deactivated:
		return nil, &refusal{code: http.StatusForbidden, says: "Forbidden: user is deactivated"}
	}
	return c, nil
}

const longestText = 4096

func (s *Server) sendMessage(p params) (any, *refusal) {
	c, no := s.chat(p)
	if no != nil {
		return nil, no
	}
	text := p["text"]
	switch {
	case !utf8.ValidString(text):
		return nil, bad("strings must be encoded in UTF-8")
	case strings.TrimSpace(text) == "":
		return nil, bad("message text is empty")
	case len(utf16.Encode([]rune(text))) > longestText:
		return nil, bad("message is too long")
	case p["parse_mode"] != "" && strings.ContainsAny(text, "<>&_*[]()~`#+-=|{}.!"):
		return nil, bad("can't parse entities")
	}
	buttons, no := keyboard(p)
	if no != nil {
		return nil, no
	}
	now := s.now()
	if no := s.tooMany(c, now); no != nil {
		return nil, no
	}
	var preview struct {
		Disabled bool `json:"is_disabled"`
	}
	if no := p.list("link_preview_options", &preview); no != nil {
		return nil, no
	}
	s.nextMessage++
	c.messages = append(c.messages, &Shown{
		ID: s.nextMessage, Text: strings.TrimSpace(text), Buttons: buttons, At: now, Preview: !preview.Disabled,
	})
	s.ring()
	return map[string]any{
		"message_id": s.nextMessage, "date": now.Unix(), "chat": map[string]any{"id": c.id, "type": c.kind}, "text": text,
	}, nil
}

// tooMany counts a message or a change against the limits: about one in a second to a chat,
// thirty to all (core.telegram.org/bots/faq, "My bot is hitting limits"). It runs with mu held.
func (s *Server) tooMany(c *chat, now time.Time) *refusal {
	s.count(now)
	if !s.Fast && (!c.pace.AllowN(now, 1) || !s.overall.AllowN(now, 1)) {
		return &refusal{code: http.StatusTooManyRequests, says: "Too Many Requests: retry after 3", after: 3 * time.Second}
	}
	return nil
}

func keyboard(p params) ([]Button, *refusal) {
	var markup struct {
		Rows [][]struct {
			Text string  `json:"text"`
			Data *string `json:"callback_data"`
			URL  string  `json:"url"`
		} `json:"inline_keyboard"`
	}
	if no := p.list("reply_markup", &markup); no != nil {
		return nil, no
	}
	var out []Button
	for _, row := range markup.Rows {
		if len(row) == 0 || len(row) > 8 {
			return nil, bad("inline keyboard row is empty or too wide")
		}
		for _, b := range row {
			switch {
			case b.Text == "":
				return nil, bad("inline keyboard button text is empty")
			case b.Data == nil:
				return nil, bad("inline keyboard button does nothing")
			case len(*b.Data) == 0 || len(*b.Data) > 64:
				return nil, bad("BUTTON_DATA_INVALID")
			}
			out = append(out, Button{b.Text, *b.Data})
		}
	}
	if len(out) > 100 {
		return nil, bad("reply markup is too long")
	}
	return out, nil
}

func (s *Server) answerCallbackQuery(p params) (any, *refusal) {
	q, ok := s.queries[p["callback_query_id"]]
	if !ok || s.now().Sub(q.at) > 15*time.Minute {
		return nil, bad("query is too old and response timeout expired or query ID is invalid")
	}
	if len([]rune(p["text"])) > 200 {
		return nil, bad("MESSAGE_TOO_LONG")
	}
	q.answered = true
	s.ring()
	return true, nil
}

// deleteMessages deletes what it may: younger than 48 hours, in this chat. What
// it may not, it passes over in silence, as the real one does.
func (s *Server) deleteMessages(p params) (any, *refusal) {
	c, no := s.chat(p)
	if no != nil {
		return nil, no
	}
	var ids []int
	if no := p.list("message_ids", &ids); no != nil {
		return nil, no
	}
	if len(ids) == 0 || len(ids) > 100 {
		return nil, bad("wrong number of message identifiers")
	}
	var kept []*Shown
	for _, m := range c.messages {
		mayGo := s.now().Sub(m.At) < 48*time.Hour
		if wanted := contains(ids, m.ID); !wanted || !mayGo {
			kept = append(kept, m)
		}
	}
	if len(kept) == len(c.messages) {
		return nil, bad("message to delete not found")
	}
	c.messages = kept
	s.ring()
	return true, nil
}

func contains(ids []int, id int) bool {
	for _, i := range ids {
		if i == id {
			return true
		}
	}
	return false
}

var (
	commandName  = regexp.MustCompile(`^[a-z0-9_]{1,32}$`)
	languageCode = regexp.MustCompile(`^([a-z]{2})?$`)
)

func (s *Server) setMyCommands(p params) (any, *refusal) {
	var all []Command
	if no := p.list("commands", &all); no != nil {
		return nil, no
	}
	if len(all) > 100 || !languageCode.MatchString(p["language_code"]) {
		return nil, bad("LANG_CODE_INVALID or too many commands")
	}
	for _, c := range all {
		if !commandName.MatchString(c.Command) {
			return nil, bad("BOT_COMMAND_INVALID")
		}
		if n := len([]rune(c.Description)); n < 1 || n > 256 {
			return nil, bad("BOT_COMMAND_DESCRIPTION_INVALID")
		}
	}
	var scope struct {
		Type string `json:"type"`
	}
	if no := p.list("scope", &scope); no != nil {
		return nil, no
	}
	if scope.Type == "all_private_chats" { // others are for chats where we say nothing
		s.commands[p["language_code"]] = all
	}
	s.ring()
	return true, nil
}

// largest is what the API hands out.
const largest = 20 << 20

func (s *Server) getFile(p params) (any, *refusal) {
	f, ok := s.files[p["file_id"]]
	if !ok {
		return nil, bad("wrong file_id or the file is temporarily unavailable")
	}
	if f.size > largest {
		return nil, bad("file is too big")
	}
	f.at = s.now()
	return map[string]any{"file_id": p["file_id"], "file_unique_id": "u", "file_size": f.size, "file_path": f.path}, nil
}

// download serves a file whose path was handed out less than an hour ago.
func (s *Server) download(rw http.ResponseWriter, path string) {
	fault, faulty := s.Faults.Next("file")
	s.mu.Lock()
	var found *file
	for _, f := range s.files {
		if f.path == path && !f.at.IsZero() && s.now().Sub(f.at) < time.Hour {
			found = f
		}
	}
	s.mu.Unlock()
	switch {
	case faulty && fault.After && found != nil: // breaks off in the middle
		rw.Header().Set("Content-Length", fmt.Sprint(len(found.content)))
		_, _ = rw.Write(found.content[:len(found.content)/2])
		panic(http.ErrAbortHandler)
	case faulty:
		fail(rw, fault)
	case found == nil:
		answer(rw, nil, &refusal{code: http.StatusNotFound, says: "Not Found"})
	default:
		_, _ = rw.Write(found.content) // The caller may be gone.
	}
}
