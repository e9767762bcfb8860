package acts

import (
	"tillit/handlers/routine"
	"tillit/intake"
)

// PoliceAnswer is what the police advised.
var PoliceAnswer = routine.Declare(routine.Spec[policeAdvice]{
	Name: "police_answer", Kind: routine.KindWork, Who: []string{"investigator"}, To: routine.Inside,
})

// policeAdvice is what was asked and answered.
type policeAdvice struct {
	Asked  string         `json:"asked" act:"asked,day,required"`
	Answer string         `json:"answer" act:"answer,choice,required" options:"go_on wait none"`
	Text   intake.Private `json:"text" act:"text,words,required"`
}
