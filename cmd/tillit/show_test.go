package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"tillit/handlers/casework"
	"tillit/handlers/desk"
	"tillit/handlers/handlerstest"
)

// frozen is an office with cases of version 1, which the program made as it was then.
func frozen(t *testing.T) *handlerstest.Office {
	t.Helper()
	from, dir := filepath.Join("..", "..", "handlers", "casework", "testdata", "v1"), t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	packed, err := os.Open(filepath.Join(from, "tillit.db.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer packed.Close()
	r, err := gzip.NewReader(packed)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	data := filepath.Join(dir, "data")
	if err := os.Mkdir(data, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(data, "tillit.db"), raw, 0o600); err != nil {
		t.Fatal(err)
	}
	return handlerstest.New(t, handlerstest.Options{Dir: dir, Clock: handlerstest.At(time.Date(2026, 11, 16, 19, 0, 0, 0, time.UTC)),
		People: []handlerstest.Person{{ID: "maren"}, {ID: "jonas"}, {ID: "hakon"}, {ID: "eva"}}})
}

// TestWhatNobodySignedIsShownAsThat goes through cases of version 1: what handlers did
// there is marked, and what the reporter and the server said, which nobody signs, is not.
func TestWhatNobodySignedIsShownAsThat(t *testing.T) {
	c := frozen(t).Dial("maren")
	page, err := c.Queue(t.Context(), casework.Query{})
	if err != nil {
		t.Fatal(err)
	}
	marked := 0
	for _, row := range page.Cases {
		cs, err := c.Case(t.Context(), row.Ref)
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		english().printCase(&out, c.Client, cs)
		s := show(cs)
		for i, e := range regexp.MustCompile(`(?m)^  \d+ [A-Z][a-z]+ \d{4}, \d\d:\d\d  .*$`).FindAllString(out.String(), -1) {
			by := s.Entries[i].By
			office := by != "reporter" && by != "tillit"
			if got := strings.HasSuffix(e, "  (signed by nobody)"); got != office || s.Entries[i].Unsigned != office {
				t.Errorf("of %s it shows %q, and %v in JSON", by, e, s.Entries[i].Unsigned)
			}
			if office {
				marked++
			}
		}
	}
	if marked < 3 {
		t.Errorf("only %d of the frozen entries are a handler's", marked)
	}
}

// TestEveryDoubtIsSaidInWords: a key alone would be shown to people.
func TestEveryDoubtIsSaidInWords(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join("..", "..", "handlers", "casework", "fold.go"))
	if err != nil {
		t.Fatal(err)
	}
	all := regexp.MustCompile(`(?m)^\tDoubt\w+ += "(\w+)"`).FindAllSubmatch(raw, -1)
	if len(all) < 7 {
		t.Fatalf("%d doubts are declared", len(all))
	}
	for _, m := range all {
		for _, lang := range languages() {
			if key := string(m[1]); desk.Speak(lang, time.Time{}).Call("doubt", key) == key {
				t.Errorf("there are no words for %s in %s", key, lang)
			}
		}
	}
}

// TestTheBookNamesEveryCommand holds docs/OPERATING.md to the commands and to how they
// end.
func TestTheBookNamesEveryCommand(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join("..", "..", "docs", "OPERATING.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, book, found := strings.Cut(string(raw), "\n## The handlers' commands\n")
	if !found {
		t.Fatal("there is no section on the commands")
	}
	book, _, _ = strings.Cut(book, "\n## ")
	for _, c := range root("en").Commands() {
		if !strings.Contains(book, "`tillit "+c.Name()) {
			t.Errorf("nothing stands there of %s", c.Name())
		}
	}
	codes := map[int]bool{0: true, 1: true, 2: true}
	for _, o := range outcomes {
		codes[o.code] = true
	}
	for n := range 20 {
		if said := strings.Contains(book, fmt.Sprintf("\n| %d | ", n)); said != codes[n] {
			t.Errorf("of the exit code %d it is said: %v, and it is used: %v", n, said, codes[n])
		}
	}
}
