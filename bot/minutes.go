package bot

import (
	"slices"
	"strconv"
	"strings"

	"tillit/intake"
	"tillit/store/cases"
)

// This file lets a reporter confirm or correct minutes: by a press under them, or in her
// own words after "Change". What she answers becomes an entry of hers that names the
// version. A button names case and entry, so that one further up in the chat never counts
// for other minutes; one of an earlier version says that there is a later one.

// The verbs of such a button, before the entry's number.
const (
	confirmIt = "ok:"
	changeIt  = "change:"
)

// paper is one version of minutes that a person was sent.
type paper struct {
	ref string
	cases.Asking
	nth, of int // the version, and how many there are
	last    cases.Asking
}

// papers are all that the person of a situation was sent and is still known of.
func (s situation) papers() (all []paper) {
	for _, asks := range s.conv.Asks {
		for _, a := range asks.All {
			v := cases.Versions(asks.All, a.Seq)
			nth := 1 + slices.IndexFunc(v, func(o cases.Asking) bool { return o.Seq == a.Seq })
			all = append(all, paper{asks.Ref, a, nth, len(v), v[len(v)-1]})
		}
	}
	return all
}

// unanswered are the last versions of those that wait for an answer.
func (s situation) unanswered() []paper {
	return slices.DeleteFunc(s.papers(), func(p paper) bool { return p.Seq != p.last.Seq || p.Answer != "" })
}

// minutesChoices are the buttons of one version.
func (p *Phrases) minutesChoices(lang, ref string, seq int64) []intake.Choice {
	id := strconv.FormatInt(seq, 10) + about(true, ref)
	return []intake.Choice{{ID: confirmIt + id, Label: p.Say(lang, "minutes_yes")}, {ID: changeIt + id, Label: p.Say(lang, "minutes_change")}}
}

// minutesButtons are the ids of all such buttons that can count.
func (s situation) minutesButtons() (ids []string) {
	for _, p := range s.papers() {
		id := strconv.FormatInt(p.Seq, 10) + about(true, p.ref)
		ids = append(ids, confirmIt+id, changeIt+id)
	}
	return ids
}

// typedMinutes finds the button that was written out, or counted, where minutes wait for
// an answer and nothing else is asked.
func (b *Bot) typedMinutes(s situation) string {
	open := s.unanswered()
	text := strings.TrimSpace(s.ev.Text.Reveal())
	if len(open) == 0 || s.conv.Unread > 0 || s.st.Phase != phaseSent || s.st.Asked != "" || text == "" || len(text) > longestLabel {
		return ""
	}
	newest := open[len(open)-1]
	for _, lang := range b.Phrases.Languages() {
		for i, c := range b.Phrases.minutesChoices(lang, newest.ref, newest.Seq) {
			if strings.EqualFold(text, c.Label) || !s.caps.Buttons && text == strconv.Itoa(i+1) {
				return c.ID
			}
		}
	}
	return ""
}

// minutes does what such a button says. It is false for a choice that is none.
func (b *Bot) minutes(s situation, choice string, p *plan) bool {
	id, yes := strings.CutPrefix(choice, confirmIt)
	if !yes {
		var change bool
		if id, change = strings.CutPrefix(choice, changeIt); !change {
			return false
		}
	}
	number, ref, _ := strings.Cut(id, "@")
	all := s.papers()
	i := slices.IndexFunc(all, func(p paper) bool { return strconv.FormatInt(p.Seq, 10) == number && p.ref == ref })
	p.next.Asked = ""
	switch {
	case i < 0:
		b.say(s, p, intake.KindReply, "minutes_gone")
	case all[i].Seq != all[i].last.Seq:
		b.newer(s, all[i], p)
	case yes && all[i].Answer == cases.AnswerYes:
		b.say(s, p, intake.KindReply, "minutes_already")
	case yes:
		b.answers(s, all[i], cases.AnswerYes, p)
	case !s.ev.Text.IsZero():
		b.answers(s, all[i], cases.AnswerChange, p)
	default:
		p.next.Asked = askedChange + id
		b.say(s, p, intake.KindReply, "minutes_what")
		return true // the next words are about this
	}
	b.again(s, p)
	return true
}

// askedChange begins what a state remembers while it waits for a correction.
const askedChange = "minutes:"

// correction takes words and files that come after "Change". It is false for what is
// none.
func (b *Bot) correction(s situation, p *plan) bool {
	id, asked := strings.CutPrefix(s.st.Asked, askedChange)
	if !asked || s.ev.Text.IsZero() && len(s.ev.Files) == 0 {
		return false
	}
	s.ev.Choices = nil
	return b.minutes(s, changeIt+id, p)
}

// answers files what she answers, in the case that the minutes are of.
func (b *Bot) answers(s situation, of paper, answer string, p *plan) {
	said := cases.Confirm{Lang: p.next.Lang, Of: of.Seq, Answer: answer}
	key := "minutes_noted"
	if answer == cases.AnswerChange {
		said.Text, p.files, key = s.ev.Text, s.ev.Files, "minutes_changed"
	}
	p.seal = append(p.seal, said)
	if of.ref != s.conv.Ref {
		p.into = of.ref
	}
	p.facts = append(p.facts, func(f *cases.Facts) { f.Asks, f.Clocks = cases.Answered(f.Asks, f.Clocks, of.Seq, answer) })
	p.tells = true
	b.say(s, p, intake.KindReply, key)
	b.asksNames(s, p, said.Text)
}

// newer says that there is a later version, which counts: with its buttons where it has
// been shown, else with the way to it.
func (b *Bot) newer(s situation, old paper, p *plan) {
	s.env.Values["version"], s.env.Values["latest"] = strconv.Itoa(old.nth), strconv.Itoa(old.of)
	s.env.Values["day"] = b.dayOf(p.next.Lang, old.last.Hour)
	choices := b.Phrases.minutesChoices(p.next.Lang, old.ref, old.last.Seq)
	if s.conv.Unread > 0 {
		show := b.button(p.next.Lang, "show", "show")
		show.Main = true
		choices = []intake.Choice{show}
	}
	b.say(s, p, intake.KindReply, "minutes_newer", choices...)
}
