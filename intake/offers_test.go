package intake

import (
	"slices"
	"testing"
)

// TestOffersHoldEveryButton walks the set by its first way on, and by pressing
// each button once, and finds every button among the offers.
func TestOffersHoldEveryButton(t *testing.T) {
	s := Default()
	env := testEnv()
	env.People = []Person{{ID: "maren", Name: "Maren Vik"}, {ID: "jonas", Name: "Jonas T."}}
	offers := s.Offers(env)
	seen := map[string]bool{}
	var look func(iv Interview, said []Message, depth int)
	look = func(iv Interview, said []Message, depth int) {
		for _, m := range said {
			for _, c := range m.Choices {
				if !slices.Contains(offers, c.ID) {
					t.Errorf("%s is shown and not offered", c.ID)
				}
				if seen[c.ID] || depth == 0 {
					continue
				}
				seen[c.ID] = true
				turn := s.Answer(iv, Input{Choices: []string{c.ID}}, env)
				look(turn.Next, turn.Say, depth-1)
			}
		}
		typed := s.Answer(iv, Input{Text: NewPrivate("Det var Maren som gjorde det")}, env)
		for _, m := range typed.Say {
			for _, c := range m.Choices {
				if !slices.Contains(offers, c.ID) {
					t.Errorf("%s is shown and not offered", c.ID)
				}
			}
		}
	}
	start := s.Start("nb", env)
	look(start.Next, start.Say, 60)
	if len(seen) < 60 {
		t.Errorf("the interview met %d buttons only", len(seen))
	}
}
