package bot

import (
	"context"
	"slices"
	"strings"

	"tillit/intake"
)

// This file is for words that say which question they answer: a form does, and a reply in
// a chat, by what it replies to.

// AstrayError says that words named a question which is not asked any more. Nothing of
// their event is stored; whoever brought them gives them back and asks where they belong.
type AstrayError struct{ intake.Astray }

// Error implements error.
func (*AstrayError) Error() string { return "the words are for another question" }

// gives gives words back, unless it is their second coming: they were taken then, and
// that is why something else is asked by now.
func (b *Bot) gives(ctx context.Context, ch Channel, ev Event, back intake.Astray) error {
	took, err := b.Store.Took(ctx, ch.Name(), ev.ID)
	if err == nil && !took {
		err = &AstrayError{back}
	}
	return err
}

// asked is the question that an event names, as [intake.Message].Asked does.
func (b *Bot) asked(s situation) string {
	if s.ev.AnswersTo == nil {
		return s.ev.Asked
	}
	for _, id := range s.set.Offers(s.env) {
		question, _, _ := strings.Cut(id, ".")
		if slices.Contains(s.set.Questions(), question) && s.ev.AnswersTo(id) {
			return question
		}
	}
	return ""
}

// tooLate is for words of a page from before the report was sent: they would go to the
// office, which is not what was meant when they were written.
func (b *Bot) tooLate(s situation) *intake.Astray {
	question, _, _ := strings.Cut(s.asked, "@")
	if !s.caps.Copy || len(s.needs) > 0 || s.ev.Text.IsZero() || !slices.Contains(s.set.Questions(), question) {
		return nil
	}
	return &intake.Astray{HereTakes: true}
}

// keepsThere reports whether words for another question are kept there without asking: who
// replies to a message in a chat has said where they belong, and who may be in need is not
// asked anything first.
func (s situation) keepsThere() bool { return s.ev.There || !s.caps.Copy || len(s.needs) > 0 }

// anew begins in the questions of today, where those of an interview are not known any
// more. What somebody has just told is kept all the same: as more of the account.
func (b *Bot) anew(s situation, iv intake.Interview, p *plan) {
	b.say(s, p, intake.KindReply, "set_gone")
	s.set = b.Set
	begun := s.set.StartAfter(iv, p.next.Lang, s.env)
	if s.conv.Ref != "" {
		p.files = s.ev.Files
	}
	if told := strings.Fields(s.ev.Text.Reveal()); len(told) > 1 || len(told) > 0 && len(s.needs) > 0 {
		kept := s.set.Answer(begun.Next, intake.Input{Text: s.ev.Text, Keep: true, Need: len(s.needs) > 0, Buttons: true}, s.env)
		kept.Acts = slices.Concat(begun.Acts, kept.Acts)
		begun = kept
	}
	b.take(s, begun, p)
}
