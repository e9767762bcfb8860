package tillit_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// document is one of the pages that people read, with its name.
type document struct{ name, text string }

func documents(t *testing.T) (all []document) {
	t.Helper()
	names, err := filepath.Glob("docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range append(names, "README.md") {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, document{name, string(raw)})
	}
	return all
}

// TestTheDocsNameTestsThatThereAre looks for every test that a document names, with
// its package or without: one that was renamed would leave a promise that nobody holds.
func TestTheDocsNameTestsThatThereAre(t *testing.T) {
	tests, named := testsByPackage(t), 0
	for _, doc := range documents(t) {
		for _, m := range regexp.MustCompile("`(?:([\\w/]+)\\.)?(Test\\w+)`").FindAllStringSubmatch(doc.text, -1) {
			named++
			pkgs := tests[m[2]]
			if len(pkgs) == 0 || m[1] != "" && !slices.Contains(pkgs, m[1]) {
				t.Errorf("%s: there is no test %s", doc.name, strings.Trim(m[0], "`"))
			}
		}
	}
	if named < 150 {
		t.Errorf("only %d names of tests were found", named)
	}
}

// testsByPackage are the packages that have a test of each name; the root is "tillit".
func testsByPackage(t *testing.T) map[string][]string {
	t.Helper()
	tests := map[string][]string{}
	for _, line := range list(t, "-f", "{{.ImportPath}} {{.Dir}}", "./...") {
		path, dir, _ := strings.Cut(line, " ")
		files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			text, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range regexp.MustCompile(`(?m)^func (Test\w+)\(`).FindAllSubmatch(text, -1) {
				tests[string(m[1])] = append(tests[string(m[1])], strings.TrimPrefix(path, "tillit/"))
			}
		}
	}
	return tests
}

// TestTheDocsLeadSomewhere follows each link to another page, and to a heading of it,
// and looks for each file and folder that is named.
func TestTheDocsLeadSomewhere(t *testing.T) {
	docs, headings := documents(t), map[string][]string{}
	for _, doc := range docs {
		for _, m := range regexp.MustCompile(`(?m)^#+ (.+)$`).FindAllStringSubmatch(doc.text, -1) {
			headings[doc.name] = append(headings[doc.name], anchor(m[1]))
		}
	}
	there := func(name string) bool { _, err := os.Stat(name); return err == nil }
	found := 0
	for _, doc := range docs {
		for _, m := range regexp.MustCompile(`\]\(([^):#]*)(?:#([\w-]+))?\)`).FindAllStringSubmatch(doc.text, -1) {
			page := doc.name
			if m[1] != "" {
				page = filepath.ToSlash(filepath.Join(filepath.Dir(doc.name), m[1]))
			}
			if found++; !there(page) || m[2] != "" && !slices.Contains(headings[page], m[2]) {
				t.Errorf("%s: a link leads to %s, and there is nothing", doc.name, m[0])
			}
		}
		for _, m := range regexp.MustCompile("`((?:bot|cmd|handlers|intake|store|docs|tools|\\.ci)/[a-z0-9_./-]+)`").FindAllStringSubmatch(doc.text, -1) {
			if found++; !there(m[1]) {
				t.Errorf("%s: there is no %s", doc.name, m[1])
			}
		}
	}
	if found < 60 {
		t.Errorf("only %d links and names were found", found)
	}
}

// anchor is what a page calls a heading in a link.
func anchor(heading string) string {
	heading = regexp.MustCompile(`[^\pL\d -]`).ReplaceAllString(strings.ToLower(heading), "")
	return strings.ReplaceAll(heading, " ", "-")
}
