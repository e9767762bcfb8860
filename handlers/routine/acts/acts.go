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
	Grant,
	Recuse,
}

// Find returns an act by its name, nil for none.
func Find(name string) *routine.Act {
	i := slices.IndexFunc(All, func(a *routine.Act) bool { return a.Name == name })
	if i < 0 {
		return nil
	}
	return All[i]
}

// Vocabulary is what a routine's file may name: the acts, and the kinds of marks. What
// an interview asks is added by who knows it.
func Vocabulary() plan.Vocabulary {
	v := plan.Vocabulary{Kinds: routine.Kinds()}
	for _, a := range All {
		v.Acts = append(v.Acts, a.Declared())
	}
	return v
}

//go:embed words/*.toml
var files embed.FS

// Words are what the acts are called, asked and logged as, in each language:
// act.NAME.title, .hint, .do, .done, .log and .field.FIELD; refused.KEY and fault.KEY.
var Words = sync.OnceValue(func() *words.Book {
	book, err := words.Read(files, "words")
	if err != nil {
		panic(err) // the tests load them
	}
	return book
})
