package intake

import "slices"

// What an answer can tell, as a set says it of its questions ("is"). Whoever reads a
// case looks for these, so that another set's questions are understood as well. The
// words are sealed into cases: they are never renamed or given another meaning.
const (
	KeepsOut    = "keeps_out" // its picks of people name who must not see the case
	TellsWho    = "who"       // whom it happened to, and who tells it
	TellsWhat   = "what"
	TellsWhen   = "when"
	TellsWhere  = "where"
	TellsSafety = "safety" // whether somebody may be in danger now
	TellsOther  = "other"  // whom it is about: the other party
	TellsReach  = "reach"  // when it is safe to write
)

// SourceLeader is a report that a leader passes on: whoever tells it is somebody to talk
// with, and not the person whom it is about.
const SourceLeader = "leader"

var meanings = []string{KeepsOut, TellsWho, TellsWhat, TellsWhen, TellsWhere, TellsSafety, TellsOther, TellsReach}

// mostMeanings is how much one question can sensibly ask about at once.
const mostMeanings = 2

// checkMeaning wants meanings that exist, and those of people to go together: who is
// picked from the list of handlers is kept out, and nobody is kept out otherwise.
func (b *build) checkMeaning(q *question, bad func(key, format string, args ...any)) {
	if b.kept != nil && q.People && len(q.Is) == 0 {
		q.Is = []string{KeepsOut}
	}
	for i, m := range q.Is {
		if !slices.Contains(meanings, m) {
			bad("is", "%q is none of keeps_out, who, what, when, where, safety, other, reach", m)
		}
		if slices.Index(q.Is, m) != i {
			bad("is", "%s is there twice", m)
		}
	}
	if len(q.Is) > mostMeanings {
		bad("is", "a question is at most %d things, ask the rest on its own", mostMeanings)
	}
	if q.Control && len(q.Is) > 0 {
		bad("is", "what leads the talk is not sealed, so it tells the office nothing")
	}
	if slices.Contains(q.Is, KeepsOut) != q.People {
		bad("is", "is = [\"keeps_out\"] and people = true belong together")
	}
	if q.Names && b.kept == nil {
		bad("names", "names are looked for in every text; leave this out")
	}
}
