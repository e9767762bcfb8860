package chat

import (
	"context"
	"errors"
	"strings"

	"tillit/bot"
	"tillit/handlers"
	"tillit/intake"
)

// account is an office account as the courier sees it: the network's channel under
// a name of its own, which says nothing to whoever is no handler any more and puts
// a newer message in the place of an older one where the network can.
type account struct {
	bot.Channel
	o *Office
	n Network
}

// Channels are the office's accounts for the courier, which sends what was stored.
func (o *Office) Channels() (all []bot.Channel) {
	for _, n := range o.Networks {
		all = append(all, account{n.Channel, o, n})
	}
	return all
}

// Name implements [bot.Channel].
func (a account) Name() string { return a.n.channelName() }

// Send implements [bot.Channel].
func (a account) Send(ctx context.Context, to intake.Address, m bot.Message) (bot.SentID, error) {
	a.o = a.o.now()
	me, ok := a.o.org.Account(a.n.Name, to.Reveal())
	if !ok {
		return "", nil // no handler any more
	}
	id, isEdit := strings.CutPrefix(m.ID, editID)
	if isEdit {
		if done, err := a.edit(ctx, me, to, id, m); done || err != nil {
			return "", err
		}
		if quiet(a.o.Quiet, a.o.Now().In(a.o.org.Zone)) {
			return "", nil // it would ring at night; a press of the old button says the same
		}
	} else {
		id, _ = strings.CutPrefix(m.ID, postID)
	}
	sent, err := a.Channel.Send(ctx, to, m)
	if err != nil || sent == "" || id == m.ID {
		return "", err
	}
	if err := a.o.sent(ctx, a.n, me, id, sent); err != nil {
		a.o.Log.Error("the office's bot: a message cannot be changed later", "on", a.Name(), "err", err)
	}
	return "", nil
}

// edit changes a message that stands in the chat. It is false where that cannot be
// done: then the same is said anew.
func (a account) edit(ctx context.Context, me handlers.Handler, to intake.Address, id string, m bot.Message) (bool, error) {
	editor, ok := a.Channel.(bot.Editor)
	if !ok {
		return false, nil
	}
	_, st, _, err := a.o.begin(ctx, a.n, me)
	if err != nil {
		return false, err
	}
	for _, p := range st.Posts {
		if p.ID != id || p.Sent == "" {
			continue
		}
		err := editor.Edit(ctx, to, bot.SentID(p.Sent), m)
		var later *bot.RetryError
		if err == nil || errors.Is(err, bot.ErrGone) || errors.As(err, &later) {
			return true, err
		}
	}
	return false, nil
}
