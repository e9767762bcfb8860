package acts

import (
	"tillit/handlers/routine"
	"tillit/intake"
)

// Reply is to write to the reporter.
var Reply = routine.Declare(routine.Spec[written]{
	Name: "reply", Kind: routine.KindSent, Always: true, Who: []string{"any"}, Effects: []string{"out:r"}, To: routine.Reporter, Chat: true,
	Mark:  func(string, written) routine.Mark { return routine.Mark{} },
	Words: func(b written) intake.Private { return b.Text },
})

// written is what somebody wrote.
type written struct {
	Text intake.Private `json:"text" act:"text,words,required"`
}
