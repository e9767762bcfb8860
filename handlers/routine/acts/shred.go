package acts

import "tillit/handlers/routine"

// Shred is to destroy a closed case.
var Shred = routine.Declare(routine.Spec[reasoned]{
	Name: "shred", Kind: routine.KindShred, Who: []string{"lead"}, Effects: []string{"second"}, To: routine.Inside,
})
