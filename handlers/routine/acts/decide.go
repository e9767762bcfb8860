package acts

import (
	"tillit/handlers/routine"
	"tillit/intake"
)

// Decide is to decide the case on the organisation's own guidelines.
var Decide = routine.Declare(routine.Spec[decision]{
	Name: "decide", Kind: routine.KindPhase, Who: []string{"decider"}, Effects: []string{"second"}, To: routine.Inside,
})

// decision is what it comes to, and why.
type decision struct {
	Outcome   string         `json:"outcome" act:"outcome,name,required" from:"outcomes"`
	Guideline intake.Private `json:"guideline" act:"guideline,words,required"`
	Reason    intake.Private `json:"reason" act:"reason,words,required"`
	Measure   intake.Private `json:"measure,omitzero" act:"measure,words,several"`
}
