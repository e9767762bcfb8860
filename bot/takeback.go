package bot

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"tillit/intake"
	"tillit/store"
	"tillit/store/cases"
)

// This file lets a person take back what they have just given. For some minutes the state
// remembers what each event brought, by numbers alone; what is taken back is destroyed in the
// store, in the case and in the person's copy, and the log says that something was taken back.
// Only when it is destroyed they are told, with who may have read it meanwhile.

// takeBackFor is how long what was given can be taken back.
const takeBackFor = 5 * time.Minute

const (
	// undoIt begins a button that takes back what one event brought, by its number.
	undoIt = "undo:"
	// mostPlaces is for how many of them the interview's place is remembered; more are taken
	// back without it. mostUndone is how many that were taken back are known by number.
	mostPlaces, mostUndone = 12, 50
)

// given is what one event brought.
type given struct {
	N       int64    `json:"n"`
	At      int64    `json:"at"` // unix seconds
	Ref     string   `json:"c"`
	Entries []int64  `json:"e,omitempty"`
	Files   []string `json:"f,omitempty"` // by id; their entries are among Entries
	Letters []int64  `json:"l,omitempty"`
	Words   bool     `json:"w,omitempty"` // there are words in it
	// Said are the network's names of its messages, Chat what takes them back in the chat.
	Said []string `json:"s,omitempty"`
	Chat []SentID `json:"m,omitempty"`
	// Talk is where the interview stood before it, and Out who was kept out after it.
	Talk []byte   `json:"t,omitempty"`
	Out  []string `json:"o,omitempty"`
}

// took is what was taken back and is not spoken of yet.
type took struct {
	At   int64    `json:"at"` // when it had been given, in unix seconds
	Ref  string   `json:"c"`
	Chat []SentID `json:"m,omitempty"`
}

// Why the newest that was given is not what a word without a number means.
const (
	undidIt    = "it"
	undidOther = "other"
)

// canTakeBack reports whether there is still time.
func (g given) canTakeBack(now time.Time) bool {
	return now.Before(time.Unix(g.At, 0).Add(takeBackFor))
}

// recent are those that can be taken back.
func (st state) recent(now time.Time) (all []given) {
	for _, g := range st.Given {
		if g.canTakeBack(now) {
			all = append(all, g)
		}
	}
	return all
}

// gives reports whether a body is of the kind that can be taken back.
func isGiven(body cases.Body) bool {
	switch body.(type) {
	case cases.Answer, cases.Message:
		return true
	}
	return false
}

// remembers has the state remember what a change brings, as the store numbers it.
func (b *Bot) remembers(c *store.Change, s situation, p plan) {
	for _, body := range p.seal {
		if log, ok := body.(cases.Log); !isGiven(body) && (!ok || log.Wish != nil) {
			p.next.Undid = undidOther
			c.State = p.next.encode()
		}
	}
	brings := len(c.Files) > 0 || slices.ContainsFunc(c.Entries, func(e store.Entry) bool { return isGiven(e.Body) })
	if p.submit != nil {
		p.next.Kept = nil
		// What was only pressed has done its part when it is sent; words and files have not.
		p.next.Given = slices.DeleteFunc(p.next.recent(s.now), func(g given) bool { return !g.Words && len(g.Files) == 0 })
		c.State = p.next.encode()
	}
	if !brings || p.destroy || p.transfer != nil {
		return
	}
	kinds := make([]bool, len(c.Entries))
	for i, e := range c.Entries {
		kinds[i] = isGiven(e.Body)
	}
	files := c.Files
	c.StateOf = func(is store.Stored) []byte {
		next := p.next
		next.Count++
		g := given{N: next.Count, At: s.now.Unix(), Ref: is.Ref, Letters: is.Letters, Said: c.Said}
		if s.caps.CanDelete && !s.caps.DeletesOurs {
			g.Chat = s.ev.Messages
		}
		for i, seq := range is.Entries {
			if kinds[i] {
				g.Entries = append(g.Entries, seq)
			}
		}
		next.Kept = slices.Clone(next.Kept)
		for i, f := range files {
			g.Entries, g.Files = append(g.Entries, is.Files[i]...), append(g.Files, f.ID)
			if is.Unsent {
				next.Kept = append(next.Kept, keptFile{ID: f.ID, Entries: spansOf(is.Files[i]), Letters: is.Letters, Type: f.Type, At: s.now.Unix()})
			}
		}
		if s.st.Phase == phaseAsking && p.submit == nil {
			g.Talk = s.st.Talk
			if iv, ok := next.interview(); ok {
				g.Out = iv.Excluded()
			}
		}
		next.Given = next.recent(s.now)
		if g.Words = hasWords(p.seal); p.submit == nil || g.Words || len(g.Files) > 0 {
			next.Given = append(next.Given, g)
		}
		for i := range next.Given {
			if p.submit != nil || i < len(next.Given)-mostPlaces {
				next.Given[i].Talk = nil
			}
		}
		next.Undid = ""
		return next.encode()
	}
}

// undoButton takes back the newest of what was given; it is false where nothing can be.
func (b *Bot) undoButton(st state, now time.Time, lang string) (c intake.Choice, ok bool) {
	all := st.recent(now)
	if len(all) == 0 || st.Moved {
		return c, false
	}
	return intake.Choice{ID: fmt.Sprint(undoIt, all[len(all)-1].N), Label: b.Phrases.Say(lang, "undo"), Way: true}, true
}

// hasWords reports whether there are words in what is sealed.
func hasWords(all []cases.Body) bool {
	return slices.ContainsFunc(all, func(body cases.Body) bool {
		switch said := body.(type) {
		case cases.Answer:
			return !said.Text.IsZero()
		case cases.Message:
			return !said.Text.IsZero()
		}
		return false
	})
}

// offersUndo puts that button under what is said to words or files, in a chat; a page has its
// own place for it.
func (b *Bot) offersUndo(s situation, p *plan) {
	last := len(p.say) - 1
	for last >= 0 && p.say[last].Aside {
		last--
	}
	if s.ev.AnswersTo != nil {
		return // a button in a thread would say that what comes next there answers it
	}
	if last >= 0 && (hasWords(p.seal) && !s.ev.Live || len(p.files) > 0) && !s.caps.Copy && !p.destroy && p.submit == nil && p.transfer == nil {
		c := b.button(p.next.Lang, fmt.Sprint(undoIt, p.next.Count+1), "undo")
		c.Way = true
		p.say[last].Choices = append(b.goesOn(s, *p, p.say[last]), c)
	}
}

// goesOn are the buttons of a message, and where it is a short answer in the middle of a question
// that one which ends it: the question's own stand further up.
func (b *Bot) goesOn(s situation, p plan, m Message) []intake.Choice {
	all := slices.Clone(m.Choices)
	iv, ok := p.next.interview()
	if m.Kind != intake.KindReply || !ok || p.next.Phase != phaseAsking || !s.caps.Buttons || p.next.Waits > 0 {
		return all
	}
	for _, q := range s.set.Ask(iv, s.env) {
		for _, c := range q.Choices {
			if strings.HasSuffix(c.ID, ".~done") {
				all = append(all, c)
			}
		}
	}
	return all
}

// Undo is the button that takes back what was given last in a conversation; ok is false where
// nothing can be taken back. It changes nothing.
func (b *Bot) Undo(ctx context.Context, ch Channel, id intake.ConversationID, lang string) (c intake.Choice, ok bool, err error) {
	conv, err := b.Store.Conversation(ctx, ch.Name(), id)
	if err != nil {
		return c, false, fmt.Errorf("reading the conversation: %w", err)
	}
	st, err := decodeState(conv.State)
	if err != nil {
		return c, false, err
	}
	c, ok = b.undoButton(st, b.Now(), b.Phrases.Match(st.Lang, lang))
	return c, ok, nil
}

// undoButtons are the ids of all such buttons that may stand further up in a chat.
func (s situation) undoButtons() (ids []string) {
	for n := s.st.Count; n > 0 && n > s.st.Count-2*mostUndone; n-- {
		ids = append(ids, fmt.Sprint(undoIt, n))
	}
	return ids
}

// undo takes back what a button or a word says. It is false for what says nothing of the kind.
func (b *Bot) undo(s situation, choice string, p *plan) bool {
	which, ok := strings.CutPrefix(choice, undoIt)
	if !ok {
		return false
	}
	n, err := strconv.ParseInt(which, 10, 64)
	if err != nil {
		return false
	}
	all := s.st.recent(s.now)
	i := slices.IndexFunc(all, func(g given) bool { return g.N == n })
	switch {
	case i >= 0:
		b.takesBack(s, all[i], i == len(all)-1, p)
		return true
	case slices.Contains(s.st.Undone, n):
		b.say(s, p, intake.KindReply, "undo_again")
	default:
		b.say(s, p, intake.KindReply, b.lateKey(s))
	}
	b.again(s, p)
	return true
}

// undoWord is what the command says: the newest that was given. After one was taken back
// the next one is asked about, because somebody who is not sure that it worked types twice.
func (b *Bot) undoWord(s situation, p *plan) bool {
	newest, ok := b.undoButton(s.st, s.now, p.next.Lang)
	switch {
	case s.st.Undid != "" && ok:
		all := s.st.recent(s.now)
		s.env.Values["at"] = time.Unix(all[len(all)-1].At, 0).In(b.Zone).Format("15:04")
		b.say(s, p, intake.KindReply, "undo_more", newest)
	case s.st.Undid == undidIt:
		b.say(s, p, intake.KindReply, "undo_again")
	case ok:
		return b.undo(s, newest.ID, p)
	case s.st.Count == 0:
		b.say(s, p, intake.KindReply, "undo_nothing")
	default:
		b.say(s, p, intake.KindReply, b.lateKey(s))
	}
	b.again(s, p)
	return true
}

// lateKey is the phrase of what can be done when there is no time left.
func (b *Bot) lateKey(s situation) string {
	if s.st.Phase == phaseAsking {
		return "undo_late"
	}
	return "undo_late_sent"
}

// typedUndo finds the button that was written out.
func (b *Bot) typedUndo(s situation) string {
	if !b.typed(s.ev.Text, "undo") {
		return ""
	}
	c, _ := b.undoButton(s.st, s.now, s.st.Lang)
	return c.ID
}

// takesBack destroys what one event brought. An interview goes on where it stood before it,
// if nothing was given since.
func (b *Bot) takesBack(s situation, g given, newest bool, p *plan) {
	now, running := s.st.interview()
	before, known := state{Talk: g.Talk}.interview()
	if newest && running && known && s.st.Phase == phaseAsking && before.SetVersion() == s.set.Version() {
		t := s.set.TakeBack(now, before, g.Out, s.env)
		b.take(s, t, p)
		p.say = slices.DeleteFunc(p.say, func(m Message) bool { return m.Kind != intake.KindReply }) // it is asked once it is gone
	}
	p.next.Given = slices.DeleteFunc(s.st.recent(s.now), func(o given) bool { return o.N == g.N })
	p.next.Kept = slices.DeleteFunc(slices.Clone(s.st.Kept), func(f keptFile) bool { return slices.Contains(g.Files, f.ID) })
	p.next.Undone = append(slices.Clone(s.st.Undone), g.N)
	p.next.Undone = p.next.Undone[max(0, len(p.next.Undone)-mostUndone):]
	p.next.Files = max(0, p.next.Files-len(g.Files))
	p.next.Undid, p.next.Asked, p.next.Names = undidIt, "", nil
	p.next.Owed, p.next.Took = owedUndo, &took{At: g.At, Ref: g.Ref, Chat: g.Chat}
	p.takes(s, g.Ref, g.Entries, &store.TakeBack{Letters: g.Letters, Said: g.Said, Keeps: func(l store.Line) bool { return !lineIs(l, func(m Message) bool { return m.Mine }) }})
}

// takes destroys entries of a case, and has its log say so.
func (p *plan) takes(s situation, ref string, entries []int64, t *store.TakeBack) {
	t.Entries = entries
	p.takeBack = t
	p.seal = append(p.seal, cases.Log{Event: cases.EventTakenBack, Of: slices.Sorted(slices.Values(entries))})
	if ref != s.conv.Ref {
		p.into = ref
	}
}

// lineIs reports whether a line of the copy is such a message.
func lineIs(l store.Line, is func(Message) bool) bool {
	m, err := DecodeLine(l.Body)
	m.Mine = m.Mine || l.Mine
	return err == nil && is(m)
}

// What is owed once it is destroyed: that something was taken back, or a file.
const (
	owedUndo = "undone"
	owedFile = "file_removed"
)

// sayTaken is what is owed once something is taken back: that it is gone, what is not, and
// who may have read it.
func (b *Bot) sayTaken(s situation) plan {
	p := plan{next: s.st}
	p.next.Owed, p.next.Took = "", nil
	lang, was := s.st.Lang, *s.st.Took
	s.env.Values["date"] = b.dayOf(lang, s.now.Add(b.Backups))
	parts := []string{b.phrase(s, lang, s.st.Owed)}
	if s.conv.Sent || was.Ref != s.conv.Ref {
		key := "undone_unopened"
		if s.env.Values["names"] = b.openedSince(s, lang, time.Unix(was.At, 0)); s.env.Values["names"] != "" {
			key = "undone_opened"
		}
		parts = append(parts, b.phrase(s, lang, key))
	} else {
		parts = append(parts, b.phrase(s, lang, "undone_unsent"))
	}
	switch {
	case s.caps.Copy:
	case len(was.Chat) > 0:
		parts = append(parts, b.phrase(s, lang, "undone_chat_taken"))
	default:
		parts = append(parts, b.phrase(s, lang, "undone_chat"))
	}
	m := Message{At: s.now, Takes: was.Chat, Message: intake.Message{ID: s.st.Owed, Kind: intake.KindReply, Text: strings.Join(parts, "\n\n")}}
	if next, ok := b.undoButton(s.st, s.now, lang); ok && s.st.Owed == owedUndo {
		next.Label = b.Phrases.Say(lang, "undo_next")
		m.Choices = append(m.Choices, next)
	}
	p.say = append(p.say, m)
	b.again(s, &p)
	return p
}

// openedSince are those who have opened the case since a moment, as they are named: readings
// are known by the hour, so it may be some who had read before it.
func (b *Bot) openedSince(s situation, lang string, at time.Time) string {
	since := s // as [Bot.finish] has read it after it was gone
	since.access = slices.DeleteFunc(slices.Clone(s.access), func(a cases.Access) bool { return a.Hour.Before(at.Truncate(time.Hour)) })
	return b.openedBy(since, lang)
}
