package store_test

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"tillit/handlers/casework"
	"tillit/intake"
	"tillit/store"
	"tillit/store/cases"
	"tillit/store/storetest"
)

// recipe is the block of commands in the document.
func recipe(t *testing.T) string {
	t.Helper()
	doc, err := os.ReadFile(formats)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(doc), "<!-- recipe -->\n```sh\n")
	script, _, ended := strings.Cut(rest, "```\n")
	if !ok || !ended || strings.Count(script, "case=T-4K7Q2X\n") != 1 {
		t.Fatal("the document has no recipe, or it does not name one case")
	}
	return script
}

// stock is a folder with the three programs that the recipe may use, and no
// other. Where sqlite3 is missing the test is skipped, but not where a change is
// checked before it lands.
func stock(t *testing.T) string {
	t.Helper()
	bin := t.TempDir()
	for _, name := range []string{"sqlite3", "base64"} {
		path, err := exec.LookPath(name)
		if err != nil && os.Getenv("TILLIT_SQLITE3") == "required" {
			t.Fatalf("no %s", name)
		} else if err != nil {
			t.Skipf("no %s", name)
		}
		if err := os.Symlink(path, filepath.Join(bin, name)); err != nil {
			t.Fatal(err)
		}
	}
	build := exec.Command("go", "build", "-modfile=tools/go.mod", "-o", filepath.Join(bin, "age"), "filippo.io/age/cmd/age")
	build.Dir = ".."
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building age: %v\n%s", err, out)
	}
	return bin
}

// follow runs the recipe for a case in a folder, with the stock programs only.
func follow(t *testing.T, bin, dir, ref string) (said string) {
	t.Helper()
	shell, err := exec.LookPath("sh")
	if err != nil {
		t.Fatal(err)
	}
	script := strings.Replace(recipe(t), "case=T-4K7Q2X\n", "case="+ref+"\n", 1)
	cmd := exec.CommandContext(t.Context(), shell, "-u", "-c", script)
	cmd.Dir, cmd.Env = dir, []string{"PATH=" + bin, "HOME=" + dir}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Logf("the recipe ends with %v", err)
	}
	return string(out)
}

// emergency is a real store with two cases that have had two keys each, a handler
// who may read them, one who may not read one, and one who has left.
type emergency struct {
	dir, ref string
	keys     map[string]*casework.Key
	file     []byte
	s        *store.Store
}

func newEmergency(t *testing.T) emergency {
	t.Helper()
	e := emergency{dir: t.TempDir(), keys: map[string]*casework.Key{}, file: make([]byte, 5<<19)}
	_, _ = rand.Read(e.file)
	e.s = storetest.Open(t, e.dir, storetest.Keys(t))
	f := newFiler(t, e.s, nil)
	f.all = append(f.all, "siv")
	var all []cases.Recipient
	for _, id := range f.all {
		key, err := casework.NewKey()
		if err != nil {
			t.Fatal(err)
		}
		e.keys[id] = key
		all = append(all, cases.Recipient{ID: id, Key: key.Recipient()})
	}
	open := func(person, words string, excluded []string) string {
		ref := f.apply(person, store.Change{Open: &store.OpenRoom{Recipients: all}, Exclude: &store.Exclude{Out: excluded}, Entries: []store.Entry{body(words)}}).Ref
		f.apply(person, store.Change{Files: []store.FilePart{{ID: "f/1", Name: intake.NewPrivate("bilde.jpg"), Type: "image/jpeg",
			Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(e.file)), nil }}}})
		return ref
	}
	e.ref = open("lin", canary+" it's \"here\"\nand here", []string{"jonas"})
	open("kari", "another case", nil) // later, so that its rows come after
	f.send("kari", "maren", "siv", cases.Recovery)
	f.send("lin", "maren", "siv", cases.Recovery)
	if err := e.s.Act(t.Context(), writes(e.ref, "the answer")); err != nil {
		t.Fatal(err)
	}
	// Then siv leaves, so that what is written from here has a key of its own.
	all = slices.DeleteFunc(all, func(r cases.Recipient) bool { return r.ID == "siv" })
	if err := e.s.NewEpochs(t.Context(), store.Leave{Gone: []string{"siv"}, Recipients: all, Log: newKey}); err != nil {
		t.Fatal(err)
	}
	if err := e.s.Act(t.Context(), writes(e.ref, "the later answer")); err != nil {
		t.Fatal(err)
	}
	return e
}

// writes is an answer of the office, as its chat writes one.
func writes(ref, words string) store.Act {
	body := cases.Act{Name: "reply", Mark: []byte("{}"), Fields: cases.NewFields(fmt.Appendf(nil, `{"text":%q}`, words))}
	return store.Act{Handler: "maren", Ref: ref, Chat: &store.Said{Body: body, Via: "test"}}
}

// TestTheEmergencyRecipe follows the document to the letter, with a backup and
// with the files of a server that stopped.
func TestTheEmergencyRecipe(t *testing.T) {
	bin, e := stock(t), newEmergency(t)
	backup := func(t *testing.T, dir string) {
		if err := store.Backup(t.Context(), e.s.Dir, filepath.Join(dir, "tillit.db")); err != nil {
			t.Fatal(err)
		}
	}
	files := func(t *testing.T, dir string) {
		for _, name := range []string{"tillit.db", "tillit.db-wal"} {
			raw, err := os.ReadFile(filepath.Join(e.dir, name))
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, name), raw, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, c := range []struct {
		name, who string
		copy      func(*testing.T, string)
		opens     bool
	}{
		{"a handler, from a backup", "maren", backup, true},
		{"recovery, from the files", cases.Recovery, files, true},
		{"a handler who is kept out", "jonas", backup, false},
		{"a handler who left", "siv", backup, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			c.copy(t, dir)
			if err := casework.WriteKey(filepath.Join(dir, "my.key"), e.keys[c.who], intake.Private{}); err != nil {
				t.Fatal(err)
			}
			said := follow(t, bin, dir, e.ref)
			if !c.opens {
				if !strings.Contains(said, "No wrap of "+e.ref) || strings.Contains(said, canary) {
					t.Errorf("the recipe says %q", said)
				}
				return
			}
			for _, want := range []string{canary + " it's \"here\"\nand here", "the answer", "the later answer", "bilde.jpg"} {
				if strings.Count(said, want) != 1 {
					t.Errorf("the recipe says %q %d times, want once", want, strings.Count(said, want))
				}
			}
			if strings.Index(said, canary) > strings.Index(said, "the answer") {
				t.Error("the words are not in order")
			}
			if strings.Contains(said, "another case") || !strings.Contains(said, "|reporter|answer|A1|") {
				t.Error("the recipe opens another case, or does not say what is what")
			}
			if got, err := os.ReadFile(filepath.Join(dir, "file-f_1")); err != nil || !bytes.Equal(got, e.file) {
				t.Errorf("the file comes out as %d bytes, %v", len(got), err)
			}
		})
	}
}
