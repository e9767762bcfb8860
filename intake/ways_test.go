package intake

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// inOrder are the ways out of a question, as they stand below each.
var inOrder = []string{"done", "skip", "unknown", "rather_not", "back", "send", "pause"}

// crimes are the kinds that the police could have to do with.
var crimes = []string{"messages", "touch", "threats", "sexual_act"}

// TestEachQuestionOfEachPath goes at random through the set that we ship: whatever somebody
// presses, the ways out stand in one order, nothing is dark that must not be pressed by
// accident, and nobody is asked what cannot be theirs to answer.
func TestEachQuestionOfEachPath(t *testing.T) {
	s, env := Default(), office()
	met := map[string]bool{}
	rapid.Check(t, func(t *rapid.T) {
		turn := s.Start(rapid.SampledFrom([]string{"nb", "nn", "en"}).Draw(t, "lang"), env)
		for range 90 {
			iv := turn.Next
			if iv.c.Submitted || iv.c.At == "" {
				return
			}
			m := s.Ask(iv, env)[0]
			waysStand(t, s, iv, m)
			fits(t, s, iv, m.ID)
			met[m.ID] = true
			var can []Choice
			for _, c := range m.Choices {
				if !c.Grave && !strings.HasSuffix(c.ID, ".~pause") {
					can = append(can, c)
				}
			}
			in := Input{Choices: []string{rapid.SampledFrom(can).Draw(t, "press").ID}}
			if m.Accepts == AcceptsFree && rapid.Bool().Draw(t, "writes") {
				in = Input{Text: NewPrivate("Det var etter møtet.")}
			}
			turn = s.Answer(iv, in, env)
		}
	})
	if !testing.Short() && len(met) < 50 {
		t.Errorf("only %d questions were met", len(met))
	}
}

func waysStand(t *rapid.T, s *Set, iv Interview, m Message) {
	var ways []string
	own := map[string]bool{}
	dark := 0
	for _, c := range m.Choices {
		q, key, _ := strings.Cut(c.ID, ".")
		way, out := strings.CutPrefix(key, "~")
		if out != c.Way || len(ways) > 0 && !out {
			t.Fatalf("%s stands among the ways out of %s", c.ID, m.ID)
		}
		if out {
			ways = append(ways, way)
		}
		own[key] = true
		if !c.Main {
			continue
		}
		dark++
		at := s.question(q)
		if does := at.Does[key]; c.Grave || way != "done" && key != "delete_no" && !at.Control || does == "delete" || does == "pause" || does == "send" && m.ID != "H4" && m.ID != "H5" {
			t.Fatalf("%s is dark at %s", c.ID, m.ID)
		}
	}
	if dark > 1 {
		t.Fatalf("%s has %d dark buttons", m.ID, dark)
	}
	at := -1
	for _, w := range ways {
		i := slices.Index(inOrder, w)
		if i <= at && m.ID != askName {
			t.Fatalf("the ways out of %s are %v", m.ID, ways)
		}
		at = i
	}
	q := s.question(m.ID)
	if q == nil || q.Control || q.Kind == kindReview || iv.c.Confirm {
		return
	}
	if !own["~skip"] || !own["~pause"] || !own["~unknown"] && !own["dont_know"] && !own["unsure"] || !own["~rather_not"] && !own["rather_not"] {
		t.Fatalf("the ways out of %s are %v", m.ID, ways)
	}
	if told := iv.c.State["A1"] == stateAnswered; told && !iv.c.Reviewed && !own["~send"] {
		t.Fatalf("from %s nothing leads to sending", m.ID)
	}
}

// fits holds that a question can be one for this person.
func fits(t *rapid.T, s *Set, iv Interview, id string) {
	chose := func(q string, any ...string) bool {
		return slices.ContainsFunc(iv.c.Facts[q], func(c string) bool { return slices.Contains(any, c) })
	}
	minor := chose("S2", "under15", "from15to17")
	wrong := false
	switch id {
	case "S2":
		wrong = iv.c.State["S3"] == ""
	case "D1", "D2":
		wrong = chose("S3", "me")
	case "E7":
		wrong = chose("C1", "sexual_act") || chose("S2", "under15")
	case "C2":
		wrong = !chose("C1", "touch", "sexual_act") || chose("B2", "month", "year", "longer")
	case "G6":
		wrong = minor || !chose("C1", crimes...)
	case "G6y":
		wrong = !minor || !chose("C1", crimes...)
	case "B3b":
		wrong = iv.c.State["N2"] != ""
	}
	if wrong {
		t.Fatalf("%s is asked of who cannot answer it", id)
	}
	if minor && id == "G6y" && strings.Contains(s.in(iv.c.Lang).Questions[id].Help, s.in(iv.c.Lang).Questions["G6"].Help) {
		t.Fatal("a young person is asked about the police as a grown one")
	}
}
