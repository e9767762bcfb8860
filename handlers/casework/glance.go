package casework

import (
	"slices"
	"strings"
	"sync"
	"time"

	"tillit/handlers/routine/acts"
	"tillit/intake"
	"tillit/store/cases"
)

// Glance is what a desk shows of a case in a list: what its handler read when they
// opened it, and how far it was then.
type Glance struct {
	Title intake.Private // the first line of the report, as written
	Kinds []Answer       // what it is about, as the reporter chose it
	Came  time.Time      // when it came, as the log says
	Where
}

// glance is what this machine keeps of a case that it has opened, also when the case
// itself is let go of: its first line, how far it is, and its words for searching.
type glance struct {
	title  intake.Private
	kinds  []Answer
	story  Story // without its entries
	clocks []cases.Clock
	words  []piece
	folded intake.Private // all of them, as they are searched
}

// glances are those of all cases that were opened since the desk was. They live in
// memory only, and [Client.Forget] lets go of them. Safe for concurrent use.
type glances struct {
	mu sync.RWMutex
	of map[string]*glance // by reference
}

func (g *glances) get(ref string) *glance {
	g.mu.RLock()
	defer g.mu.RUnlock()
	return g.of[ref]
}

func (g *glances) put(ref string, one *glance) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.of == nil {
		g.of = map[string]*glance{}
	}
	g.of[ref] = one
}

func (g *glances) drop(ref string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.of, ref)
}

func (g *glances) forget() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.of = nil
}

// remember keeps the glance of a case that was opened.
func (c *Client) remember(cs *Case) {
	story := cs.Story
	story.steps = nil
	one := &glance{title: cs.Title(), kinds: cs.Kinds(), story: story, clocks: cs.Clocks, words: cs.pieces()}
	one.folded = foldedOf(one.words)
	c.glances.put(cs.Ref, one)
}

// Glance is what is known here of a case, at a moment; false for one that was not
// opened since the desk was.
func (c *Client) Glance(ref string, now time.Time) (Glance, bool) {
	g := c.glances.get(ref)
	if g == nil {
		return Glance{}, false
	}
	cs := &Case{Case: cases.Case{Ref: ref, Clocks: g.clocks}, Story: g.story}
	return Glance{Title: g.title, Kinds: g.kinds, Came: g.story.came, Where: c.Where(cs, now)}, true
}

// longestTitle is how many signs of a report's first line stand in a list.
const longestTitle = 70

// Title is the first line of the report as it was written, cut at a word. It is empty
// where nothing was told in words. Of a case that the office made it is that of what was
// written down.
func (cs *Case) Title() intake.Private {
	own := slices.IndexFunc(cs.Answers, func(a Answer) bool {
		return !a.Text.IsZero() && len(a.Labels) == 0 && !slices.Contains(a.Is, intake.KeepsOut) && !slices.Contains(a.Is, intake.TellsSafety)
	})
	if own >= 0 {
		return firstLine(cs.Answers[own].Text, longestTitle)
	}
	for _, e := range cs.Entries {
		if (e.Kind == cases.TypeMessage || e.Made()) && !e.Text.IsZero() {
			return firstLine(e.Text, longestTitle)
		}
	}
	return intake.Private{}
}

// Made says whether an entry is the act that wrote a case down which the office made.
func (e Entry) Made() bool { return e.Act == acts.Register.Name || e.Act == acts.Relay.Name }

// Came is when the report really came, as the log says: of a case that the office made it
// may be long before the hour in which the server got it.
func (cs *Case) Came() time.Time {
	if cs.Story.came.IsZero() {
		return cs.Received
	}
	return cs.Story.came
}

// Kinds are the answers to what it is about, with what the reporter chose.
func (cs *Case) Kinds() (all []Answer) {
	for _, a := range cs.Answers {
		if slices.Contains(a.Is, intake.TellsWhat) && len(a.Labels) > 0 {
			all = append(all, Answer{Question: a.Question, Is: a.Is, Title: a.Title, PartTitle: a.PartTitle, Choices: a.Choices, Labels: a.Labels})
		}
	}
	return all
}

// firstLine is the first line of words, cut at a word where it is too long.
func firstLine(words intake.Private, most int) intake.Private {
	line, _, more := strings.Cut(strings.TrimSpace(words.Reveal()), "\n")
	fields := strings.Fields(line)
	cut, n := "", 0
	for i, word := range fields {
		runes := []rune(word)
		if n += len(runes) + 1; n-1 > most {
			if i == 0 {
				cut = string(runes[:most])
			}
			more = true
			break
		}
		cut = strings.TrimSpace(cut + " " + word)
	}
	if more && cut != "" {
		cut += " …"
	}
	return intake.NewPrivate(cut)
}
