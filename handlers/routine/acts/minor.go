package acts

import (
	"tillit/handlers/routine"
	"tillit/intake"
)

// Minor is to decide who is told about somebody under age, and who is not.
var Minor = routine.Declare(routine.Spec[underAge]{
	Name: "minor", Kind: routine.KindWork, Who: []string{"lead", "contact_a"}, To: routine.Inside,
})

// underAge is who is told.
type underAge struct {
	Told    []string       `json:"told,omitempty" act:"told,choices" options:"guardians child_welfare police adult"`
	NotTold intake.Private `json:"not_told,omitzero" act:"not_told,words"`
	Reason  intake.Private `json:"reason" act:"reason,words,required"`
}
