package casework

import (
	"testing"

	"tillit/intake"
	"tillit/store/cases"
)

// TestAPlaceThatMovesIsOneEntry tells a place anew, and wants its last one where the first
// stood, and everything else beside it.
func TestAPlaceThatMovesIsOneEntry(t *testing.T) {
	words := intake.NewPrivate
	live := cases.Source{Message: "5", Live: true}
	c, cs := &Client{}, &Case{}
	for _, body := range []cases.Body{
		cases.Answer{Question: "A1", Text: words("first"), Source: live},
		cases.Message{Text: words("on the way"), Edited: true, Source: live},
		cases.Message{Text: words("another"), Edited: true, Source: cases.Source{Message: "5"}},
		cases.Message{Text: words("last"), Edited: true, Source: live},
		cases.Message{Text: words("elsewhere"), Source: cases.Source{Message: "6", Live: true}},
	} {
		c.tell(cs, step{entry: entry{body: body}})
	}
	var got []string
	for _, e := range cs.Entries {
		got = append(got, e.Text.Reveal())
	}
	if len(got) != 3 || got[0] != "last" || got[1] != "another" || got[2] != "elsewhere" || cs.Answers[0].Text.Reveal() != "last" {
		t.Errorf("the case shows %q", got)
	}
}
