package acts

import (
	"tillit/handlers/routine"
	"tillit/intake"
)

// AnswerWithdrawal is to answer a wish to withdraw.
var AnswerWithdrawal = routine.Declare(routine.Spec[withdrawal]{
	Name: "answer_withdrawal", Kind: routine.KindSent, Who: []string{"contact_a"}, Effects: []string{"out:r"}, To: routine.Reporter,
	Words: func(b withdrawal) intake.Private { return b.Text },
})

// withdrawal is whether it is granted, and the words to the reporter.
type withdrawal struct {
	Granted string         `json:"granted" act:"granted,choice,required" options:"yes no"`
	Text    intake.Private `json:"text" act:"text,words,required"`
}
