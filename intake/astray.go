package intake

import "strings"

// This file is for words that name the question which they answer, and come when another
// one is asked: a page in another tab, an old page of the browser, a reply in a chat to a
// message further up. They answer nothing by guess. Whoever wrote them is asked, or said
// already, where they belong.

// named is how a question is named to who answers it.
func (s *Set) named(id string) string { return id + "@" + s.version }

// names reads [Set.named]; a question of another set is none of this one.
func (s *Set) names(asked string) (id string, ok bool) {
	id, version, versioned := strings.Cut(asked, "@")
	return id, !versioned || version == s.version
}

// TakesWords reports whether a question, as [Message.Asked] names it, is answered with words.
func (s *Set) TakesWords(asked string) bool {
	id, known := s.names(asked)
	q := s.question(id)
	return known && q != nil && q.takesText()
}

// astrays takes words that name a question which is not asked now. It is false for what
// is no such thing.
func (t *talk) astrays(now *question, in Input) bool {
	id, known := t.s.names(in.Asked)
	if !hasWords(in.Text.Reveal()) || known && id == t.at() {
		return false
	}
	q := t.s.question(id)
	keeps := known && q != nil && q.takesText() && !q.Control && t.c.Opened
	if in.There {
		t.c.Paused = false
		switch {
		case keeps:
			t.keepThere(q, in)
		case t.keepEarly(in.Text.Reveal()):
			t.reply("kept_early")
			t.ask()
		default:
			return false
		}
		return true
	}
	a := &Astray{}
	if keeps {
		a.There = t.s.QuestionTitle(t.c.Lang, id)
	}
	if !t.c.asking() && !t.c.Confirm {
		a.Here, a.HereAsked, a.HereTakes = t.s.QuestionTitle(t.c.Lang, now.ID), t.s.named(now.ID), now.takesText()
	}
	t.astray = a
	return true
}

// keepApart keeps words that came with a press on another question than theirs. It is
// false for words that are of the pressed question, and where there are none.
func (t *talk) keepApart(in Input) bool {
	text := in.Text.Reveal()
	pressed, _, _ := strings.Cut(in.Choices[0], ".")
	id, known := t.s.names(in.Asked)
	if in.Asked == "" || !known {
		id = pressed
	}
	if q := t.s.question(pressed); !hasWords(text) || !t.c.Opened || q != nil && q.takesText() && id == pressed {
		return false
	}
	if id == pressed { // where no words are asked for
		id = t.at()
	}
	q := t.s.question(id)
	if q == nil || !q.takesText() || q.Control {
		if t.keepEarly(text) {
			t.reply("kept_early")
			return true
		}
		return false
	}
	t.sealAnswer(q, Answer{Text: NewPrivate(text)}, t.c.State[q.ID] != "" && id == t.c.At && !t.c.Got)
	t.c.State[q.ID] = stateAnswered
	t.c.Got = t.c.Got || id == t.c.At
	t.reply("kept_there", "title", t.s.QuestionTitle(t.c.Lang, q.ID))
	return true
}

// oneMessage reports whether one message of a person's own words is the answer.
func (q *question) oneMessage() bool {
	return q.takesText() && q.Kind != string(AcceptsFree) && q.Kind != string(AcceptsFile)
}

// GoOn goes on from words that were kept as the first of several ([Input].More), when no
// more have come.
func (s *Set) GoOn(iv Interview, env Env) Turn {
	t := s.talk(iv, env)
	if q := s.question(t.c.At); q != nil && t.c.Got && !t.c.Submitted {
		t.forward(q)
	}
	return t.turn()
}

// at is what is asked now.
func (t *talk) at() string { return Interview{t.c}.At() }

// keepThere keeps words at a question that was asked before, beside what stands there,
// and goes on with what is asked now. Choices that came with them are a correction.
func (t *talk) keepThere(q *question, in Input) {
	g := given{text: in.Text.Reveal(), boxes: in.Boxes}
	for _, id := range in.Choices {
		if of, key, _ := strings.Cut(id, "."); of == q.ID && t.offers(q, key) {
			g.keys = append(g.keys, key)
		}
	}
	if t.c.State[q.ID] != "" && len(g.keys) > 0 && t.correct(q, g) {
		return
	}
	t.sealAnswer(q, Answer{Text: NewPrivate(g.text)}, false)
	t.c.State[q.ID] = stateAnswered
	t.c.Aside = false // That question is left already.
	t.reply("kept_there", "title", t.s.QuestionTitle(t.c.Lang, q.ID))
	t.ask()
}
