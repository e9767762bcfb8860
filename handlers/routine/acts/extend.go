package acts

import (
	"tillit/handlers/routine"
	"tillit/intake"
)

// Extend is to move the day of a step. The reporter gets the reason when a second person
// has agreed: with that act, which has the words.
var Extend = routine.Declare(routine.Spec[extended]{
	Name: "extend", Kind: routine.KindAsk, Who: []string{"owner"}, Effects: []string{"due", "second", "out:r"}, To: routine.Inside,
})

// extended is which day is moved, and why.
type extended struct {
	Step   string         `json:"step" act:"step,name,required" from:"steps"`
	Until  string         `json:"until" act:"until,day,required"`
	Reason intake.Private `json:"reason" act:"reason,words,required"`
}
