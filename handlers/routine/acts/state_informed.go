package acts

import (
	"tillit/handlers/routine"
	"tillit/intake"
)

// StateInformed is to say why the case is sufficiently informed, or why it stops.
var StateInformed = routine.Declare(routine.Spec[statement]{
	Name: "state_informed", Kind: routine.KindWork, Who: []string{"investigator"}, To: routine.Inside,
})

// statement is why, and what could not be had.
type statement struct {
	Reason  intake.Private `json:"reason" act:"reason,words,required"`
	Missing intake.Private `json:"missing,omitzero" act:"missing,words,several"`
}
