package mattermost

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/mattermost/mattermost/server/public/model"

	"tillit/bot"
	"tillit/bot/network"
	"tillit/intake"
)

// thread is where a person wrote last.
type thread struct {
	root string
	at   time.Time
}

// threadFor is how long answers go to the thread where a person wrote. What the
// office writes days later stands in the chat itself, where it is seen.
const threadFor = time.Hour

// wrote remembers in which thread a person writes; the empty one is the chat itself.
func (m *Mattermost) wrote(person, root string) {
	if root == "" {
		m.threads.Remove(person)
		return
	}
	m.threads.Add(person, thread{root, m.Now()})
}

// thread is where answers to a person go.
func (m *Mattermost) thread(person string) string {
	if t, _ := m.threads.Get(person); m.Now().Sub(t.at) < threadFor {
		return t.root
	}
	return ""
}

// unread is the kind of a post that the library could not read.
const unread = "custom_unread"

// readPost reads a post on its own, so that one of a strange form does not hide the
// others. One that the library cannot read is put together of its plain fields, and
// whole is false; nil is no post at all.
func readPost(raw json.RawMessage) (post *model.Post, whole bool) {
	post = &model.Post{}
	if network.Decode(raw, post) && model.IsValidId(post.Id) {
		return post, true
	}
	var fields map[string]json.RawMessage
	if json.Unmarshal(raw, &fields) != nil {
		return nil, false
	}
	post = &model.Post{}
	for name, to := range map[string]any{
		"id": &post.Id, "user_id": &post.UserId, "channel_id": &post.ChannelId, "root_id": &post.RootId, "original_id": &post.OriginalId,
		"create_at": &post.CreateAt, "update_at": &post.UpdateAt, "edit_at": &post.EditAt, "delete_at": &post.DeleteAt, "message": &post.Message,
	} {
		_ = json.Unmarshal(fields[name], to) // Left empty.
	}
	if !model.IsValidId(post.Id) {
		return nil, false
	}
	if strings.TrimSpace(post.Message) == "" {
		post.Type = unread
	}
	return post, false
}

// event makes an event of a post. Of a change, since is when it became what is
// stored.
func (m *Mattermost) event(ctx context.Context, p *model.Post, kind bot.EventKind, since int64, files *fetch) bot.Event {
	ev := bot.Event{
		ID: p.Id, Kind: kind, Conversation: conversation(p.UserId), Address: intake.NewAddress(p.UserId),
		Message: p.Id, At: time.UnixMilli(p.CreateAt),
	}
	switch kind {
	case bot.EventDelete:
		ev.ID += ":deleted"
		ev.Taken = taken(p)
		return ev
	case bot.EventEdit:
		ev.ID += ":" + strconv.FormatInt(p.EditAt, 10)
		ev.At = time.UnixMilli(p.EditAt)
		ev.Text, ev.Files, _ = m.contents(ctx, p, since, files)
		return ev
	}
	m.wrote(p.UserId, p.RootId)
	ev.Text, ev.Files, ev.Unkept = m.contents(ctx, p, 0, files)
	if pressed, ok := m.numbered(ctx, p, ev.Text.Reveal()); ok && len(ev.Files) == 0 {
		ev.Kind, ev.Text, ev.Pressed = bot.EventPress, intake.Private{}, pressed
		return ev
	}
	ev.Unread = func() bool {
		latest, known := m.latest.Get(p.ChannelId)
		return known && p.CreateAt < latest
	}
	ev.Forwarded = forwarded(p)
	if p.RootId != "" {
		ev.Quotes, ev.AnswersTo = m.quotes(ctx, p), m.answersTo(ctx, p)
	}
	return ev
}

// spoke notes when we posted last in a chat. It runs with mu held.
func (m *Mattermost) spoke(p *model.Post) {
	if latest, known := m.latest.Get(p.ChannelId); !known || latest < p.CreateAt {
		m.latest.Add(p.ChannelId, p.CreateAt)
	}
}

// takenBy is who took a post away, where the server marks it: model.PostPropsDeleteBy.
func takenBy(p *model.Post) string {
	by, _ := p.GetProp(model.PostPropsDeleteBy).(string)
	return by
}

// taken says who took a person's post away.
func taken(p *model.Post) bot.Taken {
	switch takenBy(p) {
	case "":
		return bot.TakenUnknown
	case p.UserId:
		return bot.TakenByThem
	}
	return bot.TakenByOther
}

// contents are a post's words and those of its files that were added after a time.
func (m *Mattermost) contents(ctx context.Context, p *model.Post, since int64, files *fetch) (intake.Private, []bot.File, bot.Unkept) {
	switch p.Type {
	case model.PostTypeDefault, model.PostTypeMe, model.PostTypeMessageAttachment:
	default: // a plugin's own kind: its words are the plugin's
		return intake.Private{}, nil, bot.UnkeptKind
	}
	words := p.Message
	if p.MessageSource != "" {
		words = p.MessageSource
	}
	kept, unkept := files.of(ctx, p, since)
	if strings.TrimSpace(words) == "" {
		if len(kept) == 0 && unkept == "" {
			unkept = bot.UnkeptKind
		}
		return intake.Private{}, kept, unkept
	}
	return intake.NewPrivate(words), kept, unkept
}

// forwarded reports whether a post passes on another one.
func forwarded(p *model.Post) bool {
	if p.Metadata == nil {
		return false
	}
	for _, e := range p.Metadata.Embeds {
		if e != nil && e.Type == model.PostEmbedPermalink {
			return true
		}
	}
	return false
}

// quotes is what a post in a thread answers to, when the person wrote it: the
// bot's own questions are known.
func (m *Mattermost) quotes(ctx context.Context, p *model.Post) intake.Private {
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	root, res, err := m.api.GetPost(ctx, p.RootId, "")
	if classify("posts", res, err) != nil || root.UserId != p.UserId || root.ChannelId != p.ChannelId {
		return intake.Private{}
	}
	return intake.NewPrivate(root.Message)
}
