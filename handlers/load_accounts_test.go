package handlers_test

import (
	"strings"
	"testing"

	"tillit/handlers"
)

// TestAnAccountIsANumberOrAnIdOfOnePerson holds that nobody is known on a network
// by a name, and that two handlers are never one account.
func TestAnAccountIsANumberOrAnIdOfOnePerson(t *testing.T) {
	const id = "abcdefghijklmnopqrstuvwxyz"
	for lines, want := range map[string]string{
		"telegram = 12345\nmattermost = \"" + id + "\"\n":          "",
		"telegram = -100123\n":                                     "organisation.toml:3: telegram of handler kari is the number of a group; write the person's own",
		"mattermost = \"kari.nordmann\"\n":                         "organisation.toml:3: mattermost of handler kari must be the account's id of 26 small letters and digits, not a name",
		"telegram = 5\n[[handlers]]\nid = \"siv\"\ntelegram = 5\n": "organisation.toml:6: handler siv has the telegram account of handler kari",
	} {
		_, problems := handlers.ParseRoster("organisation.toml", []byte("[[handlers]]\nid = \"kari\"\n"+lines))
		var got string
		for _, p := range problems {
			if strings.Contains(p.Text, "telegram") || strings.Contains(p.Text, "mattermost") {
				got += p.String()
			}
		}
		if got != want {
			t.Errorf("%q: %q, want %q", lines, got, want)
		}
	}
}
