package bot

import (
	"embed"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"tillit/bot/wordfile"
)

//go:embed phrases/*.toml
var phraseFiles embed.FS

// Phrases are the bot's own words, per language. They are data: a key that one
// language lacks fails a test, never a conversation.
type Phrases struct {
	byLang map[string]words
}

// words is one language's file. Say is everything with a key; the calendar
// lists are what a date needs to be spoken.
type words struct {
	Name     string            `toml:"name"`
	Weekdays []string          `toml:"weekdays"` // from Sunday
	Months   []string          `toml:"months"`   // from January
	Date     string            `toml:"date"`     // {weekday} {day} {month}
	Say      map[string]string `toml:"say"`
	Commands map[string]string `toml:"commands"` // typed word, without the slash → command
}

// LoadPhrases reads the built-in phrases.
func LoadPhrases() (*Phrases, error) {
	byLang, err := wordfile.Read[words](phraseFiles, "phrases")
	return &Phrases{byLang: byLang}, err
}

// Languages returns the languages with words, bokmål first when it is there.
func (p *Phrases) Languages() []string {
	return slices.SortedFunc(maps.Keys(p.byLang), func(a, b string) int {
		return strings.Compare(languageOrder(a), languageOrder(b))
	})
}

func languageOrder(l string) string {
	if i := strings.Index("nb nn en", l); i >= 0 {
		return fmt.Sprintf("0%d", i)
	}
	return "1" + l
}

// Match returns the language we have for a network's hint ("nb-NO", "no", "da").
func (p *Phrases) Match(hint, fallback string) string {
	hint, _, _ = strings.Cut(strings.ToLower(hint), "-")
	switch hint {
	case "no", "da":
		hint = "nb"
	}
	if _, ok := p.byLang[hint]; ok {
		return hint
	}
	return fallback
}

// Say returns a phrase with its {placeholders} filled from pairs of name, value.
func (p *Phrases) Say(lang, key string, pairs ...string) string {
	text, ok := p.byLang[lang].Say[key]
	if !ok {
		text = p.byLang["nb"].Say[key]
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		pairs[i] = "{" + pairs[i] + "}"
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

// Day speaks a date in a language, "onsdag 25. november".
func (p *Phrases) Day(lang string, t time.Time) string {
	w := p.byLang[lang]
	return strings.NewReplacer(
		"{weekday}", w.Weekdays[t.Weekday()],
		"{day}", fmt.Sprint(t.Day()),
		"{month}", w.Months[t.Month()-1],
	).Replace(w.Date)
}

// Command reads a typed command in any language: "/slett" and "/delete" alike.
// Only a leading slash makes a command; a bare word is an answer.
func (p *Phrases) Command(text string) (command string, ok bool) {
	word, found := strings.CutPrefix(strings.ToLower(strings.TrimSpace(text)), "/")
	if !found {
		return "", false
	}
	word, _, _ = strings.Cut(word, " ")
	word, _, _ = strings.Cut(word, "@") // networks add the bot's name
	for _, w := range p.byLang {
		if c, ok := w.Commands[word]; ok {
			return c, true
		}
	}
	return "unknown", true
}
