// Package names finds who may be meant in what somebody writes, in the ways that
// people and phones write a name. What it finds leads to a question and decides
// nothing, so it rather asks once too often; but ordinary sentences name nobody.
//
// It is pure: the same text and people give the same answer. It keeps nothing and is
// safe for concurrent use.
package names

import (
	"slices"
	"strings"
)

// Person is somebody who may be meant.
type Person struct {
	ID        string
	Name      string   // without a role or a title
	Nicknames []string // what else they are called
}

// Found is somebody who may be meant in a text.
type Found struct {
	ID string
	// Certain says that a name of theirs stands there, however it is typed. Otherwise
	// something stands there that is close to one: a slip of one letter, initials, half
	// of a double name.
	Certain bool
	// Whole says that nothing else stands there.
	Whole bool
}

// Find returns who may be meant in text, in the order of people. Somebody without a
// name is never found.
//
// A name is found by each of its words, whatever the Unicode form, case, accents or
// invisible characters, also without Norwegian letters ("Haakon", "Hakon"), in the
// genitive, spaced or with signs in between. A name that is a word too ("Hans", "Dag")
// is found when it is written large, or is all there is.
func Find(text string, people []Person) []Found {
	t := read(text)
	var out []Found
	for _, p := range people {
		if f, ok := t.find(p); ok {
			out = append(out, f)
		}
	}
	return out
}

// find looks for one person.
func (t written) find(p Person) (Found, bool) {
	f := Found{ID: p.ID}
	found := false
	seen := make([]bool, t.count)
	note := func(s span, certain bool) {
		found, f.Certain = true, f.Certain || certain
		for i := s.from; i < s.to; i++ {
			seen[i] = true
		}
	}
	c := called(p)
	for _, s := range t.spans {
		if certain, ok := c.is(s, t); ok {
			note(s, certain)
		}
	}
	for _, s := range t.initials(c.initials) {
		note(s, false)
	}
	f.Whole = found && !slices.Contains(seen, false)
	return f, found
}

// callings are all the ways to write what one person is called, folded.
type callings struct {
	sure     map[string]bool // whole names and nicknames, and each word of them
	half     map[string]bool // half of a double name
	initials string          // in their order
}

// particles stand in names and name nobody.
var particles = []string{"af", "da", "de", "del", "den", "der", "di", "du", "el", "la", "le", "van", "von", "zu"}

func called(p Person) callings {
	c := callings{sure: map[string]bool{}, half: map[string]bool{}}
	words := strings.Fields(strings.Map(visible, p.Name))
	for _, word := range words {
		c.add(c.sure, word)
		parts := pieces(word)
		for i, half := range parts {
			if i == 0 {
				c.initials += first(half.text)
			}
			if len(parts) > 1 {
				c.add(c.half, half.raw)
			}
		}
	}
	if n := len(words); n > 1 {
		c.add(c.sure, strings.Join(words, ""))
		c.add(c.sure, words[0]+words[n-1])
	}
	for _, nick := range p.Nicknames {
		c.add(c.sure, nick)
	}
	return c
}

// add notes a word in all its spellings. One letter is an initial and no name, and
// nobody is called what is longer than anybody writes.
func (c callings) add(to map[string]bool, word string) {
	if len(word) > 4*longestName {
		return
	}
	for _, s := range spellings(word) {
		var b strings.Builder
		for _, p := range pieces(s) {
			b.WriteString(p.text)
		}
		if name := b.String(); len([]rune(name)) > 1 && !slices.Contains(particles, name) {
			to[name] = true
		}
	}
}

// is reports whether a stretch of text may be this person, and how sure that is.
func (c callings) is(s span, t written) (certain, ok bool) {
	if s.word() && !s.large && !t.alone(s) {
		return false, false // "his", "day", "food"
	}
	for i, form := range s.forms() {
		switch {
		case i > 0 && !s.large && ordinary()[form]:
		case c.sure[form]:
			return true, true
		case c.half[form]:
			return false, true
		}
	}
	return false, !s.apart && !s.word() && slices.ContainsFunc(s.forms(), c.near)
}

// near reports whether a word is one letter from a name.
func (c callings) near(word string) bool {
	if ordinary()[word] {
		return false
	}
	for _, names := range []map[string]bool{c.sure, c.half} {
		for name := range names {
			if word[0] == name[0] && slip(word, name) {
				return true
			}
		}
	}
	return false
}

// slip reports whether text is name with one letter too many, too few, another or in
// its neighbour's place. Both begin with the same letter, where hardly anybody errs. Of
// short names, which are near to many words, only the last and a doubled letter count.
func slip(text, name string) bool {
	x, y := []rune(text), []rune(name)
	if len(x) < 4 || len(y) < 4 {
		return false
	}
	short, last := len(y) == 4, rune(0)
	for len(x) > 0 && len(y) > 0 && x[0] == y[0] {
		last, x, y = x[0], x[1:], y[1:]
	}
	for len(x) > 0 && len(y) > 0 && x[len(x)-1] == y[len(y)-1] {
		x, y = x[:len(x)-1], y[:len(y)-1]
	}
	switch {
	case len(x) == 2 && len(y) == 2:
		return x[0] == y[1] && x[1] == y[0]
	case short:
		return len(x) == 1 && len(y) == 0 && x[0] == last
	}
	return len(x) <= 1 && len(y) <= 1
}
