package network

import (
	"fmt"
	"strings"

	"tillit/bot"
	"tillit/intake"
)

// Text is all that a message says, without markup: the part of the interview above,
// where one begins. With buttons, choices are not numbered, and what is more to say of
// one stands below.
func Text(m bot.Message, buttons bool) string {
	plain, long := m, ""
	if buttons {
		plain.Choices, plain.Review = nil, nil // each part has its button
		for _, c := range m.Choices {
			if c.Long != "" {
				long += "\n\n" + c.Label + ": " + c.Long
			}
		}
	}
	text := bot.Plain(plain) + long
	twice := strings.Contains(strings.ToLower(m.Message.Text), strings.ToLower(m.PartTitle))
	if m.Begins && m.Part > 0 && m.PartTitle != "" && !twice {
		text = fmt.Sprintf("%d/%d · %s\n\n%s", m.Part, m.Parts, m.PartTitle, text)
	}
	return strings.ToValidUTF8(text, "\uFFFD")
}

// longestLabel is what a button shows on a small telephone.
const longestLabel = 60

// Label is what stands on the button of a choice; never empty.
func Label(c intake.Choice, unit Unit) string {
	label := c.Label
	if c.Picked {
		label += " ✔"
	}
	if label = strings.TrimSpace(Split(label+" ", longestLabel, unit)[0]); label == "" {
		return "–"
	}
	return label
}
