// Package ago reads how long ago something was, as people write it. What it is not sure of
// it does not read: a wrong guess could keep help from somebody who needs it today.
package ago

import (
	_ "embed"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"

	"github.com/pelletier/go-toml/v2"
	"golang.org/x/text/unicode/norm"
)

//go:embed ago.toml
var file string

type words struct {
	About  []string          `toml:"about"`
	Begins []string          `toml:"begins"`
	Ends   []string          `toml:"ends"`
	Moment map[string][2]int `toml:"moment"`
	Number map[string]int    `toml:"number"`
	Unit   map[string][2]int `toml:"unit"`
}

var read = sync.OnceValue(func() words {
	var w words
	if err := toml.NewDecoder(strings.NewReader(file)).DisallowUnknownFields().Decode(&w); err != nil {
		panic(err) // The tests read it, so a binary cannot have a broken one.
	}
	return w
})

// most is the largest number that is an amount and not, perhaps, a year or an age.
const most = 60

// Read returns between how many and how many days ago a text says that something was. It is
// false where the whole of it says nothing of the kind.
func Read(text string) (from, to int, ok bool) {
	w := read()
	said := w.core(plain(text))
	for _, short := range [][]string{said, cut(said, w.Begins)} {
		if m, known := w.Moment[strings.Join(short, " ")]; known {
			return m[0], m[1], true
		}
	}
	said = cut(said, w.Begins)
	if len(said) != 3 || !slices.Contains(w.Ends, said[2]) {
		return 0, 0, false
	}
	n, known := w.Number[said[0]]
	if digits, err := strconv.Atoi(said[0]); !known && err == nil && digits > 0 && digits <= most {
		n, known = digits, true
	}
	unit, is := w.Unit[said[1]]
	if !known || !is {
		return 0, 0, false
	}
	return max(n*unit[0]-unit[1], 0), n*unit[0] + unit[1], true
}

// core is a text without the words around the time.
func (w words) core(said []string) []string {
	for again := true; again; {
		again = false
		for _, about := range w.About {
			words := strings.Fields(about)
			if n := len(said) - len(words); n > 0 && slices.Equal(said[:len(words)], words) {
				said, again = said[len(words):], true
			} else if n > 0 && slices.Equal(said[n:], words) {
				said, again = said[:n], true
			}
		}
	}
	return said
}

// cut takes away the first word where it is one of some.
func cut(said, any []string) []string {
	if len(said) > 1 && slices.Contains(any, said[0]) {
		return said[1:]
	}
	return said
}

// plain are the words of a text, without capitals and the marks of a sentence. A question is
// none that can be read.
func plain(text string) []string {
	return strings.FieldsFunc(strings.ToLower(norm.NFC.String(text)), func(r rune) bool {
		return unicode.IsSpace(r) || r == '.' || r == ',' || r == '!'
	})
}
