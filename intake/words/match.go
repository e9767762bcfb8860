package words

import (
	"strings"

	"golang.org/x/text/language"
)

// Match returns the language of the book for whom others describe with hints: a
// network's name of their language, or a browser's Accept-Language. The first hint
// that fits counts, and in a hint the language that is liked best. Related languages
// fit: bokmål for "no" and for Danish. If no hint fits it is fallback, and the first
// of the book when the book does not speak that.
func (b *Book) Match(fallback string, hints ...string) string {
	for _, hint := range hints {
		for _, tag := range liked(hint) {
			if _, i, sure := b.matcher.Match(tag); sure != language.No {
				return b.order[i]
			}
		}
	}
	return b.In(fallback).id
}

// longest is how much of a hint is read; it comes from anybody.
const longest = 1000

// liked returns the languages of a hint, best first. The library reads none of them
// when it does not know one, so that one is left out.
func liked(hint string) []language.Tag {
	var known []string
	for part := range strings.SplitSeq(hint[:min(len(hint), longest)], ",") {
		if _, _, err := language.ParseAcceptLanguage(part); err == nil {
			known = append(known, part)
		}
	}
	all, _, _ := language.ParseAcceptLanguage(strings.Join(known, ",")) // each was read before
	return all
}

func tags(langs []string) []language.Tag {
	var out []language.Tag
	for _, l := range langs {
		out = append(out, language.Make(l))
	}
	return out
}
