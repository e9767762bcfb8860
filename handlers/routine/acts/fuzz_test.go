package acts_test

import (
	"strings"
	"testing"

	"tillit/handlers/routine/acts"
	"tillit/store/cases"
)

// FuzzParse reads whatever a colleague may have sealed as the fields of an act: it is
// refused without a word of it, or it is an act that, sealed again, is the same.
func FuzzParse(f *testing.F) {
	f.Add(uint8(0), `{"text":"noen ord"}`)
	f.Add(uint8(7), `{"person":"maren","reason":"x","when":"1m","asked":"2026-02-30"}`)
	f.Add(uint8(20), `{"part":["contact_a=maren","="],"seat":"r","what":["police","police"]}`)
	f.Fuzz(func(t *testing.T, which uint8, fields string) {
		a := acts.All[int(which)%len(acts.All)]
		filled, err := a.Parse(cases.NewFields([]byte(fields)))
		if err != nil {
			if len(fields) > 8 && strings.Contains(err.Error(), fields) {
				t.Fatalf("%s: the error shows what was sealed", a.Name)
			}
			return
		}
		mark := filled.Mark("jonas")
		body, err := cases.Decode(cases.Version, cases.EntryOffice, cases.Encode(filled.Body(mark.Encode(), nil)))
		if err != nil {
			t.Fatalf("%s: what was read cannot be sealed: %v", a.Name, err)
		}
		again, err := a.Parse(body.(cases.Act).Fields)
		if err != nil || len(again.Values()) != len(filled.Values()) || again.Leaves().Reveal() != filled.Leaves().Reveal() {
			t.Fatalf("%s: sealed again it is another act: %v", a.Name, err)
		}
		marked := again.Mark("jonas")
		if string(marked.Encode()) != string(mark.Encode()) {
			t.Fatalf("%s: sealed again it has another mark", a.Name)
		}
	})
}
