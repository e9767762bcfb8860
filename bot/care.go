package bot

import (
	"slices"
	"strings"
	"unicode"

	"tillit/intake"
	"tillit/intake/crisis"
	"tillit/store/cases"
)

// This file answers words of somebody who may be in need of help now, whatever is going on
// and wherever they write: a card with numbers to call stands before anything else that is
// said. The words are kept where words are kept, and the case says that somebody may be
// unsafe. Each kind is answered once in a talk: nobody is asked again and again.

// careLines are the numbers of a card, in their order. A set without one of them shows all
// that it has.
var careLines = map[crisis.Kind][]string{
	crisis.Danger:        {"112", "113", "116 117"},
	crisis.SelfHarm:      {"116 123", "22 40 00 40", "116 111", "113"},
	crisis.SelfHarmOther: {"113", "116 123", "116 111"},
	crisis.Assault:       {"116 117", "116 006", "116 111", "112"},
}

// needs is what the words of an event may tell of. A command tells nothing.
func (b *Bot) needs(ev Event) []crisis.Kind {
	if ev.Text.IsZero() || ev.Kind != EventMessage && ev.Kind != EventEdit {
		return nil
	}
	if _, command := b.Phrases.Command(ev.Text.Reveal()); command {
		return nil
	}
	return crisis.Find(ev.Text.Reveal())
}

// care puts the cards before all else, and says in the case that somebody may be unsafe.
func (b *Bot) care(s situation, p *plan) {
	if p.destroy {
		return
	}
	said := p.say
	p.say = nil
	for _, kind := range s.needs {
		if !slices.Contains(p.next.Needs, string(kind)) {
			p.next.Needs = append(slices.Clone(p.next.Needs), string(kind))
			b.careCard(s, kind, p)
		}
	}
	p.say = append(p.say, said...)
	if len(s.needs) > 0 && p.next.Phase == phaseSent && s.conv.Sent && len(p.seal) > 0 && p.into == "" {
		p.tells, p.urgent = true, true
		p.facts = append(p.facts, func(f *cases.Facts) { f.Flags = unsafeToo(f.Flags, true) })
	}
}

func (b *Bot) careCard(s situation, kind crisis.Kind, p *plan) {
	iv, _ := p.next.interview()
	lang, key := p.next.Lang, "crisis_"+string(kind)
	if kind == crisis.Assault && iv.Minor() {
		key += "_young"
	}
	all := s.set.HelpLinesFor(lang, iv)
	var lines []string
	for _, number := range careLines[kind] {
		if i := slices.IndexFunc(all, func(l string) bool { return strings.HasPrefix(l, number+":") }); i >= 0 {
			lines = append(lines, all[i])
		}
	}
	if len(lines) == 0 {
		lines = all
	}
	m := intake.Message{ID: key, Kind: intake.KindCard, Text: b.phrase(s, lang, key) + "\n" + strings.Join(lines, "\n")}
	if p.next.Phase == phaseAsking {
		m.Choices = []intake.Choice{b.button(lang, "go_on", "go_on"), b.button(lang, "pause", "pause")}
	}
	p.say = append(p.say, Message{At: s.now, Message: m})
}

// unsafeToo adds that somebody may be unsafe to the flags of a case.
func unsafeToo(flags []string, unsafe bool) []string {
	if !unsafe || slices.Contains(flags, cases.FlagUnsafe) {
		return flags
	}
	return append([]string{cases.FlagUnsafe}, flags...)
}

// account is how many words are something told, and not a greeting.
const account = 5

// early keeps what somebody tells before they have pressed Start, as words of the account,
// and asks the first question. It is false for what tells nothing.
func (b *Bot) early(s situation, p *plan) bool {
	words := 0
	for _, w := range strings.Fields(s.ev.Text.Reveal()) {
		if strings.ContainsFunc(w, unicode.IsLetter) {
			words++
		}
	}
	if words < account && len(s.needs) == 0 || s.st.Moved {
		return false
	}
	turn, ok := b.Set.StartWith(p.next.Lang, s.env, intake.Input{Text: s.ev.Text, Keep: len(s.needs) > 0, Need: len(s.needs) > 0})
	if !ok {
		return false
	}
	if len(s.ev.Files) > 0 {
		b.say(s, p, intake.KindReply, "no_files_yet")
	}
	if s.st.Phase == phaseNew {
		b.greet(s, p)
	}
	p.next.Elsewhere, p.next.Shredded, p.next.Asked = false, false, ""
	s.set, p.begins = b.Set, true
	b.take(s, turn, p)
	return true
}
