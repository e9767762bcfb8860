package telegram_test

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"testing"

	"tillit/bot"
	"tillit/bot/bottest/faults"
	"tillit/bot/network"
	"tillit/bot/telegram"
	"tillit/bot/telegram/standin"
	"tillit/intake"
)

func TestWhatWasSaidIsChangedInItsPlace(t *testing.T) {
	s := standin.New(t)
	s.Fast = true
	ch := channel(t, s, slog.New(slog.DiscardHandler), func(c *telegram.Config) {
		c.Pace = network.NewPacer(network.Rate{PerSecond: 1000, Burst: 1000}, network.Rate{PerSecond: 1000, Burst: 1000})
	})
	p := s.Person("Kari")
	to := intake.NewAddress(strconv.FormatInt(p.ID, 10))
	say := func(text string, labels ...string) bot.Message {
		m := bot.Message{Message: intake.Message{Text: text}}
		for _, l := range labels {
			m.Choices = append(m.Choices, intake.Choice{ID: l, Label: l})
		}
		return m
	}
	sent, err := ch.Send(t.Context(), to, say("Ny sak.", "Ta"))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time it is so already
		if err := ch.Edit(t.Context(), to, sent, say("Tatt.")); err != nil {
			t.Errorf("changing it: %v", err)
		}
	}
	if got := p.Screen(); len(got) != 1 || got[0].Text != "Tatt." || len(got[0].Buttons) != 0 {
		t.Errorf("she sees %+v, want the one message, changed", got)
	}
	for _, tt := range []struct {
		name  string
		sent  bot.SentID
		text  string
		fault faults.Fault
		want  func(error) bool
	}{
		{"a message that is gone", "99999", "x", faults.Fault{}, other},
		{"one that went in parts", "1,2", "x", faults.Fault{}, other},
		{"more than fits", sent, strings.Repeat("ord ", 2000), faults.Fault{}, other},
		{"a lost answer", sent, "a", faults.Fault{After: true}, later},
		{"a network in trouble", sent, "b", faults.Fault{Status: 502}, later},
		{"one who stopped the bot", sent, "c", faults.Fault{Status: 403, Says: "Forbidden: bot was blocked by the user"}, gone},
	} {
		if tt.fault != (faults.Fault{}) {
			s.Faults.On("editMessageText", tt.fault)
		}
		if err := ch.Edit(t.Context(), to, tt.sent, say(tt.text)); !tt.want(err) {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

func later(err error) bool {
	var r *bot.RetryError
	return errors.As(err, &r)
}

func TestTheOfficesAccountHasItsOwnMenu(t *testing.T) {
	l := listen(t, func(c *telegram.Config) { c.Office = true })
	l.until("the menus are set", func() bool { return len(l.net.Commands("nn")) > 0 && len(l.net.Commands("")) > 0 })
	if got := l.net.Commands(""); got[0].Command != "queue" || len(got) != 2 {
		t.Errorf("handlers are offered %+v", got)
	}
}

// TestAnImpatientFingerKeepsSomebodyOut presses a name again and again before its mark can
// show, and the question before it. Nobody is let in by that, and nothing asked twice.
func TestAnImpatientFingerKeepsSomebodyOut(t *testing.T) {
	t.Parallel()
	tw := newTown(t)
	lin := tw.net.Person("Lin")
	lin.Write("/start")
	tw.press(lin, "Start")
	button := func(label string) (message int, data string) {
		t.Helper()
		tw.until("a button that says "+label, func() bool { return slices.Contains(tw.buttons(lin), label) })
		for _, m := range lin.Screen() {
			for _, b := range m.Buttons {
				if b.Label == label {
					message, data = m.ID, b.Data
				}
			}
		}
		return message, data
	}
	safe, yes := button("Ja")
	for range 3 {
		lin.PressData(safe, yes)
	}
	tw.settled()
	tw.sees(lin, "egne ord")
	for _, label := range []string{"Hopp over", "Det skjedde med meg", "Hopp over", "Hopp over"} {
		tw.press(lin, label)
	}
	asked, maren := button("Maren V.")
	for range 2 {
		lin.PressData(asked, maren)
	}
	tw.settled()
	button("Maren V. ✔")
	for range 3 {
		lin.PressData(asked, maren)
	}
	lin.PressData(safe, yes)
	tw.settled()
	tw.press(lin, "Ferdig")
	tw.sees(lin, "noen spørsmål til")
	count := map[string]int{}
	for _, said := range lin.Got() {
		count[said]++
	}
	for words, n := range count {
		if n > 1 {
			t.Errorf("%q is said %d times", words, n)
		}
	}
	for _, label := range []string{"Se over og send", "Hopp over", "Hopp over"} {
		tw.press(lin, label)
	}
	tw.sees(lin, "Holdt utenfor: Maren V")
}

// TestSeveralChoicesChangeWhereTheyStand: each press of a question that takes
// several puts its mark under the same message.
func TestSeveralChoicesChangeWhereTheyStand(t *testing.T) {
	t.Parallel()
	tw := newTown(t)
	lin := tw.net.Person("Lin")
	lin.Write("/start")
	tw.press(lin, "Start")
	for _, label := range []string{"Ja", "Hopp over", "Det skjedde med meg", "Hopp over", "Hopp over"} {
		tw.press(lin, label)
	}
	tw.until("she is asked who must not see it", func() bool { return slices.Contains(tw.buttons(lin), "Maren V.") })
	before := len(lin.Got())
	marks := func(labels ...string) {
		t.Helper()
		tw.until(fmt.Sprintf("the marks are %q", labels), func() bool {
			marked := []string{}
			for _, m := range lin.Screen() {
				if len(m.Buttons) > 0 {
					marked = marked[:0] // the newest that has buttons
				}
				for _, b := range m.Buttons {
					if name, ok := strings.CutSuffix(b.Label, " ✔"); ok {
						marked = append(marked, name)
					}
				}
			}
			return slices.Equal(marked, labels)
		})
	}
	for _, step := range []struct {
		press string
		marks []string
	}{
		{"Maren V.", []string{"Maren V."}}, {"Jonas T.", []string{"Maren V.", "Jonas T."}}, {"Maren V. ✔", []string{"Jonas T."}},
	} {
		if _, err := lin.Press(step.press); err != nil {
			t.Fatal(err)
		}
		marks(step.marks...)
	}
	if got := lin.Got(); len(got) != before+3 {
		t.Errorf("she got %d messages more for three presses, want a word for each, and the question changed: %q", len(got)-before, got[before:])
	}
	if got := tw.net.Calls("editMessageText"); got != 3 {
		t.Errorf("%d changes were made, want 3", got)
	}
}
