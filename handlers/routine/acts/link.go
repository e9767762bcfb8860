package acts

import (
	"tillit/handlers/routine"
	"tillit/intake"
)

// Link is to say that the case belongs with another.
var Link = routine.Declare(routine.Spec[linked]{
	Name: "link", Kind: routine.KindWork, Who: []string{"any"}, To: routine.Inside,
})

// linked is with which, and why.
type linked struct {
	Ref    string         `json:"ref" act:"ref,ref,required"`
	Reason intake.Private `json:"reason" act:"reason,words,required"`
}
