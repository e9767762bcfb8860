package mattermost

import (
	"context"
	"slices"
	"strings"

	"github.com/mattermost/mattermost/server/public/model"
)

// answersTo tells which choices stand under the post of ours that a post in a thread
// answers: the last one in that thread that was there before it. It is nil where there is
// none, or where the server does not tell.
func (m *Mattermost) answersTo(ctx context.Context, p *model.Post) func(choice string) bool {
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	all, res, err := m.api.GetPostThread(ctx, p.RootId, "", false)
	if classify("posts", res, err) != nil {
		return nil
	}
	var last *model.Post
	for _, o := range all.Posts {
		ours := o != nil && o.UserId != p.UserId && o.ChannelId == p.ChannelId && o.CreateAt < p.CreateAt && o.DeleteAt == 0
		if ours && offers(o) && (last == nil || o.CreateAt > last.CreateAt) {
			last = o
		}
	}
	if last == nil {
		return nil
	}
	mark, _ := last.GetProp(markProp).(string)
	numbered, _ := last.GetProp(offerProp).(string)
	var buttons []string
	for _, a := range last.Attachments() {
		for _, b := range a.Actions {
			buttons = append(buttons, b.Id)
		}
	}
	return func(choice string) bool {
		carries := m.tokens.button(p.UserId, mark, last.RootId, choice)
		return slices.Contains(buttons, buttonID(carries)) || slices.Contains(strings.Fields(numbered), carries.Choice)
	}
}

// offers reports whether choices stand under a post.
func offers(p *model.Post) bool {
	numbered, _ := p.GetProp(offerProp).(string)
	return numbered != "" && numbered != noOffer || slices.ContainsFunc(p.Attachments(), func(a *model.MessageAttachment) bool { return len(a.Actions) > 0 })
}
