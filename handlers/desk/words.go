package desk

import (
	"embed"

	"tillit/intake/words"
)

//go:embed words/*.toml
var wordFiles embed.FS

// loadWords reads the embedded words; they are part of the program, so that a
// broken file is a bug.
func loadWords() *words.Book {
	all, err := words.Read(wordFiles, "words")
	if err != nil {
		panic(err)
	}
	return all
}

// T is how a page says words, with pairs of name and value for its placeholders.
func (v view) T(key string, pairs ...any) string { return v.Say(key, pairs...) }

// N is how a page says words with a number.
func (v view) N(key string, n int) string { return v.Number(key, n) }
