package desk

import (
	"net/url"
	"strings"
	"testing"
)

func TestAFullStopStandsOnce(t *testing.T) {
	for lang, w := range loadWords() {
		for key, args := range map[string][]any{
			"app.open": {"Maren V."}, "case.kept": {"Håkon R."}, "case.printed": {"T-4K7Q2X", "Maren V.", "i dag"},
			"note.readers": {w.List([]string{"Maren V.", "Siv A."})}, "preview.names": {"Jonas T."}, "error.ask": {"Jonas T."},
			"answer.changed": {"tir. 24. nov."}, "access.kept": {"Håkon R."},
		} {
			if s := w.T(key, args...); strings.Contains(s, "..") || !strings.Contains(s, args[0].(string)) {
				t.Errorf("%s: %s is %q", lang, key, s)
			}
			if lang == "en" && key == "preview.names" && !strings.HasSuffix(w.T(key, "Ann"), "Ann.") {
				t.Error("a name without a full stop lost the sentence's")
			}
		}
	}
	r := newRig(t).signIn("first")
	r.do("POST", "/case/T-4K7Q2X/reply", url.Values{"text": {"Jonas"}})
	for _, path := range []string{"/", "/case/T-4K7Q2X", "/case/T-4K7Q2X/note", "/case/T-4K7Q2X/reply"} {
		for _, l := range langs {
			if strings.Contains(r.do("GET", path+"?lang="+l.ID, nil).Body.String(), "..") {
				t.Errorf("%s in %s ends a sentence twice", path, l.ID)
			}
		}
	}
}
