package intake

import (
	"bytes"
	"slices"
	"testing"
	"testing/fstest"
)

// TestHelpToRememberIsForWhoIsCalm: it is offered once to who goes on, and never to who is
// not safe, wrote words of need, or passes on what another one told; a set leaves it out by
// one line.
func TestHelpToRememberIsForWhoIsCalm(t *testing.T) {
	files := fstest.MapFS{}
	for name, data := range Default().Files() {
		files[name] = &fstest.MapFile{Data: bytes.Replace(data, []byte("without = []"), []byte(`without = ["M1"]`), 1)}
	}
	without, err := Load(files)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		set         *Set
		safe, who   string
		need, asked bool
	}{
		"calm":         {Default(), "S1.yes", "S3.me", false, true},
		"a witness":    {Default(), "S1.~skip", "S3.saw", false, true},
		"not safe":     {Default(), "S1.unsure", "S3.me", false, false},
		"in need":      {Default(), "S1.yes", "S3.me", true, false},
		"a leader":     {Default(), "S1.yes", "S3.leader", false, false},
		"left out":     {without, "S1.yes", "S3.me", false, false},
		"out, witness": {without, "S1.yes", "S3.saw", false, false},
	} {
		env := office()
		iv := c.set.Answer(c.set.Start("nb", env).Next, Input{Choices: []string{c.safe}}, env).Next
		iv = c.set.Answer(iv, Input{Text: NewPrivate("Det var i går."), Need: c.need}, env).Next
		var asked []string
		for range 80 {
			m := c.set.Ask(iv, env)[0]
			if m.Kind == KindReview {
				break
			}
			asked = append(asked, m.ID)
			press := onward(c.set, m)
			for _, choice := range m.Choices {
				if slices.Contains([]string{c.who, "A3.go_on", "A4.go_on"}, choice.ID) {
					press = choice.ID
				}
			}
			iv = c.set.Answer(iv, Input{Choices: []string{press}}, env).Next
		}
		if got := slices.Contains(asked, "M1"); got != c.asked || slices.Contains(asked, "M2") {
			t.Errorf("%s: offered %t, want %t; asked %v", name, got, c.asked, asked)
		}
	}
}
