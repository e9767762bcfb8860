package intake

import (
	"os"
	"regexp"
	"testing"
	"testing/fstest"
)

// onPage are the files that a page of the documentation has in fenced blocks, by the
// name behind the kind: ```toml set.toml.
func onPage(t *testing.T, path string) fstest.MapFS {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	files := fstest.MapFS{}
	for _, m := range regexp.MustCompile("(?ms)^```\\w+ (\\S+)\n(.*?)^```$").FindAllSubmatch(raw, -1) {
		files[string(m[1])] = &fstest.MapFile{Data: m[2]}
	}
	return files
}

// TestTheSetOnThePage loads the set that QUESTIONS.md teaches and plays its dialogue.
func TestTheSetOnThePage(t *testing.T) {
	files := onPage(t, "../docs/QUESTIONS.md")
	for _, p := range Lint(files) {
		t.Error(p)
	}
	s, err := Load(files)
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range s.Questions() {
		if Default().question(id) != nil {
			t.Errorf("%s is a question of ours too, so that whoever counts on it is not found out", id)
		}
	}
	playAll(t, s, files)
	skipThrough(t, s, s.Start("sv", testEnv()).Next, testEnv())
}
