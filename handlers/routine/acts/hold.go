package acts

import (
	"tillit/handlers/routine"
	"tillit/intake"
)

// Hold is to forbid shredding until a day.
var Hold = routine.Declare(routine.Spec[held]{
	Name: "hold", Kind: routine.KindKeep, Who: []string{"lead"}, To: routine.Inside,
	Mark: func(_ string, b held) routine.Mark { return routine.Mark{End: b.Until, Hold: true} },
})

// held is until when, why, and who answers for it.
type held struct {
	Owner  string         `json:"owner" act:"owner,person,required"`
	Reason intake.Private `json:"reason" act:"reason,words,required"`
	Until  string         `json:"until" act:"until,day,required"`
}
