package acts

import (
	"tillit/handlers/routine"
	"tillit/intake"
)

// Close is to close the case.
var Close = routine.Declare(routine.Spec[closing]{
	Name: "close", Kind: routine.KindClose, Who: []string{"lead"}, Effects: []string{"second"}, To: routine.Inside,
})

// closing is the closing form.
type closing struct {
	Action     intake.Private `json:"action" act:"action,words,required"`
	Findings   intake.Private `json:"findings" act:"findings,words,required"`
	Protection intake.Private `json:"protection" act:"protection,words,required"`
	Letter     []string       `json:"letter,omitempty" act:"letter,name,several" from:"letters"`
}
