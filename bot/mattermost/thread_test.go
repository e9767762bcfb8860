package mattermost_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/mattermost/mattermost/server/public/model"

	"tillit/bot/mattermost"
	"tillit/bot/mattermost/standin"
	"tillit/store/cases"
)

// under is the newest message of ours that says something.
func (tw *town) under(p *standin.Person, says string) (found standin.Shown) {
	tw.t.Helper()
	tw.until("a message that says "+says, func() bool {
		for _, m := range p.Screen() {
			if !m.Mine && strings.Contains(m.Text, says) {
				found = m
			}
		}
		return found.ID != ""
	})
	return found
}

// TestAThreadAnswersTheQuestionThatItIsUnder has somebody answer in the thread of a question
// further up, while something else is asked, with buttons and where there are none.
func TestAThreadAnswersTheQuestionThatItIsUnder(t *testing.T) {
	for name, change := range map[string]func(*mattermost.Config){"buttons": func(*mattermost.Config) {}, "numbers": func(c *mattermost.Config) { c.Callback = "" }} {
		t.Run(name, func(t *testing.T) {
			tw := newTown(t, change)
			lin := tw.net.Person("Lin")
			lin.Write("hei")
			for _, says := range [][2]string{{"Start", "1"}, {"Ja", "1"}} {
				tw.answer(lin, says[0], says[1])
			}
			account := tw.under(lin, "egne ord")
			tw.kept(lin, lin.Write("Det var på middagen."))
			for _, says := range [][2]string{{"Ferdig", "ferdig"}, {"Det skjedde med meg", "1"}, {"Hopp over", "hopp over"}} {
				tw.answer(lin, says[0], says[1])
			}
			tw.under(lin, "noe mer du vil ta med")
			tw.kept(lin, lin.Post(&model.Post{Message: "Og jeg sa nei.", RootId: account.ID}))
			tw.under(lin, "lagret og låst under")
			tw.kept(lin, lin.Write("Jeg gikk hjem."))
			at := map[string][]string{}
			tw.answer(lin, "Ferdig", "ferdig")
			tw.answer(lin, "Nei, alle her kan se det", "nei")
			tw.answer(lin, "Se over og send", "2")
			tw.answer(lin, "Hopp over", "hopp over")
			tw.answer(lin, "Hopp over", "hopp over")
			tw.answer(lin, "Ferdig med å se over", "ferdig med å se over")
			tw.answer(lin, "Send inn", "1")
			tw.sees(lin, "Kvittering")
			for _, body := range tw.told(tw.ref(lin)) {
				if a, ok := body.(cases.Answer); ok && !a.Text.IsZero() {
					at[a.Question] = append(at[a.Question], a.Text.Reveal())
				}
			}
			want := map[string][]string{"A1": {"Det var på middagen.", "Og jeg sa nei."}, "A2": {"Jeg gikk hjem."}}
			if fmt.Sprint(at) != fmt.Sprint(want) {
				t.Errorf("the office reads %q, want %q", at, want)
			}
		})
	}
}

// answer presses a button or, where there are none, writes what is under it.
func (tw *town) answer(p *standin.Person, label, typed string) {
	tw.t.Helper()
	tw.quiet(p)
	if typed == "" {
		typed = label
	}
	for _, m := range p.Screen() {
		if len(m.Buttons) > 0 {
			tw.press(p, label)
			return
		}
	}
	tw.kept(p, p.Write(typed))
	tw.quiet(p)
}
