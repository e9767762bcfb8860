package chat

import (
	"time"

	"tillit/bot"
	"tillit/handlers"
	"tillit/handlers/routine"
	"tillit/handlers/routine/acts"
	"tillit/intake"
	"tillit/intake/words"
	"tillit/store/cases"
)

// situation is all that a decision depends on, so that it is pure.
type situation struct {
	w       *words.Book
	st      state
	me      handlers.Handler
	network Network
	cmd     command
	kind    bot.EventKind
	unkept  bool // something came along that is no words
	buttons bool // the network can show them
	now     time.Time
	desk    string       // address of the handlers' desks; may be empty
	from    string       // who has it in the rows, also one who left
	head    *cases.Case  // of the case that is asked for; nil if it is not theirs
	queue   []cases.Case // what they can open
	more    bool         // and there is more of it
	name    func(string) string
	id      func() string                   // makes a short name that nobody guesses
	says    func(key string) (string, bool) // what the office's routine says, in the chat's language
}

// plan is what comes of it.
type plan struct {
	next state
	say  []bot.Message
	// act is what is done to a case, and which one.
	act *routine.Filled
	ref string
	// from is who must have the case then, of an act that gives it to somebody.
	from *string
}

// decide says what comes of it. It knows no network and no store.
func decide(s situation) plan {
	p := plan{next: s.st.copy()}
	p.next.age(s.now)
	answering := p.next.Answer
	if s.kind == bot.EventMessage || s.kind == bot.EventPress {
		p.next.Answer = nil // it is for the very next words alone
	}
	switch {
	case s.kind == bot.EventEdit:
		s.say(&p, "edit_not_kept")
	case s.kind == bot.EventJoined:
		s.help(&p)
	case s.unkept:
		s.say(&p, "files_not_kept")
	case s.cmd.name == "" && answering != nil && s.network.Words == WordsChat:
		s.cmd.ref = answering.Ref
		s.reply(&p)
	default:
		s.command(&p)
	}
	return p
}

func (s situation) command(p *plan) {
	switch s.cmd.name {
	case "queue":
		s.showQueue(p)
	case "help":
		s.help(p)
	case "take":
		s.take(p)
	case "release":
		s.release(p)
	case "answer":
		s.answer(p)
	case "reply":
		s.reply(p)
	case "note":
		s.note(p)
	case "send":
		s.send(p)
	case "cancel":
		s.cancel(p)
	case "remind":
		s.remind(p)
	case "old":
		s.say(p, "old_button")
	default:
		s.say(p, "not_kept_"+string(s.network.Words))
	}
}

// text is a phrase with all that phrases may hold.
func (s situation) text(key string, pairs ...any) string {
	at, atCase := "", ""
	if s.desk != "" {
		at, atCase = s.words().Say("at_desk", "desk", s.desk), s.words().Say("at_case", "desk", s.desk, "ref", s.cmd.ref)
	}
	return s.words().Say(key, append(pairs, "ref", s.cmd.ref, "me", s.me.Name, "network", s.network.Operator, "at_desk", at, "at_case", atCase)...)
}

func (s situation) say(p *plan, key string, choices ...intake.Choice) {
	s.tell(p, key, s.text(key), choices...)
}

// tell says something, with its buttons, or with what to write where there are none.
func (s situation) tell(p *plan, id, text string, choices ...intake.Choice) {
	p.say = append(p.say, s.message(id, text, choices...))
}

func (s situation) message(id, text string, choices ...intake.Choice) bot.Message {
	m := bot.Message{At: s.now, Message: intake.Message{ID: id, Kind: intake.KindReply, Text: text}}
	for _, c := range choices {
		if s.buttons {
			m.Choices = append(m.Choices, intake.Choice{ID: c.ID, Label: c.Label, Main: c.Main, Way: c.Way})
		} else if c.Long != "" {
			m.Text += "\n" + c.Long
		}
	}
	return m
}

func (s situation) help(p *plan) { s.say(p, "help_"+string(s.network.Words)) }

// theirs says whether the case is one that they can open. If not, they are told
// what anybody is told of a reference that never was.
func (s situation) theirs(p *plan) bool {
	switch {
	case s.cmd.ref == "":
		s.tell(p, "which", s.text("which", "command", s.words().Typed(s.cmd.name)))
		return false
	case s.head == nil:
		s.say(p, "unknown")
		return false
	}
	return true
}

func (s situation) take(p *plan) {
	if !s.theirs(p) {
		return
	}
	var answer []intake.Choice
	if s.head.Chat() {
		answer = append(answer, s.button("answer:"+s.cmd.ref, "answer", "type_answer"))
	}
	switch s.head.Assignee {
	case s.me.ID:
		s.say(p, "yours", answer...)
	case "":
		s.do(p, acts.Take, intake.Private{})
		s.say(p, "taken", answer...)
	default:
		s.tell(p, "taken_by", s.text("taken_by", "name", s.name(s.head.Assignee)))
	}
}

func (s situation) release(p *plan) {
	switch {
	case !s.theirs(p):
	case s.head.Assignee != s.me.ID:
		s.say(p, "not_yours")
	default:
		s.do(p, acts.Release, intake.Private{})
		s.say(p, "released")
	}
}

// do plans an act on the case that is meant.
func (s situation) do(p *plan, a *routine.Act, text intake.Private) bool {
	filled, err := a.Read(func(string) []string { return []string{text.Reveal()} })
	if err != nil {
		s.say(p, "too_long") // that it is not empty was seen before
		return false
	}
	p.act, p.ref = &filled, s.cmd.ref
	if a.Kind == routine.KindDuty {
		p.from = &s.from
	}
	return true
}

func (s situation) answer(p *plan) {
	if s.network.Words == WordsDesk {
		if s.theirs(p) {
			s.say(p, "answer_desk")
		}
		return
	}
	if s.theirs(p) && s.hears(p) {
		p.next.Answer = &answer{s.cmd.ref, s.now.Unix()}
		s.say(p, "answer_chat")
	}
}

// hears says whether words reach anybody: of a case that the office made nobody sits in a
// chat, and what was told otherwise is written down at the desk.
func (s situation) hears(p *plan) bool {
	if !s.head.Chat() {
		s.say(p, "no_chat")
	}
	return s.head.Chat()
}

// reply shows what would be sent. Nothing is sent by it.
func (s situation) reply(p *plan) {
	switch {
	case s.network.Words == WordsDesk:
		s.say(p, "not_kept_desk")
		return
	case !s.theirs(p) || !s.hears(p):
		return
	case s.cmd.text.IsZero():
		s.answer(p)
		return
	case s.cmd.text.Len() > cases.LongestText:
		s.say(p, "too_long")
		return
	}
	s.preview(p, s.cmd.text)
}

// preview shows words with the button that sends them.
func (s situation) preview(p *plan, text intake.Private) {
	d := &draft{ID: s.id(), Ref: s.cmd.ref, Text: text.Reveal(), At: s.now.Unix(), Entries: s.head.Entries}
	p.next.Draft = d
	// One message, so that no button ever stands in a chat without what it sends.
	show := s.message("preview", s.text("preview"), s.button("send:"+d.ID, "send", ""), s.button("cancel:"+d.ID, "cancel", ""))
	show.Words, show.Help = text, s.text("preview_ask")
	if !s.buttons {
		show.Help = s.text("preview_type", "id", d.ID)
	}
	p.say = append(p.say, show)
}

// send is the one way in which words leave for a reporter: the button under the
// preview that showed them. Over what came since they were shown they do not leave: whoever
// wrote them is told so first, and presses again.
func (s situation) send(p *plan) {
	d := p.next.Draft
	if s.network.Words == WordsDesk {
		s.say(p, "not_kept_desk") // the setting was changed while a preview stood there
		return
	}
	if d == nil || d.ID != s.cmd.arg || s.kind != bot.EventPress && s.buttons {
		s.say(p, "old_button")
		return
	}
	s.cmd.ref = d.Ref
	p.next.Draft = nil
	if s.head == nil {
		s.say(p, "unknown")
		return
	}
	if s.head.Entries != d.Entries { // somebody said something since
		s.say(p, "meanwhile")
		s.preview(p, intake.NewPrivate(d.Text))
		return
	}
	if s.hears(p) && s.do(p, acts.Reply, intake.NewPrivate(d.Text)) {
		s.say(p, "sent")
	}
}

func (s situation) cancel(p *plan) {
	if p.next.Draft == nil {
		s.say(p, "nothing")
		return
	}
	p.next.Draft = nil
	s.say(p, "cancelled")
}

func (s situation) note(p *plan) {
	switch {
	case s.network.Words == WordsDesk:
		s.say(p, "not_kept_desk")
	case !s.theirs(p):
	case s.cmd.text.IsZero():
		s.say(p, "not_kept_chat")
	case s.cmd.text.Len() > cases.LongestText:
		s.say(p, "too_long")
	default:
		if s.do(p, acts.Note, s.cmd.text) {
			s.say(p, "noted")
		}
	}
}

// remind asks when, or remembers it.
func (s situation) remind(p *plan) {
	at := s.now.Add(time.Hour)
	morning := time.Date(s.now.Year(), s.now.Month(), s.now.Day(), 8, 0, 0, 0, s.now.Location())
	switch s.cmd.arg {
	case "hour":
	case "tomorrow":
		at = morning.AddDate(0, 0, 1)
	case "monday":
		at = morning.AddDate(0, 0, 7-(int(s.now.Weekday())+6)%7)
	default:
		s.say(p, "remind_ask", s.button("remind:hour", "in_hour", ""), s.button("remind:tomorrow", "in_tomorrow", ""), s.button("remind:monday", "in_monday", "type_in"))
		return
	}
	p.next.Remind = at.Unix()
	s.tell(p, "remind_set", s.text("remind_set", "day", s.words().Day(at), "hour", at.Format("15:04")))
}

// button is a choice; typed is what to write instead where there are no buttons.
func (s situation) button(id, key, typed string, pairs ...any) intake.Choice {
	c := intake.Choice{ID: id, Label: s.text(key, pairs...)}
	if typed != "" {
		c.Long = s.text(typed, pairs...)
	}
	return c
}

// showQueue lists what waits for them.
func (s situation) showQueue(p *plan) {
	if len(s.queue) == 0 {
		s.say(p, "queue_empty")
		return
	}
	text := s.text("queue")
	var choices []intake.Choice
	for _, c := range s.queue {
		state := s.text("state_other", "name", s.name(c.Assignee))
		switch c.Assignee {
		case s.me.ID:
			state = s.text("state_me")
		case "":
			state = s.text("state_waiting")
			if len(choices) < 5 {
				choices = append(choices, s.button("take:"+c.Ref, "take_one", "", "ref", c.Ref))
			}
		}
		if c.Status == "answered" {
			state += s.text("state_answered")
		}
		unread, due := "", ""
		if c.Unread > 0 {
			unread = s.text("queue_unread")
		}
		if day := firstDay(c); day != "" {
			due = s.text("queue_due", "day", s.day(day))
		}
		text += "\n" + s.text("queue_line", "ref", c.Ref, "state", state, "unread", unread, "due", due)
	}
	if s.more {
		text += "\n" + s.text("queue_more")
	}
	s.tell(p, "queue", text, choices...)
}

// reminder is the word that somebody asked for.
func (s situation) reminder() bot.Message {
	waiting, mine := 0, 0
	for _, c := range s.queue {
		switch c.Assignee {
		case "":
			waiting++
		case s.me.ID:
			mine++
		}
	}
	return s.message("reminder", s.text("reminder", "waiting", waiting, "mine", mine))
}

// firstDay is the nearest day that something was promised for.
func firstDay(c cases.Case) string {
	first := ""
	for _, d := range c.Due {
		if first == "" || d.Day < first {
			first = d.Day
		}
	}
	return first
}
