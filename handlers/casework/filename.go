package casework

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	folding "golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"tillit/intake/filenames"
)

// devices are names that mean a device on Windows, whatever ending they have.
var devices = []string{"con", "prn", "aux", "nul", "com0", "com1", "com2", "com3", "com4", "com5", "com6", "com7", "com8", "com9", "com¹", "com²", "com³",
	"lpt0", "lpt1", "lpt2", "lpt3", "lpt4", "lpt5", "lpt6", "lpt7", "lpt8", "lpt9", "lpt¹", "lpt²", "lpt³", "conin$", "conout$"}

// DiskName is the name of a file as its sender gave it, as far as it can stand on any
// disk: every script and emoji stays, also how it is normalised. It is no path, no device,
// not hidden, turns no direction of text, and has at most 255 bytes, the ending among them.
// A name of which nothing is left is "file".
func (f File) DiskName() string {
	name := strings.ToValidUTF8(f.Name.Reveal(), "_")
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	name = strings.Map(onDisk, name)
	name = strings.TrimRight(strings.TrimLeft(name, ". "), ". ")
	if stem, _, _ := strings.Cut(name, "."); slices.Contains(devices, strings.ToLower(strings.TrimSpace(stem))) {
		name = "_" + name
	}
	if strings.Trim(name, "_") == "" {
		return "file"
	}
	return strings.TrimRight(filenames.Fit(name, ""), ". ")
}

// onDisk is what stands for a character in the name of a file; -1 is nothing. The two that
// join letters and pictures stay: without them names of some languages are other words.
func onDisk(r rune) rune {
	switch {
	case r == '\u200c' || r == '\u200d':
		return r
	case unicode.Is(unicode.Cf, r) || unicode.IsControl(r):
		return -1
	case strings.ContainsRune(`<>:"|?*`, r), unicode.Is(unicode.Co, r), unicode.Is(unicode.Zl, r), unicode.Is(unicode.Zp, r), r == utf8.RuneError:
		return '_'
	case unicode.Is(unicode.Zs, r):
		return ' '
	}
	return r
}

// DiskNames are the names of files that lie in one folder: no two of them are one on a disk
// that does not tell small letters from capitals, or ways to write the same letter.
func DiskNames(files []File) (names []string) {
	fold, taken := folding.Fold(), map[string]bool{}
	for _, f := range files {
		name, plain := f.DiskName(), f.DiskName()
		for n := 2; taken[norm.NFKC.String(fold.String(name))]; n++ {
			name = filenames.Fit(plain, fmt.Sprintf(" (%d)", n))
		}
		taken[norm.NFKC.String(fold.String(name))] = true
		names = append(names, name)
	}
	return names
}
