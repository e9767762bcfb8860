package bot

import (
	"fmt"
	"slices"
	"strings"

	"tillit/intake"
)

// Plain renders a message for a channel without buttons: the words, then the
// choices as a numbered list that the interview reads back.
func Plain(m Message) string {
	var s strings.Builder
	part(&s, m.Text)
	part(&s, m.Words.Reveal())
	part(&s, m.Help)
	n := 0
	edits := map[string]bool{}
	left := 0
	for _, r := range m.Review {
		// The number is the one that opens the part again.
		if n++; len(m.Choices) > 0 {
			fmt.Fprintf(&s, "\n  %d  %s", n, r.Title)
		} else {
			fmt.Fprintf(&s, "\n%s", r.Title)
		}
		edits[r.Edit] = true
		done := 0
		for _, q := range r.Questions {
			if q.State == "answered" {
				done++
			}
		}
		if left += len(r.Questions) - done; done > 0 {
			fmt.Fprintf(&s, " ✔ %d", done)
		}
	}
	if left > 0 {
		fmt.Fprintf(&s, "\n– %d", left)
	}
	for _, c := range m.Choices {
		if edits[c.ID] {
			continue
		}
		label := c.Label
		if c.Long != "" {
			label += ": " + c.Long
		}
		if c.Picked {
			label += " ✔"
		}
		if aside(c.ID) || m.Kind == intake.KindCard {
			fmt.Fprintf(&s, "\n  –  %s", label)
			continue
		}
		n++
		fmt.Fprintf(&s, "\n  %d  %s", n, label)
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

// Numbered are the choices of a message that [Plain] puts a number before, in their order.
func Numbered(m Message) []intake.Choice {
	if m.Kind == intake.KindCard {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(m.Choices), func(c intake.Choice) bool { return aside(c.ID) })
}

// aside reports whether a choice is no answer to what is asked. It is not numbered: a
// number answers the question; its words can be written out.
func aside(id string) bool {
	if id == "access" {
		return true
	}
	verb, _, _ := strings.Cut(id, ":")
	return slices.Contains([]string{askOut, keepIt, letIn, undoIt, unfileIt}, verb+":")
}
