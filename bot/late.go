package bot

import (
	"slices"
	"strings"
	"time"

	"tillit/intake"
	"tillit/store"
)

// Late is a promised day that has passed.
type Late struct {
	Ref    string
	Day    time.Time // where the office is
	Answer bool      // that a person answers was promised by it; else word of how far it is
	Told   []string  // who has been told of it now, by name
	// Letter is what the routine says then, in a language, with the holes {promised} and
	// {who}; it is false where there is none.
	Letter func(lang string) (text string, ok bool)
}

// Late makes what the bot says to a reporter when a promise to them was not kept: in their
// language, when they ask for it as they ask for words of the office, and with the same
// notice. There is nothing where the routine has no such letter; who only passed the case
// on was promised an answer, and hears nothing of how far it is.
func (b *Bot) Late(reporter store.Idle, l Late) (words, notice store.Line, err error) {
	st, err := b.talk(reporter)
	if err != nil {
		return words, notice, err
	}
	letter, ok := l.Letter(st.Lang)
	if !ok || !l.Answer && slices.Contains(st.Relayed, l.Ref) {
		return words, notice, nil
	}
	promised, who := "late_word", b.Org
	if l.Answer {
		promised = "late_answer"
	}
	if len(l.Told) > 0 {
		who = b.Phrases.In(st.Lang).List(l.Told)
	}
	if strings.HasSuffix(who, ".") { // one full stop is enough
		letter = strings.ReplaceAll(letter, "{who}.", "{who}")
	}
	letter = strings.NewReplacer("{who}", who, "{promised}", b.Phrases.Say(st.Lang, promised, "day", b.dayOf(st.Lang, l.Day))).Replace(letter)
	m := Message{At: b.Now(), Lang: st.Lang, Message: intake.Message{ID: "late", Kind: intake.KindReply, Text: strings.TrimSpace(letter)}}
	return store.Line{AwaitsPickup: true, Body: EncodeLine(m)}, b.ping(reporter, st), nil
}
