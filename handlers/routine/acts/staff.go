package acts

import (
	"strings"

	"tillit/handlers/routine"
)

// Staff is to give duties to people, or to take them away.
var Staff = routine.Declare(routine.Spec[staffing]{
	Name: "staff", Kind: routine.KindDuty, Who: []string{"lead"}, Effects: []string{"duty"}, To: routine.Inside,
	Mark: func(_ string, b staffing) routine.Mark { return routine.Mark{Parts: b.parts()} },
})

// staffing is who does what, a line each: contact_a=maren; nobody behind it takes the
// duty away.
type staffing struct {
	Part []string `json:"part,omitempty" act:"part,parts"`
}

func (b staffing) parts() (all []routine.Part) {
	for _, part := range b.Part {
		duty, person, _ := strings.Cut(part, "=")
		all = append(all, routine.Part{Duty: routine.Duty(duty), Person: person})
	}
	return all
}
