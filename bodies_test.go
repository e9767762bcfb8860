package tillit_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// handWritten are the tests outside the store that still write by hand what the
// program makes, and why the program cannot make it. Everything else that a test
// reads of a case was told through the bot ([handlerstest]), because what is written
// by hand is what somebody believed the program to write: a guard that compared
// "jonas" was green for as long as its test did not say "p:jonas".
//
// [handlerstest]: tillit/handlers/handlerstest
var handWritten = map[string]string{
	"bot/wish_test.go":                 "the end of a case, which two people bring about months later",
	"handlers/casework/attack_test.go": "what a colleague seals whose desk is a program of their own",
	"handlers/casework/once_test.go":   "the bytes of an act, to send them twice",
	"handlers/casework/wraps_test.go":  "a key that no desk gives: of another room, or none",
	"handlers/casework/tamper_test.go": "what somebody seals who has the server's key, and whom no reporter told it",

	"handlers/casework/certificates_test.go": "the last act of a case, months after its first: its end by the acts is told in cmd/tillit",
	"handlers/desk/certificates_test.go":     "the last act of a case, months after its first: its end by the acts is told in cmd/tillit",

	"handlers/office/routes_test.go":  "acts that no desk makes: of a wrong seal, mark and signature",
	"handlers/office/worlds_test.go":  "the end of a case that neither world sees again; its end by the acts is told in cmd/tillit",
	"handlers/office/timing_test.go":  "hundreds of cases that nobody reads; telling them on the pages takes minutes",
	"handlers/casework/moves_test.go": "places that a network alone tells anew; the office of the tests has pages only",
	"handlers/desk/source_test.go":    "a view, of words that networks alone send: forwarded, quoted, changed",
	"handlers/desk/newkey_test.go":    "a view, of a line with and without a name",
	"handlers/casework/hers_test.go":  "a log in any order of what a reporter presses, beside what the server makes of it",
	"handlers/casework/story_test.go": "a log as desks write it, each act of which is also held to by the server; who lies in it is no program of ours",
	"handlers/desk/speech_test.go":    "names of every kind that steer a terminal, which no program of ours lets in",
	"handlers/desk/odd_test.go":       "a view, of an order of answers that takes two visits to the review",
}

// made are the types that the program makes: bodies, what files them, and, for who
// shows it, what is read of them.
var made = map[string][]string{
	"casework": {"Case", "Entry", "Answer", "File"},
	"cases":    {"Answer", "Message", "File", "FilePart", "Exclusion", "Confirm", "Log", "Act", "Written"},
	"store":    {"Entry", "OpenRoom", "Submit"},
}

// TestBodiesComeFromTheProgram looks through all tests for what is written by hand.
func TestBodiesComeFromTheProgram(t *testing.T) {
	found := map[string][]string{}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") || strings.HasPrefix(path, "store/") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		names := literals(file)
		if !strings.HasPrefix(path, "handlers/desk/") { // elsewhere it is what is expected
			names = slices.DeleteFunc(names, func(n string) bool { return strings.HasPrefix(n, "casework.") })
		}
		if len(names) > 0 {
			found[path] = names
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range slices.Sorted(maps.Keys(found)) {
		if handWritten[path] == "" {
			t.Errorf("%s writes %s by hand; let a reporter of handlerstest tell it, or say here why not", path, strings.Join(found[path], ", "))
		}
	}
	for path := range handWritten {
		if found[path] == nil {
			t.Errorf("%s is on the list, and writes nothing by hand", path)
		}
	}
}

// literals are the made types that a file writes values of.
func literals(file *ast.File) (names []string) {
	ast.Inspect(file, func(n ast.Node) bool {
		lit, ok := n.(*ast.CompositeLit)
		if !ok {
			return true
		}
		kind := lit.Type
		if list, ok := kind.(*ast.ArrayType); ok {
			kind = list.Elt
		}
		sel, ok := kind.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		pkg, ok := sel.X.(*ast.Ident)
		if ok && slices.Contains(made[pkg.Name], sel.Sel.Name) && !slices.Contains(names, pkg.Name+"."+sel.Sel.Name) {
			names = append(names, pkg.Name+"."+sel.Sel.Name)
		}
		return true
	})
	return names
}
