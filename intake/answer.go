package intake

import (
	"slices"
	"strings"
	"unicode"

	"tillit/intake/ago"
)

// talk is one turn at work.
type talk struct {
	s       *Set
	env     Env
	c       cursor
	seal    []Answer
	say     []Message
	acts    []Act
	keeps   bool // the words are kept in any case
	astray  *Astray
	arrived bool     // came to another question, which may have an intro
	was     []string // who was kept out when it was last said
}

func (s *Set) talk(iv Interview, env Env) *talk {
	t := &talk{s: s, env: env, c: iv.c.clone()}
	t.renew()
	t.stillAsk()
	t.was = t.out()
	return t
}

// turn ends the turn. Whoever began it has said what there is to say, but for who is
// kept out when nothing is asked any more.
func (t *talk) turn() Turn {
	t.tellOut()
	t.stillAsk()
	t.settle()
	return Turn{Next: Interview{t.c.tidy()}, Seal: t.seal, Say: t.say, Acts: t.acts, Astray: t.astray}
}

// Start begins: the first question. The opening card is the bot's.
func (s *Set) Start(lang string, env Env) Turn {
	return s.StartAfter(Interview{}, lang, env)
}

// StartAfter is [Set.Start] for whom an earlier interview cannot go on: who was kept
// out in it still is, and shows as such where people are offered.
func (s *Set) StartAfter(earlier Interview, lang string, env Env) Turn {
	t := s.talk(Interview{cursor{Set: s.version, Lang: s.known(lang), Form: thisForm, Named: earlier.Excluded()}}, env)
	t.goOn()
	return t.turn()
}

// StartWith is [Set.Start] for who has told something before they were asked anything: it is
// kept as words of the account. It is false for a set that asks for no account.
func (s *Set) StartWith(lang string, env Env, in Input) (Turn, bool) {
	t := s.talk(Interview{cursor{Set: s.version, Lang: s.known(lang), Form: thisForm, Need: in.Need}}, env)
	t.next()
	if !t.keepEarly(in.Text.Reveal()) {
		return Turn{}, false
	}
	t.reply("kept_early")
	t.ask()
	return t.turn(), true
}

// Ask returns the current question again, after a restart or a pause.
func (s *Set) Ask(iv Interview, env Env) []Message {
	if iv.c.Submitted {
		return s.Receipt(iv, env)
	}
	t := s.talk(iv, env)
	if s.question(t.c.At) == nil {
		t.next()
	}
	return t.current()
}

// SetLang goes on in another language; one that the set does not speak changes nothing.
func (s *Set) SetLang(iv Interview, lang string) Interview {
	c := iv.c.clone()
	if s.known(lang) == lang {
		c.Lang = lang
	}
	return Interview{c.tidy()}
}

// Answer returns what in leads to. It never fails: what is not understood is
// asked again, kindly.
func (s *Set) Answer(iv Interview, in Input, env Env) Turn {
	t := s.talk(iv, env)
	t.keeps = in.Keep
	t.c.Need = t.c.Need || in.Need && !t.c.Submitted
	q := s.question(t.c.At)
	switch {
	case t.c.Submitted:
		t.receiptPress(in)
	case q == nil:
		t.goOn()
	case in.Asked != "" && t.astrays(q, in):
	case t.c.Paused && t.onlyBack(q, in):
		t.c.Paused = false
		if strings.TrimSpace(in.Text.Reveal()) != "" { // else nobody wrote anything
			t.reply("back_again")
		}
		t.ask()
	default:
		t.c.Paused = false
		t.input(q, in)
	}
	return t.turn()
}

// goOn moves on and asks, first about the names that were found on the way.
func (t *talk) goOn() {
	t.next()
	t.c.Aside = false
	t.show()
}

// show asks the current question, with the intro of its part when it is new.
func (t *talk) show() {
	t.stillAsk()
	t.tellOut()
	if q := t.s.question(t.c.At); q != nil && t.arrived && !t.c.asking() {
		t.intro(q)
	}
	t.ask()
}

func (t *talk) receiptPress(in Input) {
	id := ""
	if len(in.Choices) > 0 {
		id = in.Choices[0]
	} else {
		n := plain(in.Text.Reveal())
		for _, c := range t.s.main.Receipt.Choices {
			if n != "" && t.s.matches[t.s.known(t.c.Lang)][receiptName+"."+c][n] {
				id = receiptName + "." + c
			}
		}
	}
	acts := map[string]Act{"R.code": ActCode, "R.clean": ActClean, "R.help": ActHelpLines, "R.status": ActStatus}
	if act, ok := acts[id]; ok {
		t.acts = append(t.acts, act)
	}
}

// input sorts out what a person did: a press elsewhere, a press here, or words.
func (t *talk) input(q *question, in Input) {
	text := in.Text.Reveal()
	shown := t.shown(q)
	boxes := in.Boxes || len(in.Choices) > 1
	var keys []string
	for _, id := range in.Choices {
		if key, ok := t.here(q, id, shown); ok {
			keys = append(keys, key)
		}
	}
	if len(in.Choices) > 0 && len(keys) == 0 {
		if t.keepApart(in) {
			text = ""
		}
		t.elsewhere(in.Choices, given{text: text, boxes: boxes})
		return
	}
	typed := false
	if len(in.Choices) == 0 {
		keys = t.typedKeys(text, shown, t.c.asking() || q.many(), in.Buttons)
		if in.Box && q.takesText() && !t.c.asking() && !t.c.Confirm {
			keys = slices.DeleteFunc(keys, func(k string) bool { return strings.HasPrefix(k, "~") })
		}
		typed = len(keys) > 0
	}
	switch {
	case t.c.asking():
		t.askAnswer(keys, text)
	case t.c.Confirm:
		t.confirmAnswer(keys, text)
	default:
		t.answer(q, given{keys: keys, text: text, typed: typed, more: in.More, files: in.Files, boxes: boxes})
	}
}

// here reports whether id is a button of what is asked now, and which. Skip and
// pause are always understood, also where no button offers them.
func (t *talk) here(q *question, id string, shown []Choice) (string, bool) {
	if slices.ContainsFunc(shown, func(c Choice) bool { return c.ID == id }) {
		return afterDot(id), true
	}
	at := q.ID
	if t.c.asking() {
		at = askName
	} else if of, key, _ := strings.Cut(id, "."); of == q.ID && !t.c.Confirm && t.takesBack(q, key) {
		return key, true
	}
	if id == at+".~pause" || id == at+".~skip" && q.Kind != kindReview {
		return afterDot(id), true
	}
	return "", false
}

func afterDot(id string) string {
	_, key, _ := strings.Cut(id, ".")
	return key
}

// given is an input that belongs to the current question.
type given struct {
	keys  []string
	text  string
	typed bool // keys were typed, text is what was typed
	more  bool
	files int
	boxes bool // a form: the keys are all that is picked
}

// answer takes an input to an ordinary question.
func (t *talk) answer(q *question, g given) {
	if g.files > 0 && !t.takeFiles(q, &g) {
		return
	}
	way := ""
	g.keys = slices.DeleteFunc(g.keys, func(k string) bool {
		w, ok := strings.CutPrefix(k, "~")
		if ok {
			way = w
		}
		return ok
	})
	if g.boxes && q.many() {
		t.c.Picks = t.pick(q, t.c.Picks, g) // Whatever the button, the page showed these.
	}
	switch {
	case g.more && way == "" && q.oneMessage() && t.keepWords(q, g):
	case way == "pause":
		t.keepBeside(q, g)
		t.pause()
	case way == "back":
		t.keepBeside(q, g)
		t.back(q)
	case way == "send":
		t.keepBeside(q, g)
		t.keepPicks(q)
		if !t.canSend() {
			t.reply("empty")
			t.ask()
			return
		}
		t.toReview()
	case q.many():
		t.answerMany(q, g, way)
	case q.Kind == string(AcceptsFree):
		t.answerFree(q, g, way)
	case way != "" && way != "done" && q.takesText() && hasWords(g.text) && !g.typed:
		t.write(q, g.text) // Words beside a way out are an answer.
	case way != "" && way != "done":
		t.leave(q, way)
	case len(g.keys) > 0:
		t.choose(q, g)
	case q.takesText() && hasWords(g.text):
		t.write(q, g.text)
	default:
		t.miss(q, g.text)
	}
}

// takeFiles reports whether there is more to do than thank for files.
func (t *talk) takeFiles(q *question, g *given) bool {
	belong := q.Files && t.c.Opened
	if belong {
		t.c.Got = true
		t.c.State[q.ID] = stateAnswered
		if !hasWords(g.text) {
			t.reply("saved_file")
		}
	} else {
		t.reply("no_file_here")
	}
	if hasWords(g.text) || len(g.keys) > 0 {
		return true
	}
	if !belong {
		t.ask()
	}
	return false
}

func (t *talk) back(q *question) {
	p := t.before(q)
	if p == nil {
		t.ask()
		return
	}
	t.c.Queue = nil
	t.arrive(p)
	t.ask()
}

// leave goes on without an answer. Skipping what was answered before keeps it.
func (t *talk) leave(q *question, way string) {
	if way == "skip" && t.c.State[q.ID] != "" {
		t.forward(q)
		return
	}
	state := map[string]string{"skip": stateSkipped, "unknown": stateUnknown, "rather_not": stateRatherNot}[way]
	t.sealAnswer(q, Answer{Way: state2way(state)}, t.c.State[q.ID] != "")
	t.c.State[q.ID] = state
	t.c.setFacts(q.ID, nil)
	t.forward(q)
}

func state2way(state string) string {
	if state == stateSkipped {
		return "skip"
	}
	return state
}

// choose takes one choice.
func (t *talk) choose(q *question, g given) {
	key := g.keys[0]
	if part, ok := strings.CutPrefix(key, "part:"); ok && q.Kind == kindReview {
		if !t.edit(part) {
			t.arrive(q)
		}
		t.show()
		return
	}
	if _, _, when := ago.Read(g.text); when && g.typed && !q.takesText() {
		t.keepEarly(g.text) // It says more than the choice that it means.
	}
	if t.do(q, key) {
		return
	}
	if o := t.after(q); q.Kind == kindReview && !slices.Contains(q.Choices, key) && o.Does[key] == "send" && t.do(o, key) {
		return
	}
	a := Answer{Choices: []string{key}}
	// Words that also name a choice ("i går") say more than the choice: both are
	// kept where words are an answer, and never before there is a room.
	if hasWords(g.text) && (!g.typed || q.takesText()) {
		a.Text = NewPrivate(g.text)
	}
	t.sealAnswer(q, a, t.c.State[q.ID] != "")
	t.c.State[q.ID] = stateAnswered
	t.c.setFacts(q.ID, a.Choices)
	t.choiceReplies(q, a.Choices)
	t.forward(q)
}

// do carries out a choice that is more than an answer.
func (t *talk) do(q *question, key string) bool {
	verb, to, _ := strings.Cut(q.Does[key], ":")
	switch verb {
	case "pause":
		t.pause()
	case "help":
		t.acts = append(t.acts, ActHelpLines)
	case "send":
		t.c.State[q.ID], t.c.Submitted, t.c.At = stateAnswered, true, ""
		t.acts = append(t.acts, ActSubmit)
	case "delete":
		t.c.Confirm = true
		t.ask()
	case "card":
		t.card(&t.s.main.Cards[slices.IndexFunc(t.s.main.Cards, func(c card) bool { return c.ID == to })])
		t.ask()
	case "jump":
		t.c.State[q.ID] = stateAnswered
		t.c.setFacts(q.ID, []string{key})
		t.says(q, key)
		t.toReview()
	default:
		return false
	}
	return true
}

// says answers another question with a choice that means it.
func (t *talk) says(q *question, key string) {
	c, err := parseCond(q.Says[key])
	o := t.s.question(c.question)
	if err != nil || o == nil || t.c.State[o.ID] != "" {
		return
	}
	t.c.setFacts(o.ID, c.choices)
	t.answered(o, Answer{Choices: c.choices}, false)
}

// write takes an answer in a person's own words.
func (t *talk) write(q *question, text string) {
	t.piece(q, text)
	t.forward(q)
}

// piece seals words with what is ticked beside them. Words that came before in this visit
// stand beside them, unless other ticks do.
func (t *talk) piece(q *question, text string) {
	was := t.c.Facts[q.ID]
	choices := t.keep(q, t.c.Picks)
	t.answered(q, Answer{Text: NewPrivate(text), Choices: choices}, t.c.State[q.ID] != "" && !(t.c.Got && same(was, choices)))
	t.showTicks()
}

// keepBeside keeps words that stand beside a button which leads away from them, and says
// where they are.
func (t *talk) keepBeside(q *question, g given) {
	if t.keepWords(q, g) {
		t.reply("kept_there", "title", t.s.QuestionTitle(t.c.Lang, q.ID))
	}
}

// keepWords keeps words that stand beside a button. It is false where there are none.
func (t *talk) keepWords(q *question, g given) bool {
	if !q.takesText() || !hasWords(g.text) || g.typed {
		return false
	}
	t.piece(q, g.text)
	t.c.Got = true
	return true
}

// forward ends a question: cards, the room when it is time, what comes next.
func (t *talk) forward(q *question) {
	t.settle() // Cards look at the age that was just told.
	t.cards(q)
	if q.Opens && !t.c.Opened {
		t.open()
	}
	t.goOn()
}

// miss repeats the question kindly; the third time it says that skipping is fine. Words
// that come where none are an answer are kept as more of the account.
func (t *talk) miss(q *question, text string) {
	t.c.Miss++
	switch {
	case !hasWords(text):
		t.reply("empty")
	case (t.keeps || someWords(text)) && t.keepEarly(text):
		t.reply("kept_early")
		t.c.Miss = 0
	default:
		t.reply("not_understood")
	}
	if t.c.Miss >= 3 {
		if q.NoSkip || q.Kind == kindReview || t.c.asking() {
			t.reply("choose")
		} else {
			t.reply("skip_offer")
		}
	}
	t.ask()
}

// keepEarly keeps words as part of the account, before it is asked for or after. The room
// is made for them, if there is none yet.
func (t *talk) keepEarly(text string) bool {
	i := slices.IndexFunc(t.s.main.Questions, func(q question) bool {
		return q.Kind == string(AcceptsFree) && !q.Control && hold(q.when, &t.c) // also what is asked later
	})
	if i < 0 {
		return false
	}
	q := &t.s.main.Questions[i]
	if !t.c.Opened {
		t.open()
	}
	t.sealAnswer(q, Answer{Text: NewPrivate(text)}, false)
	if t.s.index[t.c.At] >= t.s.index[t.s.review().ID] {
		t.c.Aside = false // It is sent from here: names are asked about now.
	}
	switch {
	case t.c.State[q.ID] != "":
		t.c.State[q.ID] = stateAnswered
	case !slices.Contains(t.c.Early, q.ID):
		t.c.Early = append(t.c.Early, q.ID)
	}
	return true
}

// someWords tells words that may matter from a slip on the keys, and from numbers.
func someWords(text string) bool {
	n := 0
	for _, w := range strings.Fields(text) {
		if strings.ContainsFunc(w, unicode.IsLetter) {
			n++
		}
	}
	return n > 1
}

// manyWords tells an account from an answer.
func manyWords(text string) bool { return len(strings.Fields(text)) > 2 }
