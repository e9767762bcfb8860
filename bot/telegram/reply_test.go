package telegram_test

import (
	"fmt"
	"strings"
	"testing"

	"tillit/bot/telegram/standin"
	"tillit/store/cases"
)

// under is the newest message of ours that says something and has buttons.
func (tw *town) under(p *standin.Person, says string) (found standin.Shown) {
	tw.t.Helper()
	tw.until("a question that says "+says, func() bool {
		for _, m := range p.Screen() {
			if !m.Mine && len(m.Buttons) > 0 && strings.Contains(m.Text, says) {
				found = m
			}
		}
		return found.ID > 0
	})
	return found
}

// at is what the office reads under each question.
func (tw *town) at(ref string) map[string][]string {
	tw.t.Helper()
	at := map[string][]string{}
	for _, body := range tw.told(ref) {
		if a, ok := body.(cases.Answer); ok && !a.Text.IsZero() {
			at[a.Question] = append(at[a.Question], a.Text.Reveal())
		}
	}
	return at
}

// TestAReplyAnswersTheQuestionThatItIsTo has somebody answer a message further up, while
// something else is asked.
func TestAReplyAnswersTheQuestionThatItIsTo(t *testing.T) {
	t.Parallel()
	tw := newTown(t)
	lin := tw.net.Person("Lin")
	tw.begin(lin)
	account := tw.under(lin, "egne ord")
	lin.Write("Det var på middagen.")
	tw.settled()
	for _, label := range []string{"Ferdig", "Det skjedde med meg", "Hopp over"} {
		tw.press(lin, label)
	}
	more := tw.under(lin, "noe mer du vil ta med")
	lin.Reply(account, "Og jeg sa nei, to ganger.")
	tw.settled()
	tw.sees(lin, "lagret og låst under")
	lin.Reply(more, "Jeg gikk hjem.")
	tw.settled()
	lin.Write("Og ringte en venn.")
	tw.settled()
	for _, label := range []string{"Ferdig", "Nei, alle her kan se det", "Se over og send", "Hopp over", "Hopp over", "Ferdig med å se over", "Send inn"} {
		tw.press(lin, label)
	}
	tw.sees(lin, "Kvittering")
	got := tw.at(tw.ref(lin))
	want := map[string][]string{"A1": {"Det var på middagen.", "Og jeg sa nei, to ganger."}, "A2": {"Jeg gikk hjem.", "Og ringte en venn."}}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("the office reads %q, want %q", got, want)
	}
}
