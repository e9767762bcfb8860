package acts

import "tillit/handlers/routine"

// NameOther is to say that the other party is known now.
var NameOther = routine.Declare(routine.Spec[named]{
	Name: "name_other", Kind: routine.KindWork, Who: []string{"any"}, Effects: []string{"named"}, To: routine.Inside,
})
