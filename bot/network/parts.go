package network

import (
	"strings"
	"unicode/utf8"

	"github.com/rivo/uniseg"
)

// Unit measures a text as a network counts it.
type Unit func(string) int

// UTF16 counts UTF-16 code units, as Telegram does.
func UTF16(s string) int {
	n := 0
	for _, r := range s {
		n++
		if r > 0xFFFF {
			n++
		}
	}
	return n
}

// Runes counts code points, as Mattermost does.
func Runes(s string) int { return utf8.RuneCountInString(s) }

// Split cuts a long text into messages that a network accepts, of at most limit units.
// Joined, they are the text; cuts fall between sentences where they can, and what a
// reader sees as one character is never cut.
// Only a single character that is longer than the limit is cut inside. A limit
// below 4 cannot hold every character and is taken as 4.
func Split(text string, limit int, unit Unit) []string {
	limit = max(limit, 4)
	if unit(text) <= limit {
		if text == "" {
			return nil
		}
		return []string{text}
	}
	var out []string
	for text != "" {
		cut := next(text, limit, unit)
		out, text = append(out, text[:cut]), text[cut:]
	}
	return out
}

// cuts are the best places to cut so far, in bytes; 0 is none.
type cuts struct{ paragraph, sentence, word int }

// next returns where the first part ends.
func next(text string, limit int, unit Unit) int {
	var best cuts
	size, at, state := 0, 0, -1
	for rest := text; rest != ""; {
		cluster, after, bounds, s := uniseg.StepString(rest, state)
		size += unit(cluster)
		if size > limit {
			return best.choose(at, inside(cluster, limit, unit))
		}
		rest, state = after, s
		at += len(cluster)
		switch {
		case strings.HasSuffix(text[:at], "\n\n"):
			best.paragraph = at
		case bounds&uniseg.MaskSentence != 0:
			best.sentence = at
		case bounds&uniseg.MaskLine != uniseg.LineDontBreak:
			best.word = at
		}
	}
	return len(text)
}

// choose prefers a paragraph's end, unless that leaves the part nearly empty.
func (c cuts) choose(at, inside int) int {
	if c.paragraph > at/2 {
		return c.paragraph
	}
	for _, cut := range []int{max(c.sentence, c.paragraph), c.word, at} {
		if cut > 0 {
			return cut
		}
	}
	return inside
}

// inside is as much of one character as fits; whole code points.
func inside(cluster string, limit int, unit Unit) int {
	size := 0
	for i, r := range cluster {
		if size += unit(string(r)); size > limit && i > 0 {
			return i
		}
	}
	return len(cluster)
}
