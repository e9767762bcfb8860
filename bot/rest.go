package bot

import (
	"context"
	"errors"
	"fmt"
	"time"
	"unicode/utf16"

	"tillit/store"
)

// This file joins what a network's app cut: a text that is longer than one message comes as
// several, and where one message is an answer the rest would answer the next question. The
// first part is kept at once; only the next question waits, for some seconds, and that is in
// the conversation's state, so that a restart forgets nobody.

// restWithin is how long the rest of a long message is waited for.
const restWithin = 4 * time.Second

// mayGoOn reports whether the words of a message may be only the beginning: apps cut near
// the limit, at a space in its second half.
func (s situation) mayGoOn() bool {
	most := s.caps.LongestText
	return !s.caps.Copy && most > 0 && len(s.ev.Choices) == 0 && s.ev.Kind == EventMessage && 2*len(utf16.Encode([]rune(s.ev.Text.Reveal()))) >= most
}

// rests goes on in the talks that have waited for the rest of a message, when they are due,
// until ctx is done.
func (b *Bot) rests(ctx context.Context, channels []Channel) error {
	for {
		waiting, err := b.goOn(ctx, channels)
		if err != nil && ctx.Err() == nil {
			b.Log.Error("the talks that wait for the rest of a message could not be gone through", "err", err)
		}
		if !waiting {
			select {
			case <-ctx.Done():
				return nil
			case <-b.waits:
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(restWithin / 4):
		}
	}
}

// goOn asks what is next in each talk whose wait is over, and says whether others wait.
func (b *Bot) goOn(ctx context.Context, channels []Channel) (waiting bool, err error) {
	b = b.now()
	all, err := b.Store.Ending(ctx, b.Now().Add(2*b.Keep+24*time.Hour))
	if err != nil {
		return true, fmt.Errorf("looking for talks that wait: %w", err)
	}
	var errs []error
	for _, idle := range all {
		st, err := decodeState(idle.State)
		if err != nil || st.Waits == 0 {
			continue
		}
		if st.Waits > b.Now().Unix() {
			waiting = true
			continue
		}
		for _, ch := range channels {
			if ch.Name() == idle.Channel {
				errs = append(errs, b.tell(ctx, idle, b.rest(ch, st)))
			}
		}
	}
	return waiting, errors.Join(errs...)
}

// rest is the change that goes on in one talk.
func (b *Bot) rest(ch Channel, st state) store.Change {
	s := b.situation(ch, store.Conversation{Version: 1}, st, Event{})
	p := plan{next: s.st}
	p.next.Waits = 0
	if iv, ok := s.st.interview(); ok && s.st.Phase == phaseAsking && iv.SetVersion() == s.set.Version() {
		b.take(s, s.set.GoOn(iv, s.env), &p)
	}
	c := store.Change{State: p.next.encode()}
	for _, m := range p.say {
		m.Lang = p.next.Lang
		c.Lines = append(c.Lines, store.Line{Body: EncodeLine(m)})
	}
	return c
}

// wakes tells that a talk waits from now on.
func (b *Bot) wakes() {
	select {
	case b.waits <- struct{}{}:
	default: // it is told already
	}
}
