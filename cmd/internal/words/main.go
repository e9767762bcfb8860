// Command words prints all that people read in one language, in the order of the files,
// with another language beside it, so that somebody who grew up with the language can read
// it through and say what is wrong: go run ./cmd/internal/words --lang nn --beside nb. What a
// line stands under is the file and the key where it is mended.
package main

import (
	"flag"
	"fmt"
	"io"
	"io/fs"
	"log"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2/unstable"
)

// first are the folders that members read from, in the order in which they meet them; what
// handlers read follows.
var first = []string{"bot/web/words", "bot/phrases", "intake/sets", "bot/telegram", "bot/mattermost", "intake/words"}

func main() {
	lang := flag.String("lang", "nn", "the language to read: nb, nn or en")
	beside := flag.String("beside", "nb", "the language beside it; empty for none")
	members := flag.Bool("members", false, "only what members read")
	flag.Parse()
	if err := list(os.Stdout, os.DirFS("."), *lang, *beside, *members); err != nil {
		log.Fatal("words: ", err)
	}
}

// list prints the words of a tree.
func list(out io.Writer, tree fs.FS, lang, beside string, members bool) error {
	files, err := filesOf(tree, lang)
	if err != nil {
		return err
	}
	if len(files) == 0 {
		return fmt.Errorf("there are no words in %q here; call it in the folder of the repository", lang)
	}
	total := 0
	for _, name := range files {
		if members && rank(name) == len(first) {
			continue
		}
		all, err := read(tree, name)
		if err != nil {
			return err
		}
		other := map[string]string{}
		if beside != "" && beside != lang {
			lines, err := read(tree, inLanguage(name, lang, beside))
			if err != nil {
				return err
			}
			for _, l := range lines {
				other[l.key] = l.text
			}
		}
		fmt.Fprintf(out, "\n# %s\n", name)
		for _, l := range all {
			total += len(strings.Fields(l.text))
			fmt.Fprintf(out, "\n%s\n%s\n", l.key, l.text)
			if text := other[l.key]; text != "" && text != l.text {
				fmt.Fprintf(out, "    %s: %s\n", beside, strings.ReplaceAll(text, "\n", "\n        "))
			}
		}
	}
	_, err = fmt.Fprintf(out, "\n%d words\n", total)
	return err
}

// filesOf are the files of words in a language: tables, and letters.
func filesOf(tree fs.FS, lang string) (files []string, err error) {
	err = fs.WalkDir(tree, ".", func(name string, d fs.DirEntry, err error) error {
		switch base := path.Base(name); {
		case err != nil:
			return err
		case d.IsDir() && (base == "testdata" || base == "crisis" || base != "." && strings.HasPrefix(base, ".")):
			return fs.SkipDir // what nobody is told
		case base == lang+".toml", strings.HasSuffix(base, "."+lang+".txt"):
			files = append(files, name)
		}
		return nil
	})
	slices.SortStableFunc(files, func(a, b string) int { return rank(a) - rank(b) })
	return files, err
}

// rank is where a file stands in the list.
func rank(name string) int {
	if i := slices.IndexFunc(first, func(folder string) bool { return strings.HasPrefix(name, folder+"/") }); i >= 0 {
		return i
	}
	return len(first)
}

// inLanguage is the same file in another language.
func inLanguage(name, lang, other string) string {
	for _, end := range []string{".toml", ".txt"} {
		if rest, ok := strings.CutSuffix(name, lang+end); ok {
			return rest + other + end
		}
	}
	return name
}

// line is one text, by its key.
type line struct{ key, text string }

// read reads a file in its own order. A letter is one text.
func read(tree fs.FS, name string) (all []line, err error) {
	raw, err := fs.ReadFile(tree, name)
	if err != nil || strings.HasSuffix(name, ".txt") {
		return []line{{"the letter", strings.TrimSpace(string(raw))}}, err
	}
	var p unstable.Parser
	p.Reset(raw)
	table := ""
	for p.NextExpression() {
		e := p.Expression()
		key := keyOf(e)
		switch e.Kind {
		case unstable.Table, unstable.ArrayTable:
			table = key + "."
		case unstable.KeyValue:
			if text := textOf(e.Value()); text != "" {
				all = append(all, line{table + key, text})
			}
		}
	}
	if p.Error() != nil {
		return nil, fmt.Errorf("%s: %w", name, p.Error())
	}
	return all, nil
}

func keyOf(n *unstable.Node) string {
	var parts []string
	for it := n.Key(); it.Next(); {
		parts = append(parts, string(it.Node().Data))
	}
	return strings.Join(parts, ".")
}

// textOf is a text, or a list of them.
func textOf(n *unstable.Node) string {
	if n.Kind != unstable.Array {
		return strings.TrimSpace(string(n.Data))
	}
	var parts []string
	for it := n.Children(); it.Next(); {
		parts = append(parts, string(it.Node().Data))
	}
	return strings.Join(parts, " · ")
}
