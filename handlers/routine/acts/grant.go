package acts

import "tillit/handlers/routine"

// Grant is to give somebody the key of the case, after both have compared theirs
// aloud.
var Grant = routine.Declare(routine.Spec[to]{
	Name: "grant", Kind: routine.KindKeys, Always: true, Who: []string{"any"}, Effects: []string{"key"}, To: routine.Inside,
	Mark: func(_ string, b to) routine.Mark { return routine.Mark{Person: b.To} },
})
