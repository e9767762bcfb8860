package intake

import (
	"slices"
	"strings"
)

// This file is what an interview tells those who work the case, and what a set could
// tell them. None of it is a word of the person's.

// Choices returns what can be chosen at each question, by its id.
func (s *Set) Choices() map[string][]string {
	all := map[string][]string{}
	for i := range s.main.Questions {
		q := &s.main.Questions[i]
		all[q.ID] = slices.Clone(q.Choices)
	}
	return all
}

// Flags returns all that the rules may note, each once, in their order.
func (s *Set) Flags() (all []string) {
	for i := range s.main.Rules {
		if f := s.main.Rules[i].Flag; f != "" && !slices.Contains(all, f) {
			all = append(all, f)
		}
	}
	return all
}

// Facts returns the choices made, by question. Who was picked of the handlers is not
// among them: that is [Interview.Excluded].
func (iv Interview) Facts() map[string][]string {
	facts := map[string][]string{}
	for q, chosen := range iv.c.Facts {
		chosen = slices.DeleteFunc(slices.Clone(chosen), func(c string) bool { return strings.HasPrefix(c, "p:") })
		if len(chosen) > 0 {
			facts[q] = chosen
		}
	}
	return facts
}

// Told reports whether a question that tells something ([TellsOther]) was answered, and
// not skipped.
func (s *Set) Told(iv Interview, meaning string) bool {
	return slices.ContainsFunc(s.main.Questions, func(q question) bool {
		return slices.Contains(q.Is, meaning) && iv.c.State[q.ID] == stateAnswered
	})
}
