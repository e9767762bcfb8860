package acts

import (
	"strings"

	"tillit/handlers/routine"
	"tillit/intake"
)

// Feedback is to send a result, or how far the case has come, made of a letter.
var Feedback = routine.Declare(routine.Spec[letter]{
	Name: "feedback", Kind: routine.KindSent, Who: []string{"contact_a", "contact_b"}, Effects: []string{"out:seat"}, To: routine.Seat,
	Words: func(b letter) intake.Private {
		if b.seat() == "r" {
			return b.Text
		}
		return intake.Private{}
	},
})

// letter is which letter, and what became of it.
type letter struct {
	Letter string         `json:"letter" act:"letter,name,required" from:"letters"`
	Text   intake.Private `json:"text" act:"text,words,required"`
}

// seat is to whom a letter goes: its name is WHAT_SEAT, or WHAT_SEAT_KIND.
func (b letter) seat() string {
	_, rest, _ := strings.Cut(b.Letter, "_")
	seat, _, _ := strings.Cut(rest, "_")
	return seat
}
