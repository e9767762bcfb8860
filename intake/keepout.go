package intake

import (
	"slices"
	"strings"

	"tillit/intake/names"
)

// Who is kept out is told in two ways: people are ticked at the questions that offer
// them, and names in a person's words are confirmed at X1. Both are kept where they
// were told, and one list is worked out of them. Every page that offers people shows
// exactly this list as ticked, wherever it was told; so unticking gives somebody their
// place back, wherever that is done.

// people are the ids of the people among choices.
func people(choices []string) []string {
	var ids []string
	for _, c := range choices {
		if id, ok := strings.CutPrefix(c, "p:"); ok {
			ids = append(ids, id)
		}
	}
	return ids
}

// out is who is kept out now. While people are being ticked, the ticks say it: what
// is on the page holds, before it is finished too.
func (t *talk) out() []string {
	if q := t.s.question(t.c.At); q != nil && q.People {
		return t.inOrder(people(t.c.Picks))
	}
	return t.stored(nil)
}

// stored is who is kept out by what is finished, except at one question.
func (t *talk) stored(except *question) []string {
	ids := slices.Clone(t.c.Named)
	for i := range t.s.main.Questions {
		if q := &t.s.main.Questions[i]; q.People && q != except {
			ids = append(ids, people(t.c.Facts[q.ID])...)
		}
	}
	return t.inOrder(ids)
}

// inOrder sorts ids as people are offered, once each; who is offered no more comes last.
func (t *talk) inOrder(ids []string) []string {
	var out []string
	for _, p := range t.env.everybody() {
		if slices.Contains(ids, p.ID) && !slices.Contains(out, p.ID) {
			out = append(out, p.ID)
		}
	}
	for _, id := range ids {
		if !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	return out
}

// ticks is what a question shows as picked when it is come to.
func (t *talk) ticks(q *question) []string {
	if !q.People {
		return slices.Clone(t.c.Facts[q.ID])
	}
	var out []string
	for _, id := range t.stored(nil) {
		out = append(out, "p:"+id)
	}
	some := len(out) > 0
	for _, k := range t.c.Facts[q.ID] {
		// "Nobody" of all is untrue beside somebody; "nobody else" is not.
		if !strings.HasPrefix(k, "p:") && !(some && q.Opens && slices.Contains(q.Exclusive, k)) {
			out = append(out, k)
		}
	}
	return out
}

// takeBack stands before a choice that is to be picked no more. That is another press than
// the one that picks it: a finger that presses twice takes nothing back.
const takeBack = "!"

// takesBack reports whether a choice that is picked can be taken back by a press. One that
// excludes the others ends its question each time.
func (q *question) takesBack(key string) bool { return q.many() && !slices.Contains(q.Exclusive, key) }

// pick returns the picks after g: a form tells all of them, a press says of one whether it is. An
// exclusive choice ("nobody") unticks the others. Where everybody was asked about
// before, it means nobody else: who was kept out elsewhere stays.
func (t *talk) pick(q *question, picks []string, g given) []string {
	alone := func(k string) bool { return slices.Contains(q.Exclusive, k) }
	if q.People && !q.Opens && slices.ContainsFunc(g.keys, alone) {
		elsewhere := t.stored(q)
		mine := func(k string) bool {
			id, person := strings.CutPrefix(k, "p:")
			return !person || !slices.Contains(elsewhere, id)
		}
		keys := slices.DeleteFunc(slices.Clone(g.keys), alone)
		if !slices.ContainsFunc(keys, mine) {
			if !g.boxes {
				keys = slices.DeleteFunc(slices.Clone(picks), mine)
			}
			return append(keys, g.keys[slices.IndexFunc(g.keys, alone)])
		}
	}
	if len(g.keys) == 1 && alone(g.keys[0]) {
		return g.keys
	}
	if g.boxes {
		picks = nil
	}
	for _, k := range g.keys {
		back, takes := strings.CutPrefix(k, takeBack)
		switch {
		case takes:
			picks = slices.DeleteFunc(slices.Clone(picks), func(p string) bool { return p == back })
		case !slices.Contains(picks, k):
			picks = append(slices.Clone(picks), k)
		}
	}
	return slices.DeleteFunc(slices.Clone(picks), alone)
}

// keep makes the picks of a question hold, and returns them as its answer. Who is
// not ticked there is kept out nowhere else: other answers that say so are answered
// anew.
func (t *talk) keep(q *question, picks []string) []string {
	answer := slices.Clone(picks)
	if slices.ContainsFunc(picks, func(k string) bool { return slices.Contains(q.Exclusive, k) }) {
		answer = slices.DeleteFunc(answer, func(k string) bool { return strings.HasPrefix(k, "p:") })
	}
	t.c.setFacts(q.ID, answer)
	if !q.People {
		return answer
	}
	ids := people(picks)
	in := func(id string) bool { return !slices.Contains(ids, id) }
	t.c.Named = slices.DeleteFunc(t.c.Named, in)
	for i := range t.s.main.Questions {
		o := &t.s.main.Questions[i]
		if o == q || !o.People || !slices.ContainsFunc(people(t.c.Facts[o.ID]), in) {
			continue
		}
		rest := slices.DeleteFunc(slices.Clone(t.c.Facts[o.ID]), func(k string) bool {
			id, person := strings.CutPrefix(k, "p:")
			return person && in(id)
		})
		t.c.setFacts(o.ID, rest)
		t.answered(o, Answer{Choices: rest}, true)
	}
	return answer
}

// answered seals an answer and notes the state of its question: without anything in
// it, it was skipped.
func (t *talk) answered(q *question, a Answer, again bool) {
	state := stateAnswered
	if len(a.Choices) == 0 && a.Text.IsZero() {
		a.Way, state = "skip", stateSkipped
	}
	t.sealAnswer(q, a, again)
	t.c.State[q.ID] = state
}

// keepTicks makes hold what is ticked at a question that is left without Done.
func (t *talk) keepTicks() {
	q := t.s.question(t.c.At)
	if q == nil || !q.People || same(t.c.Picks, t.ticks(q)) {
		return
	}
	met := t.c.State[q.ID] != ""
	choices := t.keep(q, t.c.Picks)
	if t.c.Opened {
		t.answered(q, Answer{Choices: choices}, met)
	}
}

func same(a, b []string) bool {
	a, b = slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b))
	return slices.Equal(a, b)
}

// confirm keeps out who was meant by a name.
func (t *talk) confirm(ids []string) {
	t.keepTicks()
	for _, id := range ids {
		if !slices.Contains(t.stored(nil), id) {
			t.c.Named = append(t.c.Named, id)
		}
	}
	t.showTicks()
}

// showTicks puts on the current page what holds, after a change that was not made there.
func (t *talk) showTicks() {
	if q := t.s.question(t.c.At); q != nil && q.People {
		t.c.Picks = t.ticks(q)
	}
}

// tellOut says, once there is a room, who is kept out or let in since it was last said.
func (t *talk) tellOut() {
	if !t.c.Opened {
		return
	}
	now := t.out()
	was := t.was
	t.was = now
	more := slices.DeleteFunc(slices.Clone(now), func(id string) bool { return slices.Contains(was, id) })
	less := slices.DeleteFunc(slices.Clone(was), func(id string) bool { return slices.Contains(now, id) })
	if len(more) > 0 {
		t.reply("kept_out", "kept", t.called(more))
	}
	if len(less) > 0 {
		t.reply("let_in", "kept", t.called(less))
	}
	if len(more)+len(less) > 0 && !slices.Contains(t.acts, ActExclude) {
		t.acts = append(t.acts, ActExclude)
	}
}

// called lists people for a sentence.
func (t *talk) called(ids []string) string {
	var out []string
	for _, id := range ids {
		name := id
		if p, ok := t.person(id); ok {
			name = bareName(p.Name)
		}
		out = append(out, name)
	}
	return strings.Join(out, ", ")
}

// keptOutLine says who is kept out, for the look over everything before sending.
func (t *talk) keptOutLine() string {
	if ids := t.out(); len(ids) > 0 {
		return t.fill(t.words().Say["review_kept"], "kept", t.called(ids))
	}
	return t.fill(t.words().Say["review_nobody"])
}

// bareName is a name without the role that a card adds to it.
func bareName(name string) string {
	if i := strings.IndexAny(name, ",(;–"); i > 0 {
		name = name[:i]
	}
	return strings.TrimSpace(name)
}

// everybody are all who can be kept out, those who are offered first.
func (e Env) everybody() []Person { return slices.Concat(e.People, e.Told) }

// listed are those whom a page offers that asks about people: of those who are only told
// the ones who are kept out already, or picked, so that they can be let in again.
func (t *talk) listed() []Person {
	return slices.Concat(t.env.People, slices.DeleteFunc(slices.Clone(t.env.Told), func(p Person) bool {
		return !slices.Contains(t.c.Picks, "p:"+p.ID) && !slices.Contains(t.stored(nil), p.ID)
	}))
}

// find returns who of the people may be meant in text, and how.
func (e Env) find(text string) []names.Found {
	everybody := e.everybody()
	all := make([]names.Person, len(everybody))
	for i, p := range everybody {
		all[i] = names.Person{ID: p.ID, Name: bareName(p.Name), Nicknames: p.Nicknames}
	}
	return names.Find(text, all)
}

// Named returns the ids of the people who may be meant in text. It leads to a
// question ([Set.AskOut]) and never to more.
func (e Env) Named(text Private) []string {
	var ids []string
	for _, f := range e.find(text.Reveal()) {
		ids = append(ids, f.ID)
	}
	return ids
}

// note remembers whom words may name, to be asked about when their question is left.
// Who is kept out is not asked about.
func (t *talk) note(q *question, text Private) {
	for _, id := range t.env.Named(text) {
		if !slices.Contains(t.c.Ask, id) && !slices.Contains(t.out(), id) {
			t.c.Ask = append(t.c.Ask, id)
			t.c.Aside, t.c.From = true, q.ID
		}
	}
}

// stillAsk leaves out whom there is nothing to ask about any more.
func (t *talk) stillAsk() {
	t.c.Ask = slices.DeleteFunc(t.c.Ask, func(id string) bool {
		_, known := t.person(id)
		return !known || slices.Contains(t.out(), id)
	})
	if len(t.c.Ask) == 0 {
		t.c.Ask, t.c.Aside, t.c.From = nil, false, ""
	}
}
