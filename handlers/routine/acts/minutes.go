package acts

import (
	"strings"

	"tillit/handlers/routine"
	"tillit/intake"
)

// Minutes is to send the minutes of a talk to whom it was held with. Sent again, they are
// a new version.
var Minutes = routine.Declare(routine.Spec[minuted]{
	Name: "minutes", Kind: routine.KindSent, Who: []string{"contact_a", "contact_b", "investigator"}, Effects: []string{"open:confirm", "out:seat"}, To: routine.Seat,
	Words: func(b minuted) intake.Private {
		if of, _, _ := strings.Cut(b.Which, "-"); of == talkWithReporter {
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

// talkWithReporter is what the routine calls the first talk with the reporter; a second
// one is tr-2.
const talkWithReporter = "tr"
