package chat

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"tillit/bot"
	"tillit/handlers"
	"tillit/intake"
	"tillit/store"
	"tillit/store/cases"
)

// Gatherer is a channel that can say who is in a chat of several, and write there.
type Gatherer interface {
	// Members reads from the network, now, the accounts of everybody who is in a room,
	// our own left out. What cannot be read whole, or can be read by who is not in it,
	// is an error that says to an operator what is wrong, and holds no id.
	Members(ctx context.Context, room string) ([]string, error)
	// Post makes one attempt to write in a room. Its errors are those of
	// [bot.Channel.Send], and a message is not written twice under one key.
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
	st.Lang = o.w.Match(o.org.Lang)
	now := o.Now().In(o.org.Zone)
	due, err := o.untold(ctx, st)
	if err != nil || len(due) == 0 || quiet(o.Quiet, now) || now.Before(o.leave(n, time.Time{})) {
		return err
	}
	members, err := n.Channel.(Gatherer).Members(ctx, n.Room) // New has seen to it that it is one
	if err != nil {
		o.leave(n, now.Add(roomAgain))
		return fmt.Errorf("its members cannot be read, so nothing is told there: %w", err)
	}
	if len(members) == 0 {
		o.leave(n, now.Add(roomAgain))
		return nil
	}
	words, err := o.forAll(ctx, n, &st, due, members)
	if err != nil {
		return err
	}
	failed := o.post(ctx, n, &st, words)
	st.age(now)
	_, err = o.Store.Apply(ctx, store.Change{Channel: n.channelName(), Conversation: id, Address: intake.NewAddress(n.Room), Expect: conv.Version, State: st.encode()})
	return errors.Join(failed, err)
}

// post writes the word on each case into a room, and marks it as told. Each goes on
// its own and always under the same key: one whose end was uncertain is tried again,
// and whatever has come to the others meanwhile, it is not there twice.
func (o *Office) post(ctx context.Context, n Network, st *state, words map[string]string) error {
	for _, ref := range slices.Sorted(maps.Keys(words)) {
		m := bot.Message{Key: "room new " + ref, At: o.Now(), Message: intake.Message{ID: "room", Kind: intake.KindNotice, Text: words[ref]}}
		if _, err := n.Channel.(Gatherer).Post(ctx, n.Room, m); err != nil && !errors.Is(err, bot.ErrMaybeSent) {
			o.leave(n, o.Now().Add(roomAgain))
			return fmt.Errorf("it could not be written to: %w", err)
		}
		st.Told[ref] = o.Now().Unix()
	}
	return nil
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
		notices, err := o.Store.NoticesSince(ctx, h.ID, o.Now().Add(-roomFor))
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

// forAll are words on each case that every member can open. It marks those that are
// not told there; one that is not due to all of them yet waits.
func (o *Office) forAll(ctx context.Context, n Network, st *state, due map[string][]string, accounts []string) (map[string]string, error) {
	words := map[string]string{}
	for ref, to := range due {
		head, open, waits := cases.Case{}, true, false
		for _, account := range accounts {
			h, known := o.org.Account(n.Name, account)
			if !known {
				open = false
				break
			}
			var err error
			if head, err = o.Store.Head(ctx, h.ID, ref); errors.Is(err, store.ErrUnknown) || errors.Is(err, store.ErrForged) {
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
		if open && o.present(head).Assignee == "" {
			s := o.about(n, handlers.Handler{}, *st)
			words[ref] = s.text("room_new", "ref", ref, "clock", s.clock(firstDay(head)))
			continue
		}
		st.Told[ref] = o.Now().Unix()
	}
	return words, nil
}
