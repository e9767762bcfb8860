package acts

import (
	"tillit/handlers/routine"
	"tillit/intake"
)

// NotifyChain is to tell those of the chain that there is a case.
var NotifyChain = routine.Declare(routine.Spec[chain]{
	Name: "notify_chain", Kind: routine.KindWork, Who: []string{"lead"}, Effects: []string{"out:office"}, To: routine.Inside,
})

// chain is who is told, who is not, and why not.
type chain struct {
	Person  []string       `json:"person,omitempty" act:"person,persons"`
	LeftOut []string       `json:"left_out,omitempty" act:"left_out,persons"`
	Reason  intake.Private `json:"reason,omitzero" act:"reason,words"`
}
