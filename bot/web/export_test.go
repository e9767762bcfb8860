package web

import (
	"io/fs"
	"testing"
)

// Words returns the pages' words by language.
func Words(t *testing.T) map[string]map[string]string {
	w, err := readWords()
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// Pages returns the source of all pages.
func Pages(t *testing.T) string {
	all := ""
	names, err := fs.Glob(pageFiles, "templates/*.html")
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range names {
		b, err := pageFiles.ReadFile(n)
		if err != nil {
			t.Fatal(err)
		}
		all += string(b)
	}
	return all
}
