package acts

import (
	"tillit/handlers/routine"
	"tillit/intake"
)

// CheckIn is to ask how the affected person is.
var CheckIn = routine.Declare(routine.Spec[checked]{
	Name: "check_in", Kind: routine.KindWork, Who: []string{"contact_a"}, Effects: []string{"worse"}, To: routine.Inside,
})

// checked is what was answered.
type checked struct {
	When   string         `json:"when" act:"when,choice,required" options:"hearing 1m 3m 6m"`
	Asked  string         `json:"asked" act:"asked,day,required"`
	Answer intake.Private `json:"answer" act:"answer,words,required"`
	Worse  string         `json:"worse" act:"worse,choice,required" options:"no yes"`
}
