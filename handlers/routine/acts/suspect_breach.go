package acts

import (
	"tillit/handlers/routine"
	"tillit/intake"
)

// SuspectBreach is to say that something may have leaked.
var SuspectBreach = routine.Declare(routine.Spec[leak]{
	Name: "suspect_breach", Kind: routine.KindWork, Who: []string{"any", "control"}, Effects: []string{"open:breach"}, To: routine.Inside,
})

// leak is what may have happened.
type leak struct {
	What string         `json:"what" act:"what,choice,required" options:"lost sent seen other"`
	When string         `json:"when" act:"when,day,required"`
	Text intake.Private `json:"text" act:"text,words,required"`
}
