package tillit_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"text/template/parse"

	"tillit/intake/words"
)

// call is one place in code or in a page where words are said by their key.
type call struct {
	place, method, key string
	names              []string // of the values that it gives
	more               bool     // it gives others that do not stand there
}

// sayers are the methods that say the words of a key, with pairs of name and value.
var sayers = []string{"T", "N", "Say", "Number", "fails", "text", "wrong"}

// given are the values that a package gives to all its words.
var given = map[string][]string{
	"bot/web":       {"org", "max", "gone", "days", "via", "next", "zone"},
	"handlers/chat": {"ref", "me", "network", "at_desk", "at_case"},
}

// TestWhatIsSaidHasItsWords holds calls against the words: the key is there, and each
// placeholder gets a value. What has neither would show as [key] or {name}.
func TestWhatIsSaidHasItsWords(t *testing.T) {
	seen := 0
	for _, row := range said {
		if row.folder == "bot/telegram/office" {
			continue // the same calls as for the members' words
		}
		book, err := words.Read(os.DirFS("."), row.folder)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range append(callsInCode(t, row.code), callsInPages(t, row.code)...) {
			seen++
			keys := []string{c.key}
			if c.method == "N" || c.method == "Number" {
				keys, c.names = []string{c.key + ".one", c.key + ".other"}, append(c.names, "n")
			}
			for _, key := range keys {
				for _, hole := range holes(t, book, key, c.place) {
					if !c.more && !slices.Contains(append(c.names, given[row.code]...), hole) {
						t.Errorf("%s: %s gets no {%s}", c.place, key, hole)
					}
				}
			}
		}
	}
	if seen < 250 {
		t.Errorf("only %d calls were found", seen)
	}
}

// holes are the placeholders of a key, which the book shows when they have no value.
func holes(t *testing.T, book *words.Book, key, place string) (all []string) {
	t.Helper()
	if !book.Langs()[0].Has(key) {
		t.Errorf("%s: there are no words for %s", place, key)
	}
	for _, m := range regexp.MustCompile(`\{([a-z_]+)\}`).FindAllStringSubmatch(book.Langs()[0].Say(key), -1) {
		all = append(all, m[1])
	}
	return all
}

// callsInCode finds the calls of a package whose key stands there.
func callsInCode(t *testing.T, folder string) (all []call) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			e, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			method, ok := e.Fun.(*ast.SelectorExpr)
			if !ok || !slices.Contains(sayers, method.Sel.Name) || method.Sel.Name == "text" && folder != "handlers/chat" {
				return true
			}
			args := e.Args
			if folder == "bot" {
				args = args[1:] // after the language
			}
			if len(args) == 0 || literal(args[0]) == "" {
				return true
			}
			c := call{place: fset.Position(e.Pos()).String(), method: method.Sel.Name, key: literal(args[0]), more: e.Ellipsis.IsValid()}
			first := 1
			if c.method == "Number" {
				first = 2 // after the number
			}
			for i := first; i < len(args); i += 2 {
				c.names = append(c.names, literal(args[i]))
			}
			all = append(all, c)
			return true
		})
	}
	return all
}

// literal is a string that stands in the code; "" for anything else.
func literal(e ast.Expr) string {
	if lit, ok := e.(*ast.BasicLit); ok && lit.Kind == token.STRING {
		s, _ := strconv.Unquote(lit.Value) // the parser has read it
		return s
	}
	return ""
}

// callsInPages finds the calls of a package's pages whose key stands there.
func callsInPages(t *testing.T, folder string) (all []call) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(folder, "*", "*.html"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		page, trees := parse.New(name), map[string]*parse.Tree{}
		page.Mode = parse.SkipFuncCheck
		if _, err := page.Parse(string(raw), "", "", trees); err != nil {
			t.Fatal(err)
		}
		for _, tree := range trees {
			walk(tree.Root, func(c *parse.CommandNode) {
				head := c.Args[0].String()
				method := head[strings.LastIndex(head, ".")+1:]
				if len(c.Args) < 2 || !slices.Contains(sayers, method) {
					return
				}
				key, ok := c.Args[1].(*parse.StringNode)
				if !ok {
					return // made of parts
				}
				one := call{place: name, method: method, key: key.Text}
				for i := 2; i < len(c.Args); i += 2 {
					if n, ok := c.Args[i].(*parse.StringNode); ok && method == "T" {
						one.names = append(one.names, n.Text)
					}
				}
				all = append(all, one)
			})
		}
	}
	return all
}

// walk calls f for each command of a page.
func walk(node parse.Node, f func(*parse.CommandNode)) {
	branch := func(b parse.BranchNode) {
		walk(b.Pipe, f)
		walk(b.List, f)
		if b.ElseList != nil {
			walk(b.ElseList, f)
		}
	}
	switch n := node.(type) {
	case *parse.ListNode:
		for _, one := range n.Nodes {
			walk(one, f)
		}
	case *parse.ActionNode:
		walk(n.Pipe, f)
	case *parse.TemplateNode:
		if n.Pipe != nil {
			walk(n.Pipe, f)
		}
	case *parse.IfNode:
		branch(n.BranchNode)
	case *parse.RangeNode:
		branch(n.BranchNode)
	case *parse.WithNode:
		branch(n.BranchNode)
	case *parse.PipeNode:
		for _, c := range n.Cmds {
			f(c)
			for _, arg := range c.Args {
				walk(arg, f)
			}
		}
	}
}
