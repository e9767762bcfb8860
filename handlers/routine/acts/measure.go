package acts

import (
	"tillit/handlers/routine"
	"tillit/intake"
)

// Measure is to set a measure.
var Measure = routine.Declare(routine.Spec[measureSet]{
	Name: "measure", Kind: routine.KindWork, Who: []string{"lead", "decider"}, Effects: []string{"open:measure"}, To: routine.Inside,
})

// measureSet is what, who, by when, and what will show it.
type measureSet struct {
	What  intake.Private `json:"what" act:"what,words,required"`
	Owner string         `json:"owner" act:"owner,person,required"`
	Until string         `json:"until" act:"until,day,required"`
	Proof intake.Private `json:"proof" act:"proof,words,required"`
}
