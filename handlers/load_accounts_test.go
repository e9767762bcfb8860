package handlers_test

import (
	"errors"
	"strings"
	"testing"

	"tillit/handlers"
)

// paper is a network on which an account is a name in capitals.
var paper = handlers.Network{Name: "paper", Account: func(value any) (string, error) {
	name, ok := value.(string)
	if !ok || name != strings.ToUpper(name) {
		return "", errors.New("must be in capitals")
	}
	return name, nil
}}

// TestAnAccountIsWhatItsNetworkSays holds that two handlers are never one account, and
// that an account on a network which the program does not know is an unknown setting,
// except where it knows none.
func TestAnAccountIsWhatItsNetworkSays(t *testing.T) {
	for lines, want := range map[string]string{
		"paper = \"KARI\"\n": "",
		"paper = \"\"\n":     "",
		"paper = \"Kari\"\n": "organisation.toml:3: paper of handler kari must be in capitals",
		"paper = 7\n":        "organisation.toml:3: paper of handler kari must be in capitals",
		"paper = \"K\"\n[[handlers]]\nid = \"siv\"\npaper = \"K\"\n": "organisation.toml:6: handler siv has the paper account of handler kari",
		"stone = \"KARI\"\n":                        "organisation.toml:3: unknown setting handlers.stone",
		"[external]\nname = \"X\"\npaper = \"x\"\n": "organisation.toml:5: paper of the external receiver must be in capitals",
	} {
		if got := accountProblems(lines, paper); got != want {
			t.Errorf("%q: %q, want %q", lines, got, want)
		}
		if got := accountProblems(lines); got != "" {
			t.Errorf("%q, by a program that knows no network: %q", lines, got)
		}
	}
	if got := accountProblems("", paper) + accountProblems("[promises]\npaper = \"x\"\n", paper); !strings.Contains(got, "unknown setting promises.paper") {
		t.Errorf("a promise has an account: %q", got)
	}
}

func accountProblems(lines string, networks ...handlers.Network) (got string) {
	_, problems := handlers.ParseRoster("organisation.toml", []byte("[[handlers]]\nid = \"kari\"\n"+lines), networks...)
	for _, p := range problems {
		if strings.Contains(p.Text, "paper") || strings.Contains(p.Text, "stone") {
			got += p.String()
		}
	}
	return got
}
