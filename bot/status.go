package bot

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"tillit/intake"
	"tillit/store/cases"
)

// This file says how far a case is, in the words of its routine. The server knows the phase,
// who has the case, and promised days; a sentence about what it does not know is left out.

// status says how far the case of a situation is, with what can be asked for by a press.
func (b *Bot) status(s situation, lang string) Message {
	m := Message{At: s.now, Message: intake.Message{ID: "status", Kind: intake.KindReply}}
	m.Choices = append(b.askButtons(s, lang), b.whoButton(lang))
	switch {
	case s.st.Shredded:
		m.Text, m.Choices = b.Phrases.Say(lang, "status_shredded", "backup_days", int(b.Backups.Hours()/24)), nil
	case !s.conv.Sent:
		m.Text = b.phrase(s, lang, "status_none")
	default:
		m.Text = strings.Join(append(b.stands(s, lang), b.Phrases.Say(lang, "status_ref", "ref", s.stands.Ref)), "\n\n")
	}
	return m
}

// stands says how far a case is that is with the office.
func (b *Bot) stands(s situation, lang string) (parts []string) {
	c := s.stands
	next, late, moved := b.promised(s)
	values := map[string]string{"ref": c.Ref, "day": b.dayOf(lang, next), "name": b.holder(s), "names": b.openedBy(s, lang)}
	says := func(key string) bool {
		text, known := b.Routine.Says(c.Routine, "status."+key, lang)
		if text = filled(text, values); known && text != "" {
			parts = append(parts, text)
		}
		return known
	}
	switch {
	case s.relayed():
		parts = append(parts, b.phrase(s, lang, "relayed"))
		if day := values["day"]; day != "" {
			parts = append(parts, b.Phrases.Say(lang, "status_answer", "day", day))
		}
	case c.Routine == "", c.Phase == "" || !says(c.Phase):
		return []string{b.Phrases.status(lang, c.Status)}
	case c.Closed:
	case values["names"] == "" && slices.ContainsFunc(c.Clocks, func(c cases.Clock) bool { return c.Reply }):
		says("unopened") // and nobody has answered from their own chat
	case c.Status == "waiting":
		says("opened")
	}
	if !late.IsZero() {
		values["day"] = b.dayOf(lang, late)
		says("late")
	} else if moved {
		says("extended")
	}
	if c.Unsafe() && !c.Closed {
		parts = append(parts, b.phrase(s, lang, "status_unsafe"))
	}
	return parts
}

// promised are the days that the reporter was promised: the next one, the first that was
// not kept, and whether the next one was moved. Who passed a case on was promised an answer,
// and what they asked for.
func (b *Bot) promised(s situation) (next, late time.Time, moved bool) {
	for _, c := range s.stands.Clocks {
		wished := slices.Contains(allWishes, c.About) && c.About != cases.WishGoOn
		if !wished && (!c.Words || s.relayed() && !c.Reply) {
			continue
		}
		day, over := b.due(c.Due, s.now)
		switch {
		case day.IsZero():
		case over && (late.IsZero() || day.Before(late)):
			late = day
		case !over && (next.IsZero() || day.Before(next)):
			next, moved = day, c.Moves > 0
		}
	}
	return next, late, moved
}

// due is the day of a clock where the office is, and whether it is over.
func (b *Bot) due(due string, now time.Time) (day time.Time, over bool) {
	if day, err := time.ParseInLocation(time.DateOnly, due, b.Zone); err == nil {
		return day, !now.Before(day.AddDate(0, 0, 1))
	}
	at, err := time.Parse("2006-01-02T15:04Z07:00", due)
	if err != nil {
		return time.Time{}, false
	}
	return at.In(b.Zone), now.After(at)
}

// dayOf speaks a day where the office is; none is empty.
func (b *Bot) dayOf(lang string, day time.Time) string {
	if day.IsZero() {
		return ""
	}
	return b.Phrases.Day(lang, day.In(b.Zone), b.Now().In(b.Zone))
}

// holder is the name of who answers for the case, if they can open it.
func (b *Bot) holder(s situation) string {
	id := b.Routine.Holder(s.stands)
	if p, known := b.person(id); known && slices.Contains(s.can, id) {
		return bare(p.Name)
	}
	return ""
}

// openedBy are those who have opened the case, as they are named; empty for nobody.
func (b *Bot) openedBy(s situation, lang string) string {
	var people []intake.Person
	for _, a := range s.access {
		if p, known := b.person(a.Handler); known && !slices.ContainsFunc(people, func(o intake.Person) bool { return o.ID == p.ID }) {
			people = append(people, p)
		}
	}
	return b.list(lang, people)
}

var (
	sentence = regexp.MustCompile(`(?s).+?(?:[.?!](?:\s+|$)|$)`)
	hole     = regexp.MustCompile(`\{[a-z_]+\}`)
)

// filled fills in a text. A sentence with a hole for what is not known is left out.
func filled(text string, values map[string]string) string {
	var kept strings.Builder
	for _, s := range sentence.FindAllString(text, -1) {
		whole := true
		for name, value := range values {
			if strings.HasSuffix(value, ".") { // one full stop is enough
				s = strings.ReplaceAll(s, "{"+name+"}.", "{"+name+"}")
			}
		}
		s = hole.ReplaceAllStringFunc(s, func(h string) string {
			value := values[strings.Trim(h, "{}")]
			whole = whole && value != ""
			return value
		})
		if whole {
			kept.WriteString(s)
		}
	}
	return strings.TrimSpace(kept.String())
}
