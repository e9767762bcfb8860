package telegram_test

import (
	"fmt"
	"strconv"
	"testing"

	"tillit/bot"
	"tillit/bot/bottest/walk"
	"tillit/bot/network"
	"tillit/bot/telegram"
	"tillit/bot/telegram/standin"
)

// walker is somebody with the app.
type walker struct{ *standin.Person }

func (w walker) Conversation() string { return fmt.Sprint(w.ID) }

func (w walker) Write(text string) string {
	message, _ := w.Person.Write(text)
	return strconv.Itoa(message)
}

func (w walker) find(message string) (standin.Shown, bool) {
	for _, m := range w.Screen() {
		if strconv.Itoa(m.ID) == message {
			return m, true
		}
	}
	return standin.Shown{}, false
}

func (w walker) Standing() (all []string) {
	for _, m := range w.Screen() {
		all = append(all, strconv.Itoa(m.ID))
	}
	return all
}

func (walker) Under(message string) string { return message }

func (w walker) Reply(message, text string) string {
	to, _ := w.find(message)
	sent, _ := w.Person.Reply(to, text)
	return strconv.Itoa(sent)
}

func (w walker) Press(message, label string) (string, bool) {
	m, _ := w.find(message)
	for _, b := range m.Buttons {
		if b.Label == label {
			w.PressData(m.ID, b.Data)
			return "", true
		}
	}
	return "", false
}

func (w walker) Edit(message, text string) {
	m, _ := w.find(message)
	w.Person.Edit(m.ID, text)
}

// TestNothingOfAChatIsLostOrElsewhere lets people wander through a chat.
func TestNothingOfAChatIsLostOrElsewhere(t *testing.T) {
	walk.Run(t, 40, func(t testing.TB, tw *walk.Town) walk.Made {
		net := standin.New(t)
		net.Fast = true
		quick := func(c *telegram.Config) {
			c.Pace = network.NewPacer(network.Rate{PerSecond: 1000, Burst: 1000}, network.Rate{PerSecond: 1000, Burst: 1000})
			c.Now = tw.Now
		}
		return walk.Made{
			Channel: func() bot.Channel { return channel(t, net, tw.Log, quick) },
			Person:  func(name string) walk.Person { return walker{net.Person(name)} },
		}
	})
}
