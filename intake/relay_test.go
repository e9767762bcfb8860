package intake

import (
	"slices"
	"testing"
)

// TestALeaderIsAskedLittle: who passes on what somebody told them is asked eight
// questions at the most behind that, each can be skipped, and none is one that only the
// person concerned can answer.
func TestALeaderIsAskedLittle(t *testing.T) {
	s, env := Default(), testEnv()
	iv := s.Start("nb", env).Next
	for _, press := range []string{"S1.yes", "A1.~skip", "S3.leader", "S2.adult"} {
		iv = s.Answer(iv, Input{Choices: []string{press}}, env).Next
	}
	var asked []string
	for iv.At() != s.review().ID {
		q := s.question(iv.At())
		if q == nil || len(asked) > 20 {
			t.Fatalf("stuck at %q after %q", iv.At(), asked)
		}
		press := q.ID + ".~skip"
		if q.Control {
			press = q.ID + "." + q.Main
		} else {
			asked = append(asked, q.ID)
		}
		iv = s.Answer(iv, Input{Choices: []string{press}}, env).Next
	}
	if len(asked) > 9 || slices.ContainsFunc(asked, func(id string) bool {
		return id[0] != 'L' && !slices.Contains([]string{"C0", "D1", "E3", "E5", "H3"}, id)
	}) {
		t.Errorf("a leader is asked %q", asked)
	}
	if iv.Source() != SourceLeader {
		t.Errorf("the source is %q", iv.Source())
	}
}
