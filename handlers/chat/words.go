package chat

import (
	"embed"
	"fmt"
	"strings"
	"time"

	"tillit/bot/wordfile"
)

//go:embed words/*.toml
var wordFiles embed.FS

// language is one language's file.
type language struct {
	Hints    []string          `toml:"hints"`    // what networks call it
	Weekdays []string          `toml:"weekdays"` // from Sunday
	Months   []string          `toml:"months"`   // from January
	Date     string            `toml:"date"`
	Say      map[string]string `toml:"say"`
	Commands map[string]string `toml:"commands"` // what is typed → command
}

// words are what the office's bot says and understands, by language.
type words map[string]language

func readWords() (words, error) { return wordfile.Read[language](wordFiles, "words") }

// match is the language for a network's hint, or otherwise.
func (w words) match(hint, otherwise string) string {
	hint, _, _ = strings.Cut(strings.ToLower(hint), "-")
	for name, l := range w {
		for _, h := range l.Hints {
			if h == hint {
				return name
			}
		}
	}
	if _, ok := w[otherwise]; ok {
		return otherwise
	}
	return "nb"
}

// say is a phrase with its {places} filled from pairs.
func (w words) say(lang, key string, pairs ...string) string {
	var fill []string
	for i := 0; i+1 < len(pairs); i += 2 {
		fill = append(fill, "{"+pairs[i]+"}", pairs[i+1])
	}
	return strings.NewReplacer(fill...).Replace(w[lang].Say[key])
}

// day speaks a day of the form 2006-01-02; what is none stays as it is.
func (w words) day(lang, day string) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return day
	}
	l := w[lang]
	return strings.NewReplacer("{weekday}", l.Weekdays[t.Weekday()], "{day}", fmt.Sprint(t.Day()), "{month}", l.Months[t.Month()-1]).Replace(l.Date)
}
