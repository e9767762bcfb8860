package crisis

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// quoted are the marks around what somebody else said, or what something is called.
var quoted = map[rune]rune{'«': '»', '“': '”', '„': '“', '"': '"', '”': '”', '»': '«'}

// clauses cuts a text into the parts of its sentences, as words that can be compared.
// What stands in quotes is left out, unless nearly all does.
func clauses(text string) [][]string {
	text = norm.NFKC.String(text)
	if without := unquoted(text); len(strings.Fields(without)) >= 2 {
		text = without
	}
	var all [][]string
	for _, part := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(".,;:!?\n\r()…–—", r) }) {
		var words []string
		for _, w := range strings.FieldsFunc(part, func(r rune) bool {
			return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) && !unicode.Is(unicode.Cf, r) && !strings.ContainsRune("'’@$", r)
		}) {
			if w = fold(w); w != "" {
				words = append(words, w)
			}
		}
		if len(words) > 0 {
			all = append(all, words)
		}
	}
	return all
}

func unquoted(text string) string {
	var b strings.Builder
	var until rune
	for i, r := range text {
		switch {
		case until != 0:
			if r == until {
				until = 0
				b.WriteByte(' ')
			}
		case quoted[r] != 0 && strings.ContainsRune(text[i+len(string(r)):], quoted[r]):
			until = quoted[r]
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// latin are letters of other scripts, and signs, that look like ours.
var latin = map[rune]rune{
	'а': 'a', 'е': 'e', 'о': 'o', 'р': 'p', 'с': 'c', 'х': 'x', 'у': 'y', 'і': 'i', 'ј': 'j', 'к': 'k', 'м': 'm', 'т': 't', 'в': 'v', 'ѕ': 's', 'ԁ': 'd', 'ӏ': 'l', 'һ': 'h', 'ո': 'n',
	'α': 'a', 'ο': 'o', 'ν': 'v', 'ι': 'i', 'ρ': 'p', 'τ': 't', 'κ': 'k', 'ε': 'e',
	'ø': 'o', 'æ': 'e', 'ð': 'd', 'ı': 'i', 'ł': 'l', 'đ': 'd',
	'0': 'o', '1': 'i', '3': 'e', '4': 'a', '5': 's', '@': 'a', '$': 's',
}

// fold makes a word comparable: case, marks, scripts that look alike and letters that are
// held down go. Only a word with letters has digits for letters.
func fold(word string) string {
	letters := strings.ContainsFunc(word, unicode.IsLetter)
	var b strings.Builder
	var last rune
	for _, r := range norm.NFKD.String(strings.ToLower(norm.NFKC.String(word))) {
		if to, ok := latin[r]; ok && (letters || !unicode.IsDigit(r)) {
			r = to
		}
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) || r == last && unicode.IsLetter(r) {
			continue
		}
		last = r
		b.WriteRune(r)
	}
	return b.String()
}

// shortest is the length of a word that may have a slip of the finger in it.
const shortest = 6

// alike reports whether a word is one of a phrase, with one slip at most in a long one.
func alike(want, have string) bool {
	if begin, open := strings.CutSuffix(want, "*"); open {
		return strings.HasPrefix(have, begin) || len(begin) >= shortest && len(have) >= len(begin) && slip(begin, have[:len(begin)])
	}
	return want == have || len(want) >= shortest && slip(want, have)
}

// slip reports whether one letter is wrong, too many or missing, or two have changed places.
// The first letter is right, as it mostly is.
func slip(a, b string) bool {
	if a[0] != b[0] || len(a)-len(b) > 1 || len(b)-len(a) > 1 {
		return false
	}
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	if len(a) == len(b) {
		return a[i+1:] == b[i+1:] || i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:]
	}
	if len(a) < len(b) {
		return a[i:] == b[i+1:]
	}
	return a[i+1:] == b[i:]
}
