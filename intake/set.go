package intake

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"sync"
)

// Set is a question set: the questions with what depends on what, and the words
// in every language. It never changes after [Load] and is safe for concurrent use.
type Set struct {
	main    setFile
	words   map[string]*wordsFile
	lines   linesFile
	other   []cond
	rest    []cond
	index   map[string]int // question id → place
	matches map[string]map[string]map[string]bool
	files   map[string][]byte
	version string
}

//go:embed sets
var embedded embed.FS

// Default returns the set that the product ships with.
var Default = sync.OnceValue(func() *Set {
	fsys, err := fs.Sub(embedded, "sets/harassment")
	if err != nil {
		panic(err)
	}
	s, err := Load(fsys)
	if err != nil {
		panic(err) // The tests load it, so a binary cannot have a broken one.
	}
	return s
})

// Load reads a set: set.toml, one file of words for each language it names, and
// helplines.toml. The error tells everything that is wrong, as [Lint] does.
func Load(fsys fs.FS) (*Set, error) { return load(fsys, nil) }

// LoadKept is [Load] for a set that this program or an earlier one has loaded before:
// what is asked of sets since then may be missing. Interviews end in the set that
// they began in, and its files never change.
func LoadKept(fsys fs.FS) (*Set, error) { return load(fsys, Default()) }

func load(fsys fs.FS, kept *Set) (*Set, error) {
	b := newBuild(fsys, kept)
	if len(b.problems) == 0 {
		return b.set, nil
	}
	var errs []error
	for _, p := range b.problems {
		errs = append(errs, errors.New(p.String()))
	}
	return nil, fmt.Errorf("question set: %w", errors.Join(errs...))
}

// Lint returns everything that is wrong with a set, by file and line.
func Lint(fsys fs.FS) []Problem { return newBuild(fsys, nil).problems }

// Name returns the name of the set, which stands in set.toml.
func (s *Set) Name() string { return s.main.Name }

// Version returns the first 12 hex digits of the SHA-256 of the set's files. A
// changed comma is a new version: an old case must show what was asked then.
func (s *Set) Version() string { return s.version }

// Files returns the files of the set by name, exactly as they were read: what
// [Set.Version] is the hash of, and all that [Load] needs to have the set again.
func (s *Set) Files() map[string][]byte {
	out := make(map[string][]byte, len(s.files))
	for name, data := range s.files {
		out[name] = bytes.Clone(data)
	}
	return out
}

// Languages returns the languages, the first is the one to fall back on.
func (s *Set) Languages() []string { return slices.Clone(s.main.Languages) }

// Title returns what the set is about.
func (s *Set) Title(lang string) string { return s.in(lang).Title }

// QuestionTitle returns a question in a few words, for the review and the desk.
// An id that is not of this set is returned as it is.
func (s *Set) QuestionTitle(lang, id string) string {
	if w, ok := s.in(lang).Questions[id]; ok {
		return w.Title
	}
	return id
}

// Questions returns the ids of all questions, in order.
func (s *Set) Questions() []string {
	var out []string
	for i := range s.main.Questions {
		out = append(out, s.main.Questions[i].ID)
	}
	return out
}

// known returns lang, or the first language when the set does not speak it.
func (s *Set) known(lang string) string {
	if _, ok := s.words[lang]; ok {
		return lang
	}
	return s.main.Languages[0]
}

func (s *Set) in(lang string) *wordsFile { return s.words[s.known(lang)] }

// question returns nil for an id that the set does not have.
func (s *Set) question(id string) *question {
	if i, ok := s.index[id]; ok {
		return &s.main.Questions[i]
	}
	return nil
}

// review returns the question where everything is looked over.
func (s *Set) review() *question {
	for i := range s.main.Questions {
		if s.main.Questions[i].Kind == kindReview {
			return &s.main.Questions[i]
		}
	}
	return nil
}

func (b *build) hash() {
	h := sha256.New()
	b.set.files = map[string][]byte{}
	names := make([]string, 0, len(b.sources))
	for name := range b.sources {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		data := b.sources[name].data
		_, _ = fmt.Fprintf(h, "%s %d\n", name, len(data))
		_, _ = h.Write(data)
		b.set.files[name] = data
	}
	b.set.version = hex.EncodeToString(h.Sum(nil))[:12]
}
