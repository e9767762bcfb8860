package mattermost

import (
	"context"
	"errors"
	"maps"

	"github.com/mattermost/mattermost/server/public/model"

	"tillit/bot"
	"tillit/bot/network"
	"tillit/intake"
)

// What cannot be changed: the old message stands, and the same may be said anew.
var (
	errParts   = errors.New("mattermost: only a message in one part can be changed")
	errNotOurs = errors.New("mattermost: what is to be changed is no message of ours to this person")
)

// Edit implements [bot.Editor]. The post keeps its mark and its thread, so that it is
// still the message that was sent, and is not sent again. An answer that was lost is
// asked for again, which harms nothing.
func (m *Mattermost) Edit(ctx context.Context, to intake.Address, sent bot.SentID, msg bot.Message) error {
	person := to.Reveal()
	if !model.IsValidId(person) {
		return errAddress
	}
	texts := pieces(network.Text(msg, m.Callback != ""), m.longestPost(ctx))
	if len(texts) != 1 || !model.IsValidId(string(sent)) {
		return errParts
	}
	if err := m.reachable(ctx, person); err != nil {
		return m.editing(ctx, err)
	}
	chat, err := m.chatWith(ctx, person)
	if err != nil {
		return m.editing(ctx, err)
	}
	old, err := m.ours(ctx, chat, string(sent))
	if err != nil {
		return m.editing(ctx, err)
	}
	if err := m.Pace.Turn(ctx, chat, m.Now); err != nil {
		return err
	}
	mark, _ := old.GetProp(markProp).(string)
	post := &model.Post{Id: old.Id, ChannelId: chat, RootId: old.RootId, Message: texts[0], Props: maps.Clone(old.GetProps())}
	for _, name := range []string{model.PostPropsAttachments, offerProp} {
		delete(post.Props, name)
	}
	m.attach(post, person, mark, msg.Choices)
	if err := m.patch(ctx, post); err != nil {
		return m.editing(ctx, err)
	}
	m.well(changing)
	return nil
}

// ours reads a post that is to be changed. What somebody else wrote, what stands in
// another chat, and what does not carry our mark are none of ours.
func (m *Mattermost) ours(ctx context.Context, chat, id string) (*model.Post, error) {
	me, err := m.self(ctx)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	p, res, err := m.api.GetPost(ctx, id, "")
	if err := classify("posts", res, err); err != nil {
		return nil, err
	}
	mark, _ := p.GetProp(markProp).(string)
	switch {
	case p.DeleteAt > 0:
		return nil, errNotThere
	case p.Id != id, p.UserId != me, p.ChannelId != chat, mark == "":
		return nil, errNotOurs
	}
	return p, nil
}

// patch puts a post in its own place, with the numbers that stand under it now.
func (m *Mattermost) patch(ctx context.Context, post *model.Post) error {
	ctx, cancel := network.Finish(ctx, sendTime)
	defer cancel()
	props := post.GetProps()
	changed, res, err := m.api.PatchPost(ctx, post.Id, &model.PostPatch{Message: &post.Message, Props: &props})
	err = classify("posts/patch", res, err)
	m.Pace.Heed(post.ChannelId, m.Now(), err)
	m.mu.Lock()
	defer m.mu.Unlock()
	var slow *bot.RetryError
	switch there, _ := m.said.Get(post.ChannelId); {
	case err == nil && there != nil:
		there.change(changed)
	case err != nil && !errors.As(err, &slow):
		m.said.Remove(post.ChannelId) // What stands there is read before it is needed.
	}
	return err
}

// editing is what a caller of Edit may see. What may have happened, and what did not
// only because nobody was reached, is to be done again.
func (m *Mattermost) editing(ctx context.Context, err error) error {
	if uncertain(err) {
		return &bot.RetryError{After: sendTime}
	}
	var no *network.Refused
	if ctx.Err() == nil && errors.As(err, &no) {
		m.tell(changing, err)
	}
	return err
}

// uncertain reports whether a call may have done its work though it seems to have
// failed.
func uncertain(err error) bool {
	return errors.Is(err, errNoAnswer) || errors.Is(err, errTrouble) || errors.Is(err, errStrange)
}
