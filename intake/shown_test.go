package intake

import (
	"slices"
	"testing"
)

// TestAnswersAreShownInAnotherLanguage takes every question and choice of the set through
// every pair of its languages, and words that are not the set's through none.
func TestAnswersAreShownInAnotherLanguage(t *testing.T) {
	s := Default()
	for _, from := range s.Languages() {
		for _, to := range s.Languages() {
			for i := range s.main.Questions {
				q := &s.main.Questions[i]
				said, wanted := s.in(from).Questions[q.ID], s.in(to).Questions[q.ID]
				was := Shown{Title: said.Title, Part: s.in(from).Parts[q.Part].Title}
				var labels, short []string
				for _, c := range q.Choices {
					was.Labels = append(was.Labels, said.Choices[c].whole())
					labels, short = append(labels, wanted.Choices[c].whole()), append(short, wanted.Choices[c].Label)
				}
				got := s.InLang(to, q.ID, q.Choices, was)
				if got.Title != wanted.Title || got.Part != s.in(to).Parts[q.Part].Title || !slices.Equal(got.Labels, labels) || !slices.Equal(got.Short, short) {
					t.Errorf("%s from %s to %s: %+v", q.ID, from, to, got)
				}
			}
		}
	}
	for _, was := range []Shown{{"Else", "Another part", []string{"A choice"}, nil}, {}} {
		if got := s.InLang("nb", "B4", []string{"social"}, was); got.Title != was.Title || got.Part != was.Part || !slices.Equal(got.Labels, was.Labels) {
			t.Errorf("words of another set became %+v", got)
		}
	}
}

// TestWhatDecidesALevelIsSaid holds that every question which decides a level by itself
// can be asked by somebody else, with each of its choices, in every language.
func TestWhatDecidesALevelIsSaid(t *testing.T) {
	s := Default()
	for _, lang := range s.Languages() {
		deciding := s.Deciding(lang)
		if len(deciding) == 0 {
			t.Errorf("%s: nothing decides a level", lang)
		}
		for _, d := range deciding {
			if d.Title == "" || len(d.Choices) != len(s.question(d.ID).Choices) {
				t.Errorf("%s: %s is %q, with %d choices", lang, d.ID, d.Title, len(d.Choices))
			}
			for _, c := range d.Choices {
				if c.Label == "" || s.in(lang).Questions[d.ID].Choices[c.ID].Label == "" {
					t.Errorf("%s: %s %s is called nothing", lang, d.ID, c.ID)
				}
			}
		}
	}
}
