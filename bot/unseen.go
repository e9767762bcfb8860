package bot

import (
	"context"
	"fmt"
	"strings"
	"time"

	"tillit/intake"
)

// This file is for words that were written before the question that they would answer was
// shown: somebody types on, or the network is slow, or the server was away. A press needs no
// such care, since it names its question.

// leaves is how long words wait for a question that is on its way at that moment.
const leaves = time.Second

// unseen reports whether an event's words come before the question that is asked was there.
func (b *Bot) unseen(s situation) bool {
	if !b.mayBeUnseen(s) {
		return false
	}
	if s.conv.Unsaid > s.st.Behind || s.st.Burst && s.conv.Unsaid > 0 {
		return true
	}
	return s.conv.Unsaid == 0 && (s.st.Behind == 0 || s.st.Burst) && s.ev.Unread != nil && s.ev.Unread()
}

func (b *Bot) mayBeUnseen(s situation) bool {
	return b.Shown && !s.caps.Copy && s.ev.Kind == EventMessage && !s.ev.Text.IsZero() && s.ev.AnswersTo == nil &&
		len(s.ev.Choices) == 0 && s.st.Phase == phaseAsking && s.st.Before != ""
}

// leaving waits a moment for a question that is on its way, so that the network can say
// whether the words were there before it.
func (b *Bot) leaving(ctx context.Context, s *situation) error {
	for end := time.Now().Add(leaves); b.mayBeUnseen(*s) && s.conv.Unsaid > s.st.Behind && time.Now().Before(end); {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(leaves / 50):
		}
		now, err := b.Store.Conversation(ctx, s.channel, s.ev.Conversation)
		if err != nil {
			return fmt.Errorf("reading the conversation: %w", err)
		}
		s.conv.Unsaid = now.Unsaid
	}
	return nil
}

// before keeps such words where they belong: at the question before, or as more of the
// account. A word or two that would be a choice is not taken for one, and the person is told.
// It is false for what is no such thing.
func (b *Bot) before(s *situation, p *plan) bool {
	iv, _ := s.st.interview()
	here, there := s.set.TakesWords(iv.At()), s.set.TakesWords(s.st.Before)
	// What was said to the first of several messages does not make the next ones an answer.
	p.next.Burst = b.unseen(*s)
	switch {
	case here && !there, !p.next.Burst:
		return false
	case !there && len(strings.Fields(s.ev.Text.Reveal())) < account && len(s.needs) == 0:
		b.say(*s, p, intake.KindReply, "unseen")
		b.again(*s, p)
		return true
	}
	s.asked, s.ev.There = s.st.Before, true
	return false
}

// counts notes how many lines are said after the question that is asked now.
func (p *plan) counts(s situation) {
	was, asked := s.st.interview()
	now, asks := p.next.interview()
	switch {
	case !asks || p.destroy:
		p.next.Before, p.next.Behind, p.next.Burst = "", 0, false
	case asked && was.At() != now.At():
		p.next.Before, p.next.Behind = was.At()+"@"+was.SetVersion(), 0
		p.next.Burst = false
	default:
		p.next.Behind += len(p.say)
	}
}
