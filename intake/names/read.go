package names

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/collate"
	"golang.org/x/text/language"
	"golang.org/x/text/unicode/norm"
)

// written is a text as names are looked for in it.
type written struct {
	spans []span
	count int // of pieces
	lone  []span
}

// span is a stretch of a text that may be a name: a piece, or several that are joined.
type span struct {
	text     string // folded
	from, to int    // of the pieces
	large    bool   // begins with a capital, where capitals tell anything
	apart    bool   // put together from what stands apart
}

// piece is a run of letters and digits.
type piece struct {
	text, raw string // folded, and as it was
	large     bool
}

const (
	longestName = 40 // letters; what is longer is not put together
	mostJoined  = 8  // pieces between two spaces that are put together in all ways
	mostApart   = 3  // pieces with spaces between them that are put together: "Anne Marie"
	leastApart  = 5  // letters; shorter words meet by chance
)

// read takes a text apart.
func read(text string) written {
	text = norm.NFKD.String(text)
	tells := strings.ContainsFunc(text, unicode.IsLower)
	var t written
	var all, run []span // pieces; single letters in a row
	flush := func() {
		if len(run) > 1 {
			t.lone = append(t.lone, spaced(run, len(run)))
			t.spans = append(t.spans, together(run)...)
		}
		run = nil
	}
	for chunk := range strings.FieldsSeq(strings.Map(visible, text)) {
		var here []span
		for _, p := range pieces(chunk) {
			here = append(here, span{text: p.text, from: t.count, to: t.count + 1, large: p.large && tells})
			t.count++
		}
		all = append(all, here...)
		for _, s := range here {
			if utf8.RuneCountInString(s.text) > 1 {
				flush()
				continue
			}
			if run = append(run, s); len(run) > longestName {
				flush()
			}
		}
		t.spans = append(t.spans, here...)
		switch whole := len(here); {
		case whole <= mostJoined:
			for _, s := range together(here) {
				s.apart = false
				t.spans = append(t.spans, s)
			}
		case whole <= longestName:
			t.spans = append(t.spans, spaced(here, whole))
		}
	}
	flush()
	for i := range all {
		for n := 2; n <= mostApart && i+n <= len(all); n++ {
			s := spaced(all[i:], n)
			if len(s.text) >= leastApart && len(s.text) <= longestName && slices.ContainsFunc(all[i:i+n], span.rare) {
				t.spans = append(t.spans, s)
			}
		}
	}
	return t
}

// together joins neighbours in all ways that are long enough for a name and not too long.
func together(all []span) []span {
	var out []span
	for i := range all {
		for n := 2; i+n <= len(all); n++ {
			s := spaced(all[i:], n)
			if len(s.text) > longestName {
				break
			}
			if len(s.text) > 2 {
				out = append(out, s)
			}
		}
	}
	return out
}

// spaced joins the first n.
func spaced(all []span, n int) span {
	out := span{from: all[0].from, to: all[n-1].to, large: all[0].large, apart: true}
	for _, s := range all[:n] {
		out.text += s.text
	}
	return out
}

// alone reports whether nothing but s stands in the text.
func (t written) alone(s span) bool { return s.from == 0 && s.to == t.count }

// word reports whether s is a word of ordinary speech.
func (s span) word() bool { return ordinary()[s.text] }

func (s span) rare() bool { return !s.word() }

// forms are what s may be a form of: itself, and what it is the genitive of.
func (s span) forms() []string {
	if stem, ok := strings.CutSuffix(s.text, "s"); ok && len(stem) > 1 {
		return []string{s.text, stem}
	}
	return []string{s.text}
}

// initials finds single letters in a row that are somebody's: "H. R.", "H R", large.
// Without anything between them they are a word or a department, unless the text is
// nothing else.
func (t written) initials(want string) []span {
	if len(want) < 2 {
		return nil
	}
	var out []span
	for _, s := range t.lone {
		if s.text == want && (s.large || t.alone(s)) {
			out = append(out, s)
		}
	}
	if t.count == 1 && t.spans[0].text == want {
		out = append(out, t.spans[0])
	}
	return out
}

// visible drops what nobody sees: for [strings.Map].
func visible(r rune) rune {
	switch {
	case unicode.IsSpace(r):
		return ' '
	case unicode.In(r, unicode.Cf, unicode.Cc, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point):
		return -1
	}
	return r
}

// pieces are the runs of letters and digits in a text without spaces, folded to what
// is left without case, accents and strokes.
func pieces(chunk string) []piece {
	var out []piece
	var folded, raw strings.Builder
	large := false
	end := func() {
		if folded.Len() > 0 {
			out = append(out, piece{folded.String(), raw.String(), large})
		}
		folded.Reset()
		raw.Reset()
	}
	for _, r := range norm.NFKD.String(strings.Map(visible, chunk)) {
		switch {
		case unicode.In(r, unicode.Mn, unicode.Me):
			raw.WriteRune(r)
		case !unicode.In(r, unicode.L, unicode.N, unicode.Mc) || unicode.Is(unicode.Lm, r):
			end()
		default:
			if folded.Len() == 0 {
				large = unicode.IsUpper(r) || unicode.IsTitle(r)
			}
			folded.WriteString(base(r))
			raw.WriteRune(r)
		}
	}
	end()
	return out
}

// base is a letter without case, and without what is drawn through it or beside it:
// what collation takes for the same letter.
func base(r rune) string {
	if r < unicode.MaxASCII {
		return string(unicode.ToLower(r))
	}
	fold := cases.Fold().String(string(r))
	if b, ok := bases()[fold]; ok {
		return b
	}
	return fold
}

// bases are the Latin letters that are no accented a to z and that collation takes for
// one or two of them: ø for o, æ for ae.
var bases = sync.OnceValue(func() map[string]string {
	c, out, same := collate.New(language.Und, collate.Loose), map[string]string{}, map[string]string{}
	key := func(s string) string {
		var b collate.Buffer
		return string(c.KeyFromString(&b, s))
	}
	for x := 'a'; x <= 'z'; x++ {
		same[key(string(x))] = string(x)
		for y := 'a'; y <= 'z'; y++ {
			same[key(string([]rune{x, y}))] = string([]rune{x, y})
		}
	}
	for r := rune(0xdf); r < 0x250; r++ {
		if s := string(r); unicode.IsLower(r) {
			if b, ok := same[key(s)]; ok {
				out[s] = b
			}
		}
	}
	return out
})

// spellings are the ways to type a name on a keyboard that lacks some of its letters,
// or that has other ones for them.
func spellings(name string) []string {
	out := []string{""}
	rest := norm.NFC.String(strings.ToLower(norm.NFKC.String(strings.Map(visible, name))))
	for rest != "" {
		_, size := utf8.DecodeRuneInString(rest)
		letter := rest[:size]
		ways := []string{letter}
		switch {
		case strings.HasPrefix(rest, "aa"):
			letter, ways = "aa", []string{"a", "aa"}
		case letter == "å":
			ways = []string{"a", "aa"}
		case letter == "ø", letter == "ö":
			ways = []string{"o", "oe"}
		case letter == "æ", letter == "ä":
			ways = []string{"a", "ae"}
		case letter == "ü":
			ways = []string{"u", "ue"}
		}
		if len(out) > 16 {
			ways = ways[:1]
		}
		var next []string
		for _, way := range ways {
			for _, s := range out {
				next = append(next, s+way)
			}
		}
		out, rest = next, rest[len(letter):]
	}
	return out
}

// first is the first letter of a text that is not empty.
func first(s string) string {
	for _, r := range s {
		return string(r)
	}
	return ""
}

//go:embed words.txt
var wordList string

// ordinary are the words of ordinary speech that are a name or close to one, folded.
var ordinary = sync.OnceValue(func() map[string]bool {
	out := map[string]bool{}
	for line := range strings.Lines(wordList) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		for _, p := range pieces(strings.Join(strings.Fields(line), ".")) {
			out[p.text] = true
		}
	}
	return out
})
