package mattermost

import (
	"context"
	"errors"
	"slices"

	"github.com/mattermost/mattermost/server/public/model"

	"tillit/bot"
	"tillit/bot/network"
)

// What keeps a chat of several from being a room, for an operator.
var (
	errRoomID     = errors.New("this is no id of a channel; Mattermost shows it under View Info, 26 letters and digits")
	errNoRoom     = errors.New("there is no such channel, or the bot is not in it")
	errRoomOpen   = errors.New("the channel is public, so people who are not in it can read it; make it private")
	errRoomKind   = errors.New("only a private channel or a group message can be a room")
	errRoomClosed = errors.New("the channel is archived")
	errRoomShared = errors.New("the channel is shared with another server, whose operators can read it")
	errRoomMoves  = errors.New("people came or went while it was read who is in the channel")
	errRoomLarge  = errors.New("there are too many people in the channel to read who they are")
)

// mostMembers is how many pages of people are read of a room.
const mostMembers = 25

// Members reads from the network, now, the ids of all who are in a private channel or
// a group message, our own left out. Nothing of it is remembered: who may be told is
// decided by who is there this moment. What cannot be read whole is an error that
// says to an operator what is wrong, and holds no id.
func (m *Mattermost) Members(ctx context.Context, room string) ([]string, error) {
	if !model.IsValidId(room) {
		return nil, errRoomID
	}
	me, err := m.self(ctx)
	if err != nil {
		return nil, err
	}
	if err := m.private(ctx, room); err != nil {
		return nil, err
	}
	there, paged, err := m.membersOf(ctx, room)
	if err != nil {
		return nil, err
	}
	if paged {
		// Pages are counted from the first: who comes or goes between two of them makes
		// somebody fall between them.
		again, _, err := m.membersOf(ctx, room)
		if err != nil {
			return nil, err
		}
		if !slices.Equal(there, again) {
			return nil, errRoomMoves
		}
	}
	ours := slices.Index(there, me)
	if ours < 0 {
		return nil, errNoRoom
	}
	return slices.Delete(there, ours, ours+1), nil
}

// private refuses what can be read by somebody who is not in it.
func (m *Mattermost) private(ctx context.Context, room string) error {
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	ch, res, err := m.api.GetChannel(ctx, room)
	if err := roomError(classify("channels", res, err)); err != nil {
		return err
	}
	switch {
	case ch.Id != room:
		return errStrange
	case ch.Type == model.ChannelTypeOpen:
		return errRoomOpen
	case ch.Type != model.ChannelTypePrivate && ch.Type != model.ChannelTypeGroup:
		return errRoomKind
	case ch.DeleteAt > 0:
		return errRoomClosed
	case ch.IsShared():
		return errRoomShared
	}
	return nil
}

// membersOf reads the ids of all who are in a chat, in their order; paged says that it
// took more than one page.
func (m *Mattermost) membersOf(ctx context.Context, room string) (ids []string, paged bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, 2*callTime)
	defer cancel()
	for n := range mostMembers {
		some, res, err := m.api.GetChannelMembers(ctx, room, n, page, "")
		if err := roomError(classify("channels/members", res, err)); err != nil {
			return nil, false, err
		}
		for _, one := range some {
			if one.ChannelId != room || !model.IsValidId(one.UserId) {
				return nil, false, errStrange
			}
			ids = append(ids, one.UserId)
		}
		if len(some) < shortPage {
			slices.Sort(ids)
			return slices.Compact(ids), n > 0, nil
		}
	}
	return nil, false, errRoomLarge
}

// roomError says of a chat what a refusal means there.
func roomError(err error) error {
	if errors.Is(err, errNotThere) || network.IsRefused(err, refusedRights) {
		return errNoRoom
	}
	return err
}

// Post makes one attempt to write in a room. As with [Mattermost.Send], what was
// posted under a key is not posted again, and the errors are the same. There are no
// buttons: a press proves itself by the one person whom its button was made for.
func (m *Mattermost) Post(ctx context.Context, room string, msg bot.Message) (bot.SentID, error) {
	if !model.IsValidId(room) {
		return "", errRoomID
	}
	msg.Choices = nil
	return m.all(ctx, room, room, "", msg)
}
