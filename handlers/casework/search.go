package casework

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"tillit/intake"
	"tillit/store/cases"
)

// This file searches what a desk has opened. The words stay on the handler's machine,
// in memory, until the desk locks; nothing of them or of what is looked for is sent.

// piece is words that stand in a case.
type piece struct {
	seq  int64 // of their entry
	kind string
	by   string
	at   time.Time
	text intake.Private
}

// Found is a case in which words were found, with the first place where they stand.
type Found struct {
	Ref  string
	Seq  int64
	Kind string // of the entry: a body's type
	By   string
	At   time.Time
	// Before, Hit and After are the line in which it stands.
	Before, Hit, After intake.Private
	More               int // other places in the same case
}

// fold is how words are compared: composed, and without the difference of small and
// capital letters.
func fold(text string) string { return strings.ToLower(norm.NFC.String(text)) }

// pieces are the words of a case that can be searched: what the reporter told and wrote,
// what the office wrote, and the names of files.
func (cs *Case) pieces() (all []piece) {
	for _, e := range cs.Entries {
		texts := []intake.Private{e.Text}
		if len(e.Values) > 0 {
			texts = nil
			for _, field := range slices.Sorted(maps.Keys(e.Values)) {
				texts = append(texts, e.Values[field]...)
			}
		}
		for _, text := range texts {
			if !text.IsZero() {
				all = append(all, piece{e.Seq, e.Kind, e.By, e.At, text})
			}
		}
	}
	for _, f := range cs.Files {
		all = append(all, piece{0, cases.TypeFile, f.By, f.At, f.Name})
	}
	return all
}

func foldedOf(words []piece) intake.Private {
	var all strings.Builder
	for _, p := range words {
		all.WriteString(fold(p.text.Reveal()))
		all.WriteByte('\n')
	}
	return intake.NewPrivate(all.String())
}

// Findings are what a search found.
type Findings struct {
	Found []Found // those that are shown
	In    int     // how many cases it stands in
	Of    int     // how many were searched
}

// Search finds the cases in which all of some words stand, of those that were opened
// since the desk was. It shows at most so many, those with the newest words first.
func (c *Client) Search(words intake.Private, most int) (out Findings) {
	wanted := strings.Fields(fold(words.Reveal()))
	slices.SortFunc(wanted, func(a, b string) int { return len(b) - len(a) }) // the rarest first
	c.glances.mu.RLock()
	defer c.glances.mu.RUnlock()
	if out.Of = len(c.glances.of); len(wanted) == 0 {
		return out
	}
	var in []string
	for ref, g := range c.glances.of {
		text := g.folded.Reveal()
		if !slices.ContainsFunc(wanted, func(w string) bool { return !strings.Contains(text, w) }) {
			in = append(in, ref)
		}
	}
	slices.SortFunc(in, func(a, b string) int {
		return cmp.Or(c.glances.of[b].newest().Compare(c.glances.of[a].newest()), strings.Compare(a, b))
	})
	out.In = len(in)
	for _, ref := range in[:min(len(in), most)] {
		out.Found = append(out.Found, c.glances.of[ref].find(ref, wanted))
	}
	return out
}

// newest is when the last words came.
func (g *glance) newest() (at time.Time) {
	if n := len(g.words); n > 0 {
		at = g.words[n-1].at
	}
	return at
}

// find is where the words stand: the newest piece that has the most of them.
func (g *glance) find(ref string, wanted []string) Found {
	f := Found{Ref: ref}
	best, places := 0, 0
	for _, p := range g.words {
		text, has := fold(p.text.Reveal()), 0
		for _, w := range wanted {
			if strings.Contains(text, w) {
				has++
			}
		}
		if has > 0 {
			places++
		}
		if has > 0 && has >= best {
			best = has
			f.Seq, f.Kind, f.By, f.At = p.seq, p.kind, p.by, p.at
			f.Before, f.Hit, f.After = around(p.text, wanted)
		}
	}
	f.More = max(places-1, 0)
	return f
}

// aside is how many signs stand before and after what was found.
const aside = 60

// around cuts words at the first of those that are looked for.
func around(words intake.Private, wanted []string) (before, hit, after intake.Private) {
	text := []rune(norm.NFC.String(words.Reveal()))
	small := make([]rune, len(text)) // as long as the text, so that places agree
	for i, r := range text {
		small[i] = []rune(strings.ToLower(string(r)))[0]
	}
	at, n := -1, 0
	for _, w := range wanted {
		bytes := strings.Index(string(small), w)
		if bytes < 0 {
			continue
		}
		if i := len([]rune(string(small)[:bytes])); at < 0 || i < at {
			at, n = i, len([]rune(w))
		}
	}
	if at < 0 { // letters that change their number when they are made small
		return intake.Private{}, intake.Private{}, firstLine(words, aside)
	}
	from, to := max(0, at-aside), min(len(text), at+n+aside)
	left, right := string(text[from:at]), string(text[at+n:to])
	if from > 0 {
		left = "… " + left[strings.IndexByte(left, ' ')+1:]
	}
	if end := strings.LastIndexByte(right, ' '); to < len(text) && end >= 0 {
		right = right[:end] + " …"
	}
	return intake.NewPrivate(oneLine(left)), intake.NewPrivate(string(text[at : at+n])), intake.NewPrivate(oneLine(right))
}

func oneLine(text string) string { return strings.ReplaceAll(text, "\n", " ") }
