package acts

import (
	"tillit/handlers/routine"
	"tillit/intake"
)

// Heard is to have held a talk with somebody.
var Heard = routine.Declare(routine.Spec[talk]{
	Name: "heard", Kind: routine.KindWork, Who: []string{"contact_a", "contact_b", "investigator"}, Effects: []string{"open:minutes"}, To: routine.Inside,
})

// talk is with whom, how, where and when.
type talk struct {
	Seat    string         `json:"seat" act:"seat,seat,required"`
	How     string         `json:"how" act:"how,choice,required" options:"meeting phone video chat"`
	Where   intake.Private `json:"where" act:"where,words,required"`
	Present intake.Private `json:"present,omitzero" act:"present,words,several"`
	Began   string         `json:"began" act:"began,moment,required"`
}
