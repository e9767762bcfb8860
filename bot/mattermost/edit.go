package mattermost

import (
	"context"
	"errors"
	"fmt"

	"github.com/mattermost/mattermost/server/public/model"

	"tillit/bot"
	"tillit/intake"
)

var (
	// errParts is a message that does not fit into the place of the other.
	errParts = errors.New("mattermost: only a message in one part can be changed")
	// errPlace is a post in whose place nothing of ours can be put.
	errPlace = errors.New("mattermost: there is no post of ours to change")
)

// Edit implements [bot.Editor]. The post keeps its mark, so that what was sent first
// is still known as sent. An answer that was lost is asked for again, which harms
// nothing.
func (m *Mattermost) Edit(ctx context.Context, to intake.Address, sent bot.SentID, msg bot.Message) error {
	person := to.Reveal()
	texts := pieces(m.text(msg), m.longestPost(ctx))
	switch {
	case !model.IsValidId(person):
		return errAddress
	case !model.IsValidId(string(sent)) || len(texts) != 1:
		return errParts
	}
	if err := m.reachable(ctx, person); err != nil {
		return err
	}
	chat, err := m.chatWith(ctx, person)
	if err != nil {
		return m.changing(ctx, err)
	}
	old, err := m.ours(ctx, chat, string(sent))
	if err != nil {
		return m.changing(ctx, err)
	}
	if err := m.pace(chat); err != nil {
		return err
	}
	mark, _ := old.GetProp(markProp).(string)
	post := &model.Post{ChannelId: chat, RootId: old.RootId}
	post.AddProp(markProp, mark)
	m.attach(post, person, mark, msg.Choices)
	if err := m.patch(ctx, old, texts[0], post.GetProps()); err != nil {
		return m.changing(ctx, err)
	}
	m.well(writing)
	return nil
}

// ours reads a post, and refuses one that is not ours, in that chat.
func (m *Mattermost) ours(ctx context.Context, chat, id string) (*model.Post, error) {
	me, err := m.self(ctx)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	post, res, err := m.api.GetPost(ctx, id, "")
	if err := classify("posts", res, err); err != nil {
		return nil, err
	}
	if post.UserId != me || post.ChannelId != chat || post.DeleteAt > 0 || post.OriginalId != "" {
		return nil, errPlace
	}
	return post, nil
}

// patch gives a post another text and other buttons.
func (m *Mattermost) patch(ctx context.Context, old *model.Post, text string, props model.StringInterface) error {
	ctx, cancel := context.WithTimeout(ctx, sendTime)
	defer cancel()
	post, res, err := m.api.PatchPost(ctx, old.Id, &model.PostPatch{Message: &text, Props: &props})
	if err := classify("posts/patch", res, err); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if there := m.said[old.ChannelId]; there != nil {
		there.add(post)
	}
	return nil
}

// changing is what a caller of Edit may see.
func (m *Mattermost) changing(ctx context.Context, err error) error {
	var slow *bot.RetryError
	switch {
	case errors.Is(err, bot.ErrGone), errors.As(err, &slow):
		return err
	case errors.Is(err, errNoAnswer), errors.Is(err, errTrouble), errors.Is(err, errStrange):
		if ctx.Err() == nil {
			m.tell(writing, err)
		}
		return &bot.RetryError{After: sendTime}
	case errors.Is(err, errNotThere), isRefused(err, refusedOther):
		return errPlace
	case isRefused(err, refusedRights): // the old one stands, and the same is said anew
		m.Log.Warn("mattermost: the bot may not change what it wrote, so it says it anew; it lacks edit_post, or the time for it is over")
	}
	return fmt.Errorf("changing: %w", err)
}
