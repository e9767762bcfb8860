package acts

import (
	"tillit/handlers/routine"
	"tillit/intake"
)

// AnswerAccess is to answer a request for access. It leaves when a second person has
// agreed: with that act, which has the words.
var AnswerAccess = routine.Declare(routine.Spec[access]{
	Name: "answer_access", Kind: routine.KindAsk, Who: []string{"lead"}, Effects: []string{"second", "out:seat"}, To: routine.Inside,
})

// access is the answer, and what is left out of it.
type access struct {
	Which   string         `json:"which,omitempty" act:"which,name" from:"objects"`
	LeftOut intake.Private `json:"left_out,omitzero" act:"left_out,words,several"`
	Reason  intake.Private `json:"reason" act:"reason,words,required"`
	Text    intake.Private `json:"text" act:"text,words,required"`
}
