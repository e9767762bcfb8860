package console_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"tillit/bot"
	"tillit/bot/bottest/walk"
	"tillit/bot/console"
)

// wanderer is somebody at a terminal, which is another one in each process.
type wanderer struct{ *terminal }

func (*wanderer) Conversation() string { return "terminal" }

func (w *wanderer) Write(text string) string {
	w.typed <- text + "\n"
	return strconv.Itoa(len(w.Screen("")))
}

func (w *wanderer) Press(_, label string) (told string, there bool) {
	for _, shown := range slices.Backward(w.Screen("")) {
		for line := range strings.Lines(shown) {
			if fields := strings.Fields(line); len(fields) > 1 && strings.Join(fields[1:], " ") == strings.Join(strings.Fields(label), " ") {
				if _, err := strconv.Atoi(fields[0]); err != nil {
					return "", false // only its words can be written out, and mean the newest
				}
				w.Write(fields[0])
				return "", true
			}
		}
	}
	return "", false
}

func (w *wanderer) Standing() []string { return nil }

// TestNothingOfATalkIsLostOrElsewhere lets people wander through a talk in a terminal.
func TestNothingOfATalkIsLostOrElsewhere(t *testing.T) {
	walk.Run(t, 20, func(_ testing.TB, tw *walk.Town) walk.Made {
		w := &wanderer{}
		return walk.Made{
			Alone: true, Greets: true, Person: func(string) walk.Person { return w },
			Channel: func() bot.Channel {
				if w.terminal != nil {
					close(w.typed)
				}
				w.terminal = newTerminal()
				return console.New(w.terminal, w.terminal)
			},
		}
	})
}
