package party_test

import (
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/pelletier/go-toml/v2"

	"tillit/handlers/routine/party"
	"tillit/intake/words"
)

// langs are the languages of the folder.
var langs = []string{"nb", "nn", "en"}

// routine is what names things that people are told of.
type routine struct {
	Levels, Duties, Outcomes []string
	Phases                   [][]string
	Step                     map[string]map[string]any
	Letter                   map[string][]string
}

func load(t *testing.T) (r routine) {
	t.Helper()
	raw, err := fs.ReadFile(party.Files, "routine.toml")
	if err != nil {
		t.Fatal(err)
	}
	if err := toml.Unmarshal(raw, &r); err != nil {
		t.Fatal(err)
	}
	return r
}

func book(t *testing.T) *words.Book {
	t.Helper()
	b, err := words.Read(party.Files, ".", "routine.toml")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// keys are the words that the routine needs, beside the parts of letters.
func (r routine) keys() (all []string) {
	add := func(table string, names ...string) {
		for _, name := range names {
			all = append(all, table+"."+name)
		}
	}
	for _, steps := range r.Step {
		names := slices.Collect(maps.Keys(steps))
		add("next", names...)
		add("step", names...)
	}
	for _, phase := range r.Phases {
		add("phase", phase[0])
		add("status", phase[0])
	}
	add("status", "late", "extended", "unopened", "opened")
	add("duty", r.Duties...)
	add("level", r.Levels...)
	add("outcome", r.Outcomes...)
	add("seat", "r", "a", "b", "w", "s")
	add("letter", slices.Collect(maps.Keys(r.Letter))...)
	add("ring", "notice", "urgent", "late", "control", "reporter")
	return all
}

var hole = regexp.MustCompile(`\{([a-z][a-z_]*)\}`)

// holes are the placeholders of a text, each once, sorted.
func holes(text string) (all []string) {
	for _, m := range hole.FindAllStringSubmatch(text, -1) {
		all = append(all, m[1])
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// TestWhatTheRoutineNamesHasItsWords in every language, and no words are left over.
func TestWhatTheRoutineNamesHasItsWords(t *testing.T) {
	r, b := load(t), book(t)
	want := r.keys()
	if len(want) < 140 {
		t.Fatalf("the routine names only %d things", len(want))
	}
	for name := range r.Letter {
		for _, part := range holes(read(t, name, "nb")) {
			if b.In("nb").Has("part." + part) {
				want = append(want, "part."+part)
			}
		}
	}
	slices.Sort(want)
	want = slices.Compact(want)
	for _, lang := range langs {
		if !b.Has(lang) {
			t.Fatalf("there are no words in %s", lang)
		}
		got := b.In(lang).Keys()
		for _, key := range want {
			if !slices.Contains(got, key) {
				t.Errorf("%s: there is no %s", lang, key)
			}
		}
		for _, key := range got {
			if !slices.Contains(want, key) {
				t.Errorf("%s: nothing names %s", lang, key)
			}
		}
	}
}

// TestLettersHoldWhatTheyMust: each is there in each language, with the same
// placeholders, and with what the routine says must stand in it.
func TestLettersHoldWhatTheyMust(t *testing.T) {
	r, b := load(t), book(t)
	known := map[string]bool{}
	for name, row := range r.Letter {
		want := holes(read(t, name, "nb"))
		for _, lang := range langs {
			known["letters/"+name+"."+lang+".txt"] = true
			text := read(t, name, lang)
			if got := holes(text); !slices.Equal(got, want) {
				t.Errorf("%s.%s has the placeholders %v, in nb %v", name, lang, got, want)
			}
			if rest := hole.ReplaceAllString(text, ""); strings.ContainsAny(rest, "{}[]") || strings.TrimSpace(text)+"\n" != text {
				t.Errorf("%s.%s has a bracket that is no placeholder's, or space around it", name, lang)
			}
			for _, block := range strings.Fields(row[1]) {
				if !holds(b.In(lang), text, block) {
					t.Errorf("%s.%s has no {%s}", name, lang, block)
				}
			}
		}
	}
	files, err := fs.Glob(party.Files, "letters/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if !known[file] {
			t.Errorf("the routine has no letter for %s", file)
		}
	}
}

// holds says whether a placeholder stands in a letter or in a shared part of it.
func holds(l *words.Lang, letter, block string) bool {
	return slices.ContainsFunc(holes(letter), func(h string) bool {
		return h == block || l.Has("part."+h) && strings.Contains(l.Say("part."+h), "{"+block+"}")
	})
}

func read(t *testing.T, letter, lang string) string {
	t.Helper()
	raw, err := fs.ReadFile(party.Files, "letters/"+letter+"."+lang+".txt")
	if err != nil {
		t.Error(err)
	}
	return string(raw)
}
