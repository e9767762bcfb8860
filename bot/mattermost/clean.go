package mattermost

import (
	"context"
	"errors"
	"time"

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

// Delete implements [bot.Deleter]. It takes back all that we wrote in the chat,
// whether it is named or not, since the network knows it longer than we do. What a
// person wrote no bot may delete. A long chat takes several attempts.
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
	for by, from := "", ""; ; {
		posts, err := m.list(ctx, chat, by, from)
		if err != nil {
			return m.sending(ctx, err)
		}
		if len(posts) == 0 {
			return nil
		}
		for _, p := range posts {
			if p.UserId != me {
				continue
			}
			if m.Now().After(end) {
				return &bot.RetryError{After: cleanAgain}
			}
			if err := m.remove(ctx, p.Id); err != nil {
				return m.sending(ctx, err)
			}
		}
		by, from = "before", posts[0].Id
	}
}

// remove takes back one post; one that is not there any more, or that the server
// does not let us take back, is passed over.
func (m *Mattermost) remove(ctx context.Context, id string) error {
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	res, err := m.api.DeletePost(ctx, id)
	switch err = classify("posts/delete", res, err); {
	case errors.Is(err, errNotThere):
		return nil
	case network.IsRefused(err, refusedRights):
		m.tell(writing, err)
		return nil
	}
	return err
}
