package intake

import (
	"slices"
	"strings"
)

// sealAnswer adds an answer to what the office will read, in the words that the
// person saw. Before there is a room it adds nothing: [talk.open] catches up from
// the choices, and words from before are not kept.
func (t *talk) sealAnswer(q *question, a Answer, again bool) {
	if q.Control || !t.c.Opened {
		return
	}
	a.Question, a.Asked, a.Supersedes = q.ID, t.asked(q), again
	a.Title, a.Is = t.s.QuestionTitle(t.c.Lang, q.ID), slices.Clone(q.Is)
	a.Part, a.PartTitle = number(q.Part), t.words().Parts[q.Part].Title
	a.Labels = t.labels(q, a.Choices)
	t.seal = append(t.seal, a)
	if !a.Text.IsZero() {
		t.note(q, a.Text)
	}
}

func (t *talk) labels(q *question, choices []string) []string {
	var out []string
	for _, c := range choices {
		if id, ok := strings.CutPrefix(c, "p:"); ok {
			label := id
			if p, known := t.person(id); known {
				label = p.Called(t.c.Lang)
			}
			out = append(out, label)
			continue
		}
		out = append(out, t.fill(t.words().Questions[q.ID].Choices[c].whole()))
	}
	return out
}

// open asks for the room and seals what was answered before it.
func (t *talk) open() {
	t.c.Opened = true
	t.was = t.out()
	t.acts = append(t.acts, ActOpenRoom)
	for i := range t.s.main.Questions {
		q := &t.s.main.Questions[i]
		state := t.c.State[q.ID]
		if q.People && state == "" && len(t.c.Facts[q.ID]) > 0 {
			// Who was ticked there is kept out, though it was left without Done.
			state = stateAnswered
			t.c.State[q.ID] = state
		}
		switch state {
		case "":
		case stateAnswered:
			t.sealAnswer(q, Answer{Choices: slices.Clone(t.c.Facts[q.ID])}, false)
		default:
			t.sealAnswer(q, Answer{Way: state2way(state)}, false)
		}
	}
}

// choiceReplies says what a choice is answered with at once.
func (t *talk) choiceReplies(q *question, choices []string) {
	for _, c := range choices {
		if text := t.words().Questions[q.ID].Choices[c].Reply; text != "" {
			t.say = append(t.say, Message{ID: q.ID + "." + c, Kind: KindReply, Text: t.fill(text)})
		}
	}
}
