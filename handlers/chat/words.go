package chat

import (
	"embed"
	"time"

	"tillit/intake/words"
)

//go:embed words/*.toml
var wordFiles embed.FS

// readWords reads what the office's bot says and understands.
func readWords() (*words.Book, error) { return words.Read(wordFiles, "words") }

// words are those of the chat's language.
func (s situation) words() *words.Lang { return s.w.In(s.st.Lang) }

// day speaks a day of the form 2006-01-02; what is none stays as it is.
func (s situation) day(day string) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return day
	}
	return s.words().Day(t)
}
