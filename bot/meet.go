package bot

import (
	"strings"
	"time"

	"tillit/intake"
	"tillit/store/cases"
)

// This file lets somebody ask to talk with a person before anything is sent. Nobody can be asked
// without sending something, so the button leads to the look over everything: there they see who
// will read it, and send what they have told, or the wish alone. The wish and its clock begin
// with the receipt.

// human says who answers at once, and how to talk with the office.
func (b *Bot) human(s situation, p *plan) {
	if s.st.Phase == phaseSent {
		b.wish(s, cases.WishMeet, p)
		return
	}
	var choices []intake.Choice
	if s.st.Phase != phaseFiled && !p.next.Meet {
		choices = append(choices, b.button(p.next.Lang, "meet_send", "meet_send"))
	}
	b.say(s, p, intake.KindCard, "human_unsent", choices...)
}

// meet notes that they want to talk, and goes to where it is sent from.
func (b *Bot) meet(s situation, p *plan) {
	iv, ok := s.st.interview()
	switch {
	case s.st.Phase == phaseSent || s.st.Phase == phaseFiled:
		b.human(s, p)
		b.again(s, p)
		return
	case s.st.Phase != phaseAsking && !s.st.Met && !s.caps.Copy:
		b.greet(s, p) // nobody is asked anything before the card
		return
	case s.st.Phase != phaseAsking || !ok || iv.SetVersion() != s.set.Version():
		s.set = b.Set
		p.next.Elsewhere, p.next.Moved, p.next.Shredded, p.next.Asked, p.next.Needs = false, false, false, "", nil
		iv = s.set.StartAfter(iv, p.next.Lang, s.env).Next
	}
	p.next.Meet = true
	b.say(s, p, intake.KindReply, "meet_noted")
	b.take(s, s.set.ToReview(iv, s.env), p)
}

// meetNot takes that back, as long as nothing is sent.
func (b *Bot) meetNot(s situation, p *plan) {
	if p.next.Meet = false; s.st.Phase == phaseAsking {
		b.say(s, p, intake.KindReply, "meet_not_noted")
	} else {
		b.say(s, p, intake.KindReply, "wish_other")
	}
	b.again(s, p)
}

// addMeet says at the look over everything that the wish goes along.
func (b *Bot) addMeet(p *plan, m *intake.Message) {
	if p.next.Meet {
		m.Help = strings.TrimSpace(m.Help + "\n\n" + b.Phrases.Say(p.next.Lang, "meet_review"))
		m.Choices = append(m.Choices, b.button(p.next.Lang, "meet_not", "meet_not"))
	}
}

// meetSent begins the wish of a report that has just been sent.
func (b *Bot) meetSent(s situation, p *plan) {
	if !s.st.Meet {
		return
	}
	p.next.Meet = false
	at := s.now.UTC().Truncate(time.Second)
	clocks, known := b.Routine.Wish(s.stands.Routine, cases.WishMeet, at)
	if !known {
		b.inWords(s, wishFor+cases.WishMeet+about(true, s.conv.Ref), b.Phrases.Say(p.next.Lang, "want_meet"), "wish_kept", p)
		return
	}
	b.begins(s, cases.Wish{Wish: cases.WishMeet, At: at, Clocks: clocks}, p)
}

// typedMeet finds its buttons, written out.
func (b *Bot) typedMeet(s situation) string {
	for _, id := range []string{"meet_send", "meet_not"} {
		if b.typed(s.ev.Text, id) {
			return id
		}
	}
	return ""
}
