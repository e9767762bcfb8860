package plan

import (
	"io/fs"
	"regexp"
	"slices"
	"strings"
)

// hole is a placeholder in a text.
var hole = regexp.MustCompile(`\{([a-z][a-z0-9_]*)\}`)

// holes are the placeholders of a text, each once, sorted.
func holes(text string) []string {
	var all []string
	for _, m := range hole.FindAllStringSubmatch(text, -1) {
		all = append(all, m[1])
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// readWords reads what the routine's things are called, in every language.
func (l *load) readWords() {
	for _, lang := range Languages {
		var tree map[string]any
		src, bad := readTOML(l.fsys, lang+".toml", &tree)
		l.sources[src.name], l.problems = &src, append(l.problems, bad...)
		if len(bad) > 0 {
			continue
		}
		l.read = append(l.read, src.name)
		l.words[lang] = map[string]string{}
		l.flatten(lang, "", tree)
		l.sameKeys(lang)
		for _, key := range sorted(l.words[lang]) {
			l.says(src.name, src.line(key), l.words[lang][key])
		}
	}
}

func (l *load) flatten(lang, prefix string, tree map[string]any) {
	for _, name := range sorted(tree) {
		key := joinKey(prefix, name)
		switch v := tree[name].(type) {
		case map[string]any:
			l.flatten(lang, key, v)
		case string:
			l.words[lang][key] = v
			if strings.TrimSpace(v) == "" {
				l.faultIn(lang+".toml", key, "%s is empty", key)
			}
		default:
			l.faultIn(lang+".toml", key, "%s is no text", key)
		}
	}
}

// sameKeys compares the words of a language with what needs words, and with those of
// the first language.
func (l *load) sameKeys(lang string) {
	name, got, want := lang+".toml", l.words[lang], l.wanted()
	for _, key := range want {
		if _, ok := got[key]; !ok {
			l.faultIn(name, key, "there is no %s", key)
		}
	}
	first := l.words[Languages[0]]
	for _, key := range sorted(got) {
		text, shared := first[key]
		table, _, _ := strings.Cut(key, ".")
		switch {
		case table != "part" && !slices.Contains(want, key):
			l.faultIn(name, key, "nothing is called %s", key)
		case first != nil && !shared:
			l.faultIn(name, key, "%s is not in %s.toml", key, Languages[0])
		case shared && !slices.Equal(holes(text), holes(got[key])):
			l.faultIn(name, key, "%s has other placeholders than in %s.toml", key, Languages[0])
		}
	}
	for _, key := range sorted(first) {
		if _, ok := got[key]; !ok && strings.HasPrefix(key, "part.") {
			l.faultIn(name, key, "there is no %s", key)
		}
	}
}

// wanted are the keys that every language must have.
func (l *load) wanted() []string {
	var all []string
	add := func(table string, names ...string) {
		for _, name := range names {
			all = append(all, table+"."+name)
		}
	}
	for _, s := range l.r.steps {
		add("next", s.ID)
		add("step", s.ID)
	}
	for _, p := range l.r.phases {
		add("phase", p.Name)
		add("status", p.Name)
	}
	add("status", "late", "extended", "unopened", "opened")
	add("duty", l.r.duties...)
	add("level", l.r.levels...)
	add("outcome", l.r.outcomes...)
	add("seat", "r", "a", "b", "w", "s")
	add("ring", "notice", "urgent", "late", "control", "reporter")
	for _, letter := range l.r.letters {
		add("letter", letter.Name)
	}
	return all
}

// says looks for what must never be said, in a text that begins at a line.
func (l *load) says(file string, line int, text string) {
	for i, row := range strings.Split(strings.ToLower(text), "\n") {
		for _, word := range l.r.neverSay {
			if word != "" && strings.Contains(row, strings.ToLower(word)) {
				l.problems = append(l.problems, Problem{file, line + i, "it says " + word})
			}
		}
	}
}

// readLetters reads the letters in every language.
func (l *load) readLetters() {
	known := map[string]bool{}
	for _, letter := range l.r.letters {
		for _, lang := range Languages {
			known[l.letter(letter, lang)] = true
		}
	}
	files, _ := fs.Glob(l.fsys, lettersFolder+"/*")
	for _, file := range files {
		if !known[file] {
			l.faultIn(file, "", "the routine has no letter for it")
		}
	}
}

func (l *load) letter(letter Letter, lang string) string {
	file := lettersFolder + "/" + letter.Name + "." + lang + ".txt"
	raw, err := fs.ReadFile(l.fsys, file)
	text := strings.TrimRight(string(raw), "\n")
	if err != nil || strings.TrimSpace(text) == "" {
		l.faultIn(file, "", "the letter is missing, or empty")
		return file
	}
	l.read = append(l.read, file)
	l.r.letterText[letter.Name+"."+lang] = text
	l.says(file, 1, text)
	has := holes(text)
	for _, h := range holes(text) {
		has = append(has, holes(l.words[lang]["part."+h])...)
	}
	for _, block := range letter.Blocks {
		if l.words[lang] != nil && !slices.Contains(has, block) {
			l.faultIn(file, "", "{%s} does not stand in it", block)
		}
	}
	if first, ok := l.r.letterText[letter.Name+"."+Languages[0]]; ok && !slices.Equal(holes(first), holes(text)) {
		l.faultIn(file, "", "it has other placeholders than in %s", Languages[0])
	}
	return file
}
