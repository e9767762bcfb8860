package casework_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"

	"tillit/handlers/casework"
	"tillit/handlers/handlerstest"
	"tillit/store/cases"
)

// newOffice is an office of maren, jonas and siv, who have no rights.
func newOffice(t *testing.T, options ...handlerstest.Options) *handlerstest.Office {
	t.Helper()
	var opt handlerstest.Options
	for _, o := range options {
		opt = o
	}
	if opt.People == nil {
		opt.People = handlerstest.People()[:3]
		for i := range opt.People {
			opt.People[i].Rights = nil
		}
	}
	return handlerstest.New(t, opt)
}

func newKey(t *testing.T) *casework.Key { return handlerstest.NewKey(t) }

// words are what a case shows of what people wrote, in order.
func words(c *casework.Case) (all []string) {
	for _, e := range c.Entries {
		if e.Kind != cases.TypeLog && e.Kind != cases.TypeExclusion && e.Text.Reveal() != "" {
			all = append(all, e.Text.Reveal())
		}
	}
	return all
}

// last is the number of a case's newest entry.
func last(o *handlerstest.Office, ref string) int {
	return o.Count("SELECT max(seq) FROM entries WHERE case_id = (SELECT id FROM cases WHERE ref = ?)", ref)
}

// numbered puts numbers of entries in the place of {1}, {2}, … which count from one.
func numbered(after int, texts ...string) (out []string) {
	for _, text := range texts {
		out = append(out, regexp.MustCompile(`\{\d+\}`).ReplaceAllStringFunc(text, func(m string) string {
			n, _ := strconv.Atoi(m[1 : len(m)-1]) // it is digits
			return strconv.Itoa(after + n)
		}))
	}
	return out
}

const (
	ofLin = "case_id = (SELECT min(id) FROM cases)"
	ofAsk = "case_id = (SELECT max(id) FROM cases)"
)

// all is what lies in a folder, in one.
func all(t *testing.T, dir string) (out []byte) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, f := range files {
		if info, err := os.Stat(f); err != nil || info.IsDir() {
			continue
		}
		raw, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, raw...)
	}
	return out
}
