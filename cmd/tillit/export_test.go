package main

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"image"
	"image/jpeg"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tillit/handlers/casework"
	"tillit/handlers/handlerstest"
	"tillit/intake"
)

// TestAnExportHasTheFilesUnderTheirNames: what was sent lies in the archive byte for byte,
// under the name that it was sent with as far as a disk takes it; two of one name are two;
// and page, JSON and terminal name each with its kind and its hash.
func TestAnExportHasTheFilesUnderTheirNames(t *testing.T) {
	o := handlerstest.New(t)
	sent := []handlerstest.File{
		{Question: "A1", Name: "Årsmøte 写真.jpg", Type: "image/jpeg", Data: []byte("first")},
		{Question: "A1", Name: "årsmøte 写真.JPG", Type: "image/jpeg", Data: []byte("second")},
		{Question: "A1", Name: "con.txt", Type: "text/plain", Data: []byte("a\tb\r\nc")},
	}
	var photo bytes.Buffer
	if err := jpeg.Encode(&photo, image.NewGray(image.Rect(0, 0, 8, 8)), nil); err != nil {
		t.Fatal(err)
	}
	sent = append(sent, handlerstest.File{Question: "A1", Name: "uten sted.jpg", Type: "image/jpeg", Data: photo.Bytes(), NoPlace: true})
	ref := o.Reporter("lin").Tell(handlerstest.Answers{"A1": {"One\ttwo\n  three <b>"}, "A2": {"~rather_not"}}, sent...).Send()
	dir := t.TempDir()
	key := filepath.Join(dir, "maren.key")
	if err := casework.WriteKey(key, o.People[0].Key, intake.Private{}); err != nil {
		t.Fatal(err)
	}
	run := func(args ...string) string {
		t.Helper()
		var out bytes.Buffer
		c := root("en")
		c.SetArgs(append([]string{"--server", o.API.URL, "--key", key}, args...))
		c.SetOut(&out)
		if err := c.ExecuteContext(t.Context()); err != nil {
			t.Fatalf("%v: %v", args, err)
		}
		return out.String()
	}
	archive := filepath.Join(dir, "case.zip")
	run("export", ref, "-o", archive, "--files")
	z, err := zip.OpenReader(archive)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	parts := map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		raw, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		parts[f.Name] = string(raw)
	}
	shownAs := run("show", ref)
	for saved, file := range map[string]handlerstest.File{"Årsmøte 写真.jpg": sent[0], "årsmøte 写真 (2).JPG": sent[1], "_con.txt": sent[2]} {
		if got, found := parts["files/"+saved]; !found || got != string(file.Data) {
			t.Errorf("%s is %q (%v)", saved, got, found)
		}
		sum := sha256.Sum256(file.Data)
		for where, text := range map[string]string{"the page": parts["case.html"], "the JSON": parts["case.json"], "the terminal": shownAs} {
			if !strings.Contains(text, file.Name) || !strings.Contains(text, hex.EncodeToString(sum[:])) || !strings.Contains(text, file.Type) {
				t.Errorf("%s does not name %s with kind and hash", where, file.Name)
			}
		}
	}
	for where, text := range map[string]string{"the page": parts["case.html"], "the terminal": shownAs} {
		if strings.Count(text, "a copy without the place; the original is not saved") != 1 {
			t.Errorf("%s does not say which file is a copy without its place", where)
		}
	}
	if page := parts["case.html"]; !strings.Contains(page, "Europe/Oslo") || !strings.Contains(page, "One\ttwo\n  three &lt;b&gt;") {
		t.Errorf("the page does not say the zone, or loses tabs and lines:\n%s", page)
	}
	if !strings.Contains(shownAs, "One\ttwo\n      three <b>") {
		t.Errorf("the terminal loses tabs or lines:\n%s", shownAs)
	}
	var s shown
	if err := json.Unmarshal([]byte(parts["case.json"]), &s); err != nil || len(s.Files) != 4 || !s.Files[3].NoPlace || s.Files[0].NoPlace || s.Files[1].SavedAs != "årsmøte 写真 (2).JPG" {
		t.Errorf("the JSON has %+v (%v)", s.Files, err)
	}
	if info, err := os.Stat(archive); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the archive can be read by others: %v (%v)", info.Mode(), err)
	}
}
