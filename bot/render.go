package bot

import (
	"fmt"
	"strings"
)

// Plain renders a message for a channel without buttons: the words, then the
// choices as a numbered list that the interview reads back.
func Plain(m Message) string {
	var s strings.Builder
	part(&s, m.Text)
	part(&s, m.Words.Reveal())
	part(&s, m.Help)
	for _, r := range m.Review {
		fmt.Fprintf(&s, "\n%d. %s", r.Part, r.Title)
		for _, q := range r.Questions {
			mark := "–"
			if q.State == "answered" {
				mark = "✔"
			}
			fmt.Fprintf(&s, "\n   %s %s", mark, q.Title)
		}
	}
	for i, c := range m.Choices {
		label := c.Label
		if c.Long != "" {
			label = c.Long
		}
		if c.Picked {
			label += " ✔"
		}
		fmt.Fprintf(&s, "\n  %d  %s", i+1, label)
	}
	return s.String()
}

func part(s *strings.Builder, text string) {
	if text == "" {
		return
	}
	if s.Len() > 0 {
		s.WriteString("\n\n")
	}
	s.WriteString(text)
}
