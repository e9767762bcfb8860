package bot

import (
	"context"
	"errors"
	"fmt"

	"tillit/intake"
	"tillit/store"
)

// This file gives a reporter a signed receipt: it proves the day of the report, and nothing else.

// Proof is a signed receipt of the case of a conversation; empty where nothing is with the office.
func (b *Bot) Proof(ctx context.Context, ch Channel, id intake.ConversationID) (string, error) {
	b = b.now()
	conv, err := b.Store.Conversation(ctx, ch.Name(), id)
	if err != nil {
		return "", fmt.Errorf("reading the conversation: %w", err)
	}
	return b.proofOf(ctx, conv)
}

func (b *Bot) proofOf(ctx context.Context, conv store.Conversation) (string, error) {
	if !conv.Sent {
		return "", nil
	}
	r, err := b.Store.Receipt(ctx, conv.Ref, b.Org, b.Zone)
	switch {
	case errors.Is(err, store.ErrUnknown):
		return "", nil
	case err != nil:
		return "", fmt.Errorf("signing a receipt: %w", err)
	}
	return r.Text(), nil
}

// prove says the receipt, or that there is none yet.
func (b *Bot) prove(ctx context.Context, s situation, p *plan) error {
	text, err := b.proofOf(ctx, s.conv)
	if err != nil {
		return err
	}
	m := Message{At: s.now, Message: intake.Message{ID: "proof", Kind: intake.KindReply, Text: b.phrase(s, p.next.Lang, "proof_none")}}
	if text != "" {
		m.Text, m.Words = b.phrase(s, p.next.Lang, "proof_says"), intake.NewPrivate(text)
	}
	p.say = append([]Message{m}, p.say...)
	return nil
}

// proofButton asks for it.
func (b *Bot) proofButton(lang string) intake.Choice {
	c := b.button(lang, "proof", "proof")
	c.Way = true
	return c
}
