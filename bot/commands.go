package bot

import (
	"slices"
	"strings"
	"time"

	"tillit/intake"
	"tillit/store/cases"
)

// aboutTheCase are the commands that nothing here can answer when the case went on
// elsewhere.
var aboutTheCase = []string{"status", "undo", "proof", "access", "show", "safer", "pause", "delete"}

// command does what a global command asks; it works at every point and never
// moves the interview on. It reports whether it was one of ours.
func (b *Bot) command(s situation, command string, p *plan) bool {
	if s.st.Moved && slices.Contains(aboutTheCase, command) {
		b.say(s, p, intake.KindReply, "moved_on")
		return true
	}
	switch command {
	case "start", "go_on":
		return b.start(s, p)
	case "new":
		if s.st.Phase != phaseSent {
			return b.start(s, p)
		}
		if !b.mayBegin(s, p) {
			b.say(s, p, intake.KindReply, "new_often")
			return true
		}
		p.next.Talk, p.next.Asked, p.next.Earlier = nil, "", true
		b.begin(s, p)
		return true
	case "more":
		b.say(s, p, intake.KindCard, "more")
		if more := b.channelSays(s, p.next.Lang, "more"); more != "" {
			p.say[len(p.say)-1].Text += "\n\n" + more
		}
		if from := b.outsiders(); len(from) > 0 {
			p.say[len(p.say)-1].Text += "\n\n" + b.Phrases.Say(p.next.Lang, "more_outside", "names", b.list(p.next.Lang, from))
		}
	case "help":
		b.helpLines(s, p)
	case "pause", "delete", "show":
		if s.st.Phase == phaseNew || s.st.Phase == phaseCard {
			b.say(s, p, intake.KindReply, "nothing_told")
			break
		}
		return b.aboutTheTalk(s, command, p)
	case "delete_copy":
		if s.st.Phase != phaseSent || !s.caps.Copy {
			return false
		}
		b.destroyCopy(s, p)
		return true
	case "delete_yes", "delete_told", "delete_no":
		if s.st.Asked != "delete" {
			return false
		}
		return b.deleteAnswer(s, command, p)
	case "status":
		p.say = append(p.say, b.status(s, p.next.Lang))
		p.offers(s)
	case "access":
		p.say = append(p.say, b.who(s, p.next, p.next.Lang))
		p.offers(s)
	case "safer":
		if s.caps.Copy {
			b.say(s, p, intake.KindReply, "code_page")
		} else if p.safer = b.Page != ""; !p.safer {
			b.say(s, p, intake.KindReply, "commands")
		}
	case "proof":
		p.proof = true
	case "undo":
		return b.undoWord(s, p)
	case "human":
		b.human(s, p)
	case "meet_send":
		b.meet(s, p)
		return true
	case "meet_not":
		b.meetNot(s, p)
		return true
	case "language":
		b.askLanguage(s, p)
		return true
	case "clean":
		b.clean(s, p)
	case "clean_each", "clean_stop":
		b.cleanByClock(s, command == "clean_each", p)
	case "no_place", "with_place":
		b.copiesOnly(s, command == "no_place", p)
	case "code":
		b.say(s, p, intake.KindReply, command+where(s.caps))
	default:
		lang, ok := strings.CutPrefix(command, "lang:")
		if !ok {
			return false
		}
		b.setLanguage(s, lang, p)
	}
	b.again(s, p)
	return true
}

// aboutTheTalk does what only makes sense when something was told.
func (b *Bot) aboutTheTalk(s situation, command string, p *plan) bool {
	switch command {
	case "pause":
		if iv, ok := p.next.interview(); ok && p.next.Phase == phaseAsking {
			p.next.Talk = s.set.Pause(iv).Encode()
			b.say(s, p, intake.KindReply, "paused")
			break
		}
		b.say(s, p, intake.KindReply, "paused_sent")
	case "delete":
		b.askDelete(s, p)
	case "show":
		b.show(s, p)
	}
	return true
}

// clean takes back what stands in the chat, where the network lets us, and says
// what remains.
func (b *Bot) clean(s situation, p *plan) {
	if !s.caps.CanDelete {
		b.say(s, p, intake.KindReply, "clean"+where(s.caps))
		return
	}
	key := "clean_taken"
	if s.caps.DeletesOurs {
		key = "clean_ours"
	}
	choice := "clean_each"
	if s.st.Clean {
		choice = "clean_stop"
	}
	b.say(s, p, intake.KindReply, key, b.button(p.next.Lang, choice, choice))
	p.say[len(p.say)-1].Clean, p.say[len(p.say)-1].Otherwise = true, b.phrase(s, p.next.Lang, "clean_refused")
}

// cleanByClock has the chat cleaned each time from now on, or no more.
func (b *Bot) cleanByClock(s situation, each bool, p *plan) {
	lang := p.next.Lang
	switch p.next.Clean = each && s.caps.CanDelete; {
	case !s.caps.CanDelete:
		b.say(s, p, intake.KindReply, "clean"+where(s.caps))
	case !each:
		b.say(s, p, intake.KindReply, "clean_each_off", b.button(lang, "R.clean", "clean_now"))
	case s.caps.DeletesOurs:
		b.say(s, p, intake.KindReply, "clean_each_ours", b.button(lang, "clean_stop", "clean_stop"))
	default:
		b.say(s, p, intake.KindReply, "clean_each_on", b.button(lang, "clean_stop", "clean_stop"))
	}
}

// where chooses between words for a page and words for a chat.
func where(t Capabilities) string {
	if t.Copy {
		return "_page"
	}
	return "_chat"
}

// show lets what waits go: words of the office, or the reminder that nothing is
// sent yet. What waited too long is owned up to.
func (b *Bot) show(s situation, p *plan) {
	p.release = s.conv.Unread > 0
	switch {
	case s.st.Lapsed:
		b.say(s, p, intake.KindReply, "lapsed")
		p.next.Lapsed = false
	case p.release:
	case s.st.Phase == phaseAsking:
		b.say(s, p, intake.KindReply, "unsent_waits")
		b.again(s, p)
	default:
		b.say(s, p, intake.KindReply, "nothing_waits")
	}
}

// start begins, or goes on where the person was; it never throws anything away.
func (b *Bot) start(s situation, p *plan) bool {
	switch s.st.Phase {
	case phaseAsking:
		p.next.Asked = ""
		b.say(s, p, intake.KindReply, "back")
		b.again(s, p)
	case phaseSent, phaseFiled:
		b.say(s, p, intake.KindReply, "sent_more")
		b.say(s, p, intake.KindReply, "again")
	default:
		// An app that opens a chat types the word by itself, and an old button can be
		// pressed: the card comes first. A page is one.
		if !s.st.Met && !s.caps.Copy {
			s.ev.Text = intake.Private{}
			b.card(s, p)
			break
		}
		b.begin(s, p)
	}
	return true
}

// mayBegin reports whether somebody whose report is with the office begins another so soon.
// Who may not can write to the office all the same, and begin within the hour.
func (b *Bot) mayBegin(s situation, p *plan) bool {
	if b.Cases == 0 {
		return true
	}
	var lately []int64
	for _, at := range s.st.Began {
		if s.now.Sub(time.Unix(at, 0)) < time.Hour {
			lately = append(lately, at)
		}
	}
	if len(lately) >= b.Cases {
		return false
	}
	p.next.Began = append(lately, s.now.Unix())
	return true
}

// begin begins a new interview, here.
func (b *Bot) begin(s situation, p *plan) {
	p.next.Elsewhere, p.next.Moved, p.next.Shredded, p.next.Asked, p.next.Needs = false, false, false, "", nil
	s.set, p.begins = b.Set, true
	b.take(s, s.set.Start(p.next.Lang, s.env), p)
}

// again repeats the current question after something else was said, so that a
// person never has to scroll for it.
func (b *Bot) again(s situation, p *plan) {
	switch p.next.Phase {
	case phaseAsking:
		iv, ok := p.next.interview()
		if !ok {
			return
		}
		p.next.Talk = s.set.Resume(iv).Encode()
		b.asks(s, s.set.Ask(iv, s.env), p)
	case phaseCard, phaseNew:
		if !p.next.Met && !s.caps.Copy {
			b.greet(s, p)
			return
		}
		p.next.Phase = phaseCard
		start := b.button(p.next.Lang, "start", "start")
		start.Main = true
		p.say = append(p.say, Message{At: s.now, Message: intake.Message{
			ID: "card_again", Kind: intake.KindQuestion, Choices: []intake.Choice{start},
			Text: b.Phrases.Say(p.next.Lang, "help_again"),
		}})
	}
}

func (b *Bot) helpLines(s situation, p *plan) {
	iv, _ := p.next.interview()
	text := strings.Join(s.set.HelpLinesFor(p.next.Lang, iv), "\n")
	p.say = append(p.say, Message{At: s.now, Message: intake.Message{ID: "help", Kind: intake.KindCard, Text: text}})
}

func (b *Bot) askLanguage(s situation, p *plan) {
	var choices []intake.Choice
	for _, l := range b.Phrases.Languages() {
		choices = append(choices, intake.Choice{ID: "lang:" + l, Label: b.Phrases.In(l).Name()})
	}
	b.say(s, p, intake.KindQuestion, "language", choices...)
}

// setLanguage changes the language in mid-interview; answers keep theirs.
func (b *Bot) setLanguage(s situation, lang string, p *plan) {
	if !b.Phrases.Has(lang) {
		return
	}
	p.next.Lang = lang
	if iv, ok := p.next.interview(); ok {
		p.next.Talk = s.set.SetLang(iv, lang).Encode()
	}
	b.say(s, p, intake.KindReply, "language_set")
}

func (b *Bot) askDelete(s situation, p *plan) {
	if s.st.Phase == phaseSent || s.st.Phase == phaseFiled {
		choices := b.wishButtons(s, p.next.Lang, cases.WishWithdrawal)
		if s.caps.Copy {
			choices = append(choices, b.button(p.next.Lang, "delete_copy", "delete_copy"))
		} else {
			choices = append(choices, b.button(p.next.Lang, "R.clean", "clean_now"))
		}
		b.say(s, p, intake.KindReply, "delete_ask_sent", choices...)
		p.offers(s)
		return
	}
	p.next.Asked = "delete"
	yes := b.button(p.next.Lang, "delete_yes", "delete_yes")
	yes.Grave = true
	b.say(s, p, intake.KindQuestion, "delete_ask", b.button(p.next.Lang, "delete_no", "delete_no"), b.button(p.next.Lang, "delete_told", "delete_told"), yes)
}

// deleteAnswer takes the answer to "delete everything?". It is false for what is no
// answer to it: nothing is deleted then, and what was said counts where it was said.
func (b *Bot) deleteAnswer(s situation, choice string, p *plan) bool {
	p.next.Asked = ""
	if choice == "delete_yes" || b.typed(s.ev.Text, "delete_yes") {
		b.destroy(s, p)
		return true
	}
	if choice == "delete_told" || b.typed(s.ev.Text, "delete_told") {
		b.destroyTold(s, p)
		return true
	}
	short := choice == "" && len(s.ev.Files) == 0 && s.ev.Text.Len() <= shortNo
	no := choice == "delete_no" || b.typed(s.ev.Text, "delete_no")
	if short && !no && len(strings.Fields(s.ev.Text.Reveal())) > 1 {
		b.say(s, p, intake.KindReply, "not_deleted_words") // it may have said something
	} else {
		b.say(s, p, intake.KindReply, "not_deleted")
	}
	if !no && !short {
		return false
	}
	b.again(s, p)
	return true
}

// shortNo is how many bytes a typed answer has at the most: "nei", "no thanks". More
// is something told.
const shortNo = 16

// typed reports whether the person wrote out a button's words, in any language.
// A bare "yes" is not enough to destroy something.
func (b *Bot) typed(text intake.Private, key string) bool {
	for _, l := range b.Phrases.Languages() {
		if strings.EqualFold(strings.TrimSpace(text.Reveal()), b.Phrases.Say(l, key)) {
			return true
		}
	}
	return false
}

// destroy plans the end of everything that was told and not sent. That it is gone
// is said when it is, by [Bot.finish].
func (b *Bot) destroy(s situation, p *plan) {
	next := state{Lang: p.next.Lang, Owed: "deleted"}
	if s.st.Earlier {
		next.Phase, next.Earlier, next.Write = phaseSent, true, s.st.Write
	}
	*p = plan{next: next, destroy: true}
}

// What is owed besides, once it is gone: that what was told is, with the talk still open, and
// that it is out of the person's own copy.
const (
	owedTold = "told_deleted"
	owedCopy = "copy_deleted"
)

// destroyTold plans the end of what was told and not sent, and leaves the talk open: its code
// goes on working, and they can begin anew.
func (b *Bot) destroyTold(s situation, p *plan) {
	if s.st.Earlier { // then the talk stays open by itself
		b.destroy(s, p)
		return
	}
	was := s.st
	next := state{Lang: p.next.Lang, Phase: phaseCard, Met: true, Owed: owedTold, Via: was.Via, Voice: was.Voice, Changed: was.Changed, Clean: was.Clean, Began: was.Began}
	*p = plan{next: next, destroy: true, stays: true}
}

// destroyCopy plans the end of what stands in a person's own copy of a case that is with the
// office. Nothing of the case is deleted by that.
func (b *Bot) destroyCopy(s situation, p *plan) {
	next := s.st
	next.Owed = owedCopy
	*p = plan{next: next, destroy: true}
}

// sayDeleted is what is owed once it is gone, with the day when the last backup
// that may hold it is.
func (b *Bot) sayDeleted(s situation) plan {
	p := plan{next: s.st}
	p.next.Owed = ""
	key := "deleted"
	switch {
	case s.st.Owed == owedTold, s.st.Owed == owedCopy:
		key = s.st.Owed
	case s.st.Phase == phaseSent:
		key = "deleted_unsent"
	}
	s.env.Values["date"] = b.dayOf(s.st.Lang, s.now.Add(b.Backups))
	b.say(s, &p, intake.KindReply, key)
	if key == owedTold {
		b.again(s, &p)
	}
	return p
}
