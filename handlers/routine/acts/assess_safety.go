package acts

import (
	"tillit/handlers/routine"
	"tillit/intake"
)

// AssessSafety is to assess whether somebody is in danger.
var AssessSafety = routine.Declare(routine.Spec[danger]{
	Name: "assess_safety", Kind: routine.KindWork, Who: []string{"any"}, To: routine.Inside,
})

// danger is what is known of it, and the day of something ahead.
type danger struct {
	Risk  string         `json:"risk" act:"risk,choice,required" options:"no some now"`
	Text  intake.Private `json:"text" act:"text,words,required"`
	Event string         `json:"event,omitempty" act:"event,day"`
}
