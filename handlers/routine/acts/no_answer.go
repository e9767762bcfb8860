package acts

import (
	"tillit/handlers/routine"
	"tillit/intake"
)

// NoAnswer is to note that nobody answered, in spite of reminders.
var NoAnswer = routine.Declare(routine.Spec[unanswered]{
	Name: "no_answer", Kind: routine.KindWork, Who: []string{"contact_a", "contact_b", "investigator"}, To: routine.Inside,
})

// unanswered is when somebody was reminded.
type unanswered struct {
	Which    string         `json:"which,omitempty" act:"which,name" from:"talks"`
	Reminded []string       `json:"reminded,omitempty" act:"reminded,day,several"`
	Reason   intake.Private `json:"reason" act:"reason,words,required"`
}
