package acts

import (
	"tillit/handlers/routine"
	"tillit/intake"
)

// ExtendAccess is to take two months more for a request for access.
var ExtendAccess = routine.Declare(routine.Spec[moreTime]{
	Name: "extend_access", Kind: routine.KindSent, Who: []string{"lead"}, Effects: []string{"again:access", "out:seat"}, To: routine.Seat,
	Words: func(b moreTime) intake.Private {
		if b.Seat == "r" {
			return b.Text
		}
		return intake.Private{}
	},
})

// moreTime is who is told of it, and how.
type moreTime struct {
	Which string         `json:"which,omitempty" act:"which,name" from:"objects"`
	Seat  string         `json:"seat" act:"seat,seat,required"`
	Text  intake.Private `json:"text" act:"text,words,required"`
}
