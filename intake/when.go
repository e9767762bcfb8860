package intake

import (
	"fmt"
	"slices"
	"strings"
)

// cond is one line of a when. Conditions see choices and whether a question was
// answered; they cannot see words, because an [Interview] has none.
type cond struct {
	question string
	answered bool     // "answered:Q"
	unmet    bool     // "unmet:Q"
	not      bool     // "Q!=a|b"
	choices  []string // "Q=a|b"
}

func parseCond(s string) (cond, error) {
	if q, ok := strings.CutPrefix(s, "answered:"); ok && q != "" {
		return cond{question: q, answered: true}, nil
	}
	if q, ok := strings.CutPrefix(s, "unmet:"); ok && q != "" {
		return cond{question: q, unmet: true}, nil
	}
	q, list, ok := strings.Cut(s, "=")
	q, not := strings.CutSuffix(q, "!")
	if !ok || q == "" || list == "" {
		return cond{}, fmt.Errorf("condition %q is none of Q=a|b, Q!=a|b, answered:Q, unmet:Q", s)
	}
	return cond{question: q, not: not, choices: strings.Split(list, "|")}, nil
}

func (c cond) holds(iv *cursor) bool {
	if c.answered {
		return iv.State[c.question] == stateAnswered
	}
	if c.unmet {
		return iv.State[c.question] == ""
	}
	hit := slices.ContainsFunc(iv.Facts[c.question], func(f string) bool { return slices.Contains(c.choices, f) })
	return hit != c.not
}

func hold(conds []cond, iv *cursor) bool {
	return !slices.ContainsFunc(conds, func(c cond) bool { return !c.holds(iv) })
}
