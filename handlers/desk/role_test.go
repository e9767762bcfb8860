package desk

import (
	"strings"
	"testing"

	"tillit/handlers/handlerstest"
)

// TestARoleIsReadInTheReadersLanguage: on the members' pages while they tell, when they ask
// who can read it and after they have sent it, and at the desk.
func TestARoleIsReadInTheReadersLanguage(t *testing.T) {
	people := handlerstest.People()
	people[0].Roles = map[string]string{"nb": "rådgiver", "nn": "rådgjevar", "en": "adviser"}
	rig := newRig(t, handlerstest.Options{People: people, Hasty: true}).signIn("first")
	o := rig.office
	all := map[string]string{"nb": "rådgiver", "nn": "rådgjevar", "en": "adviser"}
	only := func(where, page, lang string) {
		t.Helper()
		for other, role := range all {
			if strings.Contains(page, "Maren V. ("+role+")") != (other == lang) {
				t.Errorf("%s in %s: the role in %s is there or not: %s", where, lang, other, page)
			}
		}
		if !strings.Contains(page, "Jonas T. (assisterende sekretær)") {
			t.Errorf("%s in %s: a role that is one for all is missing", where, lang)
		}
	}
	for lang := range all {
		r := o.Reporter("of " + lang)
		r.Lang = lang
		only("/who before", r.SeesAt("/who"), lang)
		r.SeesAt("/")
		r.Tell(handlerstest.Answers{"A1": {"x"}}).Review()
		only("the review", r.Sees(), lang)
		r.Send()
		only("the receipt", r.Sees(), lang)
		only("/who after", r.SeesAt("/who"), lang)
	}
	for lang, role := range all {
		page := rig.do("GET", rig.at+"?lang="+lang, nil).Body.String()
		if !strings.Contains(page, "<b>Maren V.</b>, "+role+"<br>") || !strings.Contains(page, "<b>Jonas T.</b>, assisterende sekretær<br>") {
			t.Errorf("the desk in %s does not say %s", lang, role)
		}
	}
}
