package acts

import (
	"tillit/handlers/routine"
	"tillit/intake"
)

// MeasureEnd is to end a measure without carrying it out.
var MeasureEnd = routine.Declare(routine.Spec[measureEnded]{
	Name: "measure_end", Kind: routine.KindAsk, Who: []string{"decider"}, Effects: []string{"second"}, To: routine.Inside,
})

// measureEnded is which, and why.
type measureEnded struct {
	Which  string         `json:"which,omitempty" act:"which,name" from:"measures"`
	Reason intake.Private `json:"reason" act:"reason,words,required"`
}
