package intake

import (
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// kindReview is the kind of the question that shows all parts before sending.
const kindReview = "review"

// maxID is the longest "Q.choice" that every network can carry in a button.
const maxID = 64

// says are our short replies that every language must have.
var says = []string{
	"not_understood", "skip_offer", "choose", "empty", "saved", "saved_file",
	"no_file_here", "no_longer", "corrected", "did_you_mean", "did_you_mean_no", "kept_out",
	"delete_ask", "delete_yes", "delete_no",
}

// laterSays are asked of sets since 2026-12; a set that was kept before has none of
// them, and speaks these with the words of the set that we ship.
var laterSays = []string{
	"did_you_mean_help", "keep_out", "keep_out_all", "let_in", "saved_ask", "review_kept", "review_nobody",
	"kept_early", "back_again", "kept_there",
}

// pastSays are said no more; sets from before 2026-12 have them.
var pastSays = []string{"not_kept", "not_kept_later"}

// sayNames are the placeholders without which our short replies say nothing.
var sayNames = map[string]string{"keep_out": "{name}", "kept_out": "{kept}", "let_in": "{kept}", "review_kept": "{kept}", "kept_there": "{title}"}

var wayNames = []string{"skip", "unknown", "rather_not", "done", "back", "pause"}

// laterWays are asked of sets since 2026-12, as [laterSays] are.
var laterWays = []string{"send"}

// build collects a set and all that is wrong with it, so that whoever writes one
// sees every fault at once.
type build struct {
	fsys     fs.FS
	set      *Set
	kept     *Set // what speaks for a set from before: see [LoadKept]; else nil
	sources  map[string]*source
	problems []Problem
}

func newBuild(fsys fs.FS, kept *Set) *build {
	b := &build{fsys: fsys, kept: kept, sources: map[string]*source{}, set: &Set{
		words: map[string]*wordsFile{}, index: map[string]int{}, matches: map[string]map[string]map[string]bool{},
	}}
	src, bad := readTOML(fsys, mainFile, &b.set.main)
	b.sources[mainFile] = &src
	b.problems = append(b.problems, bad...)
	if len(src.lines) == 0 {
		return b
	}
	b.checkMain()
	for _, lang := range b.set.main.Languages {
		w := &wordsFile{}
		src, bad := readTOML(fsys, lang+".toml", w)
		b.sources[src.name], b.set.words[lang] = &src, w
		b.problems = append(b.problems, bad...)
		if len(src.lines) > 0 {
			b.checkWords(lang, w)
		}
	}
	b.checkPlaceholders()
	b.readLines()
	slices.SortStableFunc(b.problems, func(p, q Problem) int {
		if p.File != q.File {
			return strings.Compare(p.File, q.File)
		}
		return p.Line - q.Line
	})
	b.hash()
	b.set.fillMatches()
	return b
}

const mainFile = "set.toml"

// addf notes a fault at a key of a file.
func (b *build) addf(file, key, format string, args ...any) {
	b.problems = append(b.problems, Problem{file, b.sources[file].line(key), fmt.Sprintf(format, args...)})
}

func (b *build) checkMain() {
	m := &b.set.main
	if m.Name == "" {
		b.addf(mainFile, "name", "name is missing")
	}
	if len(m.Languages) == 0 {
		b.addf(mainFile, "languages", "languages are missing")
	}
	for _, p := range m.Parts {
		if _, err := strconv.Atoi(p); err != nil {
			b.addf(mainFile, "parts", "part %q is not a number", p)
		}
	}
	for i := range m.Questions {
		id := m.Questions[i].ID
		if _, twice := b.set.index[id]; twice {
			b.addf(mainFile, fmt.Sprintf("question.%d.id", i), "%s is there twice", id)
			continue
		}
		b.set.index[id] = i
	}
	for i := range m.Questions {
		b.checkQuestion(i, &m.Questions[i])
	}
	b.set.other = b.conds("other", m.Other, len(m.Questions))
	for _, id := range m.Without {
		q := b.set.question(id)
		if q == nil || q.Opens || q.Kind == kindReview || slices.Contains(slices.Collect(maps.Values(q.Does)), "send") {
			b.addf(mainFile, "without", "%q is no question that can be left out", id)
		}
	}
	b.set.rest = b.conds("rest", m.Rest, len(m.Questions))
	for i := range m.Rules {
		m.Rules[i].when = b.conds(fmt.Sprintf("rule.%d.when", i), m.Rules[i].When, len(m.Questions))
		if s := m.Rules[i].Source; s != "" && s != SourceLeader {
			b.addf(mainFile, fmt.Sprintf("rule.%d.source", i), "source %q is not %s", s, SourceLeader)
		}
	}
	for i := range m.Cards {
		c := &m.Cards[i]
		at := fmt.Sprintf("card.%d", i)
		c.when = b.conds(at+".when", c.When, len(m.Questions))
		if _, ok := b.set.index[c.After]; c.After != "" && !ok {
			b.addf(mainFile, at+".after", "card %s: there is no question %s", c.ID, c.After)
		}
		if j := b.cardAt(c.ID); j != i {
			b.addf(mainFile, at+".id", "card %s is there twice", c.ID)
		}
	}
	b.checkShape()
}

func (b *build) cardAt(id string) int {
	return slices.IndexFunc(b.set.main.Cards, func(c card) bool { return c.ID == id })
}

// checkShape wants what the interview needs to come to an end: a room, then a
// look over everything, then a question that can send.
func (b *build) checkShape() {
	qs := b.set.main.Questions
	var opens, reviews []int
	for i := range qs {
		if qs[i].Opens {
			opens = append(opens, i)
		}
		if qs[i].Kind == kindReview {
			reviews = append(reviews, i)
		}
	}
	if len(opens) != 1 {
		b.addf(mainFile, "question", "one question must have opens = true, %d have", len(opens))
	}
	if len(reviews) != 1 {
		b.addf(mainFile, "question", "one question must be of kind review, %d are", len(reviews))
		return
	}
	at := fmt.Sprintf("question.%d", reviews[0])
	if len(opens) == 1 && (opens[0] > reviews[0] || len(qs[opens[0]].When) > 0) {
		b.addf(mainFile, at, "the question that opens must come before the review and have no when")
	}
	if r := qs[reviews[0]]; len(r.Choices) == 0 || len(r.When) > 0 || len(r.Does) > 0 {
		b.addf(mainFile, at, "%s: the review needs a choice for going on, and has no when and no does", r.ID)
	}
	if end := reviews[0] + 1; end >= len(qs) || len(qs[end].When) > 0 || !slices.Contains(slices.Collect(maps.Values(qs[end].Does)), "send") {
		b.addf(mainFile, at, "after the review a question without when must have a choice that does send")
	}
}

func (b *build) checkQuestion(i int, q *question) {
	at := fmt.Sprintf("question.%d", i)
	bad := func(key, format string, args ...any) {
		b.addf(mainFile, at+"."+key, q.ID+": "+format, args...)
	}
	if q.ID == "" || strings.ContainsAny(q.ID, ".~: ") || q.ID == askName || q.ID == receiptName {
		bad("id", "id is empty, reserved, or has one of . ~ : and space")
	}
	switch Accepts(q.Kind) {
	case AcceptsOne, AcceptsMulti, AcceptsOneText, AcceptsFile:
		if len(q.Choices) == 0 && !q.People {
			bad("kind", "kind %s needs choices", q.Kind)
		}
	case AcceptsFree, AcceptsText, kindReview:
	default:
		bad("kind", "kind %q is none of free, one, multi, text, one+text, multi+file, review", q.Kind)
	}
	if !slices.Contains(b.set.main.Parts, q.Part) {
		bad("part", "part %q is not in parts", q.Part)
	}
	for j, c := range q.Choices {
		if slices.Index(q.Choices, c) != j {
			bad("choices", "choice %s is there twice", c)
		}
		if c == "" || strings.ContainsAny(c, ".~: ") {
			bad("choices", "choice %q is empty or has one of . ~ : and space", c)
		}
		if id := q.ID + "." + c; len(id) > maxID {
			bad("choices", "%s is longer than %d bytes", id, maxID)
		}
	}
	for _, c := range append(slices.Clone(q.Exclusive), slices.Sorted(maps.Keys(q.Does))...) {
		if !slices.Contains(q.Choices, c) {
			bad("choices", "%s is not one of its choices", c)
		}
	}
	if q.Main != "" && !slices.Contains(q.Choices, q.Main) {
		bad("main", "main %s is not one of its choices", q.Main)
	}
	for _, c := range slices.Sorted(maps.Keys(q.Does)) {
		b.checkDoes(bad, c, q.Does[c])
	}
	for _, c := range slices.Sorted(maps.Keys(q.Says)) {
		if !slices.Contains(q.Choices, c) {
			bad("says."+c, "%s is not one of its choices", c)
		}
		to, err := parseCond(q.Says[c])
		i, ok := b.set.index[to.question]
		if err != nil || !ok || to.not || to.answered || to.unmet || len(to.choices) != 1 || !slices.Contains(b.set.main.Questions[i].Choices, to.choices[0]) {
			bad("says."+c, "%q is no choice of a question, as in G2=advice", q.Says[c])
		}
	}
	for _, c := range slices.Sorted(maps.Keys(q.Ago)) {
		if d := q.Ago[c]; !slices.Contains(q.Choices, c) || len(d) < 1 || len(d) > 2 || d[0] < 0 || len(d) == 2 && d[1] < d[0] {
			bad("ago."+c, "a choice is meant from one day to another, or from one on, as in week = [0, 7]")
		}
	}
	b.checkMeaning(q, bad)
	q.when = b.conds(at+".when", q.When, i)
}

func (b *build) checkDoes(bad func(key, format string, args ...any), choice, does string) {
	verb, to, _ := strings.Cut(does, ":")
	switch verb {
	case "pause", "help", "send", "delete":
	case "jump":
		if q := b.set.question(to); q == nil || q.Kind != kindReview {
			bad("does."+choice, "a jump can only go to the review, and %s is not it", to)
		}
	case "card":
		if b.cardAt(to) < 0 {
			bad("does."+choice, "there is no card %s", to)
		}
	default:
		bad("does."+choice, "%q is none of pause, help, send, delete, jump:Q, card:C", does)
	}
}

// conds parses the lines of a when that is read at place: what it asks about must
// have been asked before, or what depends on it is never reached.
func (b *build) conds(key string, lines []string, place int) []cond {
	var out []cond
	for _, line := range lines {
		c, err := parseCond(line)
		if err != nil {
			b.addf(mainFile, key, "%v", err)
			continue
		}
		i, ok := b.set.index[c.question]
		switch {
		case !ok:
			b.addf(mainFile, key, "condition %q: there is no question %s", line, c.question)
			continue
		case i >= place:
			b.addf(mainFile, key, "condition %q: %s comes later, so this is unreachable", line, c.question)
		}
		for _, choice := range c.choices {
			if !slices.Contains(b.set.main.Questions[i].Choices, choice) {
				b.addf(mainFile, key, "condition %q: %s has no choice %s", line, c.question, choice)
			}
		}
		out = append(out, c)
	}
	return out
}
