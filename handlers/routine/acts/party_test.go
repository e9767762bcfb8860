package acts_test

import (
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/pelletier/go-toml/v2"

	"tillit/handlers/routine/acts"
	"tillit/handlers/routine/party"
)

// TestTheRoutineSaysWhatTheActsDeclare compares the routine that Tillit comes with with the
// declarations: a row for each act, and no other, but for who may do it, which a routine
// narrows.
func TestTheRoutineSaysWhatTheActsDeclare(t *testing.T) {
	raw, err := fs.ReadFile(party.Files, "routine.toml")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Act map[string][]string }
	if err := toml.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	for _, a := range acts.Vocabulary().Acts {
		var fields []string
		for _, f := range a.Fields {
			sign := "?"
			switch {
			case f.Several:
				sign = "*"
			case f.Required:
				sign = "!"
			}
			fields = append(fields, f.Name+sign)
		}
		row := file.Act[a.Name]
		delete(file.Act, a.Name)
		if len(row) != 4 {
			t.Errorf("%s has %d columns", a.Name, len(row))
			continue
		}
		if want := []string{strings.Join(fields, " "), strings.Join(a.Effects, " "), a.Kind}; !slices.Equal(row[1:], want) {
			t.Errorf("%s is %q, and declares %q", a.Name, row[1:], want)
		}
		for _, who := range strings.Fields(row[0]) {
			if !slices.Contains(a.Who, who) && !slices.Contains(a.Who, "any") {
				t.Errorf("%s is for %s, and declares %q", a.Name, who, a.Who)
			}
		}
	}
	for name := range file.Act {
		t.Errorf("there is no act %s", name)
	}
}
