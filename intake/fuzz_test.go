package intake

import (
	"os"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"
)

func FuzzLoad(f *testing.F) {
	for _, dir := range []string{"sets/harassment", "testdata/second", "testdata/broken"} {
		main, err := os.ReadFile(dir + "/set.toml")
		if err != nil {
			f.Fatal(err)
		}
		words, err := os.ReadFile(dir + "/nb.toml")
		if err != nil {
			f.Fatal(err)
		}
		lines, err := os.ReadFile(dir + "/helplines.toml")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(main, words, lines)
	}
	f.Add([]byte("name = 1"), []byte(""), []byte("checked = 1"))
	f.Fuzz(func(t *testing.T, main, words, lines []byte) {
		file := func(b []byte) *fstest.MapFile { return &fstest.MapFile{Data: b} }
		fsys := fstest.MapFS{
			"set.toml": file(main), "nb.toml": file(words), "nn.toml": file(words), "en.toml": file(words), "helplines.toml": file(lines),
		}
		s, err := Load(fsys)
		if (err == nil) != (len(Lint(fsys)) == 0) {
			t.Fatalf("Load says %v, Lint another thing", err)
		}
		if err != nil {
			return
		}
		// What loads can be led to its end by skipping.
		skipThrough(t, s, s.Start("nb", Env{}).Next, Env{})
	})
}

// FuzzAnswer plays random input: each line is typed, or pressed when it begins
// with "!", where "!3" presses the third button that is shown.
func FuzzAnswer(f *testing.F) {
	f.Add("!1\n!1\n!3\n!1\nhei\nferdig\n!1\n!2")
	f.Add("nei\n1\nKari\nferdig\n2\nme\n\x00\n\u202e\n9999999999999999999999\n!0")
	f.Add("!S1.yes\n!C0.p:p1 C0.nobody\n!X1.p:p1\n!H4.part:3\n!R.code\n!.~\n!H5.delete_yes\nfiles")
	f.Add(strings.Repeat("!1\n", 80))
	f.Add(strings.Repeat("!2\n", 80))
	s := Default()
	env := testEnv()
	env.People = []Person{{ID: "p1", Name: "Kari Nordmann, leder"}, {ID: "p2", Name: "Ola Nordmann (rådgiver)"}, {}}
	f.Fuzz(func(t *testing.T, script string) {
		turn := s.Start("nn", env)
		for _, line := range strings.Split(script, "\n") {
			before := string(turn.Next.Encode())
			iv := turn.Next
			turn = s.Answer(iv, scripted(s, iv, line, env), env)
			if string(iv.Encode()) != before {
				t.Fatal("Answer changed the interview it was given")
			}
			if len(turn.Seal) > 0 && !turn.Next.Opened() {
				t.Fatal("sealed before there is a room")
			}
			got, err := DecodeInterview(turn.Next.Encode())
			if err != nil || !reflect.DeepEqual(got, turn.Next) {
				t.Fatalf("round trip: %v\n%s", err, before)
			}
		}
		skipThrough(t, s, turn.Next, env)
	})
}

func scripted(s *Set, iv Interview, line string, env Env) Input {
	press, ok := strings.CutPrefix(line, "!")
	if !ok {
		return Input{Text: NewPrivate(line), Files: strings.Count(line, "files")}
	}
	if len(press) == 1 {
		for _, m := range s.Ask(iv, env) {
			if i := int(press[0]) - '1'; i >= 0 && i < len(m.Choices) {
				return Input{Choices: []string{m.Choices[i].ID}}
			}
		}
	}
	return Input{Choices: strings.Fields(press)}
}

// skipThrough shows that nobody is ever stuck: from wherever iv is, the buttons
// for going on lead to a report that is sent.
func skipThrough(t *testing.T, s *Set, iv Interview, env Env) {
	t.Helper()
	for range 4*len(s.Questions()) + 8 {
		if iv.Submitted() {
			return
		}
		say := s.Ask(iv, env)
		if len(say) == 0 || len(say[0].Choices) == 0 {
			t.Fatalf("stuck at %q: nothing to press", iv.At())
		}
		iv = s.Answer(iv, Input{Choices: []string{onward(s, say[0])}}, env).Next
	}
	t.Fatalf("stuck at %q", iv.At())
}

func onward(s *Set, m Message) string {
	if q := s.question(m.ID); q != nil {
		for _, c := range m.Choices {
			if q.Does[afterDot(c.ID)] == "send" {
				return c.ID
			}
		}
	}
	for _, c := range m.Choices {
		if strings.HasSuffix(c.ID, ".~skip") {
			return c.ID
		}
	}
	for _, c := range m.Choices {
		if c.Main {
			return c.ID
		}
	}
	for _, c := range m.Choices {
		if m.Kind == KindReview && !c.Way && !strings.Contains(c.ID, ".part:") {
			return c.ID
		}
	}
	return m.ID + ".~skip"
}
