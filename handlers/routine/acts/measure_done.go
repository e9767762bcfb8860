package acts

import (
	"tillit/handlers/routine"
	"tillit/intake"
)

// MeasureDone is to have carried out a measure. The reporter is told.
var MeasureDone = routine.Declare(routine.Spec[measureShown]{
	Name: "measure_done", Kind: routine.KindSent, Who: []string{"owner"}, Effects: []string{"out:r"}, To: routine.Reporter,
	Words: func(b measureShown) intake.Private { return b.Text },
})

// measureShown is what shows it, and the words to the reporter.
type measureShown struct {
	Which string         `json:"which,omitempty" act:"which,name" from:"measures"`
	Proof intake.Private `json:"proof" act:"proof,words,required"`
	Text  intake.Private `json:"text" act:"text,words,required"`
}
