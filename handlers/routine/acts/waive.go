package acts

import (
	"tillit/handlers/routine"
	"tillit/intake"
)

// Waive is to leave a step out.
var Waive = routine.Declare(routine.Spec[waived]{
	Name: "waive", Kind: routine.KindAsk, Who: []string{"owner"}, Effects: []string{"waive"}, To: routine.Inside,
})

// waived is which step, and why.
type waived struct {
	Step   string         `json:"step" act:"step,name,required" from:"steps"`
	Reason intake.Private `json:"reason" act:"reason,words,required"`
}
