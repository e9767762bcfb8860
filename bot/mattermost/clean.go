package mattermost

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/mattermost/mattermost/server/public/model"

	"tillit/bot"
	"tillit/bot/network"
	"tillit/intake"
)

const (
	// cleanTime is how long one attempt may take back: others wait meanwhile.
	cleanTime = 5 * time.Second
	// cleanAgain is when the next one goes on.
	cleanAgain = time.Second
)

// cleared is what stands in the place of a post of ours that others have answered.
const cleared = "–"

// Delete implements [bot.Deleter]. It takes back all that we wrote in the chat,
// whether it is named or not, since the network knows it longer than we do. What a
// person wrote no bot may delete; and since their words in a thread go with its first post,
// such a post of ours is emptied instead. A long chat takes several attempts.
func (m *Mattermost) Delete(ctx context.Context, to intake.Address, _ []bot.SentID) error {
	me, err := m.self(ctx)
	if err != nil {
		return m.sending(ctx, err)
	}
	chat, err := m.chatWith(ctx, to.Reveal())
	if err != nil {
		return m.sending(ctx, err)
	}
	end := m.Now().Add(cleanTime)
	taken, refused := 0, 0
	answered := map[string]bool{} // answers are newer than what they answer, and come before it
	for by, from := "", ""; ; {
		posts, err := m.list(ctx, chat, by, from)
		if err != nil {
			return m.sending(ctx, err)
		}
		if len(posts) == 0 && refused > 0 && taken == 0 {
			return bot.ErrNotTaken
		}
		if len(posts) == 0 {
			return nil
		}
		for _, p := range slices.Backward(posts) {
			if p.UserId != me {
				answered[p.RootId] = true
				continue
			}
			if answered[p.Id] && p.Message == cleared {
				continue
			}
			if m.Now().After(end) {
				return &bot.RetryError{After: cleanAgain}
			}
			remove := m.remove
			if answered[p.Id] {
				remove = m.empty
			}
			switch err := remove(ctx, p.Id); {
			case network.IsRefused(err, refusedRights):
				refused++
				m.tell(writing, err)
			case err != nil:
				return m.sending(ctx, err)
			default:
				taken++
			}
		}
		by, from = "before", posts[0].Id
	}
}

// empty takes away what a post says and its buttons, where those are.
func (m *Mattermost) empty(ctx context.Context, id string) error {
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	words, none := cleared, model.StringInterface{}
	_, res, err := m.api.PatchPost(ctx, id, &model.PostPatch{Message: &words, Props: &none})
	return m.passOver(classify("posts/patch", res, err))
}

// remove takes back one post; one that is not there any more is passed over.
func (m *Mattermost) remove(ctx context.Context, id string) error {
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	res, err := m.api.DeletePost(ctx, id)
	return m.passOver(classify("posts/delete", res, err))
}

// passOver leaves out what is not there any more.
func (m *Mattermost) passOver(err error) error {
	if errors.Is(err, errNotThere) {
		return nil
	}
	return err
}
