package acts_test

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"tillit/handlers/routine"
	"tillit/handlers/routine/acts"
	"tillit/handlers/routine/plan"
)

// said is everything that words of acts have holes for.
var said = []any{"name", "Maren", "person", "Siv", "who", "Siv", "duty", "lead", "other", "decider", "level", "Central", "steps", "Minutes", "waits", "Minutes", "field", "Day"}

// refusals are all keys of refusals that the two packages declare, read from their
// source: a new one needs words. Some have words for more than one case.
func refusals() []string {
	all := []string{"waits_waive", "open_steps"}
	for _, folder := range []string{"..", "../plan"} {
		files, _ := filepath.Glob(folder + "/*.go")
		for _, file := range files {
			tree, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
			if err != nil {
				panic(err)
			}
			ast.Inspect(tree, func(n ast.Node) bool {
				spec, ok := n.(*ast.ValueSpec)
				if ok && len(spec.Values) == 1 && strings.HasPrefix(spec.Names[0].Name, "Refused") {
					if value, ok := spec.Values[0].(*ast.BasicLit); ok {
						key, _ := strconv.Unquote(value.Value)
						all = append(all, key)
					}
				}
				return true
			})
		}
	}
	return all
}

// TestEveryRefusalIsSaid in words, without a hole left and without a key shown.
func TestEveryRefusalIsSaid(t *testing.T) {
	keys := refusals()
	if len(keys) < 25 {
		t.Fatalf("only %d keys of refusals are found", len(keys))
	}
	names := acts.Names{Person: func(id string) string { return "Siv A." }}
	for _, lang := range langs {
		say := acts.Words().In(lang)
		for _, key := range keys {
			for _, err := range []error{&routine.Refusal{Key: key, Person: "siv"},
				&plan.Refusal{Key: key, Act: "reply", Steps: []string{"minutes/tr"}, Waits: []string{"facts"}, Duty: "lead", Other: "decider", Level: "central", Field: "text"}} {
				text, ok := acts.Why(say, names, fmt.Errorf("doing: %w", err))
				if !ok || strings.ContainsAny(text, "{}[]") || text == say.Say("refused."+routine.RefusedMark) && key != routine.RefusedMark {
					t.Errorf("%s: %s says %q", lang, key, text)
				}
			}
		}
	}
	say := acts.Words().In("en")
	if _, ok := acts.Why(say, names, errors.New("x")); ok {
		t.Error("any error is a refusal")
	}
	if text, _ := acts.Why(say, names, &routine.Refusal{Key: "of_tomorrow"}); text != say.Say("refused.mark") {
		t.Errorf("a newer server's refusal says %q", text)
	}
}
