package bot

import (
	"slices"
	"time"

	"tillit/intake"
	"tillit/store"
	"tillit/store/cases"
)

// Reply makes what a reporter gets of words of the office, from her conversation as it
// stands, in her language: the words, held back until she asks for them, and the notice
// that says only that they are there. The notice waits for the hours that she chose; it
// is empty for who chose that we write only when she has written first, and she is told
// then.
func (b *Bot) Reply(idle store.Idle, w cases.Outgoing) (words, notice store.Line, err error) {
	st, err := b.talk(idle)
	if err != nil {
		return words, notice, err
	}
	return store.Line{AwaitsPickup: true, Body: EncodeLine(b.Phrases.fromOffice(st, w, b.Now()))}, b.ping(idle, st), nil
}

// talk is the conversation of somebody who has written, with a language.
func (b *Bot) talk(idle store.Idle) (state, error) {
	st, err := decodeState(idle.State)
	if st.Lang == "" {
		st.Lang = b.Lang
	}
	return st, err
}

// ping is the notice that something waits, in the hours that its person chose; empty for
// who wants to be told when they write.
func (b *Bot) ping(idle store.Idle, st state) store.Line {
	now := b.Now()
	notice := store.Line{Body: EncodeLine(b.Phrases.notice(st.Lang, now))}
	switch {
	case idle.Copy: // nothing is sent, so nothing rings
		return notice
	case st.when() == onlyReply:
		return store.Line{}
	}
	notice.After = nextHour(st, now.In(b.Zone))
	return notice
}

// fromOffice is a message of the office, with who wrote it. Who passed something on is a
// contact, and is told so each time.
func (p *Phrases) fromOffice(st state, w cases.Outgoing, at time.Time) Message {
	from := "from_office"
	if slices.Contains(st.Relayed, w.Ref) {
		from = "from_office_relay"
	}
	m := Message{At: at, Lang: st.Lang, Words: w.Text, Message: intake.Message{ID: "office", Kind: intake.KindOffice, Text: p.Say(st.Lang, from, "by", w.By)}}
	if w.Asks == cases.AsksMinutes {
		key := "from_office_minutes"
		if w.Instead > 0 {
			key = "from_office_minutes_new"
		}
		m.ID, m.Text, m.Help, m.Choices = "minutes", p.Say(st.Lang, key, "by", w.By), p.Say(st.Lang, "minutes_ask"), p.minutesChoices(st.Lang, w.Ref, w.Seq)
	}
	return m
}

// notice says that something waits, and nothing of what.
func (p *Phrases) notice(lang string, at time.Time) Message {
	show := intake.Choice{ID: "show", Label: p.Say(lang, "show"), Main: true}
	return Message{At: at, Lang: lang, Message: intake.Message{
		ID: "notice", Kind: intake.KindNotice, Text: p.Say(lang, "notice"), Choices: []intake.Choice{show},
	}}
}
