// Package words says what people are told: in one language of a folder of TOML
// files, one file for each language. It holds the calendar of each language too, so
// that a day is called the same wherever it is said. It knows nothing of cases.
package words

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"golang.org/x/text/language"
)

// Book is a folder of words. Every language of it has the same keys, and in each
// text the same {placeholders}: [Read] refuses anything else. It never changes and is
// safe for concurrent use.
type Book struct {
	langs    map[string]*Lang
	order    []string // the first is for whom none is better
	matcher  language.Matcher
	commands map[string]string
}

// Lang is the words of a book in one language.
type Lang struct {
	id    string
	text  map[string]text
	typed map[string]string // word → command
	cal   *Lang             // the calendar's words; nil in the calendar itself
}

// text is a text cut at its placeholders: plain[0], what holes[0] holds, plain[1], …
type text struct{ plain, holes []string }

// typed is the table of what people type: word = "command". It is read apart,
// because each language has words of its own there.
const typed = "typed"

// Read reads all languages of a folder, NAME.toml for each; besides are the files there
// that hold no words. Tables become keys with dots. The error names every fault: of form, a key or a placeholder that one
// language lacks, a key twice, a text that is empty or no text, a brace that is no
// placeholder's, a typed word that means two things, and a language without a
// calendar.
func Read(files fs.FS, folder string, besides ...string) (*Book, error) {
	b, faults := read(files, folder, besides...)
	for _, id := range b.order {
		cal := calendars().langs[id]
		if cal == nil {
			faults = append(faults, fmt.Errorf("%s.toml: there is no calendar of this language", id))
		}
		b.langs[id].cal = cal
	}
	if len(faults) > 0 {
		return nil, fmt.Errorf("reading the words in %s: %w", folder, errors.Join(faults...))
	}
	return b, nil
}

func read(files fs.FS, folder string, besides ...string) (*Book, []error) {
	b := &Book{langs: map[string]*Lang{}, commands: map[string]string{}}
	names, err := fs.Glob(files, path.Join(folder, "*.toml"))
	names = slices.DeleteFunc(names, func(name string) bool { return slices.Contains(besides, path.Base(name)) })
	if err != nil || len(names) == 0 {
		return b, []error{cmp.Or(err, fs.ErrNotExist)}
	}
	var faults []error
	for _, name := range names {
		raw, err := fs.ReadFile(files, name)
		if err != nil {
			faults = append(faults, err)
			continue
		}
		var tree map[string]any
		if err := toml.NewDecoder(bytes.NewReader(raw)).Decode(&tree); err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", path.Base(name), err))
			continue
		}
		l := &Lang{id: strings.TrimSuffix(path.Base(name), ".toml"), text: map[string]text{}, typed: map[string]string{}}
		typedWords, table := tree[typed].(map[string]any)
		if table {
			delete(tree, typed)
		}
		for _, err := range slices.Concat(b.learn(l, typedWords), l.flatten("", tree)) {
			faults = append(faults, fmt.Errorf("%s: %w", path.Base(name), err))
		}
		b.langs[l.id] = l
	}
	b.order = slices.SortedFunc(maps.Keys(b.langs), inOrder)
	b.matcher = language.NewMatcher(tags(b.order))
	return b, append(faults, b.compare()...)
}

// inOrder puts bokmål, nynorsk and English first.
func inOrder(a, b string) int {
	place := func(l string) int {
		if i := slices.Index([]string{"nb", "nn", "en"}, l); i >= 0 {
			return i
		}
		return 3
	}
	return cmp.Or(cmp.Compare(place(a), place(b)), strings.Compare(a, b))
}

// learn adds the typed words of one language.
func (b *Book) learn(l *Lang, typed map[string]any) (faults []error) {
	for _, word := range slices.Sorted(maps.Keys(typed)) {
		means, _ := typed[word].(string)
		switch other, known := b.commands[word]; {
		case means == "" || word != strings.ToLower(word):
			faults = append(faults, fmt.Errorf("nobody can give the command %q", word))
		case known && other != means:
			faults = append(faults, fmt.Errorf("the command %q means %s and %s", word, other, means))
		}
		b.commands[word], l.typed[word] = means, means
	}
	return faults
}

// flatten adds the texts of a table, and of those within it.
func (l *Lang) flatten(prefix string, tree map[string]any) (faults []error) {
	for _, k := range slices.Sorted(maps.Keys(tree)) {
		key := prefix + k
		switch v := tree[k].(type) {
		case string:
			_, twice := l.text[key]
			parsed, err := parse(v)
			if twice {
				err = errors.New("is there twice")
			}
			if err != nil {
				faults = append(faults, fmt.Errorf("%s %w", key, err))
			}
			l.text[key] = parsed
		case map[string]any:
			faults = append(faults, l.flatten(key+".", v)...)
		default:
			faults = append(faults, fmt.Errorf("%s is no text", key))
		}
	}
	return faults
}

var hole = regexp.MustCompile(`\{([a-z][a-z_]*)\}`)

func parse(s string) (text, error) {
	var t text
	at := 0
	for _, m := range hole.FindAllStringSubmatchIndex(s, -1) {
		t.plain, t.holes = append(t.plain, s[at:m[0]]), append(t.holes, s[m[2]:m[3]])
		at = m[1]
	}
	t.plain = append(t.plain, s[at:])
	if s == "" {
		return t, errors.New("is empty")
	}
	if strings.ContainsAny(strings.Join(t.plain, ""), "{}") {
		return t, errors.New("has a brace that is no placeholder's")
	}
	return t, nil
}

// compare names what one language has and another lacks.
func (b *Book) compare() (faults []error) {
	first := map[string]string{} // key → a language that has it
	for _, id := range b.order {
		for key := range b.langs[id].text {
			first[key] = cmp.Or(first[key], id)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(first)) {
		want := b.langs[first[key]].text[key].names()
		for _, id := range b.order {
			t, ok := b.langs[id].text[key]
			if !ok {
				faults = append(faults, fmt.Errorf("%s.toml: %s is missing", id, key))
			} else if got := t.names(); !slices.Equal(got, want) {
				faults = append(faults, fmt.Errorf("%s.toml: %s has the placeholders %v, in %s %v", id, key, got, first[key], want))
			}
		}
	}
	return faults
}

// names are the placeholders, each once, sorted.
func (t text) names() []string { return slices.Compact(slices.Sorted(slices.Values(t.holes))) }

// Langs returns the words in each language: bokmål, nynorsk, English, then the others.
func (b *Book) Langs() []*Lang {
	var all []*Lang
	for _, id := range b.order {
		all = append(all, b.langs[id])
	}
	return all
}

// Has reports whether the book speaks a language, by our name of it.
func (b *Book) Has(lang string) bool { return b.langs[lang] != nil }

// In returns the words in a language, by our name of it; those of the first language
// if the book does not speak it.
func (b *Book) In(lang string) *Lang {
	if l, ok := b.langs[lang]; ok {
		return l
	}
	return b.langs[b.order[0]]
}

// Command returns what a typed word stands for in any language: everybody may type
// in the one that comes to mind. It is "" for a word that stands for nothing.
func (b *Book) Command(word string) string {
	word, _, _ = strings.Cut(strings.ToLower(word), "@") // networks add the bot's name
	return b.commands[word]
}

// Typed returns the shortest word of this language for a command.
func (l *Lang) Typed(command string) string {
	short := ""
	for word, c := range l.typed {
		if c == command && (short == "" || cmp.Or(cmp.Compare(len(word), len(short)), strings.Compare(word, short)) < 0) {
			short = word
		}
	}
	return short
}
