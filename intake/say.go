package intake

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// The names of what is asked outside the questions of a set.
const (
	askName     = "X1" // "Do you mean …?", after a handler's name was written
	receiptName = "R"
)

var braces = regexp.MustCompile(`\{[a-z_]+\}`)

// fill puts values into {placeholders}: of pairs of name and value, then of env. Where
// a value ends in a full stop, as names may, the sentence needs no other.
func (t *talk) fill(text string, pairs ...string) string {
	for i := 0; i+1 < len(pairs); i += 2 {
		b := "{" + pairs[i] + "}"
		if strings.HasSuffix(pairs[i+1], ".") {
			text = strings.ReplaceAll(text, b+".", b)
		}
	}
	return braces.ReplaceAllStringFunc(text, func(b string) string {
		key := b[1 : len(b)-1]
		for i := 0; i+1 < len(pairs); i += 2 {
			if pairs[i] == key {
				return pairs[i+1]
			}
		}
		if v := t.env.Values[key]; v != "" {
			return v
		}
		if key == "names" && len(t.env.People) > 0 {
			var names []string
			for _, p := range t.env.People {
				names = append(names, p.Called(t.c.Lang))
			}
			slices.Sort(names)
			return strings.Join(names, ", ")
		}
		return "…"
	})
}

func (t *talk) words() *wordsFile { return t.s.in(t.c.Lang) }

// reply adds a short answer in our words.
func (t *talk) reply(key string, pairs ...string) {
	if text := t.words().Say[key]; text != "" {
		t.say = append(t.say, Message{ID: key, Kind: KindReply, Text: t.fill(text, pairs...)})
	}
}

// ask says the current question, or what stands in front of it.
func (t *talk) ask() {
	t.tellOut()
	t.say = append(t.say, t.current()...)
}

func (t *talk) current() []Message {
	q := t.s.question(t.c.At)
	switch {
	case q == nil:
		return nil
	case t.c.asking():
		m := t.frame(q, askName, t.words().Say["did_you_mean"])
		m.Help = t.fill(t.words().Say["did_you_mean_help"])
		m.Choices = t.shown(q)
		return []Message{m}
	case t.c.Confirm:
		m := t.frame(q, q.ID, t.words().Say["delete_ask"])
		m.Choices = t.shown(q)
		return []Message{m}
	}
	m := t.frame(q, q.ID, t.asked(q))
	m.Asked, m.Files = t.s.named(q.ID), q.Files && t.c.Opened
	m.Help = t.helped(q)
	m.Accepts = Accepts(q.Kind)
	m.Choices = t.shown(q)
	if q.Kind == kindReview {
		m.Kind, m.Accepts, m.Review = KindReview, AcceptsOne, t.reviewParts()
		m.Help = strings.TrimSpace(m.Help + "\n\n" + t.keptOutLine())
	}
	return []Message{m}
}

// frame is a message with its place in the parts.
func (t *talk) frame(q *question, id, text string) Message {
	return Message{
		ID: id, Kind: KindQuestion, Text: t.fill(text),
		Part: number(q.Part), Parts: number(t.s.main.Parts[len(t.s.main.Parts)-1]),
		PartTitle: t.words().Parts[q.Part].Title, Begins: !t.c.Reviewed && t.begins(q), Accepts: AcceptsOne,
	}
}

// begins reports whether nothing of a question's part was met before.
func (t *talk) begins(q *question) bool {
	return !slices.ContainsFunc(t.s.main.Questions, func(o question) bool { return o.Part == q.Part && t.c.State[o.ID] != "" })
}

// number is a part's number; lint has seen that it is one.
func number(part string) int {
	n, _ := strconv.Atoi(part)
	return n
}

// asked is the question in words that fit who is asked.
func (t *talk) asked(q *question) string {
	w := t.words().Questions[q.ID]
	if w.AskOther != "" && hold(t.s.other, &t.c) {
		return t.fill(w.AskOther)
	}
	return t.fill(w.Ask)
}

// helped is the hint below it.
func (t *talk) helped(q *question) string {
	w := t.words().Questions[q.ID]
	if w.HelpOther != "" && hold(t.s.other, &t.c) {
		return t.fill(w.HelpOther)
	}
	return t.fill(w.Help)
}

// shown lists the buttons, in the order in which numbers count them.
func (t *talk) shown(q *question) []Choice {
	switch {
	case t.c.asking():
		return append(t.askChoices(), t.askWays()...)
	case t.c.Confirm:
		return []Choice{
			{ID: q.ID + ".delete_yes", Label: t.words().Say["delete_yes"], Grave: true},
			{ID: q.ID + ".delete_no", Label: t.words().Say["delete_no"], Main: true},
		}
	}
	var out []Choice
	if q.Kind == kindReview {
		for _, p := range t.reviewParts() {
			out = append(out, Choice{ID: p.Edit, Label: p.Title, Picked: p.told()})
		}
	}
	if q.People {
		for _, p := range t.listed() {
			out = append(out, t.personChoice(q, p))
		}
	}
	for _, c := range q.Choices {
		w := t.words().Questions[q.ID].Choices[c]
		out = append(out, Choice{
			ID: q.ID + "." + c, Label: t.fill(w.Label), Long: t.fill(w.Long), Main: c == q.Main,
			Grave: q.Does[c] == "delete", Picked: slices.Contains(t.c.Picks, c), Press: t.press(q, c),
			Lone: q.many() && slices.Contains(q.Exclusive, c),
		})
	}
	if q.Kind == kindReview {
		out = t.straight(q, out)
	}
	for _, way := range t.ways(q) {
		out = append(out, Choice{ID: q.ID + ".~" + way, Label: t.words().Ways[way].Label, Way: true, Main: way == "done"})
	}
	return out
}

// straight offers to send from the look over everything, as the question behind it does.
func (t *talk) straight(q *question, out []Choice) []Choice {
	o := t.after(q)
	for _, c := range o.Choices {
		if o.Does[c] == "send" {
			for i := range out {
				out[i].Main = false
			}
			out = append(out, Choice{ID: o.ID + "." + c, Label: t.fill(t.words().Questions[o.ID].Choices[c].Label), Main: true})
		}
	}
	return out
}

func (t *talk) personChoice(q *question, p Person) Choice {
	key := "p:" + p.ID
	return Choice{ID: q.ID + "." + key, Label: p.Called(t.c.Lang), Picked: slices.Contains(t.c.Picks, key), Press: t.press(q, key)}
}

// press is [Choice.Press].
func (t *talk) press(q *question, key string) string {
	if !q.takesBack(key) || !slices.Contains(t.c.Picks, key) {
		return ""
	}
	return q.ID + "." + takeBack + key
}

// ways lists the ways out of a question, in the same order at each: nothing must be
// answered. Not to know, and to keep it to oneself, are ways where they are no choices.
func (t *talk) ways(q *question) []string {
	var out []string
	if q.many() || q.Kind == string(AcceptsFree) {
		out = append(out, "done")
	}
	if q.Kind != kindReview && !q.NoSkip {
		out = append(out, "skip")
		if !slices.Contains(q.Choices, "dont_know") && !slices.Contains(q.Choices, "unsure") {
			out = append(out, "unknown")
		}
		if !slices.Contains(q.Choices, "rather_not") {
			out = append(out, "rather_not")
		}
	}
	if t.before(q) != nil {
		out = append(out, "back")
	}
	free := q.Kind == string(AcceptsFree) && t.c.Opened && !t.c.Reviewed // What is written may be all of it.
	if q.Kind != kindReview && (t.canSend() || free) && !doesJump(q) {
		out = append(out, "send")
	}
	for _, does := range q.Does {
		if does == "pause" {
			return out // It has a pause of its own.
		}
	}
	return append(out, "pause")
}

// doesJump reports whether a question has a way of its own to the review.
func doesJump(q *question) bool {
	for _, does := range q.Does {
		if strings.HasPrefix(does, "jump:") {
			return true
		}
	}
	return false
}

// many reports whether choices are collected until Done.
func (q *question) many() bool {
	switch Accepts(q.Kind) {
	case AcceptsMulti, AcceptsFile:
		return true
	}
	return q.People
}

// takesText reports whether a person's own words are an answer.
func (q *question) takesText() bool {
	switch Accepts(q.Kind) {
	case AcceptsFree, AcceptsText, AcceptsOneText, AcceptsFile:
		return true
	}
	return false
}

// told reports whether anything of a part was answered.
func (p ReviewPart) told() bool {
	return slices.ContainsFunc(p.Questions, func(q ReviewQuestion) bool { return q.State == stateAnswered })
}

func (t *talk) reviewParts() []ReviewPart {
	var out []ReviewPart
	for _, part := range t.s.main.Parts {
		p := ReviewPart{Part: number(part), Title: t.words().Parts[part].Title, Edit: t.s.review().ID + ".part:" + part}
		some := false
		for i := range t.s.main.Questions {
			q := &t.s.main.Questions[i]
			if q.Part != part || q.Control || q.Kind == kindReview || !t.asks(q) && t.c.State[q.ID] == "" || !hold(q.when, &t.c) {
				continue
			}
			some = true
			if state := t.c.State[q.ID]; state != "" {
				p.Questions = append(p.Questions, ReviewQuestion{ID: q.ID, Title: t.s.QuestionTitle(t.c.Lang, q.ID), State: state})
			}
		}
		if some {
			out = append(out, p)
		}
	}
	return out
}

// card says a card, with the help lines for the age when it has them.
func (t *talk) card(c *card) {
	text := t.fill(t.words().Cards[c.ID].Text)
	lines := t.s.HelpLinesFor(t.c.Lang, Interview{t.c})
	switch {
	case len(c.Numbers) > 0:
		text += "\n" + strings.Join(chosen(lines, c.Numbers), "\n")
	case c.Lines:
		text += "\n" + strings.Join(lines, "\n")
	}
	t.say = append(t.say, Message{ID: c.ID, Kind: KindCard, Text: text})
}

// chosen are the lines of some numbers, in the order of these.
func chosen(lines, numbers []string) (out []string) {
	for _, n := range numbers {
		if i := slices.IndexFunc(lines, func(l string) bool { return strings.HasPrefix(l, n+":") }); i >= 0 {
			out = append(out, lines[i])
		}
	}
	return out
}

// cards says what comes right after an answer.
func (t *talk) cards(q *question) {
	for i := range t.s.main.Cards {
		if c := &t.s.main.Cards[i]; c.After == q.ID && hold(c.when, &t.c) {
			t.card(c)
		}
	}
}

// intro says once, before the first question of a part, what the part is.
func (t *talk) intro(q *question) {
	text := t.words().Parts[q.Part].Intro
	if text == "" || t.c.Reviewed || !t.begins(q) {
		return
	}
	t.say = append(t.say, Message{ID: "part." + q.Part, Kind: KindCard, Text: t.fill(text)})
}

// Receipt returns what is said once the office has the report: the receipt with
// its buttons, and the card for the evening after. Its values come in env.
func (s *Set) Receipt(iv Interview, env Env) []Message {
	t := s.talk(iv, env)
	m := Message{ID: receiptName, Kind: KindReceipt, Text: t.fill(t.words().Receipt.Text), Accepts: AcceptsOne}
	for _, c := range s.main.Receipt.Choices {
		m.Choices = append(m.Choices, Choice{ID: receiptName + "." + c, Label: t.words().Receipt.Choices[c].Label})
	}
	t.say = append(t.say, m)
	for i := range s.main.Cards {
		if s.main.Cards[i].Receipt {
			t.card(&s.main.Cards[i])
		}
	}
	return t.say
}
