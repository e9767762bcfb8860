package intake

import (
	"slices"
	"strings"
)

// This file takes what comes in several pieces: free accounts, several choices,
// names of handlers, presses on questions that are past.

// answerFree takes one message of many; Done goes on.
func (t *talk) answerFree(q *question, g given, way string) {
	switch {
	case way != "" && t.c.Got: // Whatever the way, what came is there.
		t.c.State[q.ID] = stateAnswered
		t.forward(q)
	case way == "done":
		t.leave(q, "skip")
	case way != "":
		t.leave(q, way)
	case hasWords(g.text):
		t.sealPiece(q, g.text)
		t.askNames(q, g.text)
		if len(t.c.Ask) > 0 {
			t.ask()
			return
		}
		t.reply("saved")
	default:
		t.miss(q, g.text)
	}
}

// sealPiece seals one message of several. The first of a new visit is what the
// older ones fold under; the next ones add to it.
func (t *talk) sealPiece(q *question, text string) {
	t.sealAnswer(q, Answer{Text: NewPrivate(text)}, t.c.State[q.ID] != "" && !t.c.Got)
	t.c.State[q.ID], t.c.Got, t.c.Miss = stateAnswered, true, 0
}

// answerMany collects picks until Done, or until one that excludes the others.
func (t *talk) answerMany(q *question, g given, way string) {
	lone := len(g.keys) == 1 && slices.Contains(q.Exclusive, g.keys[0])
	ends := way != "" || g.boxes || lone || q.Kind == string(AcceptsOneText) && !allPeople(g.keys)
	switch {
	case len(g.keys) == 0 && way == "" && q.takesText() && hasWords(g.text):
		if q.Kind == string(AcceptsFile) {
			t.sealPiece(q, g.text)
			t.reply("saved")
			return
		}
		t.write(q, g.text)
		return
	case len(g.keys) == 0 && way == "":
		t.miss(q, g.text)
		return
	case len(g.keys) > 0:
		t.c.Miss = 0
		t.c.Picks = q.pick(t.c.Picks, g)
		t.excludePicks(q)
	}
	if !ends {
		t.ask()
		return
	}
	t.finishMany(q, g, way)
}

func allPeople(keys []string) bool {
	return !slices.ContainsFunc(keys, func(k string) bool { return !strings.HasPrefix(k, "p:") })
}

// pick returns the picks after g: a form tells all of them, a press changes one.
func (q *question) pick(picks []string, g given) []string {
	alone := func(k string) bool { return slices.Contains(q.Exclusive, k) }
	if len(g.keys) == 1 && alone(g.keys[0]) {
		return g.keys
	}
	if g.boxes {
		picks = nil
	}
	for _, k := range g.keys {
		if i := slices.Index(picks, k); i >= 0 && !g.typed && !g.boxes {
			picks = slices.Delete(slices.Clone(picks), i, i+1)
		} else if i < 0 {
			picks = append(slices.Clone(picks), k)
		}
	}
	return slices.DeleteFunc(slices.Clone(picks), alone)
}

// finishMany ends the picking. Done without a pick is skipping.
func (t *talk) finishMany(q *question, g given, way string) {
	if len(t.c.Picks) == 0 && !t.c.Got {
		if way == "done" {
			way = "skip"
		}
		t.leave(q, way2(way))
		return
	}
	if way == "skip" && t.c.State[q.ID] != "" && slices.Equal(t.c.Picks, t.c.Facts[q.ID]) {
		t.forward(q) // Skipping what was answered before keeps it.
		return
	}
	a := Answer{Choices: slices.Clone(t.c.Picks)}
	if hasWords(g.text) && (!g.typed || q.takesText()) {
		a.Text = NewPrivate(g.text)
	}
	if len(a.Choices) > 0 || !a.Text.IsZero() {
		t.sealAnswer(q, a, t.c.State[q.ID] != "" && !t.c.Got)
	}
	t.c.State[q.ID] = stateAnswered
	t.c.setFacts(q.ID, a.Choices)
	t.choiceReplies(q, a.Choices)
	if !a.Text.IsZero() && len(g.keys) == 0 {
		t.askNames(q, g.text)
	}
	t.forward(q)
}

func way2(way string) string {
	if way == "" {
		return "skip"
	}
	return way
}

// excludePicks keeps handlers out as soon as they are pressed, once there is a
// room. What is unpressed later stays out: the key is already made without them.
func (t *talk) excludePicks(q *question) {
	if !q.People || !t.c.Opened {
		return
	}
	for _, k := range t.c.Picks {
		if id, ok := strings.CutPrefix(k, "p:"); ok {
			t.exclude(id)
		}
	}
}

func (t *talk) exclude(id string) {
	if slices.Contains(t.c.Out, id) {
		return
	}
	t.c.Out = append(t.c.Out, id)
	if !slices.Contains(t.acts, ActExclude) {
		t.acts = append(t.acts, ActExclude)
		t.reply("kept_out")
	}
}

// askAnswer takes the answer to "Do you mean …?". Only a press, a number or the
// whole label keeps someone out.
func (t *talk) askAnswer(keys []string, text string) {
	q := t.s.question(t.c.At)
	if len(keys) == 0 {
		t.miss(q, text)
		return
	}
	if keys[0] == "~pause" {
		t.acts = append(t.acts, ActPause)
		return
	}
	t.c.Ask, t.c.Miss = nil, 0
	for _, k := range keys {
		if id, ok := strings.CutPrefix(k, "p:"); ok {
			t.exclude(id)
		}
	}
	t.arrived = true
	t.show()
}

// confirmAnswer takes the answer to "delete everything?".
func (t *talk) confirmAnswer(keys []string, text string) {
	q := t.s.question(t.c.At)
	switch {
	case len(keys) == 0:
		t.miss(q, text)
	case keys[0] == "delete_yes":
		t.c = cursor{Set: t.c.Set, Lang: t.c.Lang}.clone()
		t.acts = append(t.acts, ActDelete)
	case keys[0] == "~pause":
		t.acts = append(t.acts, ActPause)
	default:
		t.c.Confirm, t.c.Miss = false, 0
		t.ask()
	}
}

// elsewhere takes a press on a message further up: a correction when that
// question was met, a part of the review, or a button that is past.
func (t *talk) elsewhere(id string) {
	name, key, _ := strings.Cut(id, ".")
	q := t.s.question(name)
	if part, ok := strings.CutPrefix(key, "part:"); ok && q != nil && q.Kind == kindReview && t.c.Reviewed && t.edit(part) {
		t.show()
		return
	}
	if q == nil || q.Control || t.c.State[name] == "" || strings.HasPrefix(key, "~") || !t.offers(q, key) {
		t.reply("no_longer")
		t.ask()
		return
	}
	t.correct(q, key)
}

func (t *talk) offers(q *question, key string) bool {
	if id, ok := strings.CutPrefix(key, "p:"); ok {
		_, known := t.person(id)
		return q.People && known
	}
	return slices.Contains(q.Choices, key)
}

// correct changes an answer that was given before and stays where we are.
func (t *talk) correct(q *question, key string) {
	choices := []string{key}
	if q.many() {
		choices = q.pick(t.c.Facts[q.ID], given{keys: choices})
	}
	a := Answer{Choices: choices}
	t.c.State[q.ID] = stateAnswered
	t.c.setFacts(q.ID, choices)
	t.sealAnswer(q, a, true)
	if q.People && t.c.Opened && strings.HasPrefix(key, "p:") {
		t.exclude(strings.TrimPrefix(key, "p:"))
	}
	t.choiceReplies(q, []string{key})
	t.reply("corrected")
	t.settle()
	t.cards(q)
	if at := t.s.question(t.c.At); at.ID == q.ID || !hold(at.when, &t.c) {
		t.c.Ask = nil
		t.goOn()
		return
	}
	t.ask()
}
