package acts

import (
	"tillit/handlers/routine"
	"tillit/intake"
)

// Relay is to write down what somebody else passed on, in the case that was made for it. It
// is the first act there.
var Relay = routine.Declare(routine.Spec[relayed]{
	Name: "relay", Kind: routine.KindWork, Who: []string{"any"}, Effects: []string{"case"}, To: routine.Inside,
})

// relayed is what was said, and who passes it on.
type relayed struct {
	Forwarder intake.Private `json:"forwarder" act:"forwarder,words,required"`
	Text      intake.Private `json:"text" act:"text,words,required"`
}
