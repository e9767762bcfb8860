package acts

import (
	"tillit/handlers/routine"
	"tillit/intake"
)

// BreachTold is to have told the authority and the persons of a leak, or not.
var BreachTold = routine.Declare(routine.Spec[breachTold]{
	Name: "breach_told", Kind: routine.KindWork, Who: []string{"lead", "control"}, To: routine.Inside,
})

// breachTold is who was told, or why not.
type breachTold struct {
	Which     string         `json:"which,omitempty" act:"which,name" from:"objects"`
	Authority string         `json:"authority" act:"authority,choice,required" options:"yes no"`
	Persons   string         `json:"persons" act:"persons,choice,required" options:"yes no"`
	Reason    intake.Private `json:"reason" act:"reason,words,required"`
}
