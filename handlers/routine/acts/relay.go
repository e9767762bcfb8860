package acts

import (
	"tillit/handlers/routine"
	"tillit/intake"
)

// Relay is to make a case of what somebody else passes on.
var Relay = routine.Declare(routine.Spec[relayed]{
	Name: "relay", Kind: routine.KindOpen, Who: []string{"any"}, Effects: []string{"case"}, To: routine.Inside,
	Needs: makesACase[relayed],
})

// relayed is what was said, and who passes it on.
type relayed struct {
	Forwarder intake.Private `json:"forwarder" act:"forwarder,words,required"`
	Text      intake.Private `json:"text" act:"text,words,required"`
}
