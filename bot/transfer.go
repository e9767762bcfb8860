package bot

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"tillit/intake"
	"tillit/store"
	"tillit/store/cases"
)

// This file leads a person from one chat into another with the same case. A code is
// asked for in the one (the safer way), or stands on a page, and is typed in the
// other. It moves everything: the chat that is left leads nowhere, and says so.

// Codes is what the bot needs of the store for that.
type Codes interface {
	// DrawCode draws a code that leads to a chat, once, when it is stored.
	DrawCode(ctx context.Context, channel string, id intake.ConversationID) (intake.Private, *store.TransferCode, error)
	// FindCode finds what a code leads to.
	FindCode(ctx context.Context, code intake.Private, channel string, id intake.ConversationID) (store.Transfer, error)
	// Move gives a found copy to another browser.
	Move(ctx context.Context, c store.Transfer, channel string, id intake.ConversationID, secret []byte) error
}

// mostBesideCode is how long a message may be that is a code with a few words beside it. In
// a longer one a number is part of what somebody tells.
const mostBesideCode = 100

// codeIn finds a code in what was written: behind a word that begins, or alone where
// nothing is asked. A number among answers is an answer.
func (b *Bot) codeIn(s situation) (intake.Private, bool) {
	text := strings.TrimSpace(s.ev.Text.Reveal())
	word, rest, _ := strings.Cut(text, " ")
	command, isCommand := b.Phrases.Command(word)
	code := intake.NewPrivate(rest)
	switch {
	case !isCommand:
		alone := s.ev.Text
		return alone, (s.st.Phase == phaseNew || s.st.Phase == phaseCard) && len(text) <= mostBesideCode && store.IsCode(alone)
	case command == "start": // links to a bot may carry anything
		return code, store.IsCode(code)
	}
	return code, command == "code" && strings.TrimSpace(rest) != ""
}

// code takes a code out of what was written. Who is in the middle of something that
// is not sent must end that first.
func (b *Bot) code(s situation, p *plan) bool {
	code, ok := b.codeIn(s)
	switch {
	case !ok:
	case s.st.Phase == phaseAsking || s.st.Phase == phaseFiled:
		b.say(s, p, intake.KindReply, "code_unsent")
		b.again(s, p)
	default:
		p.code = code
	}
	return ok
}

// offersSafer reports whether there is a way that fewer can read.
func (b *Bot) offersSafer(s situation) bool {
	return b.Page != "" && !s.caps.Copy && !s.caps.EndToEnd
}

// saferWay says where else the person can write, with a code when there is something
// to take along.
func (b *Bot) saferWay(ctx context.Context, s situation, p *plan) error {
	lang := p.next.Lang
	tell := func(key string) *Message {
		m := Message{At: s.now, Message: intake.Message{ID: key, Kind: intake.KindReply, Text: b.phrase(s, lang, key)}}
		p.say = append([]Message{m}, p.say...)
		return &p.say[0]
	}
	if s.st.Phase == phaseNew || s.st.Phase == phaseCard {
		tell("safer_page")
		return nil
	}
	code, ticket, err := b.Store.DrawCode(ctx, s.channel, s.ev.Conversation)
	if errors.Is(err, store.ErrBusy) {
		tell("code_busy")
		return nil
	}
	if err != nil {
		return fmt.Errorf("drawing a code: %w", err)
	}
	m := tell("safer_code")
	m.Words, m.Help = code, b.phrase(s, lang, "safer_then")
	p.newCode = ticket
	return nil
}

// comeBack decides what a code that was typed in a chat leads to. It returns what
// the step is about from then on.
func (b *Bot) comeBack(ctx context.Context, ch Channel, s situation, p plan) (situation, plan, error) {
	transfer, err := b.Store.FindCode(ctx, p.code, s.channel, s.ev.Conversation)
	says := ""
	switch {
	case errors.Is(err, store.ErrBusy):
		says = "code_busy"
	case errors.Is(err, store.ErrUnknown):
		says = "code_wrong"
	case err != nil:
		return s, p, fmt.Errorf("looking up a code: %w", err)
	case transfer.Here:
		says = "code_chat"
	default:
		old, err := decodeState(transfer.State)
		if err != nil {
			return s, p, err
		}
		if old.Phase != phaseFiled { // a receipt is owed there first
			s, p = b.arrive(ch, s, transfer, old)
			return s, p, nil
		}
		says = "code_busy"
	}
	b.say(s, &p, intake.KindReply, says)
	b.again(s, &p)
	return s, p, nil
}

// arrive is the step in which somebody goes on here with what they have elsewhere.
func (b *Bot) arrive(ch Channel, s situation, transfer store.Transfer, old state) (situation, plan) {
	next := old
	next.Earlier = old.Earlier || s.st.Phase == phaseSent
	next.Elsewhere, next.Asked, next.Album, next.Moved = true, "", nil, false
	next.Clean = s.st.Clean // it is about this chat
	next.Given = nil
	for _, g := range old.Given { // what stands elsewhere of it stays there
		g.Letters, g.Said, g.Chat = nil, nil, nil
		next.Given = append(next.Given, g)
	}
	next.Via = strings.Join(b.Via, ", ") // said with who can read
	conv := transfer.Conversation
	conv.Version = s.conv.Version
	s = b.situation(ch, conv, next, s.ev)
	s.env.Values["backups"] = b.dayOf(next.Lang, s.now.Add(b.Backups))
	p := plan{next: next, transfer: &transfer}
	key := "came_back"
	if transfer.Copy {
		key = "came_back_copy"
	} else {
		p.left = b.leave(s, old)
	}
	if transfer.Ref != "" {
		p.seal = append(p.seal, cases.Log{Event: cases.EventMoved})
	}
	b.say(s, &p, intake.KindReply, key)
	if transfer.Unread > 0 {
		p.say = append(p.say, b.Phrases.notice(next.Lang, s.now))
	}
	if next.Phase == phaseAsking {
		b.again(s, &p)
	} else {
		b.say(s, &p, intake.KindReply, "sent_more")
	}
	return s, p
}

// leave is what becomes of the chat that somebody leaves. It is told, because it may
// have been somebody else who read the code there.
func (b *Bot) leave(s situation, old state) *store.Left {
	left := state{Lang: old.Lang, Changed: old.Changed, Via: old.Via, Voice: old.Voice, Clean: old.Clean, Met: old.Met, Phase: phaseCard, Moved: true}
	start, clean := b.button(old.Lang, "start", "start"), b.button(old.Lang, "R.clean", "clean_now")
	told := Message{At: s.now, Message: intake.Message{
		ID: "moved", Kind: intake.KindReply, Text: b.Phrases.Say(old.Lang, "moved"), Choices: []intake.Choice{start, clean},
	}}
	return &store.Left{State: left.encode(), Expires: s.now.Add(b.Keep), Lines: []store.Line{{Body: EncodeLine(told)}}}
}

// ComeBack is what a page does with a code: what it leads to becomes the event's
// conversation. It is [store.ErrUnknown] for a code that leads nowhere, and
// [store.ErrBusy] when it cannot be looked up now; both are the store's.
func (b *Bot) ComeBack(ctx context.Context, ch Channel, ev Event, code intake.Private) error {
	lane := b.lanes.enter(laneKey{ch.Name(), ev.Conversation})
	defer b.lanes.leave(lane)
	b = b.now()
	transfer, err := b.Store.FindCode(ctx, code, ch.Name(), ev.Conversation)
	if err != nil {
		return err
	}
	if transfer.Copy {
		return b.Store.Move(ctx, transfer, ch.Name(), ev.Conversation, []byte(ev.Secret.Reveal()))
	}
	old, err := decodeState(transfer.State)
	if err != nil {
		return err
	}
	if old.Phase == phaseFiled {
		return store.ErrBusy
	}
	s, p := b.arrive(ch, b.situation(ch, store.Conversation{}, state{}, ev), transfer, old)
	_, err = b.Store.Apply(ctx, b.change(ch, s, p))
	if errors.Is(err, store.ErrStale) { // somebody wrote there just now
		err = store.ErrBusy
	}
	return err
}
