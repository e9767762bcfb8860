package acts

import "tillit/handlers/routine"

// Reopen is to open a closed case again.
var Reopen = routine.Declare(routine.Spec[reasoned]{
	Name: "reopen", Kind: routine.KindOpen, Who: []string{"any", "control"}, Effects: []string{"open"}, To: routine.Inside,
})
