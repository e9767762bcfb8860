package acts

import (
	"tillit/handlers/routine"
	"tillit/intake"
)

// NoMask is to say that nothing needs covering.
var NoMask = routine.Declare(routine.Spec[reasoned]{
	Name: "no_mask", Kind: routine.KindWork, Who: []string{"lead"}, To: routine.Inside,
})

// reasoned is a reason alone.
type reasoned struct {
	Reason intake.Private `json:"reason" act:"reason,words,required"`
}
