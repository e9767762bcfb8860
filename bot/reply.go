package bot

import (
	"time"

	"tillit/intake"
	"tillit/store"
)

// ReplyLines makes what a reporter gets of an office reply: the words, held back
// until she asks for them, and the notice that says only that they are there.
func (p *Phrases) ReplyLines(lang, by string, text intake.Private, at time.Time) (words, notice store.Line) {
	words = store.Line{AwaitsPickup: true, Body: EncodeLine(Message{At: at, Words: text, Message: intake.Message{
		ID: "office", Kind: intake.KindOffice, Text: p.Say(lang, "from_office", "by", by),
	}})}
	return words, store.Line{Body: EncodeLine(p.notice(lang, at))}
}

// notice says that something waits, and nothing of what.
func (p *Phrases) notice(lang string, at time.Time) Message {
	show := intake.Choice{ID: "show", Label: p.Say(lang, "show"), Main: true}
	return Message{At: at, Message: intake.Message{
		ID: "notice", Kind: intake.KindNotice, Text: p.Say(lang, "notice"), Choices: []intake.Choice{show},
	}}
}
