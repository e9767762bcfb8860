package acts

import (
	"tillit/handlers/routine"
	"tillit/intake"
)

// Exclude is to keep a person out from now on. Two people do it.
var Exclude = routine.Declare(routine.Spec[excluded]{
	Name: "exclude", Kind: routine.KindKeys, Who: []string{"any"}, Effects: []string{"epoch", "second"}, To: routine.Inside,
	Mark: func(_ string, b excluded) routine.Mark { return routine.Mark{Person: b.Person, Out: true} },
})

// excluded is who is kept out, and why.
type excluded struct {
	Person string         `json:"person" act:"person,person,required"`
	Reason intake.Private `json:"reason" act:"reason,words,required"`
}
