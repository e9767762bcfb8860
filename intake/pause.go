package intake

// This file is the break. It ends with the first thing that is said: a person who comes
// back reads anew what is asked before anything that they type decides something.

// pause takes a break.
func (t *talk) pause() {
	t.c.Paused = true
	t.acts = append(t.acts, ActPause)
}

// Pause is a break that was asked for in another way than at a question.
func (s *Set) Pause(iv Interview) Interview {
	c := iv.c.clone()
	c.Paused = !c.Submitted
	return Interview{c.tidy()}
}

// Resume ends a break, where what is asked was asked again for another reason.
func (s *Set) Resume(iv Interview) Interview {
	c := iv.c.clone()
	c.Paused = false
	return Interview{c.tidy()}
}

// onlyBack reports whether an input after a break only brings the question back: what is
// typed and would press something, or is a word or two. A button says itself what it does,
// words that name their question were written under it, and an account is never thrown
// away.
func (t *talk) onlyBack(q *question, in Input) bool {
	text := in.Text.Reveal()
	if len(in.Choices) > 0 || in.Files > 0 || in.Boxes || in.Keep || in.Asked != "" {
		return false
	}
	return !manyWords(text) || len(t.typedKeys(text, t.shown(q), t.c.asking() || q.many(), in.Buttons)) > 0
}
