package bot

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"tillit/intake"
	"tillit/store"
	"tillit/store/cases"
)

// This file says who can read a talk. It is computed for this one, from what is: of a
// case that is with the office from who holds a key of it, of one that is not sent from
// who would keep one. The list is never empty, because a key is never nobody's.

// reading is who can read a talk.
type reading struct {
	sent    bool
	opened  bool            // there is a room, so it can be said whom it keeps out
	can     []intake.Person // handlers, and who was given a key
	outside bool            // the external receiver can, and no handler
	out     []intake.Person // whom the reporter keeps out
}

// reads says who can read what is told now. A report that is being told comes before
// one that was sent.
func (b *Bot) reads(s situation, st state) reading {
	r := reading{sent: s.conv.Sent, opened: s.conv.Sent}
	can, out := s.can, s.conv.Out
	if st.Phase == phaseAsking || !s.conv.Sent {
		iv, _ := st.interview()
		r.sent, r.opened, out = false, iv.Opened(), iv.Excluded()
		can = b.Office.Keep(b.level(iv, s.now), out)
	}
	for _, p := range slices.Concat(b.Office.People(), b.Office.Told()) {
		if slices.Contains(can, p.ID) {
			r.can = append(r.can, p)
		}
	}
	for _, id := range out {
		if p, ok := b.person(id); ok {
			r.out = append(r.out, p)
		}
	}
	r.outside = slices.Contains(can, cases.External)
	return r
}

// person finds who works with reports or is told of them, or was once, or reads outside
// the office.
func (b *Bot) person(id string) (intake.Person, bool) {
	all := append(slices.Concat(b.Office.People(), b.Office.Told(), b.Office.Former()), b.Office.Outside())
	i := slices.IndexFunc(all, func(p intake.Person) bool { return p.ID == id })
	if i < 0 {
		return intake.Person{}, false
	}
	return all[i], true
}

// outsiders are those who can be given a key, and hold none by themselves.
func (b *Bot) outsiders() (out []intake.Person) {
	to := b.Office.Recipients()
	for _, p := range b.Office.Told() {
		if slices.ContainsFunc(to, func(r cases.Recipient) bool { return r.ID == p.ID }) {
			out = append(out, p)
		}
	}
	return out
}

// who says who can read, with a button for each of them.
func (b *Bot) who(s situation, st state, lang string) Message {
	r := b.reads(s, st)
	parts := b.whoReads(s, r, lang)
	if len(r.out) > 0 {
		parts = append(parts, b.Phrases.Say(lang, "who_out", "names", b.list(lang, r.out)))
	}
	if before := b.hadRead(s, r, lang); before != "" {
		parts = append(parts, before)
	}
	switch {
	case r.sent:
	case r.opened:
		parts = append(parts, b.Phrases.Say(lang, "who_change"))
	default:
		parts = append(parts, b.Phrases.Say(lang, "who_asked"))
	}
	if leads := b.leads(s.set, lang, anywhere); leads != "" && !r.sent && !r.outside {
		parts = append(parts, leads)
	}
	parts = append(parts, b.Phrases.Say(lang, "who_key", "org", b.Org))
	m := Message{At: s.now, Message: intake.Message{ID: "access", Kind: intake.KindReply, Text: strings.Join(parts, "\n\n")}}
	if !r.opened {
		return m
	}
	for _, p := range r.can {
		m.Choices = append(m.Choices, b.personButton(s, r, lang, "keep_out", p))
	}
	for _, p := range r.out {
		m.Choices = append(m.Choices, b.personButton(s, r, lang, "let_in", p))
	}
	m.Choices = append(m.Choices, b.wishButtons(s, lang, cases.WishAccess)...)
	return m
}

// of chooses a phrase: before sending or after, within the office or outside.
func (r reading) of(will, willOutside, now, nowOutside string) string {
	switch {
	case r.sent && r.outside:
		return nowOutside
	case r.sent:
		return now
	case r.outside:
		return willOutside
	}
	return will
}

// whoReads lists who can read.
func (b *Bot) whoReads(s situation, r reading, lang string) []string {
	list, key := r.can, r.of("who_will", "who_will_outside", "who_now", "who_now_outside")
	if r.outside {
		list = append(slices.Clone(list), b.Office.Outside())
	}
	lines := []string{b.Phrases.Say(lang, key)}
	for _, p := range list {
		item := "who_item"
		days := b.days(s, lang, p.ID)
		if r.sent {
			item = "who_unopened"
			if days != "" {
				item = "who_opened"
			}
		}
		lines = append(lines, b.Phrases.Say(lang, item, "name", p.Called(lang), "days", days))
	}
	return []string{strings.Join(lines, "\n")}
}

// hadRead lists who has opened a case and cannot any more.
func (b *Bot) hadRead(s situation, r reading, lang string) string {
	if !r.sent {
		return ""
	}
	var lines []string
	for _, a := range s.access {
		if slices.Contains(s.can, a.Handler) {
			continue
		}
		p, ok := b.person(a.Handler)
		if days := b.days(s, lang, a.Handler); ok && days != "" {
			lines = append(lines, b.Phrases.Say(lang, "who_opened", "name", p.Called(lang), "days", days))
		}
	}
	if len(lines) == 0 {
		return ""
	}
	slices.Sort(lines)
	return b.Phrases.Say(lang, "who_before") + "\n" + strings.Join(slices.Compact(lines), "\n")
}

// list names people in a sentence.
func (b *Bot) list(lang string, people []intake.Person) string {
	var all []string
	for _, p := range people {
		all = append(all, p.Called(lang))
	}
	return b.Phrases.In(lang).List(all)
}

// days are those on which somebody opened the case.
func (b *Bot) days(s situation, lang, id string) string {
	on := map[string]time.Time{}
	for _, a := range s.access {
		if at := a.Hour.In(b.Zone); a.Handler == id {
			on[at.Format(time.DateOnly)] = at
		}
	}
	var all []string
	for _, day := range slices.Sorted(maps.Keys(on)) {
		all = append(all, b.dayOf(lang, on[day]))
	}
	return b.Phrases.In(lang).List(all)
}

// leads says which answers lead outside the office, and to whom; at some of the
// questions only.
func (b *Bot) leads(set *intake.Set, lang string, at func(question string) bool) string {
	return b.leadsAs(set, lang, "who_leads", at)
}

// leadsAs says it in the words of a key.
func (b *Bot) leadsAs(set *intake.Set, lang, key string, at func(question string) bool) string {
	all := set.LeadsTo(lang, func(level string) bool { return slices.Contains(b.Office.Keep(level, nil), cases.External) })
	var lines []string
	for _, q := range slices.Sorted(maps.Keys(all)) {
		if !at(q) {
			continue
		}
		var answers []string
		for _, label := range all[q] {
			answers = append(answers, b.Phrases.Say(lang, "who_answer", "answer", label))
		}
		lines = append(lines, b.Phrases.Say(lang, key, "answers", b.Phrases.In(lang).List(answers),
			"title", set.QuestionTitle(lang, q), "name", b.Office.Outside().Called(lang)))
	}
	return strings.Join(lines, "\n")
}

func anywhere(string) bool { return true }

// addWho adds to what is asked and said who can read: where an answer leads outside,
// before sending, and once it is sent.
func (b *Bot) addWho(s situation, st state, m *intake.Message) {
	lang := st.Lang
	r := b.reads(s, st)
	switch m.Kind {
	case intake.KindReview:
	case intake.KindReceipt:
		r.sent = true
	case intake.KindQuestion:
		if leads := b.leadsAs(s.set, lang, "leads_here", func(q string) bool { return q == m.ID }); leads != "" {
			m.Help = strings.TrimSpace(m.Help + "\n\n" + leads)
			m.Choices = append(slices.Clone(m.Choices), b.whoButton(lang))
		}
		return
	default:
		return
	}
	list := r.can
	if r.outside {
		list = append(slices.Clone(list), b.Office.Outside())
	}
	text := b.Phrases.Say(lang, r.of("reads_will", "reads_will_outside", "reads_now", "reads_now_outside"), "names", b.list(lang, list))
	if m.Kind == intake.KindReview {
		m.Help = strings.TrimSpace(m.Help + "\n\n" + text)
	} else {
		m.Text += "\n\n" + text
	}
	m.Choices = append(slices.Clone(m.Choices), b.whoButton(lang))
}

func (b *Bot) whoButton(lang string) intake.Choice {
	c := b.button(lang, "access", "who")
	c.Way = true
	return c
}

// Who says who can read a conversation's talk as it is now, with buttons that count
// there; of one that never was, who can read what is told. It changes nothing.
func (b *Bot) Who(ctx context.Context, ch Channel, id intake.ConversationID, lang string) (Message, error) {
	b = b.now()
	conv, err := b.Store.Conversation(ctx, ch.Name(), id)
	if err != nil {
		return Message{}, fmt.Errorf("reading the conversation: %w", err)
	}
	st, err := decodeState(conv.State)
	if err != nil {
		return Message{}, err
	}
	sit := b.situation(ch, conv, st, Event{Conversation: id, Language: lang})
	if err := b.readers(ctx, &sit); err != nil {
		return Message{}, err
	}
	return b.who(sit, sit.st, b.Phrases.Match(sit.st.Lang, lang)), nil
}

// readers reads who holds a key of the case that is with the office, who has opened it, and
// how far it is.
func (b *Bot) readers(ctx context.Context, s *situation) (err error) {
	if !s.conv.Sent {
		return nil
	}
	if s.stands, err = b.Store.CaseStatus(ctx, s.conv.Ref); err != nil {
		return fmt.Errorf("looking up the case: %w", err)
	}
	var all []string
	for _, r := range b.Office.Recipients() {
		all = append(all, r.ID)
	}
	if s.access, s.can, err = b.Store.Opened(ctx, s.conv.Ref, all); err != nil {
		return fmt.Errorf("finding who can open the case: %w", err)
	}
	return nil
}

// readingsOf are who has opened a case, and when; nobody where it is not there any more.
func (b *Bot) readingsOf(ctx context.Context, ref string) ([]cases.Access, error) {
	access, _, err := b.Store.Opened(ctx, ref, nil)
	if errors.Is(err, store.ErrUnknown) {
		return nil, nil
	}
	return access, err
}
