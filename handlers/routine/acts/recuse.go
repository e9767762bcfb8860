package acts

import (
	"tillit/handlers/routine"
	"tillit/intake"
)

// Recuse is to give up one's own key of a case, because of a tie to somebody in it.
var Recuse = routine.Declare(routine.Spec[tie]{
	Name: "recuse", Kind: routine.KindKeys, Always: true, Who: []string{"any"}, Effects: []string{"recuse"}, To: routine.Inside,
	Mark: func(by string, _ tie) routine.Mark { return routine.Mark{Person: by, Out: true} },
})

// tie says why, as far as somebody wants to.
type tie struct {
	Text intake.Private `json:"text,omitzero" act:"text,words"`
}
