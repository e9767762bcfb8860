package intake

import "slices"

// This file is X1: "You wrote a name like …. Keep them out?" One question asks about
// all names that were found; only a press, a number or a whole label keeps anybody
// out.

// AskOut is the question whether to keep out people who may be meant by words. Its
// choices are X1.p:ID for each, X1.all when there are several, and X1.no; what was
// answered is read by [Set.AnswerOut]. Who is not among the people of env is left out.
func (s *Set) AskOut(lang string, env Env, ids []string) Message {
	t := s.talk(Interview{cursor{Lang: s.known(lang), Ask: ids}}, env)
	return Message{
		ID: askName, Kind: KindQuestion, Accepts: AcceptsOne,
		Text: t.fill(t.words().Say["did_you_mean"]), Help: t.fill(t.words().Say["did_you_mean_help"]),
		Choices: t.askChoices(),
	}
}

// AnswerOut reads the answer to [Set.AskOut]: who is to be kept out, and who of ids is
// still to be asked about. It is not understood when ok is false; then nobody is kept
// out, and all are still asked about.
func (s *Set) AnswerOut(lang string, env Env, ids []string, in Input) (out, left []string, ok bool) {
	t := s.talk(Interview{cursor{Lang: s.known(lang), Ask: ids}}, env)
	shown := t.askChoices()
	var keys []string
	for _, id := range in.Choices {
		if slices.ContainsFunc(shown, func(c Choice) bool { return c.ID == id }) {
			keys = append(keys, afterDot(id))
		}
	}
	if len(in.Choices) == 0 {
		keys = t.typedKeys(in.Text.Reveal(), shown, true, in.Buttons)
	}
	out, left = t.answerOut(keys)
	return out, left, len(keys) > 0
}

// answerOut is what keys of X1 mean.
func (t *talk) answerOut(keys []string) (out, left []string) {
	out = people(keys)
	switch {
	case slices.Contains(keys, "all"):
		return slices.Clone(t.c.Ask), nil
	case len(out) > 0:
		return out, slices.DeleteFunc(slices.Clone(t.c.Ask), func(id string) bool { return slices.Contains(out, id) })
	case len(keys) > 0:
		return nil, nil
	}
	return nil, t.c.Ask
}

func (t *talk) askChoices() []Choice {
	var out []Choice
	for _, id := range t.c.Ask {
		if p, ok := t.person(id); ok {
			out = append(out, Choice{ID: askName + ".p:" + id, Label: t.fill(t.words().Say["keep_out"], "name", p.Called(t.c.Lang)), Main: len(t.c.Ask) == 1})
		}
	}
	if len(out) > 1 {
		out = append(out, Choice{ID: askName + ".all", Label: t.words().Say["keep_out_all"], Main: true})
	}
	return append(out, Choice{ID: askName + ".no", Label: t.words().Say["did_you_mean_no"]})
}

// askWays are the ways out of X1, which leave the question open.
func (t *talk) askWays() []Choice {
	var out []Choice
	if t.s.question(t.c.From) != nil {
		out = append(out, Choice{ID: askName + ".~back", Label: t.words().Ways["back"].Label, Way: true})
	}
	return append(out, Choice{ID: askName + ".~pause", Label: t.words().Ways["pause"].Label, Way: true})
}

// askAnswer takes the answer to X1.
func (t *talk) askAnswer(keys []string, text string) {
	switch {
	case slices.Contains(keys, "~pause"):
		t.pause()
		return
	case slices.Contains(keys, "~back"):
		t.askBack()
		return
	case len(keys) == 0:
		t.askWords(text)
		return
	}
	out, left := t.answerOut(keys)
	t.c.Miss, t.c.Ask = 0, left
	t.confirm(out)
	t.stillAsk()
	t.arrived = len(t.c.Ask) == 0
	t.show()
}

// askBack goes back to where the names were written. They are asked about again when
// that question is left.
func (t *talk) askBack() {
	t.c.Aside, t.c.Miss = true, 0
	if from := t.s.question(t.c.From); from != nil && from.ID != t.c.At {
		t.c.Queue = nil
		t.arrive(from)
	}
	t.ask()
}

// askWords takes words that do not answer X1. Whoever was telling goes on to tell, so
// they are kept as more of what the names stand in; a word or two is no account.
func (t *talk) askWords(text string) {
	from := t.s.question(t.c.From)
	if from == nil || !t.c.Opened || !manyWords(text) && from.Kind != string(AcceptsFree) || !hasWords(text) {
		t.miss(t.s.question(t.c.At), text)
		return
	}
	t.sealAnswer(from, Answer{Text: NewPrivate(text)}, false)
	t.c.Aside, t.c.Miss = false, 0
	t.reply("saved_ask")
	t.ask()
}
