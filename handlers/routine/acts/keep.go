package acts

import (
	"tillit/handlers/routine"
	"tillit/intake"
)

// Keep is to keep a closed case until a day.
var Keep = routine.Declare(routine.Spec[kept]{
	Name: "keep", Kind: routine.KindKeep, Who: []string{"lead"}, Effects: []string{"second"}, To: routine.Inside,
	Mark: func(_ string, b kept) routine.Mark { return routine.Mark{End: b.Until} },
})

// kept is until when, and why.
type kept struct {
	Reason intake.Private `json:"reason" act:"reason,words,required"`
	Until  string         `json:"until" act:"until,day,required"`
}
