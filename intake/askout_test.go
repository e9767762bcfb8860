package intake

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// TestWhoIsMeantAfterSending does what the bot does with a message to an open case.
func TestWhoIsMeantAfterSending(t *testing.T) {
	s, env := Default(), office()
	ids := env.Named(NewPrivate("Jeg møtte Ha\u030akon igjen, og kaja"))
	if !slices.Equal(ids, []string{"hakon", "kari"}) {
		t.Fatalf("found %v", ids)
	}
	m := s.AskOut("nb", env, ids)
	if m.ID != "X1" || len(m.Choices) != 4 || !m.Choices[2].Main || !strings.Contains(m.Choices[0].Label, "Håkon R.") {
		t.Errorf("asked %+v", m)
	}
	for _, c := range []struct {
		in        Input
		out, left []string
		ok        bool
	}{
		{Input{Choices: []string{"X1.p:kari"}}, []string{"kari"}, []string{"hakon"}, true},
		{Input{Choices: []string{"X1.all"}}, []string{"hakon", "kari"}, nil, true},
		{Input{Choices: []string{"X1.no"}}, nil, nil, true},
		{Input{Choices: []string{"X1.p:ola"}}, nil, ids, false},
		{Input{Text: NewPrivate("2")}, []string{"kari"}, []string{"hakon"}, true},
		{Input{Text: NewPrivate("1 og 2")}, []string{"hakon", "kari"}, nil, true},
		{Input{Text: NewPrivate("hold kari nordmann utenfor!")}, []string{"kari"}, []string{"hakon"}, true},
		{Input{Text: NewPrivate("nei, noen andre")}, nil, nil, true},
		{Input{Text: NewPrivate("ja")}, nil, ids, false},
		{Input{Text: NewPrivate("det er Kari")}, nil, ids, false},
		{Input{}, nil, ids, false},
	} {
		out, left, ok := s.AnswerOut("nb", env, ids, c.in)
		if !slices.Equal(out, c.out) || !slices.Equal(left, c.left) || ok != c.ok {
			t.Errorf("%v %q: out %v, left %v, %v", c.in.Choices, c.in.Text.Reveal(), out, left, ok)
		}
	}
}

// TestWhoIsOnlyToldIsKeptOutByName: they are in no list, until they are kept out; then
// every page that asks about people shows it, and can undo it.
func TestWhoIsOnlyToldIsKeptOutByName(t *testing.T) {
	s, env := Default(), office()
	listed := func(iv Interview) (ids []string) {
		for _, c := range s.Ask(iv, env)[0].Choices {
			if id, ok := strings.CutPrefix(c.ID, "C0.p:"); ok && (c.Picked || id == "sidsel" || id == "bo") {
				ids = append(ids, id)
			}
		}
		return ids
	}
	iv := s.Start("nb", env).Next
	for iv.At() != "C0" {
		iv = s.Answer(iv, Input{Choices: []string{onward(s, s.Ask(iv, env)[0])}}, env).Next
	}
	if m := s.Ask(iv, env)[0]; len(listed(iv)) > 0 || strings.Contains(m.Text, "Sidsel") {
		t.Errorf("people who cannot read are listed: %v", listed(iv))
	}
	iv = s.Answer(iv, Input{Text: NewPrivate("Sidsel Ås")}, env).Next
	if got := iv.Excluded(); !slices.Equal(got, []string{"sidsel"}) || !slices.Equal(listed(iv), got) {
		t.Errorf("by her name %v is kept out, and %v listed", got, listed(iv))
	}
	number := fmt.Sprint(len(s.Ask(iv, env)[0].Choices) + 1)
	if got := s.Answer(iv, Input{Text: NewPrivate(number)}, env).Next.Excluded(); !slices.Equal(got, []string{"sidsel"}) {
		t.Errorf("a number picks somebody who is not listed: %v", got)
	}
	if got := s.Answer(iv, Input{Choices: []string{"C0.!p:sidsel"}}, env).Next.Excluded(); len(got) > 0 {
		t.Errorf("taken back %v is kept out", got)
	}
}

// TestWhoWasKeptOutStaysSo goes on in an interview from before, and in another set.
func TestWhoWasKeptOutStaysSo(t *testing.T) {
	s, env := Default(), office()
	// As it was stored then: Maren at C0, Kari by her name, Ola ticked at E5 just now.
	old, err := DecodeInterview([]byte(`{"v":"` + s.Version() + `","l":"nb","q":"E5","s":{"C0":"answered"},"f":{"C0":["p:maren"]},"p":["p:ola"],"x":["maren","kari","ola"],"o":true}`))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"maren", "kari", "ola"}
	if got := s.SetLang(old, "nb").Excluded(); !same(got, want) {
		t.Errorf("before anything is done: %v", got)
	}
	turn := s.Answer(old, Input{Choices: []string{"E5.~done"}}, env)
	if got := turn.Next.Excluded(); !same(got, want) || slices.Contains(turn.Acts, ActExclude) {
		t.Errorf("then: %v, %v", got, turn.Acts)
	}
	anew := s.StartAfter(turn.Next, "en", env).Next
	if got := anew.Excluded(); !same(got, want) || anew.Opened() || anew.Lang() != "en" {
		t.Errorf("begun anew: %v", got)
	}
	for range 5 { // to C0
		anew = s.Answer(anew, Input{Choices: []string{onward(s, s.Ask(anew, env)[0])}}, env).Next
	}
	turn = s.Answer(anew, Input{Boxes: true, Choices: []string{"C0.p:kari", "C0.~done"}}, env)
	if got := turn.Next.Excluded(); !same(got, []string{"kari"}) {
		t.Errorf("unticked: %v", got)
	}
}

// TestAKeptSetNeedsNothingNew takes from a set what is asked of sets since.
func TestAKeptSetNeedsNothingNew(t *testing.T) {
	files := fstest.MapFS{}
	for name, data := range Default().Files() {
		text := strings.ReplaceAll(string(data), "is = [\"keeps_out\"]\n", "names = true\n")
		for _, k := range laterSays {
			i := strings.Index(text, "\n"+k+" = ")
			if i >= 0 {
				text = text[:i] + text[i+1+strings.IndexByte(text[i+1:], '\n'):]
			}
		}
		files[name] = &fstest.MapFile{Data: []byte(text)}
	}
	if got := len(Lint(files)); got < 3*len(laterSays)+2 {
		t.Errorf("a set of today may lack all that: %d problems", got)
	}
	s, err := LoadKept(files)
	if err != nil {
		t.Fatal(err)
	}
	env := office()
	iv := s.Start("nn", env).Next
	for range 1 {
		iv = s.Answer(iv, Input{Choices: []string{onward(s, s.Ask(iv, env)[0])}}, env).Next
	}
	turn := s.Answer(s.Answer(iv, Input{Text: NewPrivate("Det var Ola")}, env).Next, Input{Choices: []string{"A1.~done"}}, env)
	if got := saidText(turn.Say); !strings.Contains(got, "Hald Ola Berg utanfor") {
		t.Errorf("said %s", got)
	}
}
