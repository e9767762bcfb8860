package intake

import "slices"

// This file is help that comes first. Who is not safe, or has told of something that lately
// happened, is asked little before they can send: who is with them, what lies ahead, when
// it is safe to write. The rest is offered after that.

// needsHelp reports whether help comes first: an answer says so, or words of need did.
func (t *talk) needsHelp() bool {
	return t.c.Need || slices.ContainsFunc(t.s.main.Rules, func(r rule) bool { return r.Help && hold(r.when, &t.c) })
}

// helps reports whether a question leads the talk to help that fits what was told.
func (q *question) helps() bool { return q.Control && len(q.when) > 0 && !doesJump(q) }

// asks reports whether a question is one for this person, as things stand.
func (t *talk) asks(q *question) bool {
	switch {
	case slices.Contains(t.s.main.Without, q.ID) || !hold(q.when, &t.c):
		return false
	case q.Help:
		return t.needsHelp()
	case q.Calm && t.needsHelp() && !t.c.Reviewed:
		return len(t.s.rest) > 0 && hold(t.s.rest, &t.c)
	}
	return true
}

// toReview goes to the look over everything, by way of what is asked however early it is
// sent.
func (t *talk) toReview() {
	var queue []string
	for i := range t.s.main.Questions {
		q := &t.s.main.Questions[i]
		if q.Always && t.c.State[q.ID] == "" && hold(q.when, &t.c) {
			queue = append(queue, q.ID)
		}
	}
	t.keepTicks()
	t.c.Queue, t.c.Reviewed = queue, true
	t.c.At = ""
	t.goOn()
}

// keepPicks makes hold what is ticked at a question that is left without Done.
func (t *talk) keepPicks(q *question) {
	if q.many() && !q.People && !same(t.c.Picks, t.ticks(q)) {
		met := t.c.State[q.ID] != ""
		t.answered(q, Answer{Choices: t.keep(q, t.c.Picks)}, met)
	}
}

// canSend reports whether something was told that could be sent as it is.
func (t *talk) canSend() bool {
	if !t.c.Opened || t.c.Reviewed {
		return false
	}
	return len(t.c.Early) > 0 || slices.ContainsFunc(t.s.main.Questions, func(q question) bool {
		return q.Kind == string(AcceptsFree) && t.c.State[q.ID] == stateAnswered
	})
}
