package acts

import "tillit/handlers/routine"

// Take is to take a case that nobody has.
var Take = routine.Declare(routine.Spec[nothing]{
	Name: "take", Kind: routine.KindDuty, Always: true, Who: []string{"any"}, Effects: []string{"lead:by"}, To: routine.Inside, Chat: true,
	Mark: func(by string, _ nothing) routine.Mark { return routine.Mark{Duty: routine.Lead, Person: by} },
})

// nothing is filled in.
type nothing struct{}
