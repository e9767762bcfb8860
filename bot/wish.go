package bot

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"tillit/intake"
	"tillit/store/cases"
)

// This file lets a reporter ask for something by a press: to talk with a person, to see what
// is kept, to withdraw, and to have the office go on. The clock of it begins in the same
// transaction, and she is told the day. While that clock runs, a second press asks nothing
// anew. What the routine has no step for goes into the case as her words.

// allWishes are the wishes that have buttons, in their order.
var allWishes = []string{cases.WishMeet, cases.WishAccess, cases.WishGoOn, cases.WishWithdrawal}

// The verbs of such buttons, before what they are about and the case.
const (
	wishFor = "wish:"
	byWay   = "way:"  // how she would rather talk
	stayIn  = "stay:" // not to withdraw after all
	sayIt   = "say:"  // what begins no clock, and is said to the office in her words
)

// sayings are what the office can be told by a press.
var sayings = []string{"time", "support"}

// ways are how somebody may want to talk.
var ways = []string{"here", "phone", "meet"}

// askedWish begins what a state remembers of buttons that can be counted.
const askedWish = "wishes "

// wished is the clock of what she has asked for.
func (s situation) wished(wish string) (cases.Clock, bool) {
	i := slices.IndexFunc(s.stands.Clocks, func(c cases.Clock) bool { return c.About == wish })
	if i < 0 {
		return cases.Clock{}, false
	}
	return s.stands.Clocks[i], true
}

// offersWish says whether there is a button for a wish now. Who passed on what another one
// told does not decide how that goes on.
func (b *Bot) offersWish(s situation, wish string) bool {
	_, runs := s.wished(wish)
	switch {
	case !s.conv.Sent || s.st.Phase != phaseSent || s.st.Moved || s.stands.Routine == "":
		return false
	case wish == cases.WishGoOn:
		return runs && !s.relayed()
	case wish == cases.WishWithdrawal && (s.relayed() || s.stands.Closed):
		return false
	}
	return !runs
}

// wishButtons are the buttons of those of some wishes that can be asked for now, and of
// staying where a wish to withdraw waits for an answer.
func (b *Bot) wishButtons(s situation, lang string, some ...string) (all []intake.Choice) {
	for _, wish := range some {
		if b.offersWish(s, wish) {
			all = append(all, intake.Choice{ID: wishFor + wish + about(true, s.conv.Ref), Label: b.Phrases.Say(lang, "want_"+wish)})
		}
	}
	if _, runs := s.wished(cases.WishWithdrawal); runs && slices.Contains(some, cases.WishWithdrawal) {
		all = append(all, b.stayButton(s, lang))
	}
	return all
}

func (b *Bot) stayButton(s situation, lang string) intake.Choice {
	return intake.Choice{ID: stayIn + about(true, s.conv.Ref), Label: b.Phrases.Say(lang, "want_stay")}
}

func (b *Bot) wayButtons(s situation, lang string) (all []intake.Choice) {
	for _, way := range ways {
		all = append(all, intake.Choice{ID: byWay + way + about(true, s.conv.Ref), Label: b.Phrases.Say(lang, "way_"+way)})
	}
	return all
}

// sayButtons tell the office something that begins no clock.
func (b *Bot) sayButtons(s situation, lang string) (all []intake.Choice) {
	for _, what := range sayings {
		all = append(all, intake.Choice{ID: sayIt + what + about(true, s.conv.Ref), Label: b.Phrases.Say(lang, "want_"+what)})
	}
	return all
}

// askButtons are all that the office can be asked or told by a press now.
func (b *Bot) askButtons(s situation, lang string) []intake.Choice {
	all := b.wishButtons(s, lang, allWishes...)
	if s.conv.Sent && s.st.Phase == phaseSent && !s.st.Moved && !s.stands.Closed && !s.relayed() {
		all = append(b.sayButtons(s, lang), all...)
	}
	return all
}

// everyWish are all such buttons of a situation's case, whether they can be asked for now or
// not: one may stand further up in a chat.
func (b *Bot) everyWish(s situation, lang string) []intake.Choice {
	all := append(append(b.wayButtons(s, lang), b.sayButtons(s, lang)...), b.stayButton(s, lang))
	for _, wish := range allWishes {
		all = append(all, intake.Choice{ID: wishFor + wish + about(true, s.conv.Ref), Label: b.Phrases.Say(lang, "want_"+wish)})
	}
	return all
}

// typedWish finds the button that was written out, in any language, or counted where they
// have just been offered.
func (b *Bot) typedWish(s situation) string {
	text := strings.TrimSpace(s.ev.Text.Reveal())
	if !s.conv.Sent || s.st.Phase != phaseSent || text == "" || len(text) > longestLabel {
		return ""
	}
	if offered, asked := strings.CutPrefix(s.st.Asked, askedWish); asked && !s.caps.Buttons {
		all := strings.Fields(offered)
		if n, err := strconv.Atoi(text); err == nil && n > 0 && n <= len(all) {
			return all[n-1]
		}
	}
	for _, lang := range b.Phrases.Languages() {
		for _, c := range b.everyWish(s, lang) {
			if strings.EqualFold(text, c.Label) {
				return c.ID
			}
		}
	}
	return ""
}

// offers remembers, where buttons are numbered, which were said last.
func (p *plan) offers(s situation) {
	if s.caps.Buttons || p.next.Phase != phaseSent || len(p.say) == 0 {
		return
	}
	asked := askedWish
	for _, c := range p.say[len(p.say)-1].Choices {
		if !aside(c.ID) {
			asked += c.ID + " "
		}
	}
	p.next.Asked = asked
}

// wishes does what such a button says. It is false for a choice that is none.
func (b *Bot) wishes(s situation, choice string, p *plan) bool {
	what, ref, _ := strings.Cut(choice, "@")
	verb, what, _ := strings.Cut(what, ":")
	if verb += ":"; !slices.Contains([]string{wishFor, byWay, stayIn, sayIt}, verb) {
		return false
	}
	p.next.Asked = ""
	switch {
	case !s.conv.Sent || s.st.Phase != phaseSent || ref != s.conv.Ref:
		b.say(s, p, intake.KindReply, "wish_other")
	case verb == stayIn:
		b.stay(s, p)
	case verb == byWay && slices.Contains(ways, what):
		text := b.Phrases.Say(p.next.Lang, "way_says", "way", b.Phrases.Say(p.next.Lang, "way_"+what))
		b.inWords(s, choice, text, "way_told_"+what, p)
	case verb == sayIt && slices.Contains(sayings, what):
		b.inWords(s, choice, b.Phrases.Say(p.next.Lang, "want_"+what), "say_told_"+what, p)
	case verb == wishFor && slices.Contains(allWishes, what):
		b.wish(s, what, p)
	default:
		return false
	}
	b.again(s, p)
	return true
}

// wish asks the office for something, once while that waits for an answer.
func (b *Bot) wish(s situation, wish string, p *plan) {
	running, runs := s.wished(wish)
	at := s.now.UTC().Truncate(time.Second)
	clocks, known := b.Routine.Wish(s.stands.Routine, wish, at)
	switch {
	case wish == cases.WishWithdrawal && s.relayed():
		b.say(s, p, intake.KindReply, "relayed")
	case wish == cases.WishGoOn && !runs:
		b.say(s, p, intake.KindReply, "wish_go_on_again")
	case wish != cases.WishGoOn && runs:
		b.wishedBefore(s, wish, running, p)
	case !known || s.stands.Closed:
		b.inWords(s, wishFor+wish+about(true, s.conv.Ref), b.Phrases.Say(p.next.Lang, "want_"+wish), "wish_kept", p)
	default:
		b.begins(s, cases.Wish{Wish: wish, At: at, Clocks: clocks}, p)
	}
}

// begins writes a wish down, begins and ends its clocks, and says until when it is answered.
func (b *Bot) begins(s situation, w cases.Wish, p *plan) {
	p.seal = append(p.seal, cases.Log{Event: cases.EventWish, Wish: &w})
	p.facts = append(p.facts, func(f *cases.Facts) { f.Clocks = cases.Wished(f.Clocks, w) })
	p.tells, p.urgent = true, w.Wish == cases.WishMeet
	var choices []intake.Choice
	switch w.Wish {
	case cases.WishMeet:
		choices = b.wayButtons(s, p.next.Lang)
	case cases.WishWithdrawal:
		choices = []intake.Choice{b.stayButton(s, p.next.Lang)}
	}
	p.unsaid(choices...)
	var day time.Time
	if len(w.Clocks) > 0 {
		day, _ = b.due(w.Clocks[0].Due, s.now)
	}
	b.sayWish(s, "wish_"+w.Wish, day, p, choices...)
}

// wishedBefore says until when a wish that waits is answered, or that it should have been.
func (b *Bot) wishedBefore(s situation, wish string, running cases.Clock, p *plan) {
	day, over := b.due(running.Due, s.now)
	key := "wish_" + wish + "_again"
	if over {
		key = "wish_late"
	}
	var choices []intake.Choice
	if wish == cases.WishWithdrawal {
		choices = append(choices, b.stayButton(s, p.next.Lang))
	}
	b.sayWish(s, key, day, p, choices...)
}

// stay takes a wish to withdraw back. The office still answers it.
func (b *Bot) stay(s situation, p *plan) {
	running, runs := s.wished(cases.WishWithdrawal)
	if !runs {
		b.say(s, p, intake.KindReply, "wish_stay_not")
		return
	}
	day, over := b.due(running.Due, s.now)
	if over {
		day = time.Time{}
	}
	s.env.Values["day"] = b.dayOf(p.next.Lang, day)
	b.inWords(s, stayIn+about(true, s.conv.Ref), b.Phrases.Say(p.next.Lang, "want_stay"), "wish_stay", p)
}

// pressAgain is for how long a second press of a button whose words went into the case is
// still the first one: somebody who is not sure that it worked. Later it is said anew.
const pressAgain = 24 * time.Hour

// saidNow reports whether a button's words have just gone in.
func (s situation) saidNow(id string) bool {
	return slices.ContainsFunc(s.st.Said, func(said string) bool {
		what, at, _ := strings.Cut(said, " ")
		then, err := strconv.ParseInt(at, 10, 64)
		return what == id && err == nil && s.now.Sub(time.Unix(then, 0)) < pressAgain
	})
}

// unsaid has the words of buttons go into the case anew when they are pressed again.
func (p *plan) unsaid(choices ...intake.Choice) {
	p.next.Said = slices.DeleteFunc(slices.Clone(p.next.Said), func(said string) bool {
		what, _, _ := strings.Cut(said, " ")
		return slices.ContainsFunc(choices, func(c intake.Choice) bool { return c.ID == what })
	})
}

// inWords puts a button's words into the case as the reporter's own, once for one press. Of
// the ways to talk the last one pressed is what the office reads last.
func (b *Bot) inWords(s situation, id, text, key string, p *plan) {
	if !s.saidNow(id) {
		p.seal = append(p.seal, cases.Message{Lang: p.next.Lang, Text: intake.NewPrivate(text)})
		p.unsaid(intake.Choice{ID: id})
		if strings.HasPrefix(id, byWay) {
			p.unsaid(b.wayButtons(s, p.next.Lang)...)
		}
		p.next.Said = append(p.next.Said, id+" "+strconv.FormatInt(s.now.Unix(), 10))
		p.tells = true
	}
	b.sayWish(s, key, time.Time{}, p)
}

// sayWish answers a wish. A sentence about a day that is not known is left out.
func (b *Bot) sayWish(s situation, key string, day time.Time, p *plan, choices ...intake.Choice) {
	if !day.IsZero() {
		s.env.Values["day"] = b.dayOf(p.next.Lang, day)
	}
	values := map[string]string{"day": s.env.Values["day"], "emergency": s.env.Values["emergency"], "doctor": s.env.Values["doctor"]}
	p.say = append(p.say, Message{At: s.now, Message: intake.Message{
		ID: "wish", Kind: intake.KindReply, Choices: choices, Text: filled(b.Phrases.Say(p.next.Lang, key), values),
	}})
	p.offers(s)
}
