package acts

import (
	"tillit/handlers/routine"
	"tillit/intake"
)

// Declare is to say how one knows those involved. Who has a tie steps away afterwards,
// which is an act of its own.
var Declare = routine.Declare(routine.Spec[ties]{
	Name: "declare", Kind: routine.KindWork, Who: []string{"any"}, To: routine.Inside,
})

// ties is how somebody knows those involved.
type ties struct {
	Tie    string         `json:"tie" act:"tie,choice,required" options:"none family close board witness other"`
	Reason intake.Private `json:"reason,omitzero" act:"reason,words"`
}
