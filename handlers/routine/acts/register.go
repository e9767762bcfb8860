package acts

import (
	"tillit/handlers/routine"
	"tillit/intake"
)

// Register is to make a case of what came by phone, letter, talk or mail.
var Register = routine.Declare(routine.Spec[registered]{
	Name: "register", Kind: routine.KindOpen, Who: []string{"any"}, Effects: []string{"case"}, To: routine.Inside,
	Needs: makesACase[registered],
})

// registered is what was said, and the day it really came.
type registered struct {
	Channel string         `json:"channel" act:"channel,choice,required" options:"phone letter talk mail"`
	Came    string         `json:"came" act:"came,day,required"`
	Text    intake.Private `json:"text" act:"text,words,required"`
}

// makesACase refuses, in a case that there is, what makes one.
func makesACase[B any](routine.Blind, routine.Actor, B) error {
	return &routine.Refusal{Key: routine.RefusedMark}
}
