package handlers_test

import (
	"strings"
	"testing"

	"tillit/handlers"
)

// TestRightsThatMeanNothingAreRefused holds that no right in the organisation file
// is accepted and then ignored.
func TestRightsThatMeanNothingAreRefused(t *testing.T) {
	for rights, want := range map[string]string{
		`[]`:                   "",
		`["assign", "export"]`: "",
		`["close"]`:            `organisation.toml:3: right "close" means nothing yet, because no case can be closed; leave it out of handler kari`,
		`["delete"]`:           `organisation.toml:3: unknown right "delete"; there are assign, export`,
	} {
		_, problems := handlers.ParseRoster("organisation.toml", []byte("[[handlers]]\nid = \"kari\"\nrights = "+rights+"\n"))
		var got string
		for _, p := range problems {
			if strings.Contains(p.Text, "right") {
				got += p.String()
			}
		}
		if got != want {
			t.Errorf("rights %s: %q, want %q", rights, got, want)
		}
	}
}
