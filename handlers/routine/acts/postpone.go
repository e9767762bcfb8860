package acts

import "tillit/handlers/routine"

// Postpone is to put off what the other party is told of what is kept about them.
var Postpone = routine.Declare(routine.Spec[reasoned]{
	Name: "postpone", Kind: routine.KindWork, Who: []string{"contact_b"}, Effects: []string{"again:notice"}, To: routine.Inside,
})
