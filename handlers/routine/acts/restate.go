package acts

import "tillit/handlers/routine"

// Restate is to tell the server how the clocks should stand. What it says follows from
// the case.
var Restate = routine.Declare(routine.Spec[nothing]{
	Name: "restate", Kind: routine.KindRestate, Who: []string{"any"}, To: routine.Inside,
})
