package intake

import (
	"cmp"
	"slices"
)

// Where the interview goes: forward to the first question that was not met and
// whose condition holds, so that an answer that is changed later brings up what
// it makes necessary, and nothing twice.

// next moves on from the current question.
func (t *talk) next() {
	from := t.s.question(t.c.At)
	if from != nil && from.Kind == kindReview {
		t.arrive(t.after(from))
		return
	}
	for len(t.c.Queue) > 0 {
		q := t.s.question(t.c.Queue[0])
		t.c.Queue = t.c.Queue[1:]
		if q != nil && t.asks(q) {
			t.arrive(q)
			return
		}
	}
	t.arrive(t.unmet())
}

// unmet is the first question that is left; the review when none is. Help that fits now
// comes before all else, and is all that is left after the review.
func (t *talk) unmet() *question {
	for i := range t.s.main.Questions {
		if q := &t.s.main.Questions[i]; q.helps() && t.c.State[q.ID] == "" && t.asks(q) {
			return q
		}
	}
	for i := range t.s.main.Questions {
		q := &t.s.main.Questions[i]
		if q.Kind == kindReview {
			return q
		}
		if t.c.State[q.ID] != "" || !t.asks(q) {
			continue
		}
		if !t.c.Reviewed {
			return q
		}
	}
	return t.s.review()
}

// after is the question behind the review.
func (t *talk) after(q *question) *question {
	for i := t.s.index[q.ID] + 1; i < len(t.s.main.Questions); i++ {
		if n := &t.s.main.Questions[i]; t.asks(n) {
			return n
		}
	}
	return q
}

// before is where Back leads, nil at the first question.
func (t *talk) before(q *question) *question {
	review := t.s.review()
	i := t.s.index[q.ID]
	if r := t.s.index[review.ID]; t.c.Reviewed && i != r {
		return review // from an edit, and from sending
	}
	for i--; i >= 0; i-- {
		p := &t.s.main.Questions[i]
		if t.c.State[p.ID] != "" && !p.Control && t.asks(p) {
			return p
		}
	}
	return nil
}

// arrive makes q the current question.
func (t *talk) arrive(q *question) {
	t.keepTicks()
	t.c.At, t.c.Got, t.c.Miss, t.c.Confirm, t.c.Picks = q.ID, false, 0, false, nil
	if q.Kind == kindReview {
		t.c.Reviewed, t.c.Queue, t.c.Aside = true, nil, false
	}
	if q.many() {
		t.c.Picks = t.ticks(q)
	}
	t.arrived = true
}

// edit opens a part again, from the review.
func (t *talk) edit(part string) bool {
	var queue []string
	for i := range t.s.main.Questions {
		q := &t.s.main.Questions[i]
		if q.Part == part && q.Kind != kindReview && (!q.Control || q.helps()) && i < t.s.index[t.s.review().ID] {
			queue = append(queue, q.ID)
		}
	}
	if len(queue) == 0 {
		return false
	}
	t.keepTicks()
	t.c.At, t.c.Queue, t.c.Confirm = "", queue, false
	t.next()
	return true
}

// settle works out what the facts lead to.
func (t *talk) settle() {
	c := &t.c
	c.Out = t.out()
	c.Flags, c.Level, c.Source, c.Minor, c.Adult, c.Urgent = nil, "", "", false, false, false
	for i := range t.s.main.Rules {
		r := &t.s.main.Rules[i]
		if !hold(r.when, c) {
			continue
		}
		if r.Flag != "" && !slices.Contains(c.Flags, r.Flag) {
			c.Flags = append(c.Flags, r.Flag)
		}
		if c.Level == "" && c.Opened {
			c.Level = r.Level
		}
		c.Source = cmp.Or(c.Source, r.Source)
		c.Minor, c.Adult, c.Urgent = c.Minor || r.Minor, c.Adult || r.Adult, c.Urgent || r.Urgent
	}
	c.Write = ""
	for i := range t.s.main.Questions {
		if q := &t.s.main.Questions[i]; q.WriteWhen && len(c.Facts[q.ID]) > 0 {
			c.Write = c.Facts[q.ID][0]
		}
	}
}
