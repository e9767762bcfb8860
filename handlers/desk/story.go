package desk

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"tillit/handlers/casework"
	"tillit/intake"
)

// This file shows what the reporter told: by topic, with short titles, in the handler's
// language where the question is known, and their own words as they wrote them.

// topic is a part of the questions with its answers.
type topic struct {
	No      int
	Title   string
	Answers []answer
}

// answer is a question with its latest answer, ready to show.
type answer struct {
	ID, Title string
	Lines     []string // what was chosen
	Own       []string // what was written
	Way       string   // words for skip, unknown, rather not
	Changed   string   // when it was changed
	Earlier   []string
}

// gap is a question that was not answered and may be asked.
type gap struct{ ID, Title, Way string }

// shown is what a handler reads of an answer, in their language where that is known.
func (v view) shown(a casework.Answer) intake.Shown {
	return intake.Default().InLang(v.ID(), a.Question, a.Choices, intake.Shown{Title: a.Title, Part: a.PartTitle, Labels: a.Labels})
}

// chosen is what the reporter chose at the questions that are about something, for the
// head of the case.
func (v view) chosen(answers []casework.Answer, about string) []string {
	var lines []string
	for _, a := range answers {
		if slices.Contains(a.Is, about) && len(a.Labels) > 0 {
			lines = append(lines, plain(strings.Join(v.shown(a).Labels, ". ")))
		}
	}
	return lines
}

// kinds are what it is about, in a word or two each.
func (v view) kinds(answers []casework.Answer) []string {
	var all []string
	for _, a := range answers {
		for _, label := range v.shown(a).Short {
			all = append(all, plain(label))
		}
	}
	return all
}

// partOf says which part of the questions an answer belongs to, and its title. An
// answer of version 1 says neither: there was one set, whose parts have a letter.
func (v view) partOf(a casework.Answer) (no int, title string) {
	if a.PartTitle != "" {
		return a.Part, plain(v.shown(a).Part)
	}
	no = 9
	if i := strings.IndexByte("SABCDEFGH", (a.Question + "S")[0]); a.Question == "C0" {
		no = 0
	} else if i >= 0 {
		no = i
	}
	return no, v.T("part." + strconv.Itoa(no))
}

// story are the answers by topic. What was not answered stands among the gaps alone, but
// what somebody would rather not say is an answer.
func (v view) story(cs *casework.Case) []topic {
	var all []topic
	at := map[int]int{}
	for _, a := range cs.Answers {
		if isGap(a) && len(a.Earlier) == 0 {
			continue
		}
		no, title := v.partOf(a)
		if _, ok := at[no]; !ok {
			at[no] = len(all)
			all = append(all, topic{No: no, Title: title})
		}
		t := &all[at[no]]
		out := v.answer(a)
		// Several messages may answer one question; it is asked once.
		if n := len(t.Answers); n > 0 && t.Answers[n-1].ID == out.ID && out.Way == "" && t.Answers[n-1].Way == "" && out.Changed == "" {
			t.Answers[n-1].Lines = append(t.Answers[n-1].Lines, out.Lines...)
			t.Answers[n-1].Own = append(t.Answers[n-1].Own, out.Own...)
			continue
		}
		t.Answers = append(t.Answers, out)
	}
	slices.SortStableFunc(all, func(a, b topic) int { return a.No - b.No })
	return all
}

func isGap(a casework.Answer) bool { return a.Way == "skip" || a.Way == "unknown" }

// gaps are what may be asked about.
func (v view) gaps(cs *casework.Case) []gap {
	var all []gap
	for _, a := range cs.Gaps {
		g := gap{ID: a.Question, Title: plain(cmp.Or(v.shown(a).Title, a.Asked))}
		if a.Way != "skip" { // most are, and that they are not answered stands above them
			g.Way = v.Label("way", a.Way)
		}
		all = append(all, g)
	}
	return all
}

func (v view) answer(a casework.Answer) answer {
	out := answer{ID: a.Question, Title: plain(cmp.Or(v.shown(a).Title, a.Asked))}
	out.Lines, out.Own = v.lines(a)
	if a.Way != "" {
		out.Way = v.Label("way", a.Way)
	}
	if len(a.Earlier) > 0 {
		out.Changed = v.ShortDay(v.local(a.At), v.Now)
	}
	for _, e := range a.Earlier {
		chosen, own := v.lines(e)
		told := strings.Join(append(chosen, own...), "\n")
		if e.Way != "" {
			told = v.Label("way", e.Way)
		}
		out.Earlier = append(out.Earlier, v.T("answer.earlier", "when", v.Moment(v.local(e.At), v.Now), "words", told))
	}
	return out
}

// lines are the chosen labels, and the person's own words.
func (v view) lines(a casework.Answer) (chosen, own []string) {
	if len(a.Labels) > 0 {
		chosen = append(chosen, plain(strings.Join(v.shown(a).Labels, ". ")))
	}
	if !a.Text.IsZero() {
		own = append(own, v.told(a.Text, a.Source))
	}
	return chosen, own
}

// told are a person's own words, after what the network says of where they come from.
func (v view) told(text intake.Private, from casework.Source) string {
	out := plain(text.Reveal())
	if !from.Quotes.IsZero() {
		out = v.T("answer.quotes", "words", plain(from.Quotes.Reveal())) + "\n" + out
	}
	if from.Forwarded {
		out = v.T("answer.forwarded") + "\n" + out
	}
	return out
}
