// Package crisis finds words of somebody who may be in need of help now: who thinks of
// dying, who was assaulted, who is in danger. It leads to a card with numbers to call and
// to a flag, and never to more: it diagnoses nobody. The words are data, a file for each
// language; people write another language than the page speaks, so all are looked at.
package crisis

import (
	"bytes"
	"embed"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/pelletier/go-toml/v2"
)

// Kind is what words may tell of.
type Kind string

// The kinds, the most pressing first.
const (
	Danger        Kind = "danger"    // somebody is in danger now
	SelfHarm      Kind = "self_harm" // thinks of dying, or of hurting themselves
	SelfHarmOther Kind = "other"     // is afraid that another one does
	Assault       Kind = "assault"   // a sexual assault, now or at a time that is not told to be long ago
)

var kinds = []Kind{Danger, SelfHarm, SelfHarmOther, Assault}

//go:embed *.toml
var files embed.FS

// wordsFile is one language, as it is written. A phrase is words in a row: "a|b" is either
// of them, "_" up to three words that do not deny it, "x?" a word that may be left out. A
// word with * at its end stands for all that begin with it.
type wordsFile struct {
	Phrases map[Kind][]string `toml:"phrases"`
	Deny    []string          `toml:"deny"`    // before a phrase, or inside it: it is not so
	Title   []string          `toml:"title"`   // before a phrase: it is what something is called
	Subject []string          `toml:"subject"` // begins a sentence of its own
	Others  []string          `toml:"others"`  // before a phrase: it is said of another one
	Past    []string          `toml:"past"`    // phrases of a time long ago
}

type lang struct {
	phrases                        map[Kind][][]slot
	past                           [][]slot
	deny, titles, subjects, others map[string]bool
}

// slot is one place of a phrase.
type slot struct {
	words          []string
	any, dispensed bool
}

var langs = sync.OnceValue(func() []lang {
	all, err := read(files, ".")
	if err != nil {
		panic(err) // The tests read it, so a binary cannot have a broken one.
	}
	return all
})

func read(fsys fs.FS, folder string) ([]lang, error) {
	names, err := fs.Glob(fsys, path.Join(folder, "*.toml"))
	if err != nil {
		return nil, err
	}
	var all []lang
	for _, name := range names {
		data, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, err
		}
		var w wordsFile
		if err := toml.NewDecoder(bytes.NewReader(data)).DisallowUnknownFields().Decode(&w); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		l := lang{phrases: map[Kind][][]slot{}, deny: set(w.Deny), titles: set(w.Title), subjects: set(w.Subject), others: set(w.Others)}
		for kind, phrases := range w.Phrases {
			if !slices.Contains(kinds, kind) {
				return nil, fmt.Errorf("%s: there is no kind %q", name, kind)
			}
			for _, p := range phrases {
				l.phrases[kind] = append(l.phrases[kind], parse(p))
			}
		}
		for _, p := range w.Past {
			l.past = append(l.past, parse(p))
		}
		all = append(all, l)
	}
	return all, nil
}

func parse(phrase string) []slot {
	var out []slot
	for _, f := range strings.Fields(phrase) {
		if f == "_" {
			out = append(out, slot{any: true})
			continue
		}
		f, may := strings.CutSuffix(f, "?")
		var words []string
		for _, w := range strings.Split(f, "|") {
			w, open := strings.CutSuffix(w, "*")
			if w = fold(w); open {
				w += "*"
			}
			words = append(words, w)
		}
		out = append(out, slot{words: words, dispensed: may})
	}
	return out
}

func set(words []string) map[string]bool {
	m := map[string]bool{}
	for _, w := range words {
		m[fold(w)] = true
	}
	return m
}

// Find returns what a text may tell of, each kind once, the most pressing first.
func Find(text string) []Kind {
	var out []Kind
	for _, clause := range clauses(text) {
		for _, l := range langs() {
			for _, kind := range kinds {
				if !slices.Contains(out, kind) && l.tells(kind, clause) {
					out = append(out, kind)
				}
			}
		}
	}
	if slices.Contains(out, SelfHarm) { // it is said of themselves
		out = slices.DeleteFunc(out, func(k Kind) bool { return k == SelfHarmOther })
	}
	slices.SortFunc(out, func(a, b Kind) int { return slices.Index(kinds, a) - slices.Index(kinds, b) })
	return out
}

// tells reports whether a clause tells of a kind in one language.
func (l lang) tells(kind Kind, clause []string) bool {
	for _, p := range l.phrases[kind] {
		for i := range clause {
			if !l.match(p, clause[i:]) || l.denied(clause, i) || l.titled(clause, i) {
				continue
			}
			if kind == Assault && longAgo(clause) || kind == SelfHarm && l.ofAnother(clause, i) {
				continue
			}
			return true
		}
	}
	return false
}

// ofAnother reports whether what is said at a place has somebody else for its subject: "she
// wants", "she is", "my friend says she".
func (l lang) ofAnother(clause []string, at int) bool {
	return at > 0 && l.others[clause[at-1]] || at > 1 && l.others[clause[at-2]] && !l.subjects[clause[at-1]]
}

// match reports whether a phrase stands at the beginning of words.
func (l lang) match(p []slot, words []string) bool {
	if len(p) == 0 {
		return true
	}
	if p[0].any {
		for n := 0; n <= 3 && n <= len(words); n++ {
			if n > 0 && l.deny[words[n-1]] {
				return false
			}
			if l.match(p[1:], words[n:]) {
				return true
			}
		}
		return false
	}
	if len(words) > 0 && slices.ContainsFunc(p[0].words, func(w string) bool { return alike(w, words[0]) }) && l.match(p[1:], words[1:]) {
		return true
	}
	return p[0].dispensed && l.match(p[1:], words)
}

// denied looks for a "not" in the three words before a phrase. One that belongs to a
// sentence before it ("I can not any more I want to die") denies nothing.
func (l lang) denied(clause []string, at int) bool {
	if l.subjects[clause[at]] {
		return at > 1 && l.deny[clause[at-2]] && (clause[at-1] == "at" || clause[at-1] == "that")
	}
	for i := at - 1; i >= max(at-3, 0); i-- {
		if l.deny[clause[i]] {
			return true
		}
		if l.subjects[clause[i]] {
			break
		}
	}
	// "I have never thought of …": the subject stands before it.
	return at > 1 && l.deny[clause[at-1]] || at > 2 && l.deny[clause[at-2]]
}

// titled looks for what says that a phrase is the name of something.
func (l lang) titled(clause []string, at int) bool {
	for i := at - 1; i >= max(at-3, 0); i-- {
		if l.titles[clause[i]] {
			return true
		}
	}
	return false
}

// longAgo looks for a time long ago, in any language.
func longAgo(clause []string) bool {
	for i := range clause {
		for _, l := range langs() {
			if slices.ContainsFunc(l.past, func(p []slot) bool { return l.match(p, clause[i:]) }) {
				return true
			}
		}
	}
	return false
}
