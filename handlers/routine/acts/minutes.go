package acts

import (
	"strings"

	"tillit/handlers/routine"
	"tillit/intake"
	"tillit/store/cases"
)

// Minutes is to send the minutes of a talk to whom it was held with. Sent again, they are
// a new version.
var Minutes = routine.Declare(routine.Spec[minuted]{
	Name: "minutes", Kind: routine.KindSent, Who: []string{"contact_a", "contact_b", "investigator"}, Effects: []string{"open:confirm", "out:seat"}, To: routine.Seat,
	Mark: func(_ string, b minuted) routine.Mark {
		if b.leave() {
			return routine.Mark{Asks: cases.AsksMinutes}
		}
		return routine.Mark{}
	},
	Words: func(b minuted) intake.Private {
		if b.leave() {
			return b.Text
		}
		return intake.Private{}
	},
})

// minuted is what was said in a talk.
type minuted struct {
	Which string         `json:"which" act:"which,name,required" from:"talks"`
	Text  intake.Private `json:"text" act:"text,words,required"`
}

// leave says whether they are minutes of a talk with the reporter, who gets them here.
func (b minuted) leave() bool {
	of, _, _ := strings.Cut(b.Which, "-")
	return of == talkWithReporter
}

// talkWithReporter is what the routine calls the first talk with the reporter; a second
// one is tr-2.
const talkWithReporter = "tr"
