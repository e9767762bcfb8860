package acts

import "tillit/handlers/routine"

// Release is to let go of a case: it waits for anybody again.
var Release = routine.Declare(routine.Spec[nothing]{
	Name: "release", Kind: routine.KindDuty, Always: true, Who: []string{"lead"}, Effects: []string{"lead:none"}, To: routine.Inside, Chat: true,
	Mark: func(string, nothing) routine.Mark { return routine.Mark{Duty: routine.Lead} },
})
