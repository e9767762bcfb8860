package bot

import (
	"slices"
	"strings"
	"time"

	"tillit/intake"
	"tillit/store"
)

// situation is all that a step depends on.
type situation struct {
	ev      Event
	st      state
	conv    store.Conversation
	set     *intake.Set
	env     intake.Env
	now     time.Time
	expires time.Time
	channel string
	traits  Traits
}

// plan is what a step leads to; nothing of it has happened yet.
type plan struct {
	next    state
	seal    []intake.Body
	files   []File
	say     []Message
	open    bool     // make the case and its key
	exclude []string // whom the reporter keeps out, so far
	submit  *intake.Interview
	destroy bool
	release bool // show what the office wrote
	fetch   string
}

// step decides what one event leads to. It is pure: no clock, no store.
func (b *Bot) step(s situation) plan {
	p := plan{next: s.st}
	switch s.ev.Kind {
	case EventGone, EventJoined, EventDelete:
		return p // the route's own facts; no words are owed
	}
	choice := ""
	if len(s.ev.Choices) == 1 {
		choice = s.ev.Choices[0]
	}
	command, isCommand := b.Phrases.Command(s.ev.Text.Reveal())
	if !isCommand {
		command, isCommand = buttonCommand(choice)
	}
	if isCommand && b.command(s, command, &p) {
		return p
	}
	if s.st.Asked == "delete" {
		b.deleteAnswer(s, choice, &p)
		return p
	}
	switch s.st.Phase {
	case phaseAsking:
		b.interview(s, &p)
	case phaseSent, phaseFiled:
		b.after(s, &p)
	default:
		b.card(s, &p)
	}
	return p
}

// buttonCommand reads the bot's own buttons, which work at every point.
func buttonCommand(choice string) (string, bool) {
	switch choice {
	case "start", "more", "help", "show", "status", "access", "human", "go_on", "delete", "delete_yes", "delete_no",
		"R.code", "R.clean", "R.help", "R.status":
		return strings.TrimPrefix(choice, "R."), true
	}
	if strings.HasPrefix(choice, "lang:") {
		return choice, true
	}
	return "", false
}

// say adds a phrase, with choices by id and phrase key.
func (b *Bot) say(s situation, p *plan, kind intake.MessageKind, key string, choices ...intake.Choice) {
	p.say = append(p.say, Message{At: s.now, Message: intake.Message{
		ID: key, Kind: kind, Text: b.phrase(s, p.next.Lang, key), Choices: choices,
	}})
}

func (b *Bot) phrase(s situation, lang, key string) string {
	pairs := []string{"readers", b.Phrases.Say(lang, "readers_"+s.channel), "ref", s.conv.Ref}
	for k, v := range s.env.Values {
		pairs = append(pairs, k, v)
	}
	return b.Phrases.Say(lang, key, pairs...)
}

func (b *Bot) button(lang, id, key string) intake.Choice {
	return intake.Choice{ID: id, Label: b.Phrases.Say(lang, key)}
}

// card greets. What came before [Start] is not kept, and the person is told.
func (b *Bot) card(s situation, p *plan) {
	if !s.ev.Text.IsZero() && s.st.Phase == phaseCard {
		b.say(s, p, intake.KindReply, "not_kept")
	}
	p.next.Phase = phaseCard
	lang := p.next.Lang
	start := b.button(lang, "start", "start")
	start.Main = true
	b.say(s, p, intake.KindQuestion, "hello", start, b.button(lang, "help", "only_help"), b.button(lang, "more", "read_more"))
	if !s.ev.Text.IsZero() && s.st.Phase == phaseNew {
		b.say(s, p, intake.KindReply, "not_kept")
	}
}

// interview hands the event to the question set and takes over what it asks for.
func (b *Bot) interview(s situation, p *plan) {
	iv, ok := s.st.interview()
	if !ok || iv.SetVersion() != s.set.Version() {
		b.say(s, p, intake.KindReply, "set_gone")
		b.take(s, s.set.Start(p.next.Lang, s.env), p)
		return
	}
	if len(s.ev.Files) > 0 && s.conv.Ref == "" {
		b.say(s, p, intake.KindReply, "no_files_yet")
	} else {
		p.files = s.ev.Files
	}
	in := intake.Input{Choices: s.ev.Choices, Text: s.ev.Text, Files: len(p.files)}
	b.take(s, s.set.Answer(iv, in, s.env), p)
}

// take turns the interview's outcome into a plan.
func (b *Bot) take(s situation, t intake.Turn, p *plan) {
	p.next.Phase, p.next.Set, p.next.Talk = phaseAsking, s.set.Version(), t.Next.Encode()
	p.next.Lang = t.Next.Lang()
	p.exclude = t.Next.Excluded()
	for _, a := range t.Seal {
		p.seal = append(p.seal, answerBody(a, t.Next.Lang()))
	}
	for _, m := range t.Say {
		p.say = append(p.say, Message{Message: m, At: s.now})
	}
	for _, act := range t.Acts {
		switch act {
		case intake.ActOpenRoom:
			p.open = true
		case intake.ActSubmit:
			iv := t.Next
			p.submit, p.next.Phase = &iv, phaseFiled
		case intake.ActPause:
			b.say(s, p, intake.KindReply, "paused")
		case intake.ActDelete:
			b.destroy(s, p)
		case intake.ActHelpLines:
			b.helpLines(s, p)
		}
	}
}

func answerBody(a intake.Answer, lang string) intake.Body {
	return intake.Body{
		Type: intake.BodyAnswer, Lang: lang, Question: a.Question, Asked: a.Asked, Choices: a.Choices,
		Labels: a.Labels, Text: a.Text.Reveal(), Way: a.Way, Supersedes: a.Supersedes,
	}
}

// after is the time when the office has the case: what is written is added.
func (b *Bot) after(s situation, p *plan) {
	p.files = s.ev.Files
	if !s.ev.Text.IsZero() {
		p.seal = append(p.seal, intake.Body{Type: intake.BodyMessage, Lang: s.st.Lang, Text: s.ev.Text.Reveal()})
	}
	switch {
	case len(p.seal) > 0:
		b.say(s, p, intake.KindReply, "kept")
	case len(p.files) > 0:
		b.say(s, p, intake.KindReply, "kept_files")
	default:
		b.say(s, p, intake.KindReply, "sent_more")
	}
}

// receipt is what is owed once a report is filed.
func (b *Bot) receipt(s situation, ref, hash string) plan {
	p := plan{next: s.st}
	p.next.Phase = phaseSent
	iv, ok := s.st.interview()
	if !ok {
		return p
	}
	due := PromisesAt(s.now, b.Zone, b.Terms)
	lang := s.st.Lang
	env := s.env
	env.Values["ref"], env.Values["hash"] = ref, hash
	env.Values["received"] = b.Phrases.Day(lang, s.now.In(b.Zone)) + s.now.In(b.Zone).Format(", 15:04")
	env.Values["answer_by"] = b.Phrases.Day(lang, due.AnswerBy)
	env.Values["latest_by"] = b.Phrases.Day(lang, due.LatestBy)
	env.Values["result_by"] = b.Phrases.Day(lang, due.ResultBy)
	for _, m := range s.set.Receipt(iv, env) {
		p.say = append(p.say, Message{Message: m, At: s.now})
	}
	return p
}

// names joins people for a sentence.
func names(people []intake.Person) string {
	var out []string
	for _, p := range people {
		out = append(out, p.Name)
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}
