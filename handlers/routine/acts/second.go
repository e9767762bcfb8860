package acts

import (
	"strconv"

	"tillit/handlers/routine"
	"tillit/intake"
)

// Second is to agree to what a colleague asked for, or not.
var Second = routine.Declare(routine.Spec[agreed]{
	Name: "second", Kind: routine.KindSecond, Who: []string{"other"}, Effects: []string{"second"}, To: routine.Reporter,
	Mark: func(_ string, b agreed) routine.Mark {
		of, _ := strconv.ParseInt(b.Of, 10, 64) // what is no number is no entry, and refused
		return routine.Mark{Of: of, No: b.Agree == "no"}
	},
	Words: func(b agreed) intake.Private {
		if b.Agree == "yes" {
			return b.Text
		}
		return intake.Private{}
	},
})

// agreed is the answer, and what leaves for the reporter with a yes.
type agreed struct {
	Of     string         `json:"of" act:"of,name,required" from:"asked"`
	Agree  string         `json:"agree" act:"agree,choice,required" options:"yes no"`
	Reason intake.Private `json:"reason" act:"reason,words,required"`
	Text   intake.Private `json:"text,omitzero" act:"text,words"`
}
