package acts

import "tillit/handlers/routine"

// Request is a wish that came outside the chat.
var Request = routine.Declare(routine.Spec[wish]{
	Name: "request", Kind: routine.KindWork, Who: []string{"any"}, Effects: []string{"open:wish"}, To: routine.Inside,
})

// wish is what somebody wishes.
type wish struct {
	Wish string `json:"wish" act:"wish,choice,required" options:"withdrawal access meet go_on"`
	Seat string `json:"seat" act:"seat,seat,required"`
	Came string `json:"came" act:"came,day,required"`
}
