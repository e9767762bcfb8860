package mattermost_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/mattermost/mattermost/server/public/model"

	"tillit/bot"
	"tillit/bot/bottest/walk"
	"tillit/bot/mattermost"
	"tillit/bot/mattermost/standin"
	"tillit/intake"
)

// walker is somebody with an account.
type walker struct{ *standin.Person }

func (w walker) Conversation() string { return w.ID }

func (w walker) Standing() (all []string) {
	for _, m := range w.Screen() {
		if m.Mine || m.Text != "–" { // what was cleared is not there any more
			all = append(all, m.ID)
		}
	}
	return all
}

func (w walker) Reply(message, text string) string {
	return w.Post(&model.Post{Message: text, RootId: w.root(message)})
}

// root is where the thread begins that a message stands in, or would begin.
func (w walker) root(message string) string {
	for _, m := range w.Screen() {
		if m.ID == message && m.Root != "" {
			return m.Root
		}
	}
	return message
}

func (w walker) Under(message string) string {
	root, under := w.root(message), ""
	for _, m := range w.Screen() {
		if (m.ID == root || m.Root == root) && len(m.Buttons) > 0 {
			under = m.ID
		}
	}
	return under
}

func (w walker) Press(message, label string) (told string, there bool) {
	for _, m := range w.Screen() {
		for _, b := range m.Buttons {
			if m.ID == message && b.Label == label {
				told, err := w.PressAt(m.ID, b.Action)
				return told, err == nil
			}
		}
	}
	return "", false
}

func (w walker) Edit(message, text string) { w.Person.Edit(message, text) }

// TestNothingOfAChatIsLostOrElsewhere lets people wander through a chat.
func TestNothingOfAChatIsLostOrElsewhere(t *testing.T) {
	walk.Run(t, 10, func(t testing.TB, tw *walk.Town) walk.Made {
		net := standin.New(t)
		var served atomic.Pointer[mattermost.Mattermost]
		callback := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { served.Load().ServeHTTP(rw, r) }))
		t.Cleanup(callback.Close)
		where := func(c *mattermost.Config) {
			c.Now, c.Callback = tw.Now, callback.URL+"/hooks/mattermost"
			c.Cursor = func(ctx context.Context, person intake.ConversationID) ([]byte, error) {
				return tw.Store.Cursor(ctx, "mattermost", person)
			}
		}
		return walk.Made{
			Channel: func() bot.Channel {
				mm := channel(t, net, tw.Log, where)
				served.Store(mm)
				return mm
			},
			Person: func(name string) walk.Person { return walker{net.Person(name)} },
		}
	})
}
