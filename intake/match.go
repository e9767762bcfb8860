package intake

import (
	"slices"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"tillit/intake/ago"
)

// How typed text becomes a choice. Only a whole message counts: a number that was
// shown, or a word of exactly one choice. "No" inside a sentence is a sentence.

// plain makes what people type comparable: case, punctuation and spaces go.
func plain(text string) string {
	var b strings.Builder
	gap := false
	for _, r := range strings.ToLower(norm.NFKC.String(text)) {
		switch {
		case unicode.Is(unicode.Cf, r):
			// Nobody sees it, and phones put it in.
		case unicode.IsLetter(r), unicode.IsDigit(r), unicode.IsMark(r):
			if gap && b.Len() > 0 {
				b.WriteByte(' ')
			}
			gap = false
			b.WriteRune(r)
		case r == '\'' || r == '’':
			// "don't" is "dont".
		default:
			gap = true
		}
	}
	return b.String()
}

// hasWords reports whether there is anything in text that a person can see.
func hasWords(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool { return unicode.IsGraphic(r) && !unicode.IsSpace(r) && r != unicode.ReplacementChar })
}

// fillMatches prepares, for each language, button id → words. Ways and the yes
// and no that every question understands stand under "~skip" and "yes".
func (s *Set) fillMatches() {
	for lang, w := range s.words {
		m := map[string]map[string]bool{}
		put := func(id string, words ...string) {
			if m[id] == nil {
				m[id] = map[string]bool{}
			}
			for _, word := range words {
				if n := plain(word); n != "" {
					m[id][n] = true
				}
			}
		}
		for way, cw := range w.Ways {
			put("~"+way, append(slices.Clone(cw.Words), cw.Label)...)
		}
		for i := range s.main.Questions {
			q := &s.main.Questions[i]
			for _, c := range q.Choices {
				cw := w.Questions[q.ID].Choices[c]
				put(q.ID+"."+c, append(slices.Clone(cw.Words), cw.Label, cw.whole())...)
				if g, ok := w.Generic[c]; ok {
					put(q.ID+"."+c, g...)
				}
				if does := q.Does[c]; does == "send" || does == "delete" {
					for _, yes := range w.Generic["yes"] { // A yes may be meant for anything.
						delete(m[q.ID+"."+c], plain(yes))
					}
				}
			}
		}
		put(askName+".all", w.Say["keep_out_all"])
		put(askName+".no", append(slices.Clone(w.Generic["no"]), w.Say["did_you_mean_no"])...)
		for _, c := range s.main.Receipt.Choices {
			cw := w.Receipt.Choices[c]
			put(receiptName+"."+c, append(slices.Clone(cw.Words), cw.Label)...)
		}
		s.matches[lang] = m
	}
}

// typedKeys returns what text means among the buttons that are shown: one of them, or
// several where several can be meant. Where there are buttons to press, numbers mean none.
func (t *talk) typedKeys(text string, shown []Choice, many, buttons bool) []string {
	if !hasWords(text) || buttons && !strings.ContainsFunc(text, unicode.IsLetter) {
		return nil // Beside buttons a number is a number.
	}
	var keys []string
	if id := t.typed(text, shown); id != "" {
		keys = append(keys, afterDot(id))
	} else if many {
		for _, id := range t.typedMany(text, shown) {
			keys = append(keys, afterDot(id))
		}
	}
	if key := t.sinceWhen(text, shown); key != "" && len(keys) == 0 {
		keys = append(keys, key)
	}
	return keys
}

// sinceWhen returns the choice that is meant by how long ago something was, where all of
// that falls into one. Otherwise the words stay words.
func (t *talk) sinceWhen(text string, shown []Choice) string {
	q := t.s.question(t.c.At)
	if q == nil || len(q.Ago) == 0 || t.c.asking() || t.c.Confirm {
		return ""
	}
	from, to, ok := ago.Read(text)
	if !ok {
		return ""
	}
	for _, c := range shown {
		days := q.Ago[afterDot(c.ID)]
		if len(days) > 0 && from >= days[0] && (len(days) == 1 || to <= days[1]) {
			return afterDot(c.ID)
		}
	}
	return ""
}

// typed returns the button that text means, empty when it is none or more than one.
func (t *talk) typed(text string, shown []Choice) string {
	n := plain(text)
	if n == "" {
		return ""
	}
	if i, err := strconv.Atoi(n); err == nil && i >= 1 && i <= len(shown) {
		return shown[i-1].ID
	}
	shown = append(slices.Clone(shown), t.unlisted()...)
	// The person's own language first, and a question's choices before the ways
	// out of it: "pause" at a question that has its own means that one.
	own := []string{t.c.Lang}
	var rest []string
	for lang := range t.s.words {
		if lang != t.c.Lang {
			rest = append(rest, lang)
		}
	}
	for _, langs := range [][]string{own, rest} {
		for _, ways := range []bool{false, true} {
			switch hits := t.hits(n, shown, langs, ways); len(hits) {
			case 0:
			case 1:
				return hits[0]
			default:
				return ""
			}
		}
	}
	return ""
}

// unlisted are the choices of people whom a page that asks about people does not list: who
// writes the name of one picks them, as by the button.
func (t *talk) unlisted() []Choice {
	q := t.s.question(t.c.At)
	if q == nil || !q.People || t.c.asking() || t.c.Confirm {
		return nil
	}
	var out []Choice
	for _, p := range t.env.Told {
		if !slices.ContainsFunc(t.listed(), func(l Person) bool { return l.ID == p.ID }) {
			out = append(out, t.personChoice(q, p))
		}
	}
	return out
}

func (t *talk) hits(n string, shown []Choice, langs []string, ways bool) []string {
	var out []string
	for _, c := range shown {
		if c.Way != ways {
			continue
		}
		key := c.ID
		if _, way, ok := strings.Cut(c.ID, ".~"); ok {
			key = "~" + way
		}
		hit := plain(c.Label) == n || t.personWord(c, n)
		for _, lang := range langs {
			hit = hit || t.s.matches[lang][key][n]
		}
		if hit {
			out = append(out, c.ID)
		}
	}
	return out
}

// personWord lets a handler be picked by name where a pick is shown before it
// counts; at the other places only a press keeps someone out.
func (t *talk) personWord(c Choice, n string) bool {
	q := t.s.question(t.c.At)
	i := strings.Index(c.ID, ".p:")
	if i < 0 || q == nil || q.Kind != string(AcceptsMulti) || t.c.asking() {
		return false
	}
	p, ok := t.person(c.ID[i+len(".p:"):])
	if !ok {
		return false
	}
	found := Env{People: []Person{p}}.find(n)
	return len(found) == 1 && found[0].Certain && found[0].Whole
}

// typedMany reads "møte, reise og jobb" where several can be picked. All of it
// must be understood, or none of it counts.
func (t *talk) typedMany(text string, shown []Choice) []string {
	parts := strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ';' || r == '\n' || r == '&' || r == '+' })
	var out []string
	for _, part := range parts {
		for _, word := range splitAnd(part) {
			id := t.typed(word, shown)
			if id == "" || strings.Contains(id, ".~") {
				return nil
			}
			out = append(out, id)
		}
	}
	return out
}

func splitAnd(part string) []string {
	for _, and := range []string{" og ", " and "} {
		part = strings.ReplaceAll(part, and, ",")
	}
	// "1 3 4" is three numbers.
	if fields := strings.Fields(part); len(fields) > 1 && !strings.ContainsFunc(part, unicode.IsLetter) {
		return fields
	}
	return strings.Split(part, ",")
}

func (t *talk) person(id string) (Person, bool) {
	for _, p := range t.env.everybody() {
		if p.ID == id {
			return p, true
		}
	}
	return Person{}, false
}
