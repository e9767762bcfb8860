package intake

import (
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

func TestDefaultSetHasNoProblems(t *testing.T) {
	for _, p := range Lint(os.DirFS("sets/harassment")) {
		t.Error(p)
	}
}

func TestLintTellsEverythingAtOnce(t *testing.T) {
	var all []string
	for _, p := range Lint(os.DirFS("testdata/broken")) {
		all = append(all, p.String())
	}
	got := strings.Join(all, "\n")
	want, err := os.ReadFile("testdata/broken/problems.txt")
	if err != nil {
		t.Fatal(err)
	}
	if got+"\n" != string(want) {
		t.Errorf("Lint found\n%s\n\nwant\n%s", got, want)
	}
	if _, err := Load(os.DirFS("testdata/broken")); err == nil || strings.Count(err.Error(), "\n") != len(all)-1 {
		t.Errorf("Load says %v, want all %d problems", err, len(all))
	}
}

func TestLintPointsAtASyntaxError(t *testing.T) {
	got := Lint(fstest.MapFS{"set.toml": {Data: []byte("name = \"x\"\nparts = [\n")}})
	if len(got) == 0 || got[0].File != "set.toml" || got[0].Line == 0 {
		t.Errorf("Lint = %v, want a line of set.toml", got)
	}
}

func TestVersionChangesWithEveryByte(t *testing.T) {
	files := fstest.MapFS{}
	for _, name := range []string{"set.toml", "nb.toml", "nn.toml", "en.toml", "helplines.toml"} {
		data, err := os.ReadFile("sets/harassment/" + name)
		if err != nil {
			t.Fatal(err)
		}
		files[name] = &fstest.MapFile{Data: data}
	}
	same, err := Load(files)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := same.Version(), Default().Version(); got != want || len(got) != 12 {
		t.Errorf("version of the same files = %q, want %q", got, want)
	}
	files["nn.toml"].Data = append(files["nn.toml"].Data, '\n')
	other, err := Load(files)
	if err != nil {
		t.Fatal(err)
	}
	if other.Version() == same.Version() {
		t.Error("a changed file has the same version")
	}
}

func TestHelpLines(t *testing.T) {
	s := Default()
	for _, lang := range s.Languages() {
		adult, minor := strings.Join(s.HelpLines(lang, false), "\n"), strings.Join(s.HelpLines(lang, true), "\n")
		if !strings.Contains(adult, "116 006") || strings.Contains(adult, "116 111") {
			t.Errorf("%s, adult: %s", lang, adult)
		}
		if !strings.Contains(minor, "116 111") || strings.Contains(minor, "116 006") {
			t.Errorf("%s, minor: %s", lang, minor)
		}
	}
	checked := s.lines.Checked.AsTime(time.UTC)
	if s.HelpLinesStale(checked.AddDate(0, 0, 180)) || !s.HelpLinesStale(checked.AddDate(0, 0, 181)) {
		t.Error("help lines turn stale at another time than after 180 days")
	}
}

func TestTitlesAndOrder(t *testing.T) {
	s := Default()
	if got := strings.Join(s.Questions()[:4], " "); got != "S1 A1 N1 S3" {
		t.Errorf("questions begin %s", got)
	}
	for _, lang := range s.Languages() {
		if s.Title(lang) == "" {
			t.Errorf("%s: no title", lang)
		}
		for _, q := range s.Questions() {
			if title := s.QuestionTitle(lang, q); title == q || title == "" {
				t.Errorf("%s: %s has no title", lang, q)
			}
		}
	}
	if got := s.QuestionTitle("nb", "gone"); got != "gone" {
		t.Errorf("title of an unknown question = %q", got)
	}
}
