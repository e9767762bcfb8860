package acts

import (
	"tillit/handlers/routine"
	"tillit/intake"
)

// ConsiderAvert is to consider the duty to avert a serious crime.
var ConsiderAvert = routine.Declare(routine.Spec[averting]{
	Name: "consider_avert", Kind: routine.KindWork, Who: []string{"any"}, To: routine.Inside,
})

// averting is what somebody came to.
type averting struct {
	Considered string         `json:"considered" act:"considered,choice,required" options:"not_needed police child_welfare other"`
	Text       intake.Private `json:"text" act:"text,words,required"`
}
