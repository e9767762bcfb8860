package intake

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// TestAQuestionIsAHeadingAndAHint holds the questions that we ship to what is read on a
// telephone by somebody who is afraid: one question of at most 60 characters, and a hint of
// at most 160. Values that are filled in do not count.
func TestAQuestionIsAHeadingAndAHint(t *testing.T) {
	s := Default()
	for lang, w := range s.words {
		for id, q := range w.Questions {
			for _, heading := range []string{q.Ask, q.AskOther} {
				if n := length(heading); n > 60 {
					t.Errorf("%s: %s is asked in %d characters: %s", lang, id, n, heading)
				}
				if strings.ContainsAny(strings.TrimRight(heading, "?"), ".?!") || strings.Contains(heading, "\n") {
					t.Errorf("%s: %s asks more than one thing: %s", lang, id, heading)
				}
			}
			for _, hint := range []string{q.Help, q.HelpOther} {
				if n := length(hint); n > 160 {
					t.Errorf("%s: the hint of %s has %d characters: %s", lang, id, n, hint)
				}
			}
		}
	}
}

func length(text string) int { return utf8.RuneCountInString(placeholder.ReplaceAllString(text, "")) }
