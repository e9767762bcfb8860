package party_test

import (
	"io/fs"
	"slices"
	"strings"
	"testing"

	"tillit/handlers/routine/party"
	"tillit/handlers/routine/plan"
	"tillit/intake/words"
)

// TestTheFolderHasNoFault, as an organisation would be told of its own: every step,
// phase, duty, level, outcome and letter has its words in every language, each letter
// holds what it must, and nothing says what is never said. The acts are compared where
// they are declared.
func TestTheFolderHasNoFault(t *testing.T) {
	r, wrong := plan.Load(party.Files, plan.Vocabulary{})
	for _, p := range wrong {
		t.Error(p)
	}
	if r == nil || len(r.Steps()) < 40 || len(r.Letters()) < 30 {
		t.Fatal("it is not read")
	}
}

// TestItsWordsAreSaidAsAllOthers: the engine reads the words to find their faults, and
// people are told them by another package. Parts of letters that no letter has would be
// translated for nothing.
func TestItsWordsAreSaidAsAllOthers(t *testing.T) {
	b, err := words.Read(party.Files, ".", "routine.toml")
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(langs(b), []string{"nb", "nn", "en"}) {
		t.Errorf("it is in %v", langs(b))
	}
	var letters strings.Builder
	files, err := fs.Glob(party.Files, "letters/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		text, err := fs.ReadFile(party.Files, name)
		if err != nil {
			t.Fatal(err)
		}
		letters.Write(text)
	}
	for _, key := range b.Langs()[0].Keys() {
		if part, is := strings.CutPrefix(key, "part."); is && !strings.Contains(letters.String(), "{"+part+"}") {
			t.Errorf("no letter has %s", key)
		}
	}
}

func langs(b *words.Book) (all []string) {
	for _, l := range b.Langs() {
		all = append(all, l.ID())
	}
	return all
}

// TestFeedbackGoesWhereItsLetterSays: to whom a letter goes is in its name too, because
// the act that sends it reads it there.
func TestFeedbackGoesWhereItsLetterSays(t *testing.T) {
	r, _ := plan.Load(party.Files, plan.Vocabulary{})
	to := map[string]string{}
	for _, l := range r.Letters() {
		to[l.Name] = strings.Join(l.To, " ")
	}
	seen := 0
	for _, s := range r.Steps() {
		for _, by := range s.By {
			name, is := strings.CutPrefix(by, "feedback/")
			if !is {
				continue
			}
			seen++
			if parts := strings.Split(name, "_"); len(parts) < 2 || to[name] != parts[1] {
				t.Errorf("%s goes to %q", name, to[name])
			}
		}
	}
	if seen < 10 {
		t.Errorf("feedback ends only %d steps", seen)
	}
}
