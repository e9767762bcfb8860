package acts

import (
	"tillit/handlers/routine"
	"tillit/intake"
)

// Inform is to give the reporter standard words: on evidence, the police, help.
var Inform = routine.Declare(routine.Spec[information]{
	Name: "inform", Kind: routine.KindSent, Who: []string{"any"}, Effects: []string{"out:r"}, To: routine.Reporter,
	Words: func(b information) intake.Private { return b.Text },
})

// information is what is given, as it is sent.
type information struct {
	What []string       `json:"what,omitempty" act:"what,choices" options:"evidence police help"`
	Text intake.Private `json:"text" act:"text,words,required"`
}
