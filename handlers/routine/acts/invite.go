package acts

import (
	"tillit/handlers/routine"
	"tillit/intake"
)

// Invite is to ask somebody to take part.
var Invite = routine.Declare(routine.Spec[invitation]{
	Name: "invite", Kind: routine.KindWork, Who: []string{"lead", "contact_a", "contact_b", "investigator"}, To: routine.Inside,
})

// invitation is who was asked, and how.
type invitation struct {
	Seat string         `json:"seat" act:"seat,seat,required"`
	Way  string         `json:"way" act:"way,choice,required" options:"phone mail letter meeting other"`
	Text intake.Private `json:"text,omitzero" act:"text,words"`
}
