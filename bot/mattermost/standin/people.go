package standin

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/mattermost/mattermost/server/public/model"
)

// Shown is a post as a person sees it.
type Shown struct {
	ID      string
	Mine    bool // the person's own
	Text    string
	Root    string
	Buttons []Button
}

// Button is one button under a post.
type Button struct{ Label, Action string }

// Write posts a text to the bot and returns the post's id.
func (p *Person) Write(text string) string { return p.Post(&model.Post{Message: text}) }

// Post posts to the bot with these fields.
func (p *Person) Post(post *model.Post) string {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	return p.post(p.s.direct(p.ID, p.s.BotID), post)
}

// WriteLate posts a text that the network shows only now, with a time that has
// passed: it came in by another of its machines.
func (p *Person) WriteLate(text string, ago time.Duration) string {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	c := p.s.direct(p.ID, p.s.BotID)
	kept := p.s.keep(c, &model.Post{UserId: p.ID, ChannelId: c.id, Message: text})
	kept.CreateAt -= ago.Milliseconds()
	kept.UpdateAt = kept.CreateAt
	p.s.posted(c, kept)
	return kept.Id
}

// WriteIn posts into another chat; mentions says whom the network would ring.
func (p *Person) WriteIn(channel, text string, mentions ...string) string {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	return p.post(p.s.channels[channel], &model.Post{Message: text}, mentions...)
}

// post runs with mu held.
func (p *Person) post(c *channel, post *model.Post, mentions ...string) string {
	post.UserId, post.ChannelId = p.ID, c.id
	kept := p.s.keep(c, post)
	p.s.posted(c, kept, mentions...)
	return kept.Id
}

// Edit changes an own post; the network keeps the old text to itself.
func (p *Person) Edit(id, text string, files ...string) {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	old := p.s.posts[id]
	at := p.s.keepVersion(old)
	old.Message, old.EditAt, old.UpdateAt = text, at, at
	old.FileIds = append(old.FileIds, files...)
	p.s.edited(old)
}

// React puts a reaction under a post, which changes only its time.
func (p *Person) React(id string) {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	p.s.posts[id].UpdateAt = p.s.now()
}

// Delete takes an own post away; its files go with it.
func (p *Person) Delete(id string) {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	post := p.s.posts[id]
	p.s.emit(p.s.channels[post.ChannelId], model.WebsocketEventPostDeleted, map[string]any{"post": p.s.encode(post), "delete_by": p.ID})
	p.s.remove(post, p.ID)
}

// AdminDelete takes away a post as a system administrator does, who may delete anybody's.
func (s *Server) AdminDelete(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	admin := model.NewId()
	post := s.posts[id]
	s.emit(s.channels[post.ChannelId], model.WebsocketEventPostDeleted, map[string]any{"post": s.encode(post), "delete_by": admin})
	s.remove(post, admin)
}

// remove runs with mu held.
func (s *Server) remove(post *stored, by string) {
	// The whole thread goes with its first post, and each post of it carries who took it
	// away (server: SqlPostStore.Delete, "WHERE Id = ? OR RootId = ?", and model.PostPropsDeleteBy);
	// only the first is told of.
	for _, p := range s.channels[post.ChannelId].posts {
		if p != post && p.RootId != post.Id || p.DeleteAt > 0 {
			continue
		}
		p.DeleteAt = s.now()
		p.UpdateAt = p.DeleteAt
		if !s.Unmarked {
			p.AddProp(model.PostPropsDeleteBy, by)
		}
		for _, id := range p.FileIds {
			s.files[id].gone = true
		}
	}
}

// Purge removes a post for good, as a rule on keeping does.
func (s *Server) Purge(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	post := s.posts[id]
	delete(s.posts, id)
	c := s.channels[post.ChannelId]
	c.posts = slices.DeleteFunc(c.posts, func(p *stored) bool { return p == post })
}

// Upload puts a file with the network and returns its id. A size that is not its
// length is what the network claims.
func (p *Person) Upload(name, mime string, content []byte, size int64) string {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	at := p.s.now()
	info := model.FileInfo{Id: model.NewId(), CreatorId: p.ID, Name: name, MimeType: mime, Size: size, CreateAt: at, UpdateAt: at}
	p.s.files[info.Id] = &upload{info: info, content: content}
	return info.Id
}

// Screen is what the person sees of the chat with the bot, oldest first.
func (p *Person) Screen() (shown []Shown) {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	for _, post := range p.s.direct(p.ID, p.s.BotID).posts {
		if post.DeleteAt > 0 || post.OriginalId != "" {
			continue
		}
		one := Shown{ID: post.Id, Mine: post.UserId == p.ID, Text: post.Message, Root: post.RootId}
		if !one.Mine {
			one.Text, _ = Render(post.Message)
		}
		for _, a := range post.Attachments() {
			for _, b := range a.Actions {
				one.Buttons = append(one.Buttons, Button{b.Name, b.Id})
			}
		}
		shown = append(shown, one)
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

var errNoButton = errors.New("standin: there is no such button")

// Press presses the newest button with this label. What the network shows to who
// pressed is returned; an error is what it shows when the callback fails.
func (p *Person) Press(label string) (told string, err error) {
	for _, m := range slices.Backward(p.Screen()) {
		for _, b := range m.Buttons {
			if b.Label == label {
				return p.PressAt(m.ID, b.Action)
			}
		}
	}
	return "", errNoButton
}

// PressAt presses a button of a post. The network calls back once, whatever comes
// of it.
func (p *Person) PressAt(post, action string) (told string, err error) {
	p.s.mu.Lock()
	found := p.s.posts[post]
	if found == nil || found.actions[action] == nil {
		p.s.mu.Unlock()
		return "", errNoButton
	}
	a, chat := found.actions[action], found.ChannelId
	p.s.mu.Unlock()
	return p.s.callBack(a.Integration.URL, model.PostActionIntegrationRequest{
		UserId: p.ID, UserName: p.Name, ChannelId: chat, PostId: post, TriggerId: model.NewId() + ":" + p.ID,
		Type: a.Type, Context: a.Integration.Context,
	})
}

// Carries is what a button carries: what nobody's app is shown.
func (s *Server) Carries(post, action string) map[string]any {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.posts[post].actions[action].Integration.Context
}

func (s *Server) callBack(url string, ask model.PostActionIntegrationRequest) (told string, err error) {
	fault, faulty := s.Faults.Next("press")
	if faulty && !fault.After {
		return "", errors.New("standin: the callback could not be reached")
	}
	body, err := json.Marshal(ask)
	if err != nil {
		return "", err
	}
	client := http.Client{Timeout: 30 * time.Second}
	res, err := client.Post(url, "application/json", bytes.NewReader(body))
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK || faulty {
		return "", fmt.Errorf("standin: the integration answered %d", res.StatusCode)
	}
	var answer model.PostActionIntegrationResponse
	if err := json.Unmarshal(raw, &answer); err != nil {
		return "", err
	}
	return answer.EphemeralText, nil
}

var (
	mention = regexp.MustCompile(`(^|[^\p{L}\p{N}])@[\p{L}\p{N}_]`)
	emoji   = regexp.MustCompile(`:[A-Za-z0-9_+-]+:`)
)

// Render shows markdown as the app does, as far as a backslash goes. Whatever
// would be shown as something else is a problem.
func Render(text string) (shown, problem string) {
	var b strings.Builder
	for _, line := range strings.Split(text, "\n") {
		if strings.HasPrefix(line, "    ") || strings.HasPrefix(line, "\t") {
			problem = "a line that begins as code"
		}
		if body := strings.Trim(line, " "); len(body) > 1 && strings.Trim(body, "=") == "" {
			problem = "a heading of signs"
		}
	}
	// A mention calls people ("@all" all of them), and a name between colons is a picture;
	// a backslash changes neither.
	switch {
	case mention.MatchString(text):
		problem = "a mention"
	case emoji.MatchString(text):
		problem = "a picture"
	}
	text = strings.ReplaceAll(text, "\u2060", "") // is not seen
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c == '\\' && i+1 < len(text) && strings.IndexByte("\\`*{}[]()#+-.!_>~|", text[i+1]) >= 0 {
			i++
			b.WriteByte(text[i])
			continue
		}
		if rest := text[i:]; strings.HasPrefix(rest, "https://") || strings.HasPrefix(rest, "http://") {
			n := strings.IndexAny(rest, " \n<>\\\"'")
			if n < 0 {
				n = len(rest)
			}
			b.WriteString(rest[:n])
			i += n - 1
			continue
		}
		if strings.IndexByte("`*[]#_~|>", c) >= 0 {
			problem = fmt.Sprintf("the sign %q", c)
		}
		b.WriteByte(c)
	}
	return b.String(), problem
}
