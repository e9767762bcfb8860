package acts

import (
	"tillit/handlers/routine"
	"tillit/intake"
)

// Support is to offer a support person to one of the parties.
var Support = routine.Declare(routine.Spec[offer]{
	Name: "support", Kind: routine.KindDuty, Who: []string{"contact_a", "contact_b"}, Effects: []string{"duty"}, To: routine.Inside,
	Mark: func(_ string, b offer) routine.Mark { return routine.Mark{Parts: []routine.Part{b.part()}} },
})

// offer is what was offered and answered.
type offer struct {
	Side   string         `json:"side" act:"side,choice,required" options:"a b"`
	Answer string         `json:"answer" act:"answer,choice,required" options:"accepted declined own"`
	Person string         `json:"person,omitempty" act:"person,person"`
	Text   intake.Private `json:"text,omitzero" act:"text,words"`
}

// part is who supports that side; nobody of ours, unless a person was accepted.
func (b offer) part() routine.Part {
	p := routine.Part{Duty: routine.Duty("support_" + b.Side)}
	if b.Answer == "accepted" {
		p.Person = b.Person
	}
	return p
}
