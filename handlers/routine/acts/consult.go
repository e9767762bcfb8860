package acts

import (
	"tillit/handlers/routine"
	"tillit/intake"
)

// Consult is to ask an adviser one question, without the case.
var Consult = routine.Declare(routine.Spec[question]{
	Name: "consult", Kind: routine.KindWork, Who: []string{"any"}, Effects: []string{"open:consult"}, To: routine.Inside,
})

// question is what is asked, and of whom.
type question struct {
	Adviser  intake.Private `json:"adviser" act:"adviser,words,required"`
	Question intake.Private `json:"question" act:"question,words,required"`
	Until    string         `json:"until" act:"until,day,required"`
}
