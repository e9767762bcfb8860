package bot

import (
	"context"
	"fmt"
	"slices"
	"time"

	"tillit/intake"
	"tillit/store/cases"
)

// Standing is how far a case is that is with the office, for a page that always shows it.
// It says what [Bot.status] says to who asks in a chat, and what fits on a page besides.
type Standing struct {
	Ref    string
	Says   []string        // how far it is, a paragraph each
	Dates  []Date          // by day: what came, and what is promised
	People []Reader        // who can open it, and then who could or is kept out
	Wishes []intake.Choice // what can be asked for by a press
	Next   string          // the next promised day, as it is spoken; empty where none is
}

// Date is a day in the course of a case.
type Date struct {
	At         time.Time // where the office is
	Day, Text  string
	Done, Late bool // it came; it was promised and did not
}

// Reader is somebody, and what they have to do with a case.
type Reader struct {
	Name string
	Says []string
}

// Standing says how far the case of a conversation is now. It is nil where nothing is with
// the office, and it changes nothing.
func (b *Bot) Standing(ctx context.Context, ch Channel, id intake.ConversationID, lang string) (*Standing, error) {
	b = b.now()
	conv, err := b.Store.Conversation(ctx, ch.Name(), id)
	if err != nil {
		return nil, fmt.Errorf("reading the conversation: %w", err)
	}
	st, err := decodeState(conv.State)
	if err != nil || !conv.Sent || st.Phase != phaseSent || st.Moved {
		return nil, err
	}
	s := b.situation(ch, conv, st, Event{Conversation: id, Language: lang})
	lang = b.Phrases.Match(st.Lang, lang)
	if err := b.readers(ctx, &s); err != nil {
		return nil, err
	}
	next, _, _ := b.promised(s)
	return &Standing{
		Ref: s.stands.Ref, Says: b.stands(s, lang), Dates: b.dates(s, lang), People: b.everyReader(s, lang),
		Wishes: b.askButtons(s, lang), Next: b.dayOf(lang, next),
	}, nil
}

// dates are when the case came, and the days by which the office promised something, in
// their order. What one has asked for stands by its own name.
func (b *Bot) dates(s situation, lang string) []Date {
	at := s.stands.Received.In(b.Zone)
	all := []Date{{At: at, Day: b.dayOf(lang, at), Text: b.Phrases.Say(lang, "date_received"), Done: true}}
	answers := 0 // of the days by which a person answers the last one is the very latest
	for _, c := range s.stands.Clocks {
		day, over := b.due(c.Due, s.now)
		what := b.dateOf(s, c)
		if what == "date_answer" {
			if answers++; answers > 1 {
				what = "date_latest"
			}
		}
		if day.IsZero() || what == "" {
			continue
		}
		d := Date{At: day, Day: b.dayOf(lang, day), Text: b.Phrases.Say(lang, what), Late: over && c.Of == 0}
		if !slices.Contains(all, d) {
			all = append(all, d)
		}
	}
	slices.SortStableFunc(all, func(a, b Date) int { return a.At.Compare(b.At) })
	return all
}

// dateOf is the phrase of what a clock promises to the reporter; empty where it promises
// nothing to her.
func (b *Bot) dateOf(s situation, c cases.Clock) string {
	switch {
	case c.About == cases.WishGoOn:
		return ""
	case slices.Contains(allWishes, c.About):
		return "date_" + c.About
	case s.relayed() && !c.Reply:
		return ""
	case c.Of > 0:
		return "date_minutes"
	case !c.Words:
		return ""
	case c.Reply:
		return "date_answer"
	}
	return "date_word"
}

// everyReader lists who can open the case, who could, and who is kept out; each person once.
func (b *Bot) everyReader(s situation, lang string) (all []Reader) {
	r := b.reads(s, s.st)
	can := slices.Clone(r.can)
	if r.outside {
		can = append(can, b.Office.Outside())
	}
	holder, told := b.Routine.Holder(s.stands), map[string]bool{}
	add := func(p intake.Person, key string) {
		if told[p.ID] {
			return
		}
		told[p.ID] = true
		one := Reader{Name: p.Called(lang)}
		if key != "" {
			one.Says = append(one.Says, b.Phrases.Say(lang, key))
		}
		if days := b.days(s, lang, p.ID); days != "" {
			one.Says = append(one.Says, b.Phrases.Say(lang, "reader_opened", "days", days))
		} else if key == "" || p.ID == holder {
			one.Says = append(one.Says, b.Phrases.Say(lang, "reader_unopened"))
		}
		all = append(all, one)
	}
	for _, p := range can {
		key := ""
		if p.ID == holder {
			key = "reader_holder"
		}
		add(p, key)
	}
	for _, p := range r.out {
		add(p, "reader_out")
	}
	for _, a := range s.access {
		if p, known := b.person(a.Handler); known {
			add(p, "reader_before")
		}
	}
	return all
}
