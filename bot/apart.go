package bot

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"errors"
	"slices"

	"tillit/intake"
	"tillit/store"
	"tillit/store/cases"
)

// Unkept says of something that came with an event that the channel could not
// take it. The bot tells the person; the rest of the event is kept.
type Unkept string

// What is not kept. Each has a phrase of its own: unkept_<name>.
const (
	UnkeptKind Unkept = "kind" // a sticker, a place, a poll: no words and no file
	UnkeptSize Unkept = "size" // larger than the network hands out
	UnkeptFile Unkept = "file" // the network does not hand it out any more
	// UnkeptEmpty is a file without a byte in it.
	UnkeptEmpty Unkept = "empty"
	// UnkeptPlace is a file of which a copy without its place was wanted, and none can be made.
	UnkeptPlace Unkept = "place"
	UnkeptMany  Unkept = "many" // the talk has as many files as are taken, or as much
	UnkeptRoom  Unkept = "room" // there is no room for files here now
)

// unkept is why a file could not be stored, where all else of its event can.
func unkept(err error) Unkept {
	switch {
	case errors.Is(err, store.ErrEmpty):
		return UnkeptEmpty
	case errors.Is(err, store.ErrFull):
		return UnkeptMany
	case errors.Is(err, store.ErrNoRoom):
		return UnkeptRoom
	}
	return ""
}

// ownButtons are the bot's own; they work at every point.
var ownButtons = []string{
	"start", "more", "help", "safer", "proof", "meet_send", "meet_not", "show", "status", "access", "human", "go_on", "pause", "delete", "delete_yes", "delete_told", "delete_copy", "delete_no",
	"R.code", "R.clean", "R.help", "R.status", "clean_each", "clean_stop", "no_place", "with_place",
}

// unknownChoice is a press that belongs to no button we have; the interview says
// kindly that it no longer counts.
const unknownChoice = "~"

// pressed finds the choice behind a button that carries only a token.
func (b *Bot) pressed(s situation) []string {
	if s.ev.Pressed == nil {
		return s.ev.Choices
	}
	own := slices.Clone(ownButtons)
	for _, l := range b.Phrases.Languages() {
		own = append(own, "lang:"+l)
	}
	own = slices.Concat(own, b.personButtons(s), s.minutesButtons(), s.undoButtons(), s.fileButtons())
	for _, c := range b.everyWish(s, s.st.Lang) {
		own = append(own, c.ID)
	}
	for _, id := range append(s.set.Offers(s.env), own...) {
		if s.ev.Pressed(id) {
			return []string{id}
		}
	}
	return []string{unknownChoice}
}

// apart handles what is no answer: a changed message, and what cannot be kept. It
// reports whether that was all of the event.
func (b *Bot) apart(s situation, p *plan) bool {
	if s.ev.Kind == EventEdit {
		b.edited(s, p)
		return true
	}
	if s.ev.Unkept == "" {
		return false
	}
	b.say(s, p, intake.KindReply, "unkept_"+string(s.ev.Unkept))
	if s.ev.Text.IsZero() && len(s.ev.Files) == 0 && len(s.ev.Choices) == 0 {
		b.again(s, p)
		return true
	}
	return false
}

// edited keeps a changed message as a version beside the first, in the case that
// this one went into. What was not kept, or is not known, is no version of anything:
// whatever it was to be, the person says it anew.
func (b *Bot) edited(s situation, p *plan) {
	if s.ev.Live {
		b.moved(s, p)
		return
	}
	nothing := s.ev.Text.IsZero() && len(s.ev.Files) == 0
	switch {
	case nothing && s.ev.Unkept == "":
		return
	case s.st.Moved:
		b.say(s, p, intake.KindReply, "moved_on")
		return
	case s.said == "" && s.st.Phase != phaseNew:
		b.say(s, p, intake.KindReply, "edited_not")
		b.again(s, p)
		return
	case s.said == "":
		b.card(s, p)
		return
	case s.ev.Unkept != "":
		b.say(s, p, intake.KindReply, "unkept_"+string(s.ev.Unkept))
	}
	if nothing {
		return
	}
	p.files = s.ev.Files
	if !s.ev.Text.IsZero() {
		p.seal = append(p.seal, cases.Message{Lang: s.st.Lang, Text: s.ev.Text, Edited: true})
	}
	b.elsewhere(s, p)
	b.say(s, p, intake.KindReply, "edited")
	b.asksNames(s, p, s.ev.Text)
}

// moved keeps where somebody is who shares it while they move, without a word: nobody wrote
// anything.
func (b *Bot) moved(s situation, p *plan) {
	if s.said == "" || s.st.Moved || s.ev.Text.IsZero() {
		return
	}
	p.seal = append(p.seal, cases.Message{Lang: s.st.Lang, Text: s.ev.Text, Edited: true})
	if s.said != s.conv.Ref {
		p.into = s.said
	}
}

// deleted notes in the case that a message was taken away on the network, where the
// network says so. What it said is kept; she who took it away is not written to.
func (b *Bot) deleted(s situation, p *plan) {
	if s.said == "" {
		return
	}
	event := map[Taken]cases.Event{TakenByThem: cases.EventTaken, TakenByOther: cases.EventTakenOther}[s.ev.Taken]
	p.seal = append(p.seal, cases.Log{Event: cmp.Or(event, cases.EventTakenUnknown)})
	b.elsewhere(s, p)
}

// elsewhere sends what is kept where its message went, and tells the office if it
// has that case.
func (b *Bot) elsewhere(s situation, p *plan) {
	if s.said != s.conv.Ref {
		p.into = s.said // an earlier one, which is with the office
	}
	p.tells = s.conv.Sent || p.into != ""
}

// source is what the network says of the message that words came in.
func (ev Event) source() cases.Source {
	return cases.Source{Message: ev.Message, Forwarded: ev.Forwarded, Quotes: ev.Quotes, Live: ev.Live}
}

// from adds to a body of a person's words where they come from.
func from(source cases.Source, body cases.Body) cases.Body {
	switch b := body.(type) {
	case cases.Answer:
		b.Source = source
		return b
	case cases.Message:
		b.Source = source
		return b
	case cases.Confirm:
		b.Source = source
		return b
	}
	return body
}

// join says nothing again for a later part of an album that was thanked for, as
// long as nothing but its files has come.
func (p *plan) join(s situation) {
	if s.ev.Album == "" || p.destroy {
		return
	}
	sum := sha256.Sum256([]byte(s.ev.Album))
	again := bytes.Equal(p.next.Album, sum[:8])
	p.next.Album = sum[:8]
	if again && s.ev.Text.IsZero() && s.ev.Unkept == "" {
		p.say = nil
	}
}

// voice says, once and before anything else, that a kept voice can be known.
func (b *Bot) voice(s situation, p *plan) {
	spoken := slices.ContainsFunc(p.files, func(f File) bool { return f.Voice })
	if !spoken || p.next.Voice {
		return
	}
	p.next.Voice = true
	said := p.say
	p.say = nil
	b.say(s, p, intake.KindReply, "voice")
	p.say = append(p.say, said...)
}
