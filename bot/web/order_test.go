package web

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tillit/bot"
	"tillit/intake"
)

// TestWhatLiesFurtherBackIsInItsOrder: whatever was said in whatever order, the fold of
// earlier words tells it as it was said, each thing once, and nothing that a person of the
// office wrote or somebody told is missing from the page.
func TestWhatLiesFurtherBackIsInItsOrder(t *testing.T) {
	kinds := map[string]bot.Message{
		"question": {Message: intake.Message{ID: "A1", Kind: intake.KindQuestion, Accepts: intake.AcceptsFree}},
		"receipt":  {Message: intake.Message{ID: "R", Kind: intake.KindReceipt}},
		"card":     {Message: intake.Message{ID: "aftercare", Kind: intake.KindCard}},
		"kept":     {Message: intake.Message{ID: "kept", Kind: intake.KindReply}},
		"status":   {Message: intake.Message{ID: "status", Kind: intake.KindReply}},
		"mine":     {Mine: true, Message: intake.Message{ID: "A1"}},
		"office":   {Message: intake.Message{ID: "office", Kind: intake.KindOffice}},
		"minutes":  {Message: intake.Message{ID: "minutes", Kind: intake.KindOffice, Choices: []intake.Choice{{ID: "ok:1@T"}, {ID: "change:1@T"}}}},
	}
	rapid.Check(t, func(t *rapid.T) {
		var lines []bot.Message
		for i, kind := range rapid.SliceOf(rapid.SampledFrom([]string{"question", "receipt", "card", "kept", "status", "mine", "mine", "office", "office", "minutes"})).Draw(t, "lines") {
			m := kinds[kind]
			m.At = time.Unix(int64(i), 0)
			m.Text, m.Words = fmt.Sprintf("%s %d", kind, i), intake.NewPrivate(fmt.Sprintf("words %d", i))
			lines = append(lines, m)
		}
		c := newChat(lines, 0, newTold())
		if !slices.IsSortedFunc(c.Older, func(a, b said) int { return a.nth - b.nth }) {
			t.Fatalf("further back it says %v", c.Older)
		}
		shown := map[string]int{}
		all := slices.Concat(c.Older, c.Just, c.Sofar, c.Care, c.Told)
		if c.Office != nil {
			all = append(all, *c.Office)
		}
		if c.Paper != nil {
			all = append(all, c.Paper.said)
		}
		for _, s := range all {
			shown[s.Words]++
		}
		for _, m := range lines {
			if w := m.Words.Reveal(); (m.Mine || m.Kind == intake.KindOffice) && shown[w] != 1 {
				t.Fatalf("%q is shown %d times", m.Text, shown[w])
			}
		}
	})
}
