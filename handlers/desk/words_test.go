package desk

import (
	"net/url"
	"strings"
	"testing"
)

func TestAFullStopStandsOnce(t *testing.T) {
	for _, w := range loadWords().Langs() {
		lang := w.ID()
		for key, args := range map[string][]any{
			"app.open": {"name", "Maren V."}, "case.kept": {"name", "Håkon R."}, "case.printed": {"name", "Maren V.", "ref", "T-4K7Q2X", "day", "i dag"},
			"act.readers": {"names", w.List([]string{"Maren V.", "Siv A."})}, "preview.names": {"names", "Jonas T."}, "error.ask": {"names", "Jonas T."},
			"answer.changed": {"day", "tir. 24. nov."}, "access.kept": {"name", "Håkon R."},
		} {
			if s := w.Say(key, args...); strings.Contains(s, "..") || !strings.Contains(s, args[1].(string)) {
				t.Errorf("%s: %s is %q", lang, key, s)
			}
			if lang == "en" && key == "preview.names" && !strings.HasSuffix(w.Say(key, "names", "Ann"), "Ann.") {
				t.Error("a name without a full stop lost the sentence's")
			}
		}
	}
	r := newRig(t).signIn("first")
	r.fill("reply", url.Values{"text": {"Jonas"}})
	for _, path := range []string{"/", r.at, r.act("note"), r.act("reply"), r.act("grant"), r.act("recuse")} {
		for _, l := range loadWords().Langs() {
			if strings.Contains(r.do("GET", path+"?lang="+l.ID(), nil).Body.String(), "..") {
				t.Errorf("%s in %s ends a sentence twice", path, l.ID())
			}
		}
	}
}
