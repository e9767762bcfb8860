package acts

import (
	"tillit/handlers/routine"
	"tillit/intake"
)

// Seated is to have made sure who somebody is.
var Seated = routine.Declare(routine.Spec[known]{
	Name: "seated", Kind: routine.KindWork, Who: []string{"contact_a", "contact_b", "investigator"}, To: routine.Inside,
})

// known is who it is, and how one knows.
type known struct {
	Seat    string         `json:"seat" act:"seat,seat,required"`
	KnownBy intake.Private `json:"known_by" act:"known_by,words,required"`
}
