package desk

import (
	"cmp"
	"strings"
	"time"

	"tillit/handlers/casework"
)

// Speech calls what stands in a case as the pages do, in a handler's language, so that a
// command and a page call nothing differently. All of it is plain: nothing that came from
// elsewhere steers a terminal.
type Speech struct{ v view }

// Speak is the speech of a language, at a moment in the office's own time.
func Speak(lang string, now time.Time) Speech {
	return Speech{view{Lang: loadWords().In(lang), Now: now}}
}

// Call is what a level, a status, a channel, a flag and the like is called, by the group
// and its id; the id itself where nothing is known of it.
func (s Speech) Call(group, id string) string { return s.v.Label(group, id) }

// Line is an entry in one sentence, as the log has it.
func (s Speech) Line(cs *casework.Case, e casework.Entry) string { return s.v.entryOf(cs, e).What }

// Fault is what verification found of a log.
func (s Speech) Fault(f casework.Fault) string { return s.v.fault(f) }

// Doubt is why an entry counts in nothing, and who signed it.
func (s Speech) Doubt(d casework.Doubt) string { return s.v.doubt(d) }

// By is who wrote an entry.
func (s Speech) By(e casework.Entry) string { return s.v.entry(e).By }

// Told are the words of an entry, after what its network says of where they come from.
func (s Speech) Told(e casework.Entry) string { return s.v.told(e.Text, e.Source) }

// Question is the short title of an answer's question, in the handler's language where the
// question is known; its own words in a case that has no titles.
func (s Speech) Question(a casework.Answer) string {
	return plain(cmp.Or(s.v.shown(a).Title, a.Asked))
}

// Answer is what was answered: what was chosen, and the reporter's own words; or why there
// are none.
func (s Speech) Answer(a casework.Answer) string {
	chosen, own := s.v.lines(a)
	if lines := append(chosen, own...); len(lines) > 0 || a.Way == "" {
		return strings.Join(lines, "\n")
	}
	return s.v.Label("way", a.Way)
}
