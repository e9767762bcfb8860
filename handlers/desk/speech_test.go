package desk

import (
	"strings"
	"testing"
	"time"

	"tillit/handlers/casework"
)

// TestEveryFaultIsSaidInEveryLanguage: a page and a command show it to people, who were
// shown English before; in English it is what scripts read.
func TestEveryFaultIsSaidInEveryLanguage(t *testing.T) {
	for _, what := range casework.Faults {
		for _, f := range []casework.Fault{{What: what, From: 3, To: 3, By: "Jonas T.", Why: casework.DoubtMark}, {What: what, From: 3, To: 7, By: "Jonas T.", Why: casework.DoubtMark}} {
			said := map[string]bool{}
			for _, lang := range []string{"nb", "nn", "en"} {
				text := Speak(lang, time.Time{}).Fault(f)
				said[text] = true
				if strings.ContainsAny(text, "[{") || lang == "en" && text != f.String() && what != casework.FaultInDoubt {
					t.Errorf("%s in %s: %q, for scripts %q", what, lang, text, f)
				}
			}
			if len(said) != 3 {
				t.Errorf("%s: %v", what, said)
			}
		}
	}
}

// TestSpeechIsPlain: what others wrote reaches neither a page nor a terminal as it is.
func TestSpeechIsPlain(t *testing.T) {
	const odd = "x\x1b[2J\u202ey"
	s := Speak("nn", time.Time{})
	for name, text := range map[string]string{
		"call": s.Call("channel", odd), "fault": s.Fault(casework.Fault{What: casework.FaultInDoubt, By: odd, Why: odd}),
		"doubt": s.Doubt(casework.Doubt{Seq: 1, By: odd, Why: odd}), "question": s.Question(casework.Answer{Asked: odd}),
		"answer": s.Answer(casework.Answer{Labels: []string{odd}}), "way": s.Answer(casework.Answer{Way: odd}), "by": s.By(casework.Entry{By: odd}),
		"line": s.Line(&casework.Case{}, casework.Entry{By: odd, Event: odd}),
	} {
		if strings.ContainsAny(text, "\x1b\u202e") || !strings.Contains(text, "‹U+001B›") {
			t.Errorf("%s: %q", name, text)
		}
	}
}
