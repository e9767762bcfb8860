package bot

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"tillit/intake"
)

// longest is what somebody who is afraid reads on a telephone before they look away.
const longest = 400

// long are the words that may be longer: they are read by who asked for them, or stand once,
// before anything begins or after all is sent.
var long = map[string]bool{
	"hello": true, "leader": true, "aftercare": true, "R": true,
}

// TestNoMessageIsLong leads somebody through all that the interview asks, and holds each
// message to what is read, without its choices. The look over everything names who can read.
func TestNoMessageIsLong(t *testing.T) {
	for _, who := range []string{"S3.me", "S3.leader", "S3.saw"} {
		for _, lang := range []string{"nb", "nn", "en"} {
			tw := newTown(t)
			tw.press("lin", "l", "lang:"+lang)
			tw.press("lin", "s", "start")
			visits := map[string]int{}
			for i := 0; i < 120 && tw.question("lin").Kind != intake.KindReceipt; i++ {
				q := tw.question("lin")
				visits[q.ID]++
				press := onward(q, visits[q.ID])
				for _, c := range q.Choices {
					if slices.Contains([]string{who, "C1.touch", "G6.info", "D1.does_not_want"}, c.ID) && visits[q.ID] == 1 {
						press = c.ID
					}
				}
				tw.turn(time.Second)
				tw.press("lin", fmt.Sprint("p", i), press)
			}
			seen := 0
			for _, m := range tw.screen.sent["lin"] {
				m.Choices = nil
				seen++
				if n := utf8.RuneCountInString(strings.TrimSpace(m.Text + "\n\n" + m.Help)); n > longest && !long[m.ID] && m.Kind != intake.KindReview {
					t.Errorf("%s: %s has %d characters", lang, m.ID, n)
				}
			}
			if seen < 25 {
				t.Errorf("%s: only %d messages were said", who, seen)
			}
		}
	}
}
