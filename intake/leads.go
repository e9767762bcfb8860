package intake

import "slices"

// LeadsTo returns the questions at which one choice is enough for a level of the ones
// that are meant, with the labels of those choices: so that people can be told
// beforehand where an answer leads.
func (s *Set) LeadsTo(lang string, meant func(level string) bool) map[string][]string {
	leads := map[string][]string{}
	for i := range s.main.Rules {
		r := &s.main.Rules[i]
		if r.Level == "" || len(r.when) != 1 || r.when[0].not || r.when[0].answered || r.when[0].unmet || !meant(r.Level) {
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

// Deciding is a question at which one choice is enough for a level, as it is said in a
// language: what somebody must say too who writes down what another told.
type Deciding struct {
	ID, Title string
	Choices   []Said
}

// Said is a choice and what it is called.
type Said struct{ ID, Label string }

// Deciding returns the questions at which one choice is enough for a level, with all
// their choices.
func (s *Set) Deciding(lang string) (all []Deciding) {
	leads := s.LeadsTo(lang, func(string) bool { return true })
	for i := range s.main.Questions {
		q := &s.main.Questions[i]
		if leads[q.ID] == nil {
			continue
		}
		said := s.in(lang).Questions[q.ID]
		d := Deciding{ID: q.ID, Title: said.Title}
		for _, c := range q.Choices {
			d.Choices = append(d.Choices, Said{c, said.Choices[c].whole()})
		}
		all = append(all, d)
	}
	return all
}
