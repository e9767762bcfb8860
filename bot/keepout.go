package bot

import (
	"slices"
	"strings"

	"tillit/intake"
)

// This file is how a person is kept out, or let in again, by a button of the bot's own:
// under who can read the talk, and under a name that was written. Only a press or the
// whole label counts.
//
// A button of a case that is with the office names the case, so that one further up in
// the chat never counts for another report; that of a report which is being told does
// not, and counts for no case that is sent.

// The verbs of such a button, before the person's id.
const (
	askOut = "ask_out:" // says what it would mean, and asks once more
	keepIt = "out:"
	letIn  = "in:"
	// And of two that name nobody.
	allOut = "out_all"
	noOut  = "out_no"
)

// about names the case that a button counts for.
func about(sent bool, ref string) string {
	if sent {
		return "@" + ref
	}
	return ""
}

// personButton makes the button that leads to a phrase coming true.
func (b *Bot) personButton(s situation, r reading, lang, key string, p intake.Person) intake.Choice {
	verb := letIn
	switch {
	case key == "keep_out" && r.sent:
		verb = askOut
	case key == "keep_out":
		verb = keepIt
	}
	if key == "let_in" && b.told(p.ID) {
		key = "let_in_told"
	}
	return intake.Choice{ID: verb + p.ID + about(r.sent, s.conv.Ref), Label: b.Phrases.Say(lang, key, "name", bare(p.Name))}
}

// bare is a name without the role.
func bare(name string) string {
	name, _, _ = strings.Cut(name, " (")
	return name
}

// personButtons are the ids of all such buttons that can count now.
func (b *Bot) personButtons(s situation) []string {
	ids := []string{noOut, allOut + about(true, s.conv.Ref)}
	for _, p := range slices.Concat(b.Office.People(), b.Office.Told(), b.Office.Former()) {
		for _, verb := range []string{askOut, keepIt, letIn} {
			ids = append(ids, verb+p.ID, verb+p.ID+about(true, s.conv.Ref))
		}
	}
	return ids
}

// typedPerson finds the button whose label was written out, in any language: one of
// these, or the one that leads to them.
func (b *Bot) typedPerson(s situation) string {
	text := strings.TrimSpace(s.ev.Text.Reveal())
	if text == "" || len(text) > longestLabel {
		return ""
	}
	r := b.reads(s, s.st)
	for _, l := range b.Phrases.Languages() {
		for key, people := range map[string][]intake.Person{"keep_out": r.can, "let_in": r.out} {
			for _, p := range people {
				if c := b.personButton(s, r, l, key, p); r.opened && strings.EqualFold(text, c.Label) {
					return c.ID
				}
			}
		}
		if strings.EqualFold(text, b.Phrases.Say(l, "who")) {
			return "access"
		}
	}
	return ""
}

// longestLabel is longer than any label with a name in it.
const longestLabel = 200

// keepOut does what such a button says. It is false for what is none that counts here.
func (b *Bot) keepOut(s situation, choice string, p *plan) bool {
	choice, ref, sent := strings.Cut(choice, "@")
	later := s.conv.Sent && !b.telling(s)
	switch {
	case sent && (!s.conv.Sent || ref != s.conv.Ref):
		return false
	case choice == noOut:
		p.next.Asked, p.next.Names = "", nil
		b.say(s, p, intake.KindReply, "out_not")
	case choice == allOut && sent:
		b.keepOutLater(s, s.st.Names, p)
	default:
		i := slices.IndexFunc([]string{askOut, keepIt, letIn}, func(verb string) bool { return strings.HasPrefix(choice, verb) })
		if i < 0 {
			return false
		}
		verb, id, _ := strings.Cut(choice, ":")
		switch person, ok := b.person(id); {
		case !ok:
			return false
		case !among(b.Office.People(), id) && !b.told(id):
			b.sayPerson(s, p, "out_left", person)
		case sent:
			b.personLater(s, verb+":", person, p)
		case later: // a button from before the report was sent
			p.say = append(p.say, b.who(s, s.st, p.next.Lang))
		default:
			b.personNow(s, verb+":", person, p)
			return true
		}
	}
	b.again(s, p)
	return true
}

// telling reports whether something is being told that is not sent.
func (b *Bot) telling(s situation) bool {
	iv, ok := s.st.interview()
	return ok && s.st.Phase == phaseAsking && iv.Opened()
}

// told reports whether somebody holds no key by themselves, and may be given one or be
// told that there is a case.
func (b *Bot) told(id string) bool { return among(b.Office.Told(), id) }

func among(people []intake.Person, id string) bool {
	return slices.ContainsFunc(people, func(p intake.Person) bool { return p.ID == id })
}

func (b *Bot) sayPerson(s situation, p *plan, key string, who intake.Person, choices ...intake.Choice) {
	s.env.Values["name"], s.env.Values["opened"] = bare(who.Name), b.days(s, p.next.Lang, who.ID)
	s.env.Values["outside"] = b.Office.Outside().Called(p.next.Lang)
	b.say(s, p, intake.KindReply, key, choices...)
}

// personNow changes who is kept out of a report that is being told. The interview does
// it, as if the person had been pressed where people are asked about first, so that
// every page shows it.
func (b *Bot) personNow(s situation, verb string, who intake.Person, p *plan) {
	iv, ok := s.st.interview()
	if !ok || s.st.Phase != phaseAsking || !iv.Opened() {
		b.say(s, p, intake.KindReply, "out_soon")
		b.again(s, p)
		return
	}
	switch out := slices.Contains(iv.Excluded(), who.ID); {
	case out && verb != letIn:
		b.sayPerson(s, p, "out_already", who)
	case !out && verb == letIn:
		b.sayPerson(s, p, "in_already", who)
	default:
		all := s.set.Offers(s.env)
		at := slices.IndexFunc(all, func(id string) bool {
			q, rest, _ := strings.Cut(id, ".")
			return rest == "p:"+who.ID && slices.Contains(s.set.Questions(), q)
		})
		id := all[at]
		if verb == letIn {
			id = intake.TakeBack(id)
		}
		b.take(s, s.set.Answer(iv, intake.Input{Choices: []string{id}}, s.env), p)
		return
	}
	b.again(s, p)
}

// personLater changes who is kept out of a case that is with the office.
func (b *Bot) personLater(s situation, verb string, who intake.Person, p *plan) {
	out := slices.Contains(s.conv.Out, who.ID)
	switch {
	case out && verb != letIn:
		b.sayPerson(s, p, "out_already", who)
	case verb == askOut:
		b.askOutLater(s, who, p)
	case verb == keepIt:
		b.keepOutLater(s, []string{who.ID}, p)
	case !out:
		b.sayPerson(s, p, "in_already", who)
	default:
		p.keepsOut, p.out = true, slices.DeleteFunc(slices.Clone(s.conv.Out), func(id string) bool { return id == who.ID })
		p.tells = true
		key := "in_done"
		if b.told(who.ID) {
			key = "in_done_told"
		}
		b.sayPerson(s, p, key, who)
	}
}

// askOutLater says what it would mean to keep somebody out now, and asks once more.
func (b *Bot) askOutLater(s situation, who intake.Person, p *plan) {
	parts := []string{"out_ask_unopened", "out_ask"}
	if b.days(s, p.next.Lang, who.ID) != "" {
		parts[0] = "out_ask_opened"
	}
	if can := b.reads(s, p.next).can; len(can) == 1 && among(can, who.ID) {
		parts = append(parts[:1], "out_ask_last", "out_ask")
	}
	r := reading{sent: true}
	yes := b.personButton(s, r, p.next.Lang, "keep_out", who)
	yes.ID, yes.Main = keepIt+who.ID+about(true, s.conv.Ref), true
	b.asksAside(s, p, who, parts, yes, b.button(p.next.Lang, noOut, "out_no"))
}

// asksAside asks something beside the talk. Once anything else is said, it is past.
func (b *Bot) asksAside(s situation, p *plan, who intake.Person, parts []string, choices ...intake.Choice) {
	var text []string
	from := len(p.say)
	for _, key := range parts {
		b.sayPerson(s, p, key, who)
	}
	for _, m := range p.say[from:] {
		text = append(text, m.Text)
	}
	p.say = append(p.say[:from], Message{At: s.now, Aside: true, Message: intake.Message{
		ID: "out_ask", Kind: intake.KindQuestion, Accepts: intake.AcceptsOne, Text: strings.Join(text, "\n\n"), Choices: choices,
	}})
}

// keepOutLater keeps people out of a case that is with the office, and says of each what
// they could read until now.
func (b *Bot) keepOutLater(s situation, ids []string, p *plan) {
	p.next.Asked, p.next.Names = "", nil
	p.out = slices.Clone(s.conv.Out)
	for _, id := range ids {
		who, ok := b.person(id)
		switch {
		case !ok:
		case slices.Contains(p.out, id):
			b.sayPerson(s, p, "out_already", who)
		default:
			p.keepsOut, p.tells = true, true
			p.out = append(p.out, id)
			key := "out_done"
			switch {
			case b.days(s, p.next.Lang, id) != "":
				key = "out_done_opened"
			case b.told(id) && !slices.Contains(s.can, id):
				key = "out_done_told"
			}
			b.sayPerson(s, p, key, who)
		}
	}
	if !p.keepsOut {
		p.say = append(p.say, b.who(s, s.st, p.next.Lang))
	}
}

// asksNames asks whether to keep out who may be meant by words that were not told in
// the interview, which asks by itself. Who can neither read nor be told is not asked about.
func (b *Bot) asksNames(s situation, p *plan, text intake.Private) {
	r := b.reads(s, s.st)
	var ids []string
	for _, id := range s.env.Named(text) {
		if r.opened && (among(r.can, id) || b.told(id) && !among(r.out, id)) {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 || p.into != "" {
		return
	}
	m := s.set.AskOut(p.next.Lang, s.env, ids)
	m.Help = b.phrase(s, p.next.Lang, "names_help")
	p.next.Names = ids
	if r.sent {
		p.next.Asked = "names"
	}
	for i, c := range m.Choices {
		_, key, _ := strings.Cut(c.ID, ".")
		switch id, person := strings.CutPrefix(key, "p:"); {
		case person:
			m.Choices[i].ID = keepIt + id + about(r.sent, s.conv.Ref)
		case key == "all":
			m.Choices[i].ID = allOut + about(r.sent, s.conv.Ref)
		default:
			m.Choices[i].ID = noOut
		}
	}
	p.say = append(p.say, Message{At: s.now, Aside: r.sent, Message: m})
}

// namesAnswer reads what was typed right after such a question: a number or a whole
// label. All else was no answer to it, and is kept as it is.
func (b *Bot) namesAnswer(s situation, p *plan) bool {
	p.next.Asked = ""
	if len(s.ev.Choices) > 0 || len(s.ev.Files) > 0 {
		return false
	}
	out, _, ok := s.set.AnswerOut(p.next.Lang, s.env, s.st.Names, intake.Input{Text: s.ev.Text})
	switch {
	case !ok:
		return false
	case len(out) == 0:
		p.next.Names = nil
		b.say(s, p, intake.KindReply, "out_not")
	default:
		b.keepOutLater(s, out, p)
	}
	return true
}
