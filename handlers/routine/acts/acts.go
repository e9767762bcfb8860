// Package acts declares what handlers do, one file each, with their words in
// words/. It holds no key and no network, as package routine.
package acts

import (
	"embed"
	"slices"
	"sync"

	"tillit/handlers/routine"
	"tillit/handlers/routine/plan"
	"tillit/intake/words"
)

// All are the acts, in the order in which they are offered. A new one is a file of its
// own, its words, and a line here.
var All = []*routine.Act{
	Reply,
	Note,
	Take,
	Give,
	Release,

	AssessSafety,
	ConsiderAvert,
	Minor,
	Inform,
	NotifyChain,
	Declare,
	DecideLevel,
	Staff,
	Mask,
	NoMask,

	Invite,
	Seated,
	Heard,
	Minutes,
	NoAnswer,
	Told,
	NameWitness,
	Consult,
	NameOther,
	PoliceAnswer,
	Disclose,
	Postpone,

	StateInformed,
	Waive,
	Extend,
	Second,
	Decide,
	Feedback,

	Support,
	Measure,
	MeasureDone,
	MeasureEnd,
	CheckIn,

	Request,
	AnswerWithdrawal,
	AnswerAccess,
	ExtendAccess,
	SuspectBreach,
	BreachTold,
	Link,

	Grant,
	Exclude,
	Recuse,

	Close,
	Reopen,
	Hold,
	Keep,
	Shred,

	Restate,
	Register,
	Relay,
}

// Find returns an act by its name, nil for none.
func Find(name string) *routine.Act {
	i := slices.IndexFunc(All, func(a *routine.Act) bool { return a.Name == name })
	if i < 0 {
		return nil
	}
	return All[i]
}

// seat is the kind of what the persons concerned do. It is no act of a handler: what they
// say stands in an entry of their own.
const seat = "seat"

// seats are the acts of persons concerned.
var seats = []plan.Act{{Name: "minutes_ok", Who: []string{seat}, Kind: seat, Fields: []plan.Field{
	{Name: "which"}, {Name: "answer", Required: true}, {Name: "text"},
}}}

// Vocabulary is what a routine's file may name: the acts, and the kinds of marks. What
// an interview asks is added by who knows it.
func Vocabulary() plan.Vocabulary {
	v := plan.Vocabulary{Kinds: append(routine.Kinds(), seat), Acts: slices.Clone(seats)}
	for _, a := range All {
		v.Acts = append(v.Acts, a.Declared())
	}
	return v
}

//go:embed words/*.toml
var files embed.FS

// Words are what the acts are called, asked and logged as, in each language:
// act.NAME.title, .hint, .do, .done, .log, .field.FIELD and .option.FIELD.OPTION;
// refused.KEY and fault.KEY.
var Words = sync.OnceValue(func() *words.Book {
	book, err := words.Read(files, "words")
	if err != nil {
		panic(err) // the tests load them
	}
	return book
})
