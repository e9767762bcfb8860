package acts

import (
	"tillit/handlers/routine"
	"tillit/intake"
)

// NameWitness is to enter somebody who is said to have seen or heard something.
var NameWitness = routine.Declare(routine.Spec[named]{
	Name: "name_witness", Kind: routine.KindWork, Who: []string{"any"}, Effects: []string{"open:witness"}, To: routine.Inside,
})

// named is who it is, and why.
type named struct {
	Alias intake.Private `json:"alias" act:"alias,words,required"`
	Why   intake.Private `json:"why" act:"why,words,required"`
}
