package intake

import "slices"

// LeadsTo returns the questions at which one choice is enough for a level of the ones
// that are meant, with the labels of those choices: so that people can be told
// beforehand where an answer leads.
func (s *Set) LeadsTo(lang string, meant func(level string) bool) map[string][]string {
	leads := map[string][]string{}
	for i := range s.main.Rules {
		r := &s.main.Rules[i]
		if r.Level == "" || len(r.when) != 1 || r.when[0].not || r.when[0].answered || !meant(r.Level) {
			continue
		}
		q := s.question(r.when[0].question)
		for _, c := range q.Choices {
			if slices.Contains(r.when[0].choices, c) {
				leads[q.ID] = append(leads[q.ID], s.in(lang).Questions[q.ID].Choices[c].Label)
			}
		}
	}
	return leads
}
