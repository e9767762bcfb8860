package intake

import "slices"

// Shown is what a handler reads of an answer in their own language: the short title of
// its question, the title of its part, and the choices, whole and in a word or two.
type Shown struct {
	Title, Part   string
	Labels, Short []string
}

// InLang says what was sealed of an answer in another language, as far as it is this
// set's: title, part and labels must be the words that this set has for that question in
// one of its languages. What is not of it comes back as it was: it is somebody else's set,
// or an older one.
func (s *Set) InLang(lang, question string, choices []string, was Shown) Shown {
	q, out := s.question(question), Shown{was.Title, was.Part, slices.Clone(was.Labels), slices.Clone(was.Labels)}
	if q == nil {
		return out
	}
	now := s.in(lang)
	for _, told := range s.words {
		of := told.Questions[question]
		if of.Title != was.Title && was.Title != "" {
			continue
		}
		if was.Title != "" {
			out.Title = now.Questions[question].Title
		}
		if was.Part != "" && told.Parts[q.Part].Title == was.Part {
			out.Part = now.Parts[q.Part].Title
		}
		for i, id := range choices {
			if i < len(was.Labels) && was.Labels[i] != "" && of.Choices[id].whole() == was.Labels[i] {
				said := now.Questions[question].Choices[id]
				out.Labels[i], out.Short[i] = said.whole(), said.Label
			}
		}
	}
	return out
}

// whole is a choice with all that is said of it.
func (w choiceWords) whole() string {
	if w.Long == "" {
		return w.Label
	}
	return w.Label + ": " + w.Long
}
