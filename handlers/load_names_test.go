package handlers_test

import (
	"slices"
	"strings"
	"testing"

	"tillit/handlers"
)

// TestWhatAHandlerIsFoundBy holds that a name which could not be found in words is said
// when the file is read.
func TestWhatAHandlerIsFoundBy(t *testing.T) {
	for lines, want := range map[string]string{
		`name = "Kari Nordmann"`:                           "",
		`nicknames = ["Kaja", "KN", "lille k"]`:            "",
		`name = "Kari Nordmann, leder"`:                    `o:3: name of handler kari has more than a name in it; what follows is not looked for, so write it in role (a warning)`,
		`nicknames = ["Kaja", "k"]`:                        `o:3: nickname 2 of handler kari needs two letters or more`,
		`nicknames = ["  "]`:                               `o:3: nickname 1 of handler kari needs two letters or more`,
		`nicknames = ["Kaja", "KAJA"]`:                     `o:3: handler kari has the nickname "KAJA" twice`,
		`nicknames = ["` + strings.Repeat("aa", 30) + `"]`: `o:3: nickname 1 of handler kari is longer than anybody writes`,
	} {
		_, problems := handlers.ParseRoster("o", []byte("[[handlers]]\nid = \"kari\"\n"+lines+"\n"))
		var got string
		for _, p := range problems {
			if strings.Contains(p.Text, "nick") || strings.Contains(p.Text, "looked for") {
				if got += p.String(); p.Warning {
					got += " (a warning)"
				}
			}
		}
		if got != want {
			t.Errorf("%s: %q, want %q", lines, got, want)
		}
	}
}

// TestAReporterIsAskedAboutNicknames carries them from the file to the interview's words.
func TestAReporterIsAskedAboutNicknames(t *testing.T) {
	r := handlers.Roster{Handlers: []handlers.Handler{{ID: "kari", Name: "Kari Nordmann", Role: handlers.Role{"": "leder"}, Nicknames: []string{"Kaja"}}}}
	people := r.People()
	if len(people) != 1 || people[0].Name != "Kari Nordmann (leder)" || !slices.Equal(people[0].Nicknames, []string{"Kaja"}) {
		t.Errorf("people %+v", people)
	}
}
