package acts

import (
	"tillit/handlers/routine"
	"tillit/intake"
)

// Disclose is to tell the other party what it concerns. That happens outside: what was
// said is kept.
var Disclose = routine.Declare(routine.Spec[disclosed]{
	Name: "disclose", Kind: routine.KindSent, Who: []string{"contact_b"}, Effects: []string{"out:b"}, To: routine.Seat,
	Needs: func(_ routine.Blind, _ routine.Actor, b disclosed) error {
		if b.Agreed == "no" && b.Reason.IsZero() {
			return &routine.Refusal{Key: routine.RefusedReason}
		}
		return nil
	},
	Words: func(disclosed) intake.Private { return intake.Private{} },
})

// disclosed is what was said, and whether the reporter had agreed to it.
type disclosed struct {
	Text   intake.Private `json:"text" act:"text,words,required"`
	How    string         `json:"how" act:"how,choice,required" options:"meeting phone letter mail"`
	Agreed string         `json:"agreed" act:"agreed,choice,required" options:"yes no"`
	Reason intake.Private `json:"reason,omitzero" act:"reason,words"`
}
