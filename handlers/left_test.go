package handlers_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"tillit/handlers"
	"tillit/handlers/casework"
	"tillit/store/cases"
)

// office is an organisation file in which people left on some days.
func office(t *testing.T, left map[string]string) (text string, signs map[string]string) {
	t.Helper()
	text = "name = \"Eksempelforbundet\"\ntime_zone = \"Europe/Oslo\"\nlanguage = \"nb\"\n[promises]\nanswer_working_days = 3\nlatest_days = 7\nresult_months = 3\n"
	signs = map[string]string{}
	for _, id := range []string{"maren", "jonas", "siv", "external", "recovery"} {
		k, err := casework.NewKey()
		if err != nil {
			t.Fatal(err)
		}
		signs[id] = k.Sign()
		switch id {
		case "external":
			text += "[external]\nname = \"Ekstern\"\n" + k.Public()
		case "recovery":
			text += fmt.Sprintf("[recovery]\nkey = %q\nkept = \"2-of-3\"\n", k.Recipient())
		default:
			text += fmt.Sprintf("[[handlers]]\nid = %q\nname = %q\n%s", id, strings.ToUpper(id), k.Public())
		}
		if day := left[id]; day != "" {
			text += fmt.Sprintf("left = %q\n", day)
		}
	}
	return text, signs
}

// TestWhoLeftIsAName: nothing else is left of them in the roster.
func TestWhoLeftIsAName(t *testing.T) {
	text, signs := office(t, map[string]string{"siv": time.Now().AddDate(0, 0, -1).Format(time.DateOnly)})
	r, problems := handlers.ParseRoster("organisation.toml", []byte(text))
	if r == nil || len(problems) > 0 {
		t.Fatal(problems)
	}
	if len(r.Left) != 1 || r.Left[0].Name != "SIV" || !slices.Equal(r.Gone(), []string{"siv"}) {
		t.Errorf("those who left are %v", r.Left)
	}
	if _, ok := r.Signer(signs["siv"]); ok {
		t.Error("who left signs in")
	}
	if _, ok := r.Signer(signs["jonas"]); !ok {
		t.Error("a colleague does not sign in")
	}
	if _, ok := r.Handler("siv"); ok {
		t.Error("who left can be given a case")
	}
	var recipients, people []string
	for _, to := range r.Recipients() {
		recipients = append(recipients, to.ID)
	}
	for _, p := range r.People() {
		people = append(people, p.ID)
	}
	if want := []string{"maren", "jonas", cases.External, cases.Recovery}; !slices.Equal(recipients, want) {
		t.Errorf("keys go to %v, want %v", recipients, want)
	}
	if want := []string{"maren", "jonas"}; !slices.Equal(people, want) {
		t.Errorf("reporters can keep out %v, want %v", people, want)
	}
	if got := r.Keep("", []string{"maren"}); !slices.Equal(got, []string{"jonas", cases.Recovery}) {
		t.Errorf("at send %v keep a key", got)
	}
	if got := r.Keep("", []string{"maren", "jonas"}); !slices.Equal(got, []string{cases.External, cases.Recovery}) {
		t.Errorf("with nobody left %v keep a key", got)
	}
}

func TestADayOfLeavingThatIsNoneIsRefused(t *testing.T) {
	const two = "at least two handlers are needed"
	for name, row := range map[string]struct {
		left map[string]string
		want string
	}{
		"today":         {map[string]string{"siv": time.Now().UTC().Format(time.DateOnly)}, ""},
		"no day":        {map[string]string{"siv": "30.11.2026"}, "left must be a day such as"},
		"a day to come": {map[string]string{"siv": time.Now().AddDate(0, 0, 3).Format(time.DateOnly)}, "left is a day to come"},
		"too many":      {map[string]string{"siv": "2020-01-01", "jonas": "2020-01-02"}, two},
		"external":      {map[string]string{"external": "2020-01-01"}, "the external receiver does not leave"},
	} {
		t.Run(name, func(t *testing.T) {
			text, _ := office(t, row.left)
			r, problems := handlers.ParseRoster("organisation.toml", []byte(text))
			switch {
			case row.want == "" && len(problems) > 0:
				t.Error(problems)
			case row.want != "" && (r != nil || len(problems) != 1 || !strings.Contains(problems[0].Text, row.want)):
				t.Errorf("%v, want %q", problems, row.want)
			}
		})
	}
}
