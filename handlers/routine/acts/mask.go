package acts

import (
	"tillit/handlers/routine"
	"tillit/intake"
)

// Mask is to cover words that do not belong to the case. What was sent stays as it is.
var Mask = routine.Declare(routine.Spec[covered]{
	Name: "mask", Kind: routine.KindWork, Who: []string{"any"}, To: routine.Inside,
})

// covered is which words of which entry are not shown; without words, all of it.
type covered struct {
	Entry  string         `json:"entry" act:"entry,entry,required"`
	Span   intake.Private `json:"span,omitzero" act:"span,words,several"`
	Reason intake.Private `json:"reason" act:"reason,words,required"`
}
