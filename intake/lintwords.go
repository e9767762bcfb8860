package intake

import (
	"maps"
	"regexp"
	"slices"
	"strings"
)

// checkWords wants every word that the set needs in one language, and no word for
// something that the set does not have.
func (b *build) checkWords(lang string, w *wordsFile) {
	file := lang + ".toml"
	need := func(key, text string) {
		if strings.TrimSpace(text) == "" {
			b.addf(file, key, "%s is missing", key)
		}
	}
	need("title", w.Title)
	b.checkSays(lang, w, need)
	if b.kept != nil && w.Ways != nil {
		for _, k := range laterWays {
			if w.Ways[k].Label == "" {
				w.Ways[k] = b.kept.in(lang).Ways[k]
			}
		}
	}
	ways := slices.Concat(wayNames, laterWays)
	for _, k := range ways {
		need("way."+k+".label", w.Ways[k].Label)
	}
	extra(b, file, "way", w.Ways, ways)
	for _, p := range b.set.main.Parts {
		need("part."+p+".title", w.Parts[p].Title)
	}
	extra(b, file, "part", w.Parts, b.set.main.Parts)
	var cards []string
	for _, c := range b.set.main.Cards {
		cards = append(cards, c.ID)
		need("card."+c.ID+".text", w.Cards[c.ID].Text)
	}
	extra(b, file, "card", w.Cards, cards)
	for i := range b.set.main.Questions {
		if q := &b.set.main.Questions[i]; b.set.index[q.ID] == i {
			b.checkQuestionWords(file, w, q, need)
		}
	}
	extra(b, file, "question", w.Questions, b.set.Questions())
	need("receipt.title", w.Receipt.Title)
	need("receipt.text", w.Receipt.Text)
	for _, c := range b.set.main.Receipt.Choices {
		need("receipt.choice."+c+".label", w.Receipt.Choices[c].Label)
	}
	extra(b, file, "receipt.choice", w.Receipt.Choices, b.set.main.Receipt.Choices)
}

// checkSays wants our short replies, with what they are about. What a kept set could
// not have known of is said as in the set that we ship.
func (b *build) checkSays(lang string, w *wordsFile, need func(key, text string)) {
	if b.kept != nil && w.Say != nil {
		for _, k := range laterSays {
			if w.Say[k] == "" {
				w.Say[k] = b.kept.in(lang).Say[k]
			}
		}
	}
	all := append(slices.Clone(says), laterSays...)
	for _, k := range all {
		need("say."+k, w.Say[k])
		if name := sayNames[k]; w.Say[k] != "" && !strings.Contains(w.Say[k], name) && b.kept == nil {
			b.addf(lang+".toml", "say."+k, "say.%s does not say %s", k, name)
		}
	}
	extra(b, lang+".toml", "say", w.Say, slices.Concat(all, pastSays))
}

func (b *build) checkQuestionWords(file string, w *wordsFile, q *question, need func(key, text string)) {
	at := "question." + q.ID
	qw := w.Questions[q.ID]
	need(at+".title", qw.Title)
	need(at+".ask", qw.Ask)
	meant := map[string]string{} // what people type → the choice that has it
	for _, c := range q.Choices {
		cw := qw.Choices[c]
		need(at+".choice."+c+".label", cw.Label)
		for _, word := range append([]string{cw.Label}, cw.Words...) {
			n := plain(word)
			if other, ok := meant[n]; ok && other != c && n != "" {
				b.addf(file, at+".choice."+c, "%s: %q is a word for %s and for %s", q.ID, word, other, c)
			}
			meant[n] = c
		}
	}
	extra(b, file, at+".choice", qw.Choices, q.Choices)
}

func extra[V any](b *build, file, key string, have map[string]V, known []string) {
	for _, k := range slices.Sorted(maps.Keys(have)) {
		if !slices.Contains(known, k) {
			b.addf(file, key+"."+k, "words for %s.%s, which the set does not have", key, k)
		}
	}
}

var placeholder = regexp.MustCompile(`\{[a-z_]+\}`)

// checkPlaceholders wants the same {names} in each language: one that is lost in
// translation is a number that nobody gets to see.
func (b *build) checkPlaceholders() {
	if len(b.set.main.Languages) == 0 {
		return
	}
	first := b.set.main.Languages[0]
	want := allTexts(b.set.words[first])
	for _, lang := range b.set.main.Languages[1:] {
		have := allTexts(b.set.words[lang])
		for _, key := range slices.Sorted(maps.Keys(have)) {
			w, ok := want[key]
			if p, q := placeholders(have[key]), placeholders(w); ok && have[key] != "" && w != "" && p != q {
				b.addf(lang+".toml", key, "%s has placeholders [%s], in %s [%s]", key, p, first, q)
			}
			if (w == "") != (have[key] == "") {
				b.addf(lang+".toml", key, "%s is there in one of %s and %s only", key, first, lang)
			}
		}
	}
}

func placeholders(text string) string {
	found := placeholder.FindAllString(text, -1)
	slices.Sort(found)
	return strings.Join(slices.Compact(found), " ")
}

// allTexts lists the texts that may be left out in all languages, or have placeholders.
func allTexts(w *wordsFile) map[string]string {
	out := map[string]string{"receipt.text": w.Receipt.Text}
	for k, v := range w.Say {
		out["say."+k] = v
	}
	for k, v := range w.Cards {
		out["card."+k+".text"] = v.Text
	}
	for k, v := range w.Parts {
		out["part."+k+".intro"] = v.Intro
	}
	for id, q := range w.Questions {
		at := "question." + id
		out[at+".ask"], out[at+".ask_other"], out[at+".help"], out[at+".help_other"] = q.Ask, q.AskOther, q.Help, q.HelpOther
		for c, cw := range q.Choices {
			out[at+".choice."+c+".long"], out[at+".choice."+c+".reply"] = cw.Long, cw.Reply
		}
	}
	return out
}
