package acts

import (
	"tillit/handlers/routine"
	"tillit/intake"
)

// DecideLevel is to decide at which level a case is handled.
var DecideLevel = routine.Declare(routine.Spec[level]{
	Name: "decide_level", Kind: routine.KindLevel, Who: []string{"lead"}, Effects: []string{"level"}, To: routine.Inside,
	Mark: func(_ string, b level) routine.Mark { return routine.Mark{Level: b.Level} },
})

// level is what is decided, and whether labour law applies to the reporter.
type level struct {
	Level     string         `json:"level" act:"level,name,required" from:"levels"`
	Reason    intake.Private `json:"reason" act:"reason,words,required"`
	Consulted intake.Private `json:"consulted,omitzero" act:"consulted,words,several"`
	Relation  string         `json:"relation" act:"relation,choice,required" options:"employee hired member other unknown"`
}
