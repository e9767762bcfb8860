package bot

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"tillit/intake"
	"tillit/intake/crisis"
	"tillit/store"
	"tillit/store/cases"
)

// situation is all that a decision depends on.
type situation struct {
	ev      Event
	st      state
	conv    store.Conversation
	set     *intake.Set
	env     intake.Env
	now     time.Time
	expires time.Time
	needs   []crisis.Kind
	asked   string // the question that the event names, if it names one
	said    string // the case that a changed message went into
	ended   bool   // what was told and not sent has just been found destroyed
	channel string
	caps    Capabilities
	can     []string // who holds a key of the case that is with the office
	access  []cases.Access
	stands  cases.Case // how far that case is
}

// plan is what a decision leads to; nothing of it has happened yet.
type plan struct {
	next     state
	seal     []cases.Body
	into     string // the case that it goes into, if not the active one
	files    []File
	say      []Message
	open     bool     // make the case and its key
	keepsOut bool     // whom the reporter keeps out is said: all of out
	out      []string // by id
	submit   *intake.Interview
	facts    []func(*cases.Facts) // what changes of what the server knows of the case
	destroy  bool
	stays    bool // the talk is not destroyed with what was told in it
	release  bool // show what the office wrote
	receipt  bool // it says that a report is with the office
	proof    bool // to give the signed receipt
	safer    bool // to say where else the person can write
	gone     bool // the person cannot be reached any more
	tells    bool // the office is to know that the reporter said something
	urgent   bool // at once
	notices  []cases.Notice
	code     intake.Private  // to go on here with what it leads to
	transfer *store.Transfer // what it leads to
	left     *store.Left
	newCode  *store.TransferCode // leads here from now on
	takeBack *store.TakeBack
	begins   bool           // a report is begun
	astray   *intake.Astray // the words are for another question, and nothing is done
}

// decide says what one event leads to. It is pure: no clock, no store.
func (b *Bot) decide(s situation) plan {
	p := plan{next: s.st}
	s.ev.Choices, s.needs, s.asked = b.pressed(s), b.needs(s.ev), b.asked(s)
	if s.tapped(&p) {
		return p
	}
	b.lead(s, &p)
	b.care(s, &p)
	return p
}

// lead is what an event leads to, but for what its words may need.
func (b *Bot) lead(s situation, p *plan) {
	if b.apart(s, p) {
		return
	}
	switch s.ev.Kind {
	case EventGone:
		p.gone = true
		if s.conv.Sent && !s.conv.Gone {
			p.seal = append(p.seal, cases.Log{Event: cases.EventGone})
		}
		return
	case EventJoined:
		// The route's own fact; no words are owed.
	case EventDelete:
		b.deleted(s, p)
	default:
		b.answer(s, p)
	}
	b.welcome(s, p)
}

// welcome is what else is due when somebody is there again: a case that could not
// reach its reporter says that it can, and words that wait are announced to those
// whom no notice has told.
func (b *Bot) welcome(s situation, p *plan) {
	if s.conv.Gone && s.conv.Sent && !s.ev.Address.IsZero() {
		p.seal = append(p.seal, cases.Log{Event: cases.EventBack})
	}
	untold := s.conv.Gone || s.st.when() == onlyReply
	if untold && s.conv.Unread > 0 && !p.release && !p.destroy && !s.caps.Copy {
		p.say = append(p.say, b.Phrases.notice(p.next.Lang, s.now))
	}
}

// answer leads from what a person said or pressed to what is said back.
func (b *Bot) answer(s situation, p *plan) {
	p.next.Waits = 0 // whatever comes now is the rest, or says that there is none
	choice := ""
	if len(s.ev.Choices) == 1 {
		choice = s.ev.Choices[0]
	}
	choice = cmp.Or(choice, b.typedPerson(s), b.typedWish(s), b.typedUndo(s), b.typedFile(s), b.typedMeet(s))
	if strings.HasPrefix(s.st.Asked, askedWish) { // it was an offer, for the next words only
		s.st.Asked, p.next.Asked = "", ""
	}
	choice = cmp.Or(choice, b.typedMinutes(s))
	command, isCommand := b.Phrases.Command(s.ev.Text.Reveal())
	if !isCommand {
		command, isCommand = buttonCommand(choice)
	}
	switch {
	case s.ended:
		b.say(s, p, intake.KindReply, "unsent_gone")
	case b.code(s, p):
	case b.undo(s, choice, p), b.unfile(s, choice, p):
	case s.st.Asked == "names" && b.namesAnswer(s, p):
	case b.minutes(s, choice, p):
	case b.wishes(s, choice, p):
	case b.keepOut(s, choice, p):
	case isCommand && b.command(s, command, p):
	case s.st.Asked == "delete" && b.deleteAnswer(s, choice, p):
	case choice == "" && b.correction(s, p):
	case s.st.Phase == phaseAsking:
		b.interview(s, p)
	case s.st.Phase == phaseSent || s.st.Phase == phaseFiled:
		if p.astray = b.tooLate(s); p.astray == nil {
			b.after(s, p)
		}
	default:
		b.card(s, p)
	}
}

// buttonCommand reads the bot's own buttons, which work at every point.
func buttonCommand(choice string) (string, bool) {
	if slices.Contains(ownButtons, choice) {
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
	pairs := []any{"readers", b.alsoRead(s, lang), "names", names(lang, b.Office.People()), "ref", s.conv.Ref, "page", b.Page,
		"readers_page", b.Phrases.Say(lang, "readers_web"),
		"reader", s.caps.Reader, "hours", int(s.caps.DeletesFor.Hours())}
	for k, v := range s.env.Values {
		pairs = append(pairs, k, v)
	}
	return b.Phrases.Say(lang, key, pairs...)
}

// channelSays is what is to be said on this channel alone: in its own words or, on our
// pages and in the terminal, in ours. Empty is nothing.
func (b *Bot) channelSays(s situation, lang, key string) string {
	words := b.Phrases.In(lang)
	if s.caps.Words != nil {
		words = s.caps.Words.In(lang)
	} else {
		key += "_" + s.channel
	}
	if !words.Has(key) {
		return ""
	}
	pairs := []any{"reader", s.caps.Reader, "hours", int(s.caps.DeletesFor.Hours())}
	return words.Say(key, pairs...)
}

// alsoRead says who else reads along on this channel, and whose networks answers pass
// through.
func (b *Bot) alsoRead(s situation, lang string) string {
	readers := b.channelSays(s, lang, "readers")
	if len(b.Via) > 0 {
		readers = strings.TrimSpace(readers + "\n\n" + b.passes(lang))
	}
	return readers
}

// passes says whose networks answers of the office pass through.
func (b *Bot) passes(lang string) string {
	return b.Phrases.Say(lang, "office_passes", "via", strings.Join(b.Via, ", "))
}

// via tells whoever saw a card that did not say so yet, once and before anything
// else, that answers now pass through other hands.
func (b *Bot) via(s situation, p *plan) {
	now := strings.Join(b.Via, ", ")
	was := p.next.Via
	if p.destroy || was == now || len(p.say) == 0 && now != "" {
		return
	}
	p.next.Via = now
	if now == "" || slices.ContainsFunc(p.say, func(m Message) bool { return m.ID == cardID }) {
		return // the card says it
	}
	told := Message{At: s.now, Message: intake.Message{ID: "office_passes", Kind: intake.KindReply, Text: b.passes(p.next.Lang)}}
	p.say = append([]Message{told}, p.say...)
}

func (b *Bot) button(lang, id, key string) intake.Choice {
	return intake.Choice{ID: id, Label: b.Phrases.Say(lang, key)}
}

// card greets. A word or two before [Start] is not kept, and the person is told.
func (b *Bot) card(s situation, p *plan) {
	told := !s.ev.Text.IsZero() || len(s.ev.Files) > 0
	if b.early(s, p) {
		return
	}
	if s.st.Moved {
		b.say(s, p, intake.KindReply, "moved_on")
	} else if told && s.st.Phase == phaseCard {
		b.say(s, p, intake.KindReply, "not_kept")
	}
	b.greet(s, p)
	if told && s.st.Phase == phaseNew {
		b.say(s, p, intake.KindReply, "not_kept")
	}
}

// cardID is the opening card's name among messages.
const cardID = "hello"

// greet shows the opening card. Nobody is asked anything in a chat before they have
// seen it.
func (b *Bot) greet(s situation, p *plan) {
	p.next.Phase, p.next.Met = phaseCard, true
	lang := p.next.Lang
	start := b.button(lang, "start", "start")
	start.Main = true
	choices := []intake.Choice{start, b.button(lang, "access", "who"), b.button(lang, "help", "only_help"), b.button(lang, "more", "read_more")}
	if b.offersSafer(s) {
		choices = append(choices, b.button(lang, "safer", "safer"))
	}
	// Who else reads along here is a message of its own: what matters is not read in the
	// middle of a long text.
	if readers := b.alsoRead(s, lang); readers != "" {
		b.say(s, p, intake.KindCard, "hello")
		p.say = append(p.say, Message{At: s.now, Message: intake.Message{ID: cardID, Kind: intake.KindQuestion, Text: readers, Choices: choices}})
		return
	}
	b.say(s, p, intake.KindQuestion, cardID, choices...)
}

// interview hands the event to the question set and takes over what it asks for.
func (b *Bot) interview(s situation, p *plan) {
	iv, ok := s.st.interview()
	if !ok || iv.SetVersion() != s.set.Version() {
		b.anew(s, iv, p)
		return
	}
	if len(s.ev.Files) > 0 && s.conv.Ref == "" {
		b.say(s, p, intake.KindReply, "no_files_yet")
		if s.ev.Text.IsZero() && len(s.ev.Choices) == 0 {
			b.again(s, p) // that says all there is to say
			return
		}
	} else {
		p.files = s.ev.Files
	}
	if b.before(&s, p) {
		return
	}
	in := intake.Input{
		Choices: s.ev.Choices, Boxes: s.ev.Boxes, Text: s.ev.Text, Files: len(p.files), Keep: len(s.needs) > 0 || s.ev.Place, Need: len(s.needs) > 0,
		More: s.mayGoOn(), Asked: s.asked, There: s.keepsThere(), Buttons: s.caps.Buttons, Box: s.caps.Copy,
	}
	t := s.set.Answer(iv, in, s.env)
	if mistyped(in) && len(t.Seal) == 0 && t.Astray == nil {
		b.say(s, p, intake.KindReply, "commands")
		b.again(s, p)
		return
	}
	b.take(s, t, p)
	if in.More && len(t.Seal) > 0 && len(t.Say) == 0 && t.Next.At() == iv.At() {
		p.next.Waits = s.now.Add(restWithin).Unix() + 1
	}
}

// mistyped reports whether one word looks like a command. Where words are an answer it is
// one of them; elsewhere the person is told what there is.
func mistyped(in intake.Input) bool {
	text := strings.TrimSpace(in.Text.Reveal())
	return len(in.Choices) == 0 && in.Files == 0 && strings.HasPrefix(text, "/") && len(strings.Fields(text)) == 1
}

// take turns the interview's outcome into a plan.
func (b *Bot) take(s situation, t intake.Turn, p *plan) {
	if p.astray = t.Astray; p.astray != nil {
		p.files = nil
		return
	}
	p.next.Phase, p.next.Set, p.next.Talk = phaseAsking, s.set.Version(), t.Next.Encode()
	p.next.Lang = t.Next.Lang()
	p.keepsOut, p.out = t.Next.Opened(), t.Next.Excluded()
	for _, a := range t.Seal {
		p.seal = append(p.seal, answerBody(a, t.Next.Lang()))
	}
	b.asks(s, t.Say, p)
	s.inPlace(p.say)
	for _, act := range t.Acts {
		switch act {
		case intake.ActOpenRoom:
			p.open = true
		case intake.ActSubmit:
			iv := t.Next
			p.submit, p.next.Phase, p.next.Write = &iv, phaseFiled, p.next.when()
			p.next.Sent = s.now.Unix()
			if iv.Source() == intake.SourceLeader {
				p.next.Relayed = append(slices.Clone(p.next.Relayed), s.conv.Ref)
			}
		case intake.ActPause:
			b.say(s, p, intake.KindReply, "paused")
		case intake.ActDelete:
			b.destroy(s, p)
		case intake.ActHelpLines:
			b.helpLines(s, p)
		}
	}
}

// asks says what the interview says. A review in a chat cannot show her words: they
// are sealed, and nobody here keeps them in memory. It says so.
func (b *Bot) asks(s situation, all []intake.Message, p *plan) {
	for _, m := range all {
		switch {
		case m.Kind != intake.KindReview:
		case p.next.Elsewhere:
			b.say(s, p, intake.KindReply, "review_elsewhere")
		case !s.caps.Copy:
			b.say(s, p, intake.KindReply, "review_words")
		}
		b.addWho(s, p.next, &m)
		if m.Kind == intake.KindReview {
			m.Choices = append(slices.Clone(m.Choices), b.fileButtons(p.next, p.next.Lang)...)
			b.addMeet(p, &m)
		}
		p.say = append(p.say, Message{Message: m, At: s.now})
	}
}

// inPlace lets a question that was pressed and is still asked, because it takes
// several choices, change where it stands.
func (s situation) inPlace(say []Message) {
	if s.ev.Under == "" || len(s.ev.Choices) != 1 {
		return
	}
	question, _, _ := strings.Cut(s.ev.Choices[0], ".")
	for i, m := range say {
		if m.ID == question && m.Kind == intake.KindQuestion {
			say[i].Replaces = s.ev.Under
		}
	}
}

func answerBody(a intake.Answer, lang string) cases.Body {
	return cases.Answer{
		Lang: lang, Question: a.Question, Is: a.Is, Title: a.Title, Part: a.Part, PartTitle: a.PartTitle, Asked: a.Asked, Choices: a.Choices,
		Labels: a.Labels, Text: a.Text, Way: a.Way, Supersedes: a.Supersedes,
	}
}

// after is the time when the office has the case: what is written is added.
func (b *Bot) after(s situation, p *plan) {
	p.files = s.ev.Files
	p.tells = len(p.files) > 0 || !s.ev.Text.IsZero()
	if !s.ev.Text.IsZero() {
		p.seal = append(p.seal, cases.Message{Lang: s.st.Lang, Text: s.ev.Text})
	}
	switch {
	case len(p.seal) > 0:
		b.say(s, p, intake.KindReply, "kept")
	case len(p.files) > 0:
		b.say(s, p, intake.KindReply, "kept_files")
	default:
		b.say(s, p, intake.KindReply, "sent_more", b.whoButton(p.next.Lang))
	}
	b.asksNames(s, p, s.ev.Text)
}

// receipt is what is owed once a report is filed.
func (b *Bot) receipt(s situation, ref, hash string) plan {
	p := plan{next: s.st, receipt: true}
	p.next.Phase, p.next.Needs = phaseSent, nil // what is told from now on is new
	iv, ok := s.st.interview()
	if !ok {
		return p
	}
	sent := s.st.sent(s.now)
	answer, latest, result := b.Routine.Promised(sent)
	lang := s.st.Lang
	env := s.env
	env.Values["ref"], env.Values["hash"] = ref, hash
	env.Values["received"] = b.dayOf(lang, sent) + sent.In(b.Zone).Format(", 15:04")
	env.Values["answer_by"] = b.dayOf(lang, answer)
	env.Values["latest_by"] = b.dayOf(lang, latest)
	env.Values["result_by"] = b.dayOf(lang, result)
	for _, m := range s.set.Receipt(iv, env) {
		if m.Kind == intake.KindReceipt && s.relayed() {
			m.Text += "\n\n" + b.Phrases.Say(lang, "relayed")
		}
		b.addWho(s, p.next, &m)
		if m.Kind == intake.KindReceipt {
			m.Choices = append(m.Choices, b.proofButton(lang))
		}
		p.say = append(p.say, Message{Message: m, At: s.now})
	}
	b.meetSent(s, &p)
	return p
}

// relayed reports whether the person passed on what another one told them, in the case
// that is with the office.
func (s situation) relayed() bool { return slices.Contains(s.st.Relayed, s.conv.Ref) }

// names joins people for a sentence.
func names(lang string, people []intake.Person) string {
	var out []string
	for _, p := range people {
		out = append(out, p.Called(lang))
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}
