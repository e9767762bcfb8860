package words

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// ID is our name of the language.
func (l *Lang) ID() string { return l.id }

// Has reports whether there are words for a key.
func (l *Lang) Has(key string) bool {
	_, ok := l.text[key]
	return ok
}

// Keys returns the keys that have words, sorted.
func (l *Lang) Keys() []string { return slices.Sorted(maps.Keys(l.text)) }

// Say returns the words of a key with its placeholders filled from pairs of name and
// value. Names that the text does not use are passed over. What is filled in is never
// looked through for placeholders, and when it ends in a full stop, as names and
// short months may, the sentence's own is left out.
//
// A key without words is a fault of the program: it shows as [key], and a
// placeholder without a value as {name}, so that whoever looks can see it.
func (l *Lang) Say(key string, pairs ...any) string {
	t, ok := l.text[key]
	if !ok {
		return "[" + key + "]"
	}
	var b strings.Builder
	b.WriteString(t.plain[0])
	for i, name := range t.holes {
		value, rest := value(name, pairs), t.plain[i+1]
		if strings.HasSuffix(value, ".") {
			rest = strings.TrimPrefix(rest, ".")
		}
		b.WriteString(value)
		b.WriteString(rest)
	}
	return b.String()
}

func value(name string, pairs []any) string {
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i] == name {
			return fmt.Sprint(pairs[i+1])
		}
	}
	return "{" + name + "}"
}

// Number returns the words for a number, of key.one or key.other; it fills {n}.
func (l *Lang) Number(key string, n int, pairs ...any) string {
	form := ".other"
	if n == 1 {
		form = ".one"
	}
	return l.Say(key+form, append([]any{"n", n}, pairs...)...)
}

// Label returns the words for an id of the data, group.id, and the id itself when
// there are none: newer data must not break an older program.
func (l *Lang) Label(group, id string) string {
	if key := group + "." + id; l.Has(key) {
		return l.Say(key)
	}
	return id
}

// List joins with the language's "and".
func (l *Lang) List(s []string) string {
	if len(s) < 2 {
		return strings.Join(s, "")
	}
	return strings.Join(s[:len(s)-1], ", ") + " " + l.cal.Say("and") + " " + s[len(s)-1]
}
