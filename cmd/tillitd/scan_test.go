package main_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"unicode/utf16"
)

// forms are the ways in which a text could lie readable: as it is, in two-byte
// characters, in a URL, and in base64 at each of its three alignments.
func forms(text string) map[string][]byte {
	wide := make([]byte, 0, 2*len(text))
	for _, u := range utf16.Encode([]rune(text)) {
		wide = append(wide, byte(u), byte(u>>8))
	}
	all := map[string][]byte{
		"utf-8": []byte(text), "utf-16": wide, "percent": []byte(url.QueryEscape(text)), "hex": []byte(hex.EncodeToString([]byte(text))),
	}
	for shift := range 3 {
		// Only whole groups of three bytes are free of their neighbours.
		inner := []byte(text)[(3-shift)%3:]
		inner = inner[:len(inner)/3*3]
		all["base64 +"+string(rune('0'+shift))] = []byte(base64.RawStdEncoding.EncodeToString(inner))
	}
	return all
}

// readable lists the files under a folder in which any of the texts can be read.
func readable(t *testing.T, dir string, texts ...string) (found []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		raw, err := os.ReadFile(path)
		for _, text := range texts {
			for form, want := range forms(text) {
				if bytes.Contains(raw, want) {
					found = append(found, d.Name()+" as "+form)
				}
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// unreadable fails where a canary can be read in what the server left on disk or
// printed.
func (in *installation) unreadable(texts ...string) {
	in.t.Helper()
	in.write("printed", []byte(in.output()))
	if found := readable(in.t, in.dir, texts...); len(found) > 0 {
		in.t.Errorf("readable: %q", found)
	}
}

func TestTheScannerFindsEveryForm(t *testing.T) {
	const text = "canary-7-fjellvidde?"
	plain := []byte(`{"q":"` + text + `"}`)
	planted := map[string][]byte{"as it is": plain, "in a URL": []byte("/?q=" + url.QueryEscape(text)), "in hex": []byte(hex.EncodeToString(plain))}
	for n := range 3 {
		planted["in base64 after "+string(rune('0'+n))] = []byte(base64.StdEncoding.EncodeToString(append(make([]byte, n), plain...)))
	}
	for _, u := range utf16.Encode([]rune(text)) {
		planted["wide"] = append(planted["wide"], byte(u), byte(u>>8))
	}
	for name, content := range planted {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "f"), content, 0o600); err != nil {
			t.Fatal(err)
		}
		if len(readable(t, dir, text)) == 0 {
			t.Errorf("a text that lies %s is not found", name)
		}
		if found := readable(t, dir, "canary-8-fjellvidde?"); len(found) > 0 {
			t.Errorf("a text that lies nowhere is found %s", found)
		}
	}
}
