package intake

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func office() Env {
	env := testEnv()
	env.People = []Person{
		{ID: "maren", Name: "Maren Vik, leder"}, {ID: "hakon", Name: "Håkon R. (fylkessekretær)"},
		{ID: "kari", Name: "Kari Nordmann", Nicknames: []string{"Kaja"}}, {ID: "ola", Name: "Ola Berg"},
	}
	env.Told = []Person{{ID: "sidsel", Name: "Sidsel Ås (fylkessekretær)", Nicknames: []string{"Sissi"}}, {ID: "bo", Name: "Bo Lie"}}
	return env
}

// teller is somebody who tells, presses and changes their mind, beside what must be
// true meanwhile: who is kept out by what they did, and which names they wrote.
type teller struct {
	t    *rapid.T
	s    *Set
	env  Env
	iv   Interview
	out  []string            // whom their acts keep out
	box  []string            // whom the store keeps out, by the acts that it was given
	open []string            // names in sealed words that nothing was said about yet
	desk map[string][]string // the answers that keep out, as the office folds them
}

func (p *teller) did(what string, turn Turn, want []string) {
	p.t.Logf("at %s %s", p.iv.At(), what)
	before, opened := p.iv, p.iv.Opened()
	p.iv = turn.Next
	if got, err := DecodeInterview(p.iv.Encode()); err != nil || string(got.Encode()) != string(p.iv.Encode()) {
		p.t.Fatalf("the round trip changed the interview: %v", err)
	} else if rapid.Bool().Draw(p.t, "restart") {
		p.iv = got
	}
	if slices.Contains(turn.Acts, ActDelete) {
		p.out, p.box, p.open, p.desk = nil, nil, nil, map[string][]string{}
		p.iv = p.s.Start("nb", p.env).Next // as whoever comes back begins
		return
	}
	p.out = want
	p.same("the interview keeps out", p.iv.Excluded(), p.out)
	p.acted(turn, before, opened)
	for _, a := range turn.Seal {
		p.sealed(a)
	}
	p.open = slices.DeleteFunc(p.open, func(id string) bool { return slices.Contains(p.out, id) })
	p.shown()
}

// acted holds that the store is told of each change, and the person in words.
func (p *teller) acted(turn Turn, before Interview, opened bool) {
	if slices.Contains(turn.Acts, ActOpenRoom) || slices.Contains(turn.Acts, ActExclude) {
		p.box = p.iv.Excluded()
	}
	if p.iv.Opened() {
		p.same("the store keeps out", p.box, p.out)
	}
	if !opened {
		return
	}
	less := slices.DeleteFunc(before.Excluded(), func(id string) bool { return slices.Contains(p.out, id) })
	more := slices.DeleteFunc(p.iv.Excluded(), func(id string) bool { return slices.Contains(before.Excluded(), id) })
	var said []string
	for _, m := range turn.Say {
		if m.ID == "kept_out" || m.ID == "let_in" {
			said = append(said, m.Text)
		}
	}
	if len(said) != min(1, len(less))+min(1, len(more)) {
		p.t.Fatalf("kept out %v, let in %v, and said %q", more, less, said)
	}
	for _, id := range append(less, more...) {
		if person, _ := p.s.talk(p.iv, p.env).person(id); !strings.Contains(strings.Join(said, ""), bareName(person.Name)) {
			p.t.Fatalf("%s changed, and is not in %q", id, said)
		}
	}
}

// sealed folds an answer as the office does, and looks for names in its words.
func (p *teller) sealed(a Answer) {
	if slices.Contains(a.Is, KeepsOut) {
		if a.Supersedes {
			p.desk[a.Question] = nil
		}
		p.desk[a.Question] = append(p.desk[a.Question], people(a.Choices)...)
	}
	for _, id := range p.env.Named(a.Text) {
		if !slices.Contains(p.open, id) {
			p.open = append(p.open, id)
		}
	}
}

// shown compares what is on the page, and would be on each page that offers people.
func (p *teller) shown() {
	for _, m := range p.s.Ask(p.iv, p.env) {
		var offered, picked []string
		for _, c := range m.Choices {
			if id, ok := strings.CutPrefix(afterDot(c.ID), "p:"); ok {
				offered = append(offered, id)
				if c.Picked {
					picked = append(picked, id)
				}
			}
		}
		switch {
		case m.ID == askName:
			p.same("X1 asks about", offered, p.open)
		case len(offered) > 0:
			p.same(m.ID+" shows as kept out", picked, p.out)
		case m.Kind == KindReview:
			want := strings.TrimSpace(p.s.talk(p.iv, p.env).called(p.iv.Excluded()))
			if !strings.Contains(m.Help, want) || want == "" && !strings.Contains(m.Help, "Ingen") {
				p.t.Fatalf("the review says %q of %q", m.Help, want)
			}
			p.same("names that the review comes before", p.open, nil)
		}
	}
	if p.iv.Submitted() {
		p.same("names that it was sent before", p.open, nil)
	}
	if t := p.s.talk(p.iv, p.env); p.s.question(t.c.At) == nil || !p.s.question(t.c.At).People {
		for _, q := range p.s.main.Questions {
			if q.People {
				p.same(q.ID+" would show as kept out", people(t.ticks(&q)), p.out)
			}
		}
		told := slices.Clone(t.c.Named)
		for _, ids := range p.desk {
			told = append(told, ids...)
		}
		slices.Sort(told)
		if p.iv.Opened() {
			p.same("the sealed answers and the names keep out", slices.Compact(told), p.out)
		}
	}
}

func (p *teller) same(what string, got, want []string) {
	if !same(got, want) {
		p.t.Fatalf("%s %v, want %v", what, got, want)
	}
}

func (p *teller) answer(in Input) Turn { return p.s.Answer(p.iv, in, p.env) }

// press presses one button of what is asked, or one further up.
func (p *teller) press(id string) {
	at, key, _ := strings.Cut(id, ".")
	back, takes := strings.CutPrefix(key, takeBack)
	person, isPerson := strings.CutPrefix(back, "p:")
	want := slices.Clone(p.out)
	turn := p.answer(Input{Choices: []string{id}})
	q := p.s.question(at)
	taken := !slices.ContainsFunc(turn.Say, func(m Message) bool { return m.ID == "no_longer" })
	switch {
	case !taken:
	case at == askName && key == "all":
		want = append(want, p.open...)
	case at == askName && isPerson:
		if !slices.Contains(want, person) {
			want = append(want, person)
		}
	case at == askName && (key == "no" || key == "~skip") && p.iv.At() == askName:
		p.open = nil
	case q != nil && q.People && isPerson:
		want = slices.DeleteFunc(want, func(id string) bool { return id == person })
		if !takes {
			want = append(want, person)
		}
	case q != nil && q.People && slices.Contains(q.Exclusive, key):
		want = nil // of whom at C0, and of those of E5 at E5
		if !q.Opens {
			kept := p.s.talk(p.iv, p.env).stored(q)
			want = slices.DeleteFunc(slices.Clone(p.out), func(id string) bool { return !slices.Contains(kept, id) })
			if c := p.iv.c; c.At != q.ID && p.s.question(c.At).People {
				want = p.out // ticks of now are no less told than those that are finished
			}
		}
	}
	p.did("presses "+id, turn, want)
}

// form sends a page with boxes: of the current question, or one that was met.
func (p *teller) form(q *question, ids []string, way string, text string) {
	in := Input{Boxes: true, Text: NewPrivate(text)}
	for _, id := range ids {
		in.Choices = append(in.Choices, q.ID+".p:"+id)
	}
	in.Choices = append(in.Choices, q.ID+".~"+way)
	turn := p.answer(in)
	want := p.out
	if here := p.iv.At() == q.ID && p.iv.c.At == q.ID && !p.iv.c.Confirm; here || p.iv.c.State[q.ID] != "" && p.iv.At() != "" && (len(ids) > 0 || way == "done") {
		want = ids
		told := slices.ContainsFunc(turn.Seal, func(a Answer) bool { return a.Question == q.ID && a.Text == NewPrivate(text) })
		if p.iv.Opened() && text != "" && way != "pause" && !told {
			p.t.Fatalf("words beside the ticks of %s are lost", q.ID)
		}
	}
	p.did(fmt.Sprintf("sends %s with %v ~%s %q", q.ID, ids, way, text), turn, want)
}

var wordsOfTellers = []string{
	"ja", "det var ille", "Håkon gjorde det", "ha\u030akon så det", "kaja og Maren var der", "Berg", "Sidsel visste det", "Bo Lie", "sissi", "ferdig", "hopp over", "jeg husker ikke mer enn det", "1", "2", "nei",
}

// TestWhatThePageShowsHolds tells and presses in any order, on pages and in chats, and
// compares who is kept out with the pages, with the store and with the desk.
func TestWhatThePageShowsHolds(t *testing.T) {
	s := Default()
	reached := map[string]int{}
	rapid.Check(t, func(t *rapid.T) {
		p := &teller{t: t, s: s, env: office(), desk: map[string][]string{}}
		p.iv = s.Start("nb", p.env).Next
		offers := s.Offers(p.env)
		where := []string{"", "A1", "E2", "E4", "E5", "H4", "H5"}[rapid.IntRange(0, 6).Draw(t, "from")]
		for i := 0; i < 120 && where != "" && p.iv.c.At != where; i++ {
			p.press(onward(s, s.Ask(p.iv, p.env)[0]))
		}
		for range rapid.IntRange(5, 40).Draw(t, "acts") {
			if p.iv.Submitted() {
				break
			}
			p.act(offers)
			reached[p.iv.At()]++
		}
		for i := 0; i < 150 && !p.iv.Submitted(); i++ {
			p.press(onward(s, s.Ask(p.iv, p.env)[0]))
		}
		if !p.iv.Submitted() {
			t.Fatal("nobody can send this")
		}
	})
	for _, id := range []string{"X1", "C0", "E5", "H4", "H5"} {
		if testing.Short() { // a few runs do not reach them all
			break
		}
		if reached[id] == 0 {
			t.Errorf("nothing was done at %s, of %v", id, slices.Sorted(maps.Keys(reached)))
		}
	}
}

func (p *teller) act(offers []string) {
	shown := p.s.Ask(p.iv, p.env)[0].Choices
	asks := []string{"C0", "E5"}
	switch rapid.SampledFrom([]string{"press", "press", "press", "form", "people", "stale", "text", "text", "lang"}).Draw(p.t, "act") {
	case "press":
		c := rapid.SampledFrom(shown).Draw(p.t, "choice")
		for range rapid.IntRange(1, 3).Draw(p.t, "taps") { // an impatient finger means one thing
			p.press(c.Asks())
		}
	case "people":
		p.press(rapid.SampledFrom(asks).Draw(p.t, "question") + rapid.SampledFrom([]string{".p:", ".!p:"}).Draw(p.t, "as") + rapid.SampledFrom(p.env.everybody()).Draw(p.t, "who").ID)
	case "stale":
		p.press(rapid.SampledFrom(offers).Draw(p.t, "button"))
	case "form":
		q := p.s.question(rapid.SampledFrom(append(asks, p.iv.c.At)).Draw(p.t, "question"))
		if q == nil || !q.People {
			return
		}
		var ids []string
		for _, person := range p.s.talk(p.iv, p.env).listed() {
			if rapid.Bool().Draw(p.t, person.ID) {
				ids = append(ids, person.ID)
			}
		}
		text := ""
		if q.takesText() {
			text = rapid.SampledFrom(append([]string{"", ""}, wordsOfTellers...)).Draw(p.t, "words")
		}
		p.form(q, ids, rapid.SampledFrom([]string{"done", "skip", "back", "pause"}).Draw(p.t, "way"), text)
	case "text":
		p.text(rapid.SampledFrom(wordsOfTellers).Draw(p.t, "words"))
	case "lang":
		p.iv = p.s.SetLang(p.iv, "nb")
	}
}

// text types something; a number or a word of a button is as if it were pressed.
func (p *teller) text(words string) {
	t := p.s.talk(p.iv, p.env)
	q := p.s.question(t.c.At)
	if q == nil {
		return
	}
	if keys := t.typedKeys(words, t.shown(q), false, false); len(keys) == 1 {
		at := q.ID
		if t.c.asking() {
			at = askName
		}
		p.press(at + "." + keys[0])
		return
	}
	p.did(fmt.Sprintf("says %q", words), p.answer(Input{Text: NewPrivate(words)}), p.out)
}
