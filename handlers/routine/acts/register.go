package acts

import (
	"tillit/handlers/routine"
	"tillit/intake"
)

// Register is to write down what came by phone, letter, talk or mail, in the case that was
// made for it. It is the first act there.
var Register = routine.Declare(routine.Spec[registered]{
	Name: "register", Kind: routine.KindWork, Who: []string{"any"}, Effects: []string{"case"}, To: routine.Inside,
})

// registered is what was said, the day it really came, and who told it and can be reached
// how: nobody of them has a chat here.
type registered struct {
	Channel string         `json:"channel" act:"channel,choice,required" options:"phone letter talk mail"`
	Came    string         `json:"came" act:"came,day,required"`
	Text    intake.Private `json:"text" act:"text,words,required"`
	Contact intake.Private `json:"contact,omitzero" act:"contact,words"`
}
