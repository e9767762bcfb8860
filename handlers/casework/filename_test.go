package casework_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"

	"tillit/handlers/casework"
	"tillit/intake"
)

func named(name string) casework.File { return casework.File{Name: intake.NewPrivate(name)} }

// TestANameOfAFileSurvives: what people call files stays as it is, and what could harm a
// disk or its reader does not.
func TestANameOfAFileSurvives(t *testing.T) {
	for name, want := range map[string]string{
		"bilde fra årsmøtet.jpg":          "bilde fra årsmøtet.jpg",
		"a\u030arsmøte.jpg":               "a\u030arsmøte.jpg", // as a Mac writes it
		"写真 (1).heic":                     "写真 (1).heic",
		"می\u200cخواهم.pdf":               "می\u200cخواهم.pdf",
		"👩\u200d👩\u200d👧.png":             "👩\u200d👩\u200d👧.png",
		"हिन्दी.txt":                      "हिन्दी.txt",
		"it's + 100% & more, #1; [x].pdf": "it's + 100% & more, #1; [x].pdf",
		`say "hi".txt`:                    "say _hi_.txt",
		"../../etc/passwd":                "passwd",
		`C:\Users\x\nul.txt`:              "_nul.txt",
		"CON":                             "_CON",
		"com1.tar.gz":                     "_com1.tar.gz",
		".htaccess":                       "htaccess",
		"...":                             "file",
		"":                                "file",
		"???":                             "file",
		"trailing. . ":                    "trailing",
		"invoice\u202egpj.exe":            "invoicegpj.exe",
		"a\x00b\nc.txt":                   "abc.txt",
		"\xff\xfe.txt":                    "_.txt",
		"a\u00a0b\u3000c.txt":             "a b c.txt",
	} {
		if got := named(name).DiskName(); got != want {
			t.Errorf("%q is kept as %q, want %q", name, got, want)
		}
	}
	long := strings.Repeat("å", 300) + ".jpeg"
	if got := named(long).DiskName(); len(got) > 255 || !strings.HasSuffix(got, "å.jpeg") || !utf8.ValidString(got) {
		t.Errorf("a long name has %d bytes and ends in %q", len(got), got[len(got)-8:])
	}
}

// TestNamesOfFilesCanLieInOneFolder: whatever they are called, they are written beside each
// other on this machine, and none is the other's on a stricter disk.
func TestNamesOfFilesCanLieInOneFolder(t *testing.T) {
	part := rapid.OneOf(rapid.StringOf(rapid.RuneFrom(nil, unicode.L, unicode.M, unicode.N, unicode.P, unicode.S, unicode.Cf, unicode.Cc, unicode.Zs)),
		rapid.SampledFrom([]string{"a", "A", "å", "a\u030a", ".", "..", "/", `\`, "CON", "nul", " ", "\u202e", "\u200d", strings.Repeat("👩\u200d👩\u200d👧", 60), "\xff", ".jpg"}))
	rapid.Check(t, func(t *rapid.T) {
		var files []casework.File
		for _, parts := range rapid.SliceOfN(rapid.SliceOfN(part, 0, 4), 1, 8).Draw(t, "names") {
			files = append(files, named(strings.Join(parts, "")))
		}
		dir, err := os.MkdirTemp("", "names")
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(dir)
		folded := map[string]bool{}
		for _, name := range casework.DiskNames(files) {
			if name == "" || len(name) > 255 || !utf8.ValidString(name) || strings.ContainsAny(name, `/\<>:"|?*`) || name[0] == '.' || folded[strings.ToLower(name)] {
				t.Fatalf("%q among %v", name, folded)
			}
			folded[strings.ToLower(name)] = true
			f, err := os.OpenFile(filepath.Join(dir, name), os.O_CREATE|os.O_EXCL, 0o600)
			if err != nil {
				t.Fatalf("%q cannot be written: %v", name, err)
			}
			_ = f.Close()
		}
	})
}
