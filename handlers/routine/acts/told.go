package acts

import (
	"tillit/handlers/routine"
	"tillit/intake"
)

// Told is what somebody answered outside the chat.
var Told = routine.Declare(routine.Spec[answered]{
	Name: "told", Kind: routine.KindWork, Who: []string{"lead", "contact_a", "contact_b", "investigator"}, To: routine.Inside,
})

// answered is what came, how, and when.
type answered struct {
	What  string         `json:"what" act:"what,choice,required" options:"minutes advice"`
	Which string         `json:"which,omitempty" act:"which,name" from:"objects"`
	How   string         `json:"how" act:"how,choice,required" options:"meeting phone letter mail"`
	Came  string         `json:"came" act:"came,day,required"`
	Text  intake.Private `json:"text" act:"text,words,required"`
}
