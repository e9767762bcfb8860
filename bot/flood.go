package bot

import "tillit/intake"

// This file keeps the pace at which reports begin in chats, where one stranger can have many
// accounts. Nothing is refused for good, and nobody who may be in need waits.

// startBurst is for how many minutes' worth of new reports there is room at once, as at a
// meeting.
const startBurst = 5

// mayStart reports whether a report may begin now. Pages keep a pace of their own.
func (b *Bot) mayStart(s situation) bool {
	return b.starts == nil || s.caps.Copy || len(b.needs(s.ev)) > 0 || b.starts.AllowN(b.Now(), 1)
}

// manyNow asks somebody to begin a little later. Nothing of what they did is stored.
func (b *Bot) manyNow(s situation) plan {
	p := plan{next: s.st}
	var choices []intake.Choice
	if s.st.Phase != phaseSent { // there, what is written goes to the case
		start := b.button(p.next.Lang, "start", "start")
		start.Main = true
		choices = append(choices, start)
	}
	b.helpLines(s, &p)
	b.say(s, &p, intake.KindQuestion, "many_now", choices...)
	return p
}
