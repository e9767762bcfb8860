package bot

import (
	"embed"
	"strings"
	"time"

	"tillit/intake/words"
)

//go:embed phrases/*.toml
var phraseFiles embed.FS

// Phrases are the bot's own words, in every language. They are data: a key that one
// language lacks fails [LoadPhrases], never a conversation.
type Phrases struct{ *words.Book }

// LoadPhrases reads the built-in phrases.
func LoadPhrases() (*Phrases, error) {
	book, err := words.Read(phraseFiles, "phrases")
	return &Phrases{book}, err
}

// Languages returns the languages with words, bokmål first when it is there.
func (p *Phrases) Languages() []string {
	var all []string
	for _, l := range p.Langs() {
		all = append(all, l.ID())
	}
	return all
}

// Say returns a phrase with its {placeholders} filled from pairs of name and value.
func (p *Phrases) Say(lang, key string, pairs ...any) string { return p.In(lang).Say(key, pairs...) }

// Day speaks a date in a language, "onsdag 25. november", with the year when it is another.
func (p *Phrases) Day(lang string, t, now time.Time) string { return p.In(lang).DayFrom(t, now) }

// Command reads a typed command in any language: "/slett" and "/delete" alike. Only a
// leading slash makes a command; a bare word is an answer. So is what has more words in it,
// but for what begins, which links may let carry something, and what is no command of ours:
// nobody's words are thrown away for how they begin.
func (p *Phrases) Command(text string) (command string, ok bool) {
	words := strings.Fields(text)
	if len(words) == 0 || !strings.HasPrefix(words[0], "/") {
		return "", false
	}
	command = p.Book.Command(strings.TrimPrefix(words[0], "/"))
	if command == "" || len(words) > 1 && command != "start" {
		return "", false
	}
	return command, true
}

// status tells how far a case has come. One that has no phrase of its own is not
// passed over in silence.
func (p *Phrases) status(lang, status string) string {
	key := "status_" + status
	if !p.In(lang).Has(key) {
		key = "status_other"
	}
	return p.Say(lang, key)
}
