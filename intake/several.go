package intake

import (
	"slices"
	"strings"
)

// This file takes what comes in several pieces: free accounts, several choices,
// names of handlers, presses on questions that are past.

// answerFree takes one message of many; Done goes on.
func (t *talk) answerFree(q *question, g given, way string) {
	if way != "" {
		t.keepWords(q, g)
	}
	switch {
	case way != "" && (t.c.Got || slices.Contains(t.c.Early, q.ID)): // Whatever the way, what came is there.
		t.c.State[q.ID] = stateAnswered
		t.c.Early = slices.DeleteFunc(t.c.Early, func(id string) bool { return id == q.ID })
		t.forward(q)
	case way == "done":
		t.leave(q, "skip")
	case way != "":
		t.leave(q, way)
	case hasWords(g.text):
		t.sealPiece(q, g.text)
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
	ends := way != "" || g.boxes && g.files == 0 || lone || q.Kind == string(AcceptsOneText) && !allPeople(g.keys)
	switch {
	case len(g.keys) == 0 && way == "" && q.takesText() && hasWords(g.text):
		if q.Kind == string(AcceptsFile) {
			t.sealPiece(q, g.text)
			t.reply("saved")
			return
		}
		t.write(q, g.text)
		return
	case len(g.keys) == 0 && way == "" && !g.boxes:
		t.miss(q, g.text)
		return
	case len(g.keys) > 0:
		t.c.Miss = 0
		if !g.boxes {
			was := t.c.Picks
			t.c.Picks = t.pick(q, was, g)
			if !ends && !g.typed && same(was, t.c.Picks) && !hasWords(g.text) {
				return // It stands there already.
			}
		}
	}
	if !ends {
		t.keepWords(q, g)
		t.ask()
		return
	}
	t.finishMany(q, g, way)
}

func allPeople(keys []string) bool {
	return !slices.ContainsFunc(keys, func(k string) bool { return !strings.HasPrefix(k, "p:") && !strings.HasPrefix(k, takeBack) })
}

// finishMany ends the picking. Done without a pick is skipping; what was unticked
// before it is no answer any more.
func (t *talk) finishMany(q *question, g given, way string) {
	words := hasWords(g.text) && (!g.typed || q.takesText())
	unchanged := same(t.c.Picks, t.ticks(q)) && !words && !t.c.Got
	if unchanged && (way == "skip" || len(t.c.Picks) == 0) {
		if way == "done" {
			way = "skip"
		}
		t.leave(q, way2(way))
		return
	}
	was := t.c.Facts[q.ID]
	a := Answer{Choices: t.keep(q, t.c.Picks)}
	if words {
		a.Text = NewPrivate(g.text)
	}
	if len(a.Choices) > 0 || words || !t.c.Got {
		t.answered(q, a, t.c.State[q.ID] != "" && !(t.c.Got && (same(was, a.Choices) || q.Kind == string(AcceptsFile))))
	}
	t.showTicks()
	t.choiceReplies(q, a.Choices)
	t.forward(q)
}

func way2(way string) string {
	if way == "" {
		return "skip"
	}
	return way
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
		t.pause()
	default:
		t.c.Confirm, t.c.Miss = false, 0
		t.ask()
	}
}

// elsewhere takes a press on a message further up, or a form of one: a correction
// when that question was met, a part of the review, a name, or a button that is past.
func (t *talk) elsewhere(ids []string, g given) {
	name, key, _ := strings.Cut(ids[0], ".")
	q := t.s.question(name)
	if part, ok := strings.CutPrefix(key, "part:"); ok && q != nil && q.Kind == kindReview && t.c.Reviewed && t.edit(part) {
		t.show()
		return
	}
	if name == askName && t.askedBefore(key) {
		return
	}
	done := false
	for _, id := range ids {
		of, key, _ := strings.Cut(id, ".")
		switch {
		case of != name: // A form has one question.
		case key == "~done":
			done = true
		case q != nil && (t.offers(q, key) || t.takesBack(q, key)):
			g.keys = append(g.keys, key)
		}
	}
	if q != nil && !q.Control && len(g.keys) == 1 && !hasWords(g.text) && !g.boxes && t.stands(q, g) {
		return
	}
	if q == nil || q.Control || t.c.State[name] == "" || len(g.keys) == 0 && !(done && g.boxes && q.many()) || !t.correct(q, g) {
		t.reply("no_longer")
		t.ask()
	}
}

// askedBefore takes a press on an earlier X1: what it says holds, whatever was
// answered there. "Somebody else" of then is not who is meant by a name of now.
func (t *talk) askedBefore(key string) bool {
	id, named := strings.CutPrefix(key, "p:")
	if _, known := t.person(id); !named || !known || !t.c.Opened {
		return false
	}
	t.confirm([]string{id})
	t.stillAsk()
	t.show()
	return true
}

// stands reports whether a press on a question that is past changes nothing. Then nothing is
// said of it, and nothing asked again: fingers are impatient.
func (t *talk) stands(q *question, g given) bool {
	if t.c.State[q.ID] == "" {
		return false
	}
	back, takes := strings.CutPrefix(g.keys[0], takeBack)
	if id, person := strings.CutPrefix(back, "p:"); person && q.People {
		return takes != slices.Contains(t.out(), id)
	}
	if now := t.s.question(t.c.At); q.People && now != nil && now.People {
		return false // what is ticked there is not finished
	}
	if q.many() {
		return same(t.pick(q, t.ticks(q), g), t.ticks(q))
	}
	return same(t.c.Facts[q.ID], g.keys)
}

// takesBack reports whether a key takes back what a question offers.
func (t *talk) takesBack(q *question, key string) bool {
	back, takes := strings.CutPrefix(key, takeBack)
	return takes && q.takesBack(back) && t.offers(q, back)
}

func (t *talk) offers(q *question, key string) bool {
	if id, ok := strings.CutPrefix(key, "p:"); ok {
		_, known := t.person(id)
		return q.People && known
	}
	return slices.Contains(q.Choices, key)
}

// correct changes an answer that was given before and stays where we are. It reports
// whether there was anything to change.
func (t *talk) correct(q *question, g given) bool {
	t.keepTicks()
	choices := g.keys
	if q.many() {
		choices = t.pick(q, t.ticks(q), g)
	}
	a := Answer{}
	if q.takesText() && hasWords(g.text) {
		a.Text = NewPrivate(g.text)
	}
	if g.boxes && a.Text.IsZero() && same(choices, t.ticks(q)) {
		return false
	}
	a.Choices = t.keep(q, choices)
	t.showTicks()
	t.answered(q, a, true)
	t.c.Aside = t.c.Aside && a.Text.IsZero() // That question is left already.
	t.choiceReplies(q, slices.DeleteFunc(slices.Clone(g.keys), func(k string) bool { return strings.HasPrefix(k, takeBack) }))
	t.reply("corrected")
	t.settle()
	t.cards(q)
	if at := t.s.question(t.c.At); at.ID == q.ID || !t.asks(at) {
		t.goOn()
		return true
	}
	t.ask()
	return true
}
