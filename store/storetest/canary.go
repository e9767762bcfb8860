package storetest

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"unicode/utf16"
)

// Forms are the ways in which a text could lie readable in a file: UTF-8, UTF-16,
// percent-encoded, JSON-escaped, and base64 at each of its three alignments.
func Forms(canary string) map[string][]byte {
	forms := map[string][]byte{"utf-8": []byte(canary)}
	var le, be []byte
	for _, u := range utf16.Encode([]rune(canary)) {
		le = append(le, byte(u), byte(u>>8))
		be = append(be, byte(u>>8), byte(u))
	}
	forms["utf-16le"], forms["utf-16be"] = le, be
	forms["percent"] = []byte(url.QueryEscape(canary))
	quoted, err := json.Marshal(canary)
	if err == nil {
		forms["json"] = bytes.Trim(quoted, `"`)
	}
	for shift := range 3 {
		raw := append(make([]byte, shift), canary...)
		// The first and last characters depend on the neighbours; the middle does not.
		text := base64.StdEncoding.EncodeToString(raw)
		from, to := (shift*8+5)/6, len(raw)*8/6
		forms[fmt.Sprintf("base64+%d", shift)] = []byte(text[from:to])
	}
	return forms
}

// Scan returns every file under a folder that holds a canary in some form.
func Scan(dir, canary string) ([]string, error) {
	var found []string
	forms := Forms(canary)
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for name, form := range forms {
			if bytes.Contains(raw, form) {
				found = append(found, filepath.Base(path)+" holds it as "+name)
			}
		}
		return nil
	})
	return found, err
}
