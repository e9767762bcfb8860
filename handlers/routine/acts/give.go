package acts

import "tillit/handlers/routine"

// Give is to give a case to somebody who can open it.
var Give = routine.Declare(routine.Spec[to]{
	Name: "give", Kind: routine.KindDuty, Always: true, Who: []string{"any"}, Effects: []string{"lead:to"}, To: routine.Inside, Right: routine.RightAssign,
	Mark: func(_ string, b to) routine.Mark { return routine.Mark{Duty: routine.Lead, Person: b.To} },
})

// to names somebody.
type to struct {
	To string `json:"to" act:"to,person,required"`
}
