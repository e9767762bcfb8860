package chat

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"tillit/bot"
	"tillit/handlers"
	"tillit/intake"
	"tillit/store"
	"tillit/store/cases"
)

// Gatherer is a channel that can say who is in a chat of several, and write there.
type Gatherer interface {
	// Members reads from the network, now, the accounts of everybody who can read a
	// room, our own left out. What cannot be read whole is an error.
	Members(ctx context.Context, room string) ([]string, error)
	// Post makes one attempt to write in a room. Its errors are those of
	// [bot.Channel.Send].
	Post(ctx context.Context, room string, m bot.Message) (bot.SentID, error)
}

const (
	// roomAgain is how long a room is left alone after it could not be read or
	// written, or when something waits until it is due to all.
	roomAgain = time.Minute
	// roomFor is how old a notice may be for a room: it lasts over a night.
	roomFor = 24 * time.Hour
)

// room tells a chat of several of new cases: only of those that every one who is in
// it this moment can open, and for each of whom the notice is due. What may not be
// told at its moment is never told there.
func (o *Office) room(ctx context.Context, n Network) error {
	id := roomID(n)
	conv, err := o.Store.Conversation(ctx, n.channelName(), id)
	if err != nil {
		return fmt.Errorf("reading what it was told: %w", err)
	}
	st, err := decodeState(conv.State)
	if err != nil {
		return err
	}
	st.Lang = o.w.match("", o.Roster.Lang)
	now := o.Now().In(o.Roster.Zone)
	due, err := o.untold(ctx, st)
	if err != nil || len(due) == 0 || quiet(o.Quiet, now) || now.Before(o.leave(n, time.Time{})) {
		return err
	}
	members, err := n.Channel.(Gatherer).Members(ctx, n.Room) // New has seen to it that it is one
	if err != nil {
		o.leave(n, now.Add(roomAgain))
		return errors.New("its members cannot be read, so nothing is told there")
	}
	if len(members) == 0 {
		return nil
	}
	text, err := o.forAll(ctx, n, &st, due, members)
	if err != nil {
		return err
	}
	if len(text) > 0 {
		m := bot.Message{Key: o.ID(), At: now, Message: intake.Message{ID: "room", Kind: intake.KindNotice, Text: strings.Join(text, "\n")}}
		if _, err := n.Channel.(Gatherer).Post(ctx, n.Room, m); err != nil && !errors.Is(err, bot.ErrMaybeSent) {
			o.leave(n, now.Add(roomAgain))
			return errors.New("it could not be written to")
		}
	}
	st.age(now)
	_, err = o.Store.Apply(ctx, store.Change{Channel: n.channelName(), Conversation: id, Address: intake.NewAddress(n.Room), Expect: conv.Version, State: st.encode()})
	return err
}

// roomID is the row of what a room was told.
func roomID(n Network) intake.ConversationID { return intake.NewConversationID("room " + n.Room) }

// leave sets, or only tells, until when a room is left alone.
func (o *Office) leave(n Network, until time.Time) time.Time {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !until.IsZero() {
		o.rooms[n.Name] = until
	}
	return o.rooms[n.Name]
}

// untold are the new cases that are due to somebody and not told to a room: by
// reference, to whom.
func (o *Office) untold(ctx context.Context, st state) (map[string][]string, error) {
	due := map[string][]string{}
	for _, h := range o.people() {
		notices, err := o.Store.Notices(ctx, h.ID)
		if err != nil {
			return nil, fmt.Errorf("reading notices: %w", err)
		}
		for _, word := range notices {
			_, told := st.Told[word.Ref]
			if word.Kind == "new" && !told && word.After.After(o.Now().Add(-roomFor)) {
				due[word.Ref] = append(due[word.Ref], h.ID)
			}
		}
	}
	return due, nil
}

// forAll is a line for each case that every member can open, and marks what is
// decided. A case that is not due to all of them yet waits.
func (o *Office) forAll(ctx context.Context, n Network, st *state, due map[string][]string, accounts []string) (text []string, err error) {
	for ref, to := range due {
		head, open, waits := cases.Case{}, true, false
		for _, account := range accounts {
			h, known := o.Roster.Account(n.Name, account)
			if !known {
				open = false
				break
			}
			if head, err = o.Store.Head(ctx, h.ID, ref); errors.Is(err, store.ErrUnknown) {
				open = false
				break
			} else if err != nil {
				return nil, err
			}
			waits = waits || !slices.Contains(to, h.ID)
		}
		if open && waits {
			o.leave(n, o.Now().Add(roomAgain))
			continue
		}
		st.Told[ref] = o.Now().Unix()
		if open && o.present(head).Assignee == "" {
			s := o.about(n, handlers.Handler{}, *st)
			text = append(text, s.text("room_new", "ref", ref, "clock", s.clock(firstDay(head))))
		}
	}
	slices.Sort(text)
	return text, nil
}
