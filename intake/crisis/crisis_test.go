package crisis

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/pelletier/go-toml/v2"
)

// TestWhatIsFound holds the lists to what people write, and to what only looks like it.
func TestWhatIsFound(t *testing.T) {
	data, err := os.ReadFile("testdata/found.toml")
	if err != nil {
		t.Fatal(err)
	}
	var all struct {
		Danger, SelfHarm, Other, Assault, None []string
	}
	if err := toml.Unmarshal(data, &all); err != nil {
		t.Fatal(err)
	}
	for kind, texts := range map[Kind][]string{Danger: all.Danger, SelfHarm: all.SelfHarm, SelfHarmOther: all.Other, Assault: all.Assault, "": all.None} {
		if len(texts) < 4 {
			t.Errorf("%q: only %d examples", kind, len(texts))
		}
		for _, text := range texts {
			got := Find(text)
			if kind == "" && len(got) > 0 || kind != "" && !slices.Contains(got, kind) {
				t.Errorf("%q: found %v, want %q", text, got, kind)
			}
		}
	}
}

// TestHowItIsTypedChangesNothing: case, marks, invisible signs, wide letters, letters of
// other scripts and held-down keys hide nothing.
func TestHowItIsTypedChangesNothing(t *testing.T) {
	forms := map[string]func(string) string{
		"capitals":      strings.ToUpper,
		"invisible":     func(s string) string { return strings.ReplaceAll(s, "o", "o\u200b\u2060\u00ad") },
		"marks":         func(s string) string { return strings.ReplaceAll(s, "e", "e\u0301\u0336") },
		"cyrillic":      func(s string) string { return strings.NewReplacer("e", "е", "a", "а", "o", "о").Replace(s) },
		"wide":          wide,
		"held down":     func(s string) string { return strings.NewReplacer("ø", "øøø", "a", "aaa").Replace(s) },
		"no-break":      func(s string) string { return strings.ReplaceAll(s, " ", "\u00a0\u202e") },
		"many lines":    func(s string) string { return "hei\n\n" + s + "\n:(" },
		"decomposed":    func(s string) string { return strings.NewReplacer("å", "a\u030a").Replace(s) },
		"digits":        func(s string) string { return strings.NewReplacer("o", "0", "e", "3").Replace(s) },
		"in a sentence": func(s string) string { return "Unnskyld at jeg maser, men " + s + " og det er sant" },
	}
	for _, text := range []string{"jeg vil bare dø", "jeg ble voldtatt i natt", "I want to die", "eg orkar ikkje leve"} {
		for name, form := range forms {
			if got := Find(form(text)); len(got) == 0 {
				t.Errorf("%s: %q is not found", name, form(text))
			}
		}
	}
}

func wide(s string) string {
	return strings.Map(func(r rune) rune {
		if r > ' ' && r < 0x7f {
			return r + 0xfee0
		}
		return r
	}, s)
}

// TestASlipOfTheFingerHidesNothing: any one letter of a long word that is wrong, missing or
// twice, but for the first.
func TestASlipOfTheFingerHidesNothing(t *testing.T) {
	word := "overgrep"
	for i := 1; i < len(word); i++ {
		for _, w := range []string{word[:i] + word[i+1:], word[:i] + "x" + word[i+1:], word[:i] + "x" + word[i:]} {
			if len(fold(w)) < len(word)-1 {
				continue // two letters are one now
			}
			if text := fmt.Sprintf("jeg ble utsatt for %s", w); !slices.Contains(Find(text), Assault) {
				t.Errorf("%q is not found", text)
			}
		}
	}
}

func FuzzFind(f *testing.F) {
	f.Add("jeg vil bare dø")
	f.Add("«\u202e\xff")
	f.Fuzz(func(t *testing.T, text string) {
		got := Find(text)
		if again := Find(text); !slices.Equal(got, again) {
			t.Errorf("found %v, then %v", got, again)
		}
	})
}
