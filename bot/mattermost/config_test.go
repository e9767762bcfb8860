package mattermost_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/mattermost/mattermost/server/public/model"

	"tillit/bot/mattermost"
	"tillit/intake"
)

func TestAConfigurationIsRefusedWithAReason(t *testing.T) {
	const token = "kanari7777777777777777abcd"
	good := mattermost.Config{URL: "https://chat.example/", Token: intake.NewPrivate(token), Operator: "Driftshuset"}
	if _, err := mattermost.New(good); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		change func(*mattermost.Config)
		want   error
	}{
		{func(c *mattermost.Config) { c.URL = "" }, mattermost.ErrNoURL},
		{func(c *mattermost.Config) { c.URL = "chat.example" }, mattermost.ErrBadURL},
		{func(c *mattermost.Config) { c.URL = "https://me:secret@chat.example" }, mattermost.ErrBadURL},
		{func(c *mattermost.Config) { c.Token = intake.Private{} }, mattermost.ErrNoToken},
		{func(c *mattermost.Config) { c.Token = intake.NewPrivate(token + "!") }, mattermost.ErrBadToken},
		{func(c *mattermost.Config) { c.Callback = "ftp://x" }, mattermost.ErrBadCallback},
		{func(c *mattermost.Config) { c.Operator = " " }, mattermost.ErrNoOperator},
	} {
		c := good
		tt.change(&c)
		_, err := mattermost.New(c)
		if !errors.Is(err, tt.want) {
			t.Errorf("got %v, want %v", err, tt.want)
		}
		if err != nil && strings.Contains(err.Error(), "kanari") {
			t.Errorf("the token is shown: %v", err)
		}
	}
}

func TestTheTraitsAreTrue(t *testing.T) {
	c := mattermost.Config{URL: "https://chat.example", Token: intake.NewPrivate(model.NewId()), Operator: "Driftshuset"}
	for callback, buttons := range map[string]bool{"": false, "https://tillit.example/mm": true} {
		c.Callback = callback
		m, err := mattermost.New(c)
		if err != nil {
			t.Fatal(err)
		}
		tr := m.Capabilities(intake.ConversationID{})
		if tr.Buttons != buttons || tr.EndToEnd || tr.Copy || tr.Reader != "Driftshuset" || !tr.CanDelete || !tr.DeletesOurs {
			t.Errorf("with the callback %q the capabilities are %+v", callback, tr)
		}
	}
}

// TestAFileIsBoundedByItsOwnLimit alone, which an installation may set above what any
// other answer may hold.
func TestAFileIsBoundedByItsOwnLimit(t *testing.T) {
	id := model.NewId()
	for path, want := range map[string]bool{
		"/api/v4/files/" + id: false, "/chat/api/v4/files/" + id: false, "/api/v4/files/" + id + "/info": true, "/api/v4/posts/" + id: true, "/api/v4/posts/files": true,
	} {
		if got := mattermost.Bounds("https://chat.example.org" + path); got != want {
			t.Errorf("%s is bounded: %t, want %t", path, got, want)
		}
	}
}
