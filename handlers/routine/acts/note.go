package acts

import "tillit/handlers/routine"

// Note is to write something down that stays inside.
var Note = routine.Declare(routine.Spec[written]{
	Name: "note", Kind: routine.KindWork, Always: true, Who: []string{"any"}, To: routine.Inside, Chat: true,
	Mark: func(string, written) routine.Mark { return routine.Mark{} },
})
