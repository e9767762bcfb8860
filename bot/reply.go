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
	st, err := decodeState(idle.State)
	if err != nil {
		return words, notice, err
	}
	if st.Lang == "" {
		st.Lang = b.Lang
	}
	now := b.Now()
	words = store.Line{AwaitsPickup: true, Body: EncodeLine(b.Phrases.fromOffice(st, w, now))}
	notice = store.Line{Body: EncodeLine(b.Phrases.notice(st.Lang, now))}
	if idle.Copy {
		return words, notice, nil // nothing is sent, so nothing rings
	}
	if st.when() == onlyReply {
		return words, store.Line{}, nil
	}
	notice.After = nextHour(st, now.In(b.Zone))
	return words, notice, nil
}

// fromOffice is a message of the office, with who wrote it. Who passed something on is a
// contact, and is told so each time.
func (p *Phrases) fromOffice(st state, w cases.Outgoing, at time.Time) Message {
	from := "from_office"
	if slices.Contains(st.Relayed, w.Ref) {
		from = "from_office_relay"
	}
	return Message{At: at, Words: w.Text, Message: intake.Message{ID: "office", Kind: intake.KindOffice, Text: p.Say(st.Lang, from, "by", w.By)}}
}

// notice says that something waits, and nothing of what.
func (p *Phrases) notice(lang string, at time.Time) Message {
	show := intake.Choice{ID: "show", Label: p.Say(lang, "show"), Main: true}
	return Message{At: at, Message: intake.Message{
		ID: "notice", Kind: intake.KindNotice, Text: p.Say(lang, "notice"), Choices: []intake.Choice{show},
	}}
}
