package tillit_test

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/pelletier/go-toml/v2"

	"tillit/intake/words"
)

// said are the folders of words, with the code that says them. A key that stands
// nowhere in the code is made of parts, and fits made.
var said = []struct{ folder, code, made string }{
	{"bot/mattermost/words", "bot/mattermost", `^readers$`},
	{"bot/phrases", "bot", `^(access|status)_none$|^(clean|code)_(chat|page)$|^(crisis|readers|status|unkept|want|way|wish|say_told|date|file)_`},
	{"bot/telegram/office", "bot/telegram", `^menu\.`},
	{"bot/telegram/words", "bot/telegram", `^menu\.|^(more|readers)$`},
	{"bot/web/words", "bot/web", `^(rather_not|skipped|unknown)$`},
	{"cmd/tillit/words", "cmd/tillit", `^(group|hint|looks)\.`},
	{"handlers/chat/words", "handlers/chat", `^(help|not_kept|item)_|_one$`},
	{"handlers/desk/words", "handlers/desk", `^(acts|by|channel|done|doubt|empty|error|event|fault|flag|group|hole|level|make|mind|part|reader|recipient|rule|status|step_is|title|view|way)\.`},
	{"handlers/routine/acts/words", "handlers/routine", `^(act|refused|fault)\.`},
	{"intake/words/calendar", "intake/words", `_short$`},
}

// TestEveryLanguageSaysTheSame finds all folders of words there are, and reads them
// as the product does: the same keys and placeholders in bokmål, nynorsk and English.
func TestEveryLanguageSaysTheSame(t *testing.T) {
	known := map[string]bool{
		"intake/sets/harassment": true, // of the set's own form, which the set's reader checks
		"intake/crisis":          true, // what people write, not what they are told
		"handlers/routine/party": true, // with its routine, whose own test checks them
	}
	for _, row := range said {
		known[row.folder] = true
		b, err := words.Read(os.DirFS("."), row.folder)
		if err != nil {
			t.Error(err)
			continue
		}
		var got []string
		for _, l := range b.Langs() {
			got = append(got, l.ID())
		}
		if want := []string{"nb", "nn", "en"}; !slices.Equal(got, want) {
			t.Errorf("%s is in %v, want %v", row.folder, got, want)
		}
	}
	for _, folder := range wordFolders(t) {
		if !known[folder] {
			t.Errorf("%s is not in the table of words", folder)
		}
		delete(known, folder)
	}
	for folder := range known {
		t.Errorf("%s has no words", folder)
	}
}

func wordFolders(t *testing.T) (all []string) {
	t.Helper()
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".") && name != "."):
			return fs.SkipDir
		case slices.Contains([]string{"nb.toml", "nn.toml", "en.toml"}, d.Name()) && !slices.Contains(all, filepath.ToSlash(filepath.Dir(name))):
			all = append(all, filepath.ToSlash(filepath.Dir(name)))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestNoWordsAreIdle: what nobody says any more would be mended and translated for
// nothing.
func TestNoWordsAreIdle(t *testing.T) {
	for _, row := range said {
		b, err := words.Read(os.DirFS("."), row.folder)
		if err != nil {
			t.Fatal(err)
		}
		code, made := codeOf(t, row.code), regexp.MustCompile(row.made)
		for _, key := range b.Langs()[0].Keys() {
			call := strings.TrimSuffix(strings.TrimSuffix(key, ".one"), ".other")
			if !strings.Contains(code, strconv.Quote(call)) && !made.MatchString(key) {
				t.Errorf("%s: nothing says %s", row.folder, key)
			}
		}
	}
}

// TestNothingSaysGuilty reads everything that people are told, in every language, and
// the routine with its outcomes: courts decide who did what, and no word of ours does.
func TestNothingSaysGuilty(t *testing.T) {
	const routine = "handlers/routine/party/routine.toml"
	var never struct {
		Words []string `toml:"never_say"`
	}
	raw, err := os.ReadFile(routine)
	if err != nil {
		t.Fatal(err)
	}
	if err := toml.Unmarshal(raw, &never); err != nil || len(never.Words) < 10 {
		t.Fatalf("the routine has %d words that are never said: %v", len(never.Words), err)
	}
	files := []string{routine, "cmd/internal/house/house.toml"}
	for _, folder := range wordFolders(t) {
		for _, form := range []string{"*.toml", "letters/*.txt"} {
			names, err := filepath.Glob(path.Join(folder, form))
			if err != nil {
				t.Fatal(err)
			}
			files = append(files, names...)
		}
	}
	if len(files) < 130 {
		t.Fatalf("only %d files were found", len(files))
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for i, line := range strings.Split(strings.ToLower(string(text)), "\n") {
			for _, word := range never.Words {
				if strings.Contains(line, word) && !strings.HasPrefix(line, "never_say = ") {
					t.Errorf("%s:%d says %s", name, i+1, word)
				}
			}
		}
	}
}

// codeOf is the code of a package and its pages, as one text.
func codeOf(t *testing.T, folder string) string {
	t.Helper()
	var all strings.Builder
	for _, form := range []string{"*.go", "*/*.html"} {
		names, err := filepath.Glob(path.Join(folder, form))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			all.Write(text)
		}
	}
	return all.String()
}
