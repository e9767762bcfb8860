package desk

import (
	"embed"
	"sync"

	"tillit/intake/words"
)

//go:embed words/*.toml
var wordFiles embed.FS

// loadWords reads the embedded words, once; they are part of the program, so that a
// broken file is a bug.
var loadWords = sync.OnceValue(func() *words.Book {
	all, err := words.Read(wordFiles, "words")
	if err != nil {
		panic(err)
	}
	return all
})

// T is how a page says words, with pairs of name and value for its placeholders.
func (v view) T(key string, pairs ...any) string { return v.Say(key, pairs...) }

// N is how a page says words with a number.
func (v view) N(key string, n int) string { return v.Number(key, n) }

// Label is what something is called by its id. The id itself, where there are no words for
// it, came from elsewhere, and is plain.
func (v view) Label(group, id string) string { return plain(v.Lang.Label(group, id)) }
