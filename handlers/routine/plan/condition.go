package plan

import (
	"slices"
	"strings"
)

// cond is one condition of a routine. Its key is what stands before the sign: flag,
// source, other, told, joined, outcome, waived, none, done, any, eligible; else it is a
// question of the interview.
type cond struct {
	key    string
	values []string // of which one must be
	not    bool     // of which none must be
	asks   bool     // the key is a question
}

// The keys of conditions that are written with a colon, and those with "=".
var (
	colonKeys = []string{"flag", "other", "told", "joined", "waived", "none", "done", "any", "eligible"}
	equalKeys = []string{"source", "outcome"}
)

// parseCond reads one condition.
func parseCond(text string) (cond, bool) {
	if i := strings.IndexByte(text, '='); i > 0 {
		key, not := strings.CutSuffix(text[:i], "!")
		c := cond{key: key, values: strings.Split(text[i+1:], "|"), not: not, asks: !slices.Contains(equalKeys, key)}
		return c, key != "" && !slices.Contains(c.values, "") && !slices.Contains(colonKeys, key) && (c.asks || !not)
	}
	key, rest, _ := strings.Cut(text, ":")
	c := cond{key: key, values: strings.Split(rest, "|")}
	return c, slices.Contains(colonKeys, key) && !slices.Contains(c.values, "")
}

// holds says whether all conditions hold now.
func (s *State) holds(conds []cond) bool {
	for i := range conds {
		if !s.condition(&conds[i]) {
			return false
		}
	}
	return true
}

func (s *State) condition(c *cond) bool {
	if c.asks {
		chosen := s.facts.Choices[c.key]
		return c.not != slices.ContainsFunc(c.values, func(v string) bool { return slices.Contains(chosen, v) })
	}
	return slices.ContainsFunc(c.values, func(v string) bool { return s.is(c.key, v) })
}

// is says whether one value of a condition holds.
func (s *State) is(key, value string) bool {
	switch key {
	case "flag":
		_, raised := s.flags[value]
		return raised
	case "source":
		return s.facts.Source == value
	case "outcome":
		return s.outcome == value
	case "other":
		return !s.anchors["named"].IsZero()
	case "told":
		return !s.anchors["told_"+value].IsZero()
	case "joined":
		return slices.Contains(s.joined, value)
	case "eligible":
		return value == "0" && s.facts.Eligible <= 0
	case "any":
		return slices.ContainsFunc(s.r.inPhase[value], func(i int) bool { return s.steps[i].opened > s.steps[i].pending })
	}
	return s.isStep(key, s.r.index[value])
}

// isStep says it of a step.
func (s *State) isStep(key string, i int) bool {
	switch p := &s.steps[i]; key {
	case "none":
		return p.opened == 0
	case "done":
		return p.opened > 0 && p.pending == 0
	default:
		return p.waived > 0
	}
}
